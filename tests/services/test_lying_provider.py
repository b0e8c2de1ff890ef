"""A provider that repeats, invents, or never ends: nothing is sent twice, and nothing moves on a lie."""

import dataclasses
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.conftest import make_customer
from tests.services.outbox import (
    ask,
    attempts,
    change,
    due_now,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import result_pages, settlement, smslink_account
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Reason, Refused
from webapp.smslink.wire import ResultsQuery

S = MessageStatus
DELIVERY = ["/api/v1/delivery"]
LONG_AGO_S = smslink_account.ABSENT_AFTER_S + 1


def lie(monkeypatch, name: str, change_answer) -> None:
    """Every answer to this call is changed on its way."""
    call = getattr(SmslinkClient, name)
    monkeypatch.setattr(SmslinkClient, name, lambda client, asked: change_answer(call(client, asked)))


def with_contact(accepted, **values):
    contact = dataclasses.replace(accepted.contacts[0], **values)
    return dataclasses.replace(accepted, contacts=(contact,))


def unknown(app, provider, *customers, kind: str = "drop_before") -> list[int]:
    provider.trouble(kind, count=len(customers), paths=DELIVERY)
    ids = [send(customer) for customer in customers]
    submit(app)
    assert {message(one).status for one in ids} == {S.UNCONFIRMED}
    return ids


def run_on(app, provider, moved_clock) -> None:
    """As the sweeps do it, for longer than anything stays open."""
    for _ in range(3):
        moved_clock.advance(seconds=LONG_AGO_S)
        in_job(app, settlement.find_stale_claims)
        submit(app)
        provider.settle()
        ask(app)


def test_a_repeated_delivery_id_is_never_sent_again(
    app, recipient, provider, moved_clock, monkeypatch
) -> None:
    first = send(recipient)
    submit(app)
    known = message(first).delivery.provider_id
    lie(monkeypatch, "deliver", lambda accepted: dataclasses.replace(accepted, delivery_id=known))
    second = send(recipient)
    with capture_logs() as logs:
        submit(app)
    assert ("delivery_id_repeated", second, first) in {
        (line["event"], line.get("message_id"), line.get("other_message_id")) for line in logs
    }
    run_on(app, provider, moved_clock)
    assert len(provider.ledger()) == 2
    assert attempts(second) == [(1, "accepted", None)]
    # What became of the first is not told of the second.
    assert [message(one).status for one in (first, second)] == [S.DELIVERED, S.SENDING]


def test_two_messages_of_one_delivery_id_each_have_their_own_result(
    app, recipient, provider, monkeypatch
) -> None:
    other = make_customer(mobile_number="09001111202")
    ids = [send(recipient), send(other)]
    submit(app)
    one_id = message(ids[0]).delivery.provider_id
    message(ids[1]).delivery.provider_id = one_id
    db.session.commit()
    provider.settle()
    with smslink_account.make_client(office()) as client:
        everything = client.fetch_results(ResultsQuery())
    both = tuple(dataclasses.replace(one, delivery_id=one_id) for one in everything.results)
    lie(monkeypatch, "fetch_results", lambda page: dataclasses.replace(page, results=both))
    for contact_id in ("kept", None):
        for one in ids:
            values = {} if contact_id else {"contact_id": None, "provider_answer": None}
            change(one, status=S.SENDING, settled_at=None, **values)
        due_now(*ids)
        ask(app)
        assert [message(one).status for one in ids] == [S.DELIVERED, S.FAILED]


def test_a_repeated_delivery_id_is_adopted(app, recipient, provider, moved_clock, monkeypatch) -> None:
    first = send(recipient)
    submit(app)
    known = message(first).delivery.provider_id
    (second,) = unknown(app, provider, recipient, kind="drop_after")
    lie(
        monkeypatch,
        "fetch_results",
        lambda page: dataclasses.replace(
            page, results=tuple(dataclasses.replace(one, delivery_id=known) for one in page.results)
        ),
    )
    run_on(app, provider, moved_clock)
    assert len(provider.ledger()) == 2
    assert (message(second).delivery.provider_id, message(second).status) == (known, S.DELIVERED)
    assert attempts(second) == [(1, "adopted", None)]


@pytest.mark.parametrize("skew", [timedelta(days=-400), timedelta(days=-2), timedelta(days=2)])
def test_clocks_far_apart_send_nothing_twice(app, recipient, provider, moved_clock, skew) -> None:
    moved_clock.ahead = skew
    (taken,) = unknown(app, provider, recipient, kind="drop_after")
    run_on(app, provider, moved_clock)
    assert message(taken).status == S.DELIVERED
    assert len(provider.ledger()) == 1


@pytest.fixture
def asked(monkeypatch) -> list[ResultsQuery]:
    """Every question; the number `nonsense` is refused."""
    queries: list[ResultsQuery] = []
    fetch = SmslinkClient.fetch_results

    def note(client, query):
        queries.append(query)
        if "nonsense" in query.phone_numbers:
            raise Refused(Reason.INVALID_REQUEST, status=400)
        return fetch(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_results", note)
    return queries


def test_a_number_with_too_many_results_is_asked_for_by_time(app, recipient, provider, asked) -> None:
    (taken,) = unknown(app, provider, recipient, kind="drop_after")
    send(recipient)
    submit(app)
    provider.options(search_limit=1)
    due_now(taken)
    ask(app)
    assert [query.reserved_from is not None for query in asked] == [False, True]
    assert message(taken).status in {S.SENDING, S.DELIVERED}


def test_one_question_settles_many(app, recipient, provider, moved_clock) -> None:
    office().requests_per_minute = 1000
    db.session.commit()
    taken = unknown(app, provider, *[recipient] * 30, kind="drop_after")
    lost = unknown(app, provider, *[recipient] * 25)
    moved_clock.advance(seconds=LONG_AGO_S)
    ask(app)
    assert len(requests(provider, "delivery_results")) == 2
    assert {message(one).status for one in taken} <= {S.SENDING, S.DELIVERED}
    assert {message(one).status for one in lost} == {S.QUEUED}


def test_one_number_that_is_refused_does_not_keep_the_answer_from_others(
    app, recipient, provider, moved_clock, asked
) -> None:
    other = make_customer(mobile_number="09001111202")
    ids = unknown(app, provider, recipient, other, recipient)
    change(ids[1], phone_number="nonsense")
    moved_clock.advance(seconds=LONG_AGO_S)
    ask(app)
    assert [message(one).status for one in ids] == [S.QUEUED, S.UNCONFIRMED, S.QUEUED]


def test_pages_without_end_leave_the_question_open(
    app, recipient, provider, moved_clock, monkeypatch
) -> None:
    (lost,) = unknown(app, provider, recipient)
    lie(
        monkeypatch,
        "fetch_results",
        lambda page: dataclasses.replace(page, results=(), entries=1, total=2_000_000_000),
    )
    moved_clock.advance(seconds=LONG_AGO_S)
    with capture_logs() as logs:
        ask(app)
    assert "lookup_unfinished" in {line["event"] for line in logs}
    assert len(requests(provider, "delivery_results")) == result_pages.MAX_PAGES
    assert message(lost).status == S.UNCONFIRMED


def test_every_page_keeps_to_the_pace(app, recipient, provider, moved_clock, monkeypatch) -> None:
    (lost,) = unknown(app, provider, recipient)
    office().requests_per_minute = 10
    db.session.commit()
    lie(
        monkeypatch,
        "fetch_results",
        lambda page: dataclasses.replace(page, results=(), entries=1, total=9999),
    )
    moved_clock.advance(seconds=LONG_AGO_S)
    ask(app)
    assert 0 < len(requests(provider, "delivery_results")) <= 8
    assert message(lost).status == S.UNCONFIRMED


@pytest.mark.parametrize("code", ["RST299999", "RST200009", "ok", "", None])
def test_a_result_code_nobody_knows_is_followed(app, recipient, provider, monkeypatch, code) -> None:
    lie(monkeypatch, "deliver", lambda accepted: with_contact(accepted, result_code=code))
    message_id = send(recipient)
    submit(app)
    assert message(message_id).status == S.SENDING
    provider.settle()
    due_now(message_id)
    ask(app)
    assert message(message_id).status == S.DELIVERED


@pytest.mark.parametrize("code", [*(f"RST20000{digit}" for digit in range(2, 9)), "RST200011"])
def test_a_listed_refusal_is_final(app, recipient, provider, monkeypatch, code) -> None:
    lie(monkeypatch, "deliver", lambda accepted: with_contact(accepted, result_code=code))
    message_id = send(recipient)
    submit(app)
    row = message(message_id)
    assert (row.status, row.reason, row.next_check_at) == (S.REJECTED, code, None)


def test_a_reservation_is_asked_for_at_our_time_whatever_the_provider_says(
    app, recipient, provider, monkeypatch
) -> None:
    message_id = send(recipient, reserve_for=clock.now() + timedelta(days=1))
    far = clock.now() + timedelta(days=30_000)
    lie(monkeypatch, "deliver", lambda accepted: dataclasses.replace(accepted, reserved_at=far))
    submit(app)
    row = message(message_id)
    assert row.status == S.RESERVED
    assert row.next_check_at - row.delivery.reserved_at < timedelta(seconds=5)
