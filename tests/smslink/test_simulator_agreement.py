"""The product's estimate and the simulator's charge, two implementations of one page, on the same texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.estimate import LengthRules, estimate_segments, prepare_text
from webapp.domain.phone import PhoneRefused, normalise
from webapp.domain.segments import MAX_CHARACTERS, Carrier, count_segments
from webapp.smslink.simulator import phone
from webapp.smslink.simulator import text as texts

CODES = {Carrier.DOCOMO: 10, Carrier.AU: 20, Carrier.SOFTBANK: 30, Carrier.RAKUTEN: 50}
FRAGMENTS = st.sampled_from([
    *("あ", "テスト", "が", "a", "A1", "!", "塚", " ", "\u3000", "\t"),
    *("\n", "\r\n", "\r", "あ" * 30, "b" * 61, "{{配信停止URL}}"),
    *("https://a.example/x?y=1&z=2#f", "http://b.example", " https://c.example/ ", "https://"),
])  # fmt: skip
BODIES = st.lists(FRAGMENTS, max_size=25).map("".join)


@settings(max_examples=300, deadline=None)
@given(body=BODIES, count_clicks=st.booleans(), alphanumeric=st.booleans())
def test_the_estimate_is_what_is_charged(body: str, count_clicks: bool, alphanumeric: bool) -> None:
    rules = LengthRules(shortened_url_length=25, alphanumeric_sender=alphanumeric)
    prepared = prepare_text(body, {}, count_clicks=count_clicks, rules=rules)
    if not prepared.is_sendable:
        return
    registered = prepared.registered_text
    values = {f"insertion_url{place}": url for place, url in enumerate(prepared.insertion_urls, start=1)}

    text = texts.prepare(registered)
    pieces = texts.merge(text, values, count_clicks=prepared.click_count)
    characters = texts.charged_length(pieces, 25, 25)

    assert text == registered
    assert characters == prepared.characters
    for estimate in estimate_segments(prepared, rules):
        assert estimate.segments == texts.count_parts(
            characters,
            CODES[estimate.carrier],
            alphanumeric=alphanumeric,
            half_width=texts.is_half_width(pieces),
        )


@pytest.mark.parametrize("carrier", CODES)
@pytest.mark.parametrize(("alphanumeric", "half_width"), [(False, False), (True, False), (True, True)])
def test_every_length_is_the_same_parts(carrier: Carrier, alphanumeric: bool, half_width: bool) -> None:
    for characters in range(MAX_CHARACTERS + 2):
        charged = texts.count_parts(
            characters, CODES[carrier], alphanumeric=alphanumeric, half_width=half_width
        )
        assert charged == count_segments(
            characters, carrier, alphanumeric_sender=alphanumeric, half_width_only=half_width
        )


@settings(max_examples=300, deadline=None)
@given(raw=st.text(alphabet="0123456789-+\uff10\uff18\uff19\uff0d ", min_size=1, max_size=16))
def test_what_the_product_takes_for_deliverable_is_delivered_to(raw: str) -> None:
    try:
        number = normalise(raw)
    except PhoneRefused:
        return

    assert phone.judge_number(phone.normalise(number)) is None
