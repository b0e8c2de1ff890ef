"""The simulator's own text rules, as properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.smslink.simulator import text as texts

DOCOMO, AU, SOFTBANK, RAKUTEN = 10, 20, 30, 50
EACH = {DOCOMO: 66, AU: 67, RAKUTEN: 67}
TYPED = st.text(alphabet="あa \t\r\n\u3000h/:.{}", max_size=80)


@given(st.integers(min_value=1, max_value=660), st.sampled_from([DOCOMO, AU, RAKUTEN]))
def test_parts_hold_the_text_and_one_fewer_would_not(characters: int, carrier: int) -> None:
    parts = texts.count_parts(characters, carrier)

    if parts == 1:
        assert characters <= 70
    else:
        assert characters > 70
        assert EACH[carrier] * (parts - 1) < characters <= EACH[carrier] * parts


@given(st.integers(min_value=1, max_value=660))
def test_softbank_charges_one(characters: int) -> None:
    assert texts.count_parts(characters, SOFTBANK) == 1


@given(TYPED)
def test_preparing_twice_changes_nothing(typed: str) -> None:
    prepared = texts.prepare(typed)

    assert texts.prepare(prepared) == prepared
    assert "\r" not in prepared.replace("\r\n", "")
    assert "\n" not in prepared.replace("\r\n", "")
    assert not prepared or (
        prepared.split("\r\n")[0].strip(" \t") and prepared.split("\r\n")[-1].strip(" \t")
    )


@given(TYPED, st.booleans())
def test_a_text_without_marks_is_sent_as_it_is(typed: str, count_clicks: bool) -> None:
    text = texts.prepare(typed.replace("{", ""))

    pieces = texts.merge(text, {}, count_clicks=count_clicks)

    assert "".join(value for _, value in pieces) == text
    urls = [value for kind, value in pieces if kind != "text"]
    assert urls == (texts.find_urls(text) if count_clicks else [])
