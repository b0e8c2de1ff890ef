"""Unknown outcomes: looked for, adopted or sent again, and never blind."""

import dataclasses
from datetime import timedelta

import pytest

from tests.services.outbox import (
    ask,
    attempts,
    due_now,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
    wait_for,
)
from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import settlement, smslink_account
from webapp.services.sending import attempt_token
from webapp.smslink.client import SmslinkClient

S = MessageStatus
DELIVERY = ["/api/v1/delivery"]
RESULTS = ["/api/v1/delivery_results"]


@pytest.fixture
def taken(app, recipient, provider) -> int:
    """Registered at the provider; we do not know."""
    return _unknown(app, recipient, provider, "drop_after")


@pytest.fixture
def lost(app, recipient, provider) -> int:
    """Never reached the provider; we do not know."""
    return _unknown(app, recipient, provider, "drop_before")


def _unknown(app, recipient, provider, kind) -> int:
    provider.trouble(kind, paths=DELIVERY)
    message_id = send(recipient, "https://example.jp/a", count_clicks=True)
    submit(app)
    assert message(message_id).status == S.UNCONFIRMED
    return message_id


def settle_s(app) -> float:
    return float(max(smslink_account.ABSENT_AFTER_S, app.config["CONFIGURATION"].unknown_settle_s))


def test_what_is_found_is_adopted_as_it_stands(app, provider, taken) -> None:
    due_now(taken)
    ask(app)
    row = message(taken)
    assert (row.status, row.reason) in {(S.SENDING, None), (S.DELIVERED, None)}
    assert row.delivery.provider_id == provider.ledger()[0]["delivery_id"]
    assert attempts(taken) == [(1, "adopted", None)]
    assert row.next_check_at is not None
    assert row.next_check_at - clock.now() < timedelta(seconds=6)


def test_what_is_found_delivered_is_delivered(app, provider, taken) -> None:
    provider.settle()
    due_now(taken)
    ask(app)
    row = message(taken)
    assert (row.status, row.provider_status, row.carrier, row.segments) == (S.DELIVERED, 200, 10, 1)
    assert row.settled_at is not None
    assert row.delivered_at is not None
    # Its clicks are followed from here.
    assert row.next_check_at > clock.now()


def test_what_is_found_in_a_state_we_do_not_know_is_followed(app, provider, taken, monkeypatch) -> None:
    fetch = SmslinkClient.fetch_results

    def strange(client, query):
        page = fetch(client, query)
        return dataclasses.replace(
            page,
            results=tuple(dataclasses.replace(one, status=150, message="審査中") for one in page.results),
        )

    monkeypatch.setattr(SmslinkClient, "fetch_results", strange)
    due_now(taken)
    ask(app)
    row = message(taken)
    assert (row.status, row.provider_status, row.provider_message) == (S.SENDING, 150, "審査中")
    assert row.next_check_at is not None


def test_a_reservation_is_found_by_its_time(app, recipient, provider) -> None:
    message_id = send(recipient)
    due = (clock.now() + timedelta(days=40)).replace(minute=20, second=0, microsecond=0)
    message(message_id).delivery.reserved_at = due
    db.session.commit()
    provider.trouble("drop_after", paths=DELIVERY)
    submit(app)
    due_now(message_id)
    ask(app)
    row = message(message_id)
    assert row.status == S.RESERVED
    assert row.next_check_at == due + timedelta(seconds=1)


def test_what_is_absent_is_sent_again_only_when_no_call_can_be_under_way(
    app, provider, lost, moved_clock
) -> None:
    for _ in range(3):
        due_now(lost)
        ask(app)
    assert message(lost).status == S.UNCONFIRMED
    moved_clock.advance(seconds=settle_s(app) - 2)
    due_now(lost)
    ask(app)
    assert (message(lost).status, provider.ledger()) == (S.UNCONFIRMED, [])
    # The deciding question is not put off to the end of a pause.
    assert timedelta(0) < message(lost).next_check_at - clock.now() < timedelta(seconds=2.1)
    moved_clock.advance(seconds=2.1)
    ask(app)
    assert (message(lost).status, message(lost).reason) == (S.QUEUED, "absent")
    assert attempts(lost) == [(1, "absent", None)]
    assert submit(app) == 1
    assert attempts(lost) == [(1, "absent", None), (2, "accepted", None)]
    assert len(provider.ledger()) == 1


def test_absence_needs_the_whole_settling_time(app, provider, lost, moved_clock) -> None:
    app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], unknown_settle_s=120)
    asked, began = 0, clock.now()
    while message(lost).status == S.UNCONFIRMED:
        next_check = message(lost).next_check_at
        moved_clock.advance(seconds=max(0.0, (next_check - clock.now()).total_seconds()) + 0.01)
        ask(app)
        asked += 1
    assert asked >= 8
    assert clock.now() - began >= timedelta(seconds=119)
    assert moved_clock.ahead < timedelta(seconds=125)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("error", "ERR401002"),
        ("error", "ERR400004"),
        ("503", ""),
        ("429", ""),
        ("500", ""),
        ("unreadable", ""),
    ],
)
def test_without_an_answer_it_keeps_asking_however_long(app, provider, lost, moved_clock, kind, code) -> None:
    provider.trouble(kind, code=code, count=None, paths=RESULTS)
    for _ in range(5):
        moved_clock.advance(hours=1)
        ask(app)
        assert message(lost).status == S.UNCONFIRMED
    # A range of time is the second question where the first finds too many.
    assert len(requests(provider, "delivery_results")) == (10 if code == "ERR400004" else 5)
    assert office().hold_reason == ("ERR401002" if code == "ERR401002" else None)
    provider.control("DELETE", "troubles")
    moved_clock.advance(hours=1)
    ask(app)
    assert message(lost).status == S.QUEUED


def test_what_the_provider_takes_long_after_our_time_out_is_found(
    app, recipient, provider, moved_clock, monkeypatch
) -> None:
    monkeypatch.setattr(smslink_account, "READ_TIMEOUT_S", 0.3)
    provider.trouble("stall_before", seconds=1.5, paths=DELIVERY)
    message_id = send(recipient)
    submit(app)
    assert (message(message_id).status, message(message_id).reason) == (S.UNCONFIRMED, "read_timeout")
    due_now(message_id)
    ask(app)
    assert message(message_id).status == S.UNCONFIRMED
    wait_for(provider.ledger)
    moved_clock.advance(seconds=settle_s(app) + 1)
    ask(app)
    assert message(message_id).status == S.DELIVERED or message(message_id).status == S.SENDING
    assert len(provider.ledger()) == 1


def test_what_is_taken_30_seconds_after_our_time_out_is_found(app, provider, lost, moved_clock) -> None:
    """With the shortest settling time that can be set, after the longest call."""
    app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], unknown_settle_s=0)
    attempt = message(lost).delivery.attempts[0]
    attempt.reason = "read_timeout"
    attempt.finished_at = attempt.started_at + timedelta(seconds=30)
    db.session.commit()
    for _ in range(6):
        moved_clock.advance(seconds=59 / 6)
        due_now(lost)
        ask(app)
        assert message(lost).status == S.UNCONFIRMED
    token = attempt_token(message(lost).delivery, 1)
    assert provider.deliver(delivery_name=f"内見 {token}").ok
    moved_clock.advance(seconds=2)
    due_now(lost)
    ask(app)
    assert message(lost).delivery.provider_id == provider.ledger()[0]["delivery_id"]
    assert attempts(lost) == [(1, "adopted", None)]


def test_an_earlier_attempt_that_turns_up_is_adopted(app, provider, taken, moved_clock, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(settlement, "_look_up", lambda messages, *_: ({}, {one.id for one in messages}))
        moved_clock.advance(seconds=settle_s(app) + 1)
        ask(app)
    assert message(taken).status == S.QUEUED
    provider.trouble("drop_before", paths=DELIVERY)
    submit(app)
    due_now(taken)
    ask(app)
    assert message(taken).status in {S.SENDING, S.DELIVERED}
    assert attempts(taken)[0] == (1, "adopted", None)
    assert len(provider.ledger()) == 1


def test_other_registrations_to_the_same_number_are_not_taken_for_it(app, recipient, provider, lost) -> None:
    others = [send(recipient) for _ in range(3)]
    submit(app)
    due_now(lost)
    ask(app)
    assert message(lost).status == S.UNCONFIRMED
    assert all(message(other).delivery.provider_id for other in others)


def test_two_who_settle_ask_once(app, provider, lost) -> None:
    due_now(lost)
    ask(app)
    ask(app)
    assert len(requests(provider, "delivery_results")) == 1


def test_no_transaction_is_open_while_the_provider_is_asked(app, provider, taken, lost, monkeypatch) -> None:
    pool = db.engine.pool
    held: list[int] = []
    exchange = SmslinkClient._exchange

    def look(*args, **kwargs):
        held.append(pool.checkedout())
        return exchange(*args, **kwargs)

    monkeypatch.setattr(SmslinkClient, "_exchange", look)
    due_now(taken, lost)
    ask(app)
    in_job(app, smslink_account.check_connection)
    assert held == [0, 0]


def test_when_the_provider_gives_no_answer_the_rest_is_not_asked_for(app, recipient, provider) -> None:
    provider.trouble("drop_before", count=5, paths=DELIVERY)
    ids = [send(recipient) for _ in range(5)]
    submit(app)
    due_now(*ids)
    provider.trouble("503", count=None, paths=RESULTS)
    assert not ask(app)
    assert len(requests(provider, "delivery_results")) == 1


def test_a_page_with_entries_without_an_id_is_not_the_last(app, provider, taken, monkeypatch) -> None:
    fetch = SmslinkClient.fetch_results

    def first_page_of_strangers(client, query):
        page = fetch(client, query)
        if query.offset == 0:
            return dataclasses.replace(page, results=(), entries=1, total=2)
        assert query.offset == 1
        return fetch(client, dataclasses.replace(query, offset=0))

    monkeypatch.setattr(SmslinkClient, "fetch_results", first_page_of_strangers)
    due_now(taken)
    with smslink_account.make_client(office()) as client:
        soon = clock.now() + timedelta(seconds=30)
        in_job(app, lambda: settlement.settle([taken], client, soon))
    assert message(taken).delivery.provider_id is not None


def test_stale_claims_wait_a_call_out(app, recipient, provider, moved_clock) -> None:
    assert settlement.STALE_CLAIM_S < 30
    assert smslink_account.CONNECT_TIMEOUT_S + smslink_account.READ_TIMEOUT_S < settlement.STALE_CLAIM_S
