"""The estimate and the charge: each text to a number of every carrier, registered and asked for over HTTP."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import make_customer, make_staff
from tests.services.outbox import ask, due_now, message, office, requests, send, submit
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Customer
from webapp.services import RefusedByRule, estimates

# The provider's simulator numbers, and its number for the carrier of each.
NUMBERS = {
    "docomo": ("09001111102", 10),
    "au": ("09001111103", 20),
    "softbank": ("09001111101", 30),
    "rakuten": ("09001111104", 50),
}
URLS = ("https://example.jp/a", "https://example.jp/bukken/22?room=3", "http://example.com/c")
PIECES = st.sampled_from(
    [
        *("内見", "ｱ", "か\u3099", "塚", "abc ", "!", "あ" * 11, "い" * 66, "う" * 67, "え" * 70, "z" * 134),
        *("\n", "\r\n", "\r", " ", "\u3000", "\t"),
        *("[[%氏名%]]", "[[%会社名%]]", "[[%担当者%]]", "{{配信停止URL}}"),
        *(f" {url} " for url in URLS),
        *(f"\n{url}\n" for url in URLS),
    ]
)
HALF_WIDTH = st.sampled_from(
    ["a" * 66, "b" * 134, "!", " c ", "\n", "\r", *(f" {url} " for url in URLS), "{{配信停止URL}}"]
)
BODIES = st.lists(PIECES, min_size=1, max_size=14).map("".join)
HALF_WIDTH_BODIES = st.lists(HALF_WIDTH, min_size=1, max_size=8).map("".join)


@pytest.fixture
def customers(context, provider) -> dict[str, Customer]:
    """One of each carrier."""
    office().requests_per_minute = 100_000
    db.session.commit()
    person = make_staff("sato", "佐々木 健一郎")
    return {
        carrier: make_customer(name="髙﨑 はるか", mobile_number=number, staff_id=person.id)
        for carrier, (number, _) in NUMBERS.items()
    }


@pytest.mark.parametrize("alphanumeric", [False, True])
@settings(max_examples=12)
@given(BODIES | HALF_WIDTH_BODIES, st.booleans(), st.sampled_from([20, 25, 31]))
@example("あ" * 70, False, 25)
@example("あ" * 132 + "\n", False, 25)
@example("あ" * 133, False, 25)
@example("a" * 140, False, 25)
@example("a" * 269, False, 25)
@example("あ" * 660, False, 25)
@example(f"{URLS[0]} {URLS[1]} {URLS[2]} {{{{配信停止URL}}}}", True, 25)
def test_the_estimate_is_what_the_provider_charges(
    app, context, provider, customers, alphanumeric, body, count_clicks, length
) -> None:
    provider.reset()
    provider.options(
        alphanumeric_sender=alphanumeric, shortened_url_length=length, opt_out_link_length=length
    )
    row = office()
    row.has_alphanumeric_sender, row.shortened_url_length = alphanumeric, length
    db.session.commit()
    ids = {carrier: customer.id for carrier, customer in customers.items()}
    shown = estimates.estimate_draft(body, ids["docomo"], count_clicks=count_clicks)
    if shown.refusals:
        with pytest.raises(RefusedByRule):
            send(db.session.merge(customers["docomo"]), body, count_clicks=count_clicks)
        assert submit(app) == 0
        return

    estimated = {row.carrier.value: row.segments for row in shown.carriers}
    sent = {
        carrier: send(db.session.merge(customer), body, count_clicks=count_clicks)
        for carrier, customer in customers.items()
    }
    assert submit(app) == len(NUMBERS)
    assert len(requests(provider, "delivery")) == len(NUMBERS)
    provider.settle()
    due_now(*sent.values())
    ask(app)
    for carrier, (number, code) in NUMBERS.items():
        row = message(sent[carrier])
        (contact,) = (one for one in provider.contacts() if one["phone_number"] == number)
        assert row.status == MessageStatus.DELIVERED, row.reason
        assert row.carrier == code
        assert row.estimated_segments == estimated
        assert row.characters == shown.prepared.characters == contact["characters"]
        assert row.segments == estimated[carrier] == contact["transmission_count"]
