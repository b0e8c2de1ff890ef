"""What we ask: bodies and queries to the letter."""

from datetime import UTC, date, datetime

import pytest

from webapp.smslink.wire import (
    JST,
    Contact,
    ReceptionsQuery,
    Registration,
    ResultsQuery,
)


def test_it_writes_the_smallest_registration() -> None:
    registration = Registration("", (Contact("09001111101"),), "こんにちは")

    assert registration.to_json() == {
        "contacts": [{"phone_number": "09001111101"}],
        "text_message": "こんにちは",
        "click_count": False,
    }


def test_it_writes_a_full_registration() -> None:
    contact = Contact("09001111101", date(2026, 4, 1), ("https://a.example/", "https://b.example/"))
    registration = Registration(
        "内見のご案内 k3x9-1",
        (contact,),
        "{{insertion_url1}} {{insertion_url2}}",
        reserved_at=datetime(2026, 11, 24, 6, 10, 0, 999, tzinfo=UTC),
        click_count=True,
        notification_emails=("a@example.jp", "b@example.jp"),
    )

    assert registration.to_json() == {
        "delivery_name": "内見のご案内 k3x9-1",
        "contacts": [
            {
                "phone_number": "09001111101",
                "insertion_url1": "https://a.example/",
                "insertion_url2": "https://b.example/",
            }
        ],
        "text_message": "{{insertion_url1}} {{insertion_url2}}",
        "reserved_at": "2026-11-24T15:10:00+09:00",
        "click_count": True,
        "notification_emails": ["a@example.jp", "b@example.jp"],
    }
    protected = registration.to_json(is_protected=True)["contacts"]
    assert isinstance(protected, list)
    assert protected[0]["acquired_on"] == "2026-04-01"


@pytest.mark.parametrize(
    "registration",
    [
        Registration("", (Contact("1", insertion_urls=("a", "b", "c")),), "x"),
        Registration("", (Contact("1"),), "x", reserved_at=datetime(2026, 1, 1)),  # noqa: DTZ001 (naive on purpose)
    ],
)
def test_it_refuses_what_the_wire_cannot_say(registration: Registration) -> None:
    with pytest.raises(ValueError, match=r"insertion URLs|needs a zone"):
        registration.to_json()


def test_protection_needs_the_day_the_number_was_obtained() -> None:
    with pytest.raises(ValueError, match="acquired_on"):
        Registration("", (Contact("1"),), "x").to_json(is_protected=True)


def test_it_spells_a_results_query() -> None:
    query = ResultsQuery(
        delivery_ids=("a", "b"),
        phone_numbers=("09001111101",),
        statuses=(50, 100),
        reserved_from=datetime(2026, 11, 24, 0, 0, tzinfo=JST),
        reserved_to=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        offset=20,
        limit=10,
    )

    assert query.to_pairs() == [
        ("delivery_id[]", "a"),
        ("delivery_id[]", "b"),
        ("phone_number[]", "09001111101"),
        ("status[]", "50"),
        ("status[]", "100"),
        ("reserved_from", "2026-11-24T00:00:00+09:00"),
        ("reserved_to", "2026-11-25T00:00:00+09:00"),
        ("offset", "20"),
        ("limit", "10"),
    ]
    assert ResultsQuery().to_pairs() == []


def test_it_spells_a_receptions_query() -> None:
    assert ReceptionsQuery().to_pairs() == []
    assert ReceptionsQuery(date(2026, 11, 24), noticed=False, limit=1000).to_pairs() == [
        ("noticed", "false"),
        ("occurred_on", "2026-11-24"),
        ("limit", "1000"),
    ]


def test_fifty_of_each_fit_in_a_query_and_one_more_does_not() -> None:
    fifty = tuple(str(number) for number in range(50))
    assert len(ResultsQuery(delivery_ids=fifty, phone_numbers=fifty).to_pairs()) == 100
    with pytest.raises(ValueError, match="50"):
        ResultsQuery(delivery_ids=(*fifty, "x"))
    with pytest.raises(ValueError, match="50"):
        ResultsQuery(phone_numbers=(*fifty, "x"))


@pytest.mark.parametrize("page", [{"offset": -1}, {"limit": 0}, {"limit": 10_001}])
def test_it_refuses_a_page_the_provider_would_refuse(page: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="limit from 1 to"):
        ResultsQuery(**page)  # type: ignore[arg-type]


def test_it_refuses_a_range_that_ends_before_it_begins() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    with pytest.raises(ValueError, match="before"):
        ResultsQuery(reserved_from=moment, reserved_to=moment)


def test_no_repr_shows_a_number_a_text_or_an_address() -> None:
    contact = Contact("09001111101", insertion_urls=("https://a.example/?id=secret",))
    shown = repr(
        (
            Registration("n", (contact,), "secret", notification_emails=("secret@example.jp",)),
            ResultsQuery(phone_numbers=("09001111101",)),
        )
    )
    assert "0900" not in shown
    assert "secret" not in shown
