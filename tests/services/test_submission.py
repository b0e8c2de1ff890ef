"""Claiming, calling, recording."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import make_customer, rung
from tests.services.outbox import (
    attempts,
    change,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Attempt
from webapp.services import smslink_account, submission
from webapp.smslink.client import SmslinkClient
from webapp.smslink.transport import Unreached

S = MessageStatus


def test_a_message_that_is_taken_is_sending(app, recipient, provider, redis_server) -> None:
    message_id = send(recipient)
    assert submit(app) == 1
    row = message(message_id)
    assert (row.status, row.reason, row.checks) == (S.SENDING, None, 0)
    (delivery,) = provider.ledger()
    assert row.delivery.provider_id == delivery["delivery_id"]
    assert row.contact_id == str(delivery["contacts"][0]["contact_id"])
    assert timedelta(0) < row.next_check_at - clock.now() <= timedelta(seconds=submission.FIRST_CHECK_S)
    assert attempts(message_id) == [(1, "accepted", None)]
    assert office().last_contact_at is not None
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]


def test_a_job_run_twice_sends_once(app, recipient, provider) -> None:
    send(recipient)
    assert submit(app) == 1
    assert submit(app) == 0
    assert len(provider.ledger()) == 1


def test_nothing_due_makes_no_call(app, context, provider) -> None:
    assert submit(app) == 0
    assert requests(provider, "delivery") == []


def test_what_is_due_later_waits(app, recipient, provider) -> None:
    change(send(recipient), next_attempt_at=clock.now() + timedelta(minutes=1))
    assert submit(app) == 0
    assert provider.ledger() == []


def test_the_longest_wait_goes_first(app, recipient, provider) -> None:
    ids = [send(recipient) for _ in range(3)]
    change(ids[2], next_attempt_at=clock.now() - timedelta(minutes=1))
    submit(app)
    names = [delivery["delivery_name"] for delivery in provider.ledger()]
    keys = {message(message_id).delivery.key: message_id for message_id in ids}
    assert [keys[name.split(" ")[1][:10]] for name in names] == [ids[2], ids[0], ids[1]]


def test_workers_side_by_side_send_each_message_once(app, recipient, provider) -> None:
    ids = [send(recipient) for _ in range(24)]
    db.session.remove()
    made: list[int] = []

    def work() -> None:
        made.append(in_job(app, submission.submit_due))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 24
    names = [delivery["delivery_name"] for delivery in provider.ledger()]
    assert len(names) == len(set(names)) == 24
    assert {message(message_id).status for message_id in ids} == {S.SENDING}
    assert all(attempts(message_id) == [(1, "accepted", None)] for message_id in ids)


def test_the_attempt_is_on_record_before_the_call_and_no_transaction_is_open(
    app, recipient, provider, monkeypatch
) -> None:
    message_id = send(recipient)
    seen: list[object] = []
    deliver = SmslinkClient.deliver
    pool = db.engine.pool

    def look(client, registration):
        seen.append(pool.checkedout())
        with db.engine.connect() as connection:
            row = connection.execute(select(Attempt.number, Attempt.outcome, Attempt.finished_at)).one()
            seen.append((*row, registration.delivery_name.endswith("-1")))
        return deliver(client, registration)

    monkeypatch.setattr(SmslinkClient, "deliver", look)
    assert submit(app) == 1
    assert seen == [0, (1, None, None, True)]
    assert message(message_id).status == S.SENDING


def test_an_opt_out_that_came_between_stops_the_send(app, recipient, provider) -> None:
    first, second = send(recipient), send(recipient)
    other = send(make_customer(mobile_number="09001111103"))
    change(second, next_attempt_at=clock.now() + timedelta(hours=1))
    submit(app)
    change(first, opted_out=True, status=S.DELIVERED)
    change(second, next_attempt_at=clock.now())
    assert submit(app) == 0
    row = message(second)
    assert (row.status, row.reason, row.settled_at is not None) == (S.ERROR, "opted_out", True)
    assert attempts(second) == []
    assert message(other).status == S.SENDING


def test_a_reservation_whose_time_has_passed_is_not_sent_late(app, recipient, provider) -> None:
    message_id = send(recipient)
    message(message_id).delivery.reserved_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert submit(app) == 0
    assert (message(message_id).status, message(message_id).reason) == (S.ERROR, "reservation_missed")
    assert requests(provider, "delivery") == []


def test_a_reservation_is_registered_for_its_time(app, recipient, provider) -> None:
    message_id = send(recipient)
    due = (clock.now() + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    message(message_id).delivery.reserved_at = due
    db.session.commit()
    submit(app)
    row = message(message_id)
    assert row.status == S.RESERVED
    assert row.next_check_at == due + timedelta(seconds=submission.FIRST_CHECK_S)


def test_a_worker_that_slept_since_its_claim_does_not_call_any_more(
    app, recipient, provider, moved_clock
) -> None:
    message_id = send(recipient)
    claim = in_job(app, submission.claim_next)
    moved_clock.advance(seconds=smslink_account.START_WITHIN_S + 1)
    with smslink_account.make_client(office()) as client:
        assert in_job(app, lambda: submission.submit(claim, client))
    assert requests(provider, "delivery") == []
    assert (message(message_id).status, attempts(message_id)) == (S.QUEUED, [(1, "not_sent", None)])
    assert submit(app) == 1
    assert len(provider.ledger()) == 1


def test_a_cancel_waits_for_one_call_and_not_for_everything_that_is_to_be_sent(
    app, recipient, provider, monkeypatch
) -> None:
    reserved = send(recipient)
    message(reserved).delivery.reserved_at = clock.now() + timedelta(days=1)
    db.session.commit()
    submit(app)
    assert message(reserved).status == S.RESERVED
    for _ in range(6):
        send(recipient)
    deliver, calls = SmslinkClient.deliver, []

    def wish_meanwhile(client, registration):
        if len(calls) == 2:
            change(reserved, cancel_requested_at=clock.now())
        calls.append(registration)
        return deliver(client, registration)

    monkeypatch.setattr(SmslinkClient, "deliver", wish_meanwhile)
    assert submit(app) == 6
    assert message(reserved).status == S.CANCELLED
    paths = [one["path"] for one in provider.control("GET", "requests")["requests"]]
    assert paths.index("/api/v1/delivery/cancel") == 4
    assert len(paths) == 8


def test_a_job_that_has_gone_on_long_enough_leaves_the_rest_to_the_next(
    app, recipient, provider, redis_server, moved_clock, monkeypatch
) -> None:
    for _ in range(3):
        send(recipient)
    redis_server.connect().flushall()
    deliver = SmslinkClient.deliver

    def slowly(client, registration):
        moved_clock.advance(seconds=submission.DRAIN_SECONDS / 2 + 0.1)
        return deliver(client, registration)

    monkeypatch.setattr(SmslinkClient, "deliver", slowly)
    assert submit(app) == 2
    assert rung(redis_server).count(queue.SUBMIT_JOB) == 1
    assert submit(app) == 1
    assert submit(app) == 0


def test_safe_delivery_travels_with_the_day_the_number_was_obtained(app, context, provider) -> None:
    provider.options(safe_delivery=True)
    row = office()
    row.has_safe_delivery = True
    db.session.commit()
    with_day = make_customer(acquired_on=clock.today() - timedelta(days=10))
    send(with_day)
    send(make_customer(mobile_number="09001111103"))
    submit(app)
    assert [path["path"] for path in provider.control("GET", "requests")["requests"]] == [
        "/api/v1/safe_delivery",
        "/api/v1/delivery",
    ]
    provider.options(safe_delivery=False)


def test_an_unforeseen_error_leaves_the_claim_for_the_sweep(app, recipient, provider, monkeypatch) -> None:
    message_id = send(recipient)

    def fail(*_: object) -> None:
        raise Unreached("bug")  # nothing the client lets through

    monkeypatch.setattr(SmslinkClient, "deliver", fail)
    with pytest.raises(Unreached):
        submit(app)
    assert message(message_id).status == S.SUBMITTING
