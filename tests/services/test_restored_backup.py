"""A backup put back: what has left since is found at SMSLINK, and nothing leaves twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import make_customer
from tests.services.outbox import (
    ask,
    attempts,
    change,
    due_now,
    in_job,
    message,
    requests,
    send,
    submit,
)
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import claiming, settlement, smslink_account, submission, tokens

S = MessageStatus
DELIVERY = ["/api/v1/delivery"]
LONG_S = claiming.LONG_WAIT.total_seconds() + 1


def back_up() -> Callable[[], None]:
    """Every row as it is now; the answer puts all of them back, whatever the database."""
    db.session.rollback()
    tables = db.metadata.sorted_tables
    kept: dict[str, list[dict[str, Any]]] = {
        table.name: [dict(row) for row in db.session.execute(table.select()).mappings()] for table in tables
    }
    db.session.rollback()

    def restore() -> None:
        db.session.remove()
        with db.engine.begin() as connection:
            for table in reversed(tables):
                connection.execute(table.delete())
            for table in tables:
                if kept[table.name]:
                    connection.execute(table.insert(), kept[table.name])

    return restore


def run_on(app, provider, moved_clock) -> None:
    """As the engine does it, for two minutes."""
    for _ in range(6):
        in_job(app, settlement.find_stale_claims)
        submit(app)
        provider.settle()
        ask(app)
        moved_clock.advance(seconds=20)


def keys(provider) -> list[str]:
    """Of every registration at the provider."""
    return [delivery["delivery_name"].rpartition(" ")[2].split("-")[0] for delivery in provider.ledger()]


@pytest.mark.parametrize("later_s", [0, LONG_S])
def test_what_was_sent_after_the_backup_is_adopted(app, recipient, provider, moved_clock, later_s) -> None:
    sent, waiting = send(recipient), send(recipient)
    change(waiting, next_attempt_at=clock.now() + timedelta(minutes=1))
    restore = back_up()
    submit(app)
    assert message(sent).status == S.SENDING
    restore()
    moved_clock.advance(seconds=later_s)
    assert (message(sent).status, attempts(sent)) == (S.QUEUED, [])
    run_on(app, provider, moved_clock)
    moved_clock.advance(minutes=1)
    run_on(app, provider, moved_clock)
    assert sorted(keys(provider)) == sorted(message(one).delivery.key for one in (sent, waiting))
    assert {message(sent).status, message(waiting).status} == {S.DELIVERED}
    assert attempts(sent) == [(1, "adopted", None)]


@pytest.mark.parametrize("status", [S.QUEUED, S.SUBMITTING, S.UNCONFIRMED])
@pytest.mark.parametrize("later_s", [0, LONG_S])
def test_attempts_the_backup_does_not_know_are_recognised(
    app, recipient, provider, moved_clock, status, later_s
) -> None:
    message_id = send(recipient)
    restore = back_up()
    if status != S.QUEUED:
        in_job(app, submission.claim_next)
        restore = back_up()
        moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
        in_job(app, settlement.find_stale_claims)
        restore = back_up() if status == S.UNCONFIRMED else restore
    else:
        provider.trouble("drop_before", paths=DELIVERY)
        submit(app)
    moved_clock.advance(seconds=smslink_account.ABSENT_AFTER_S + 1)
    ask(app)
    submit(app)
    assert attempts(message_id) == [(1, "absent", None), (2, "accepted", None)]
    restore()
    assert message(message_id).status == status
    moved_clock.advance(seconds=later_s)
    run_on(app, provider, moved_clock)
    assert len(provider.ledger()) == 1
    assert message(message_id).status == S.DELIVERED
    assert message(message_id).delivery.provider_id == provider.ledger()[0]["delivery_id"]
    # The second attempt is on record again, found; the first never arrived, and nothing says otherwise.
    assert attempts(message_id)[1] == (2, "adopted", None)
    assert len(attempts(message_id)) == 2


def test_a_reservation_sent_since_is_not_shown_as_missed(app, recipient, provider, moved_clock) -> None:
    message_id = send(recipient)
    message(message_id).delivery.reserved_at = clock.now() + timedelta(minutes=30)
    db.session.commit()
    restore = back_up()
    submit(app)
    provider.advance(3600)
    restore()
    moved_clock.advance(minutes=45)
    run_on(app, provider, moved_clock)
    assert (message(message_id).status, message(message_id).reason) == (S.DELIVERED, None)
    assert len(provider.ledger()) == 1


def test_a_number_with_too_many_results_is_asked_for_since_the_message_was_written(
    app, recipient, provider, moved_clock, monkeypatch
) -> None:
    monkeypatch.setattr(settlement, "CLOCK_SKEW", timedelta(minutes=1))
    message_id = send(recipient)
    restore = back_up()
    submit(app)
    restore()
    moved_clock.advance(minutes=20)
    submit(app)
    assert message(message_id).reason == "waited_long"
    provider.trouble("error", code="ERR400004", paths=["/api/v1/delivery_results"])
    ask(app)
    assert message(message_id).delivery.provider_id == provider.ledger()[0]["delivery_id"]


def test_many_that_waited_long_cost_one_question_for_fifty_of_them(
    app, context, provider, moved_clock
) -> None:
    ids = [send(make_customer(mobile_number=f"090123400{number:02}")) for number in range(60)]
    moved_clock.advance(seconds=LONG_S)
    assert submit(app) == 0
    assert {message(one).status for one in ids} == {S.UNCONFIRMED}
    assert attempts(ids[0]) == [(1, "unknown", "waited_long")]
    ask(app)
    assert len(requests(provider, "delivery_results")) == 2
    assert {message(one).status for one in ids} == {S.QUEUED}
    assert submit(app) == 60
    assert attempts(ids[0]) == [(1, "absent", None), (2, "accepted", None)]
    assert sorted(keys(provider)) == sorted(message(one).delivery.key for one in ids)


def test_what_waited_long_waits_on_while_smslink_does_not_say(app, recipient, provider, moved_clock) -> None:
    message_id = send(recipient)
    moved_clock.advance(seconds=LONG_S)
    submit(app)
    provider.trouble("503", count=None, paths=["/api/v1/delivery_results"])
    for _ in range(5):
        moved_clock.advance(minutes=10)
        ask(app)
        submit(app)
    assert message(message_id).status == S.UNCONFIRMED
    provider.control("DELETE", "troubles")
    moved_clock.advance(minutes=1)
    run_on(app, provider, moved_clock)
    assert (message(message_id).status, len(provider.ledger())) == (S.DELIVERED, 1)


def test_a_wish_to_cancel_is_asked_for_at_smslink_too(app, recipient, provider, moved_clock) -> None:
    message_id = send(recipient)
    message(message_id).delivery.reserved_at = clock.now() + timedelta(days=1)
    db.session.commit()
    change(message_id, cancel_requested_at=clock.now())
    restore = back_up()
    change(message_id, cancel_requested_at=None)
    submit(app)
    restore()
    moved_clock.advance(seconds=LONG_S)
    submit(app)
    ask(app)
    # Not cancelled here while it would leave there.
    row = message(message_id)
    assert (row.status, row.cancel_requested_at is not None) == (S.RESERVED, True)


def test_a_token_is_taken_once_and_without_redis_always(app, context, redis_server, monkeypatch) -> None:
    assert tokens.take("内見 0123456789-1")
    assert not tokens.take("件名が違っても 0123456789-1")
    assert tokens.take("内見 0123456789-2")
    with redis_server.connect() as connection:
        remaining = connection.ttl("token-left:0123456789-1")
    assert claiming.LONG_WAIT.total_seconds() < remaining <= tokens.REMEMBERED_FOR.total_seconds()
    monkeypatch.setattr(queue, "connection", lambda: queue._connection("unix:///nowhere"))
    assert tokens.take("内見 0123456789-1")


def test_a_known_token_is_looked_up_and_only_then_sent_under_another(
    app, recipient, provider, moved_clock
) -> None:
    message_id = send(recipient)
    tokens.take(f"x {message(message_id).delivery.key}-1")
    assert submit(app) == 1
    assert (message(message_id).status, message(message_id).reason) == (S.UNCONFIRMED, "token_used")
    assert requests(provider, "delivery") == []
    due_now(message_id)
    ask(app)
    # It may have left a moment ago: one answer does not decide here.
    assert message(message_id).status == S.UNCONFIRMED
    moved_clock.advance(seconds=smslink_account.ABSENT_AFTER_S + 1)
    ask(app)
    submit(app)
    assert attempts(message_id) == [(1, "absent", None), (2, "accepted", None)]
