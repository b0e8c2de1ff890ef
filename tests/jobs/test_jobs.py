"""The jobs as functions: what each does, and that running one twice or for nothing does no harm."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs import poll
from jobs.cancel import cancel_due
from jobs.poll import check_due
from jobs.replay import sweep
from jobs.submit import submit_due
from tests.conftest import make_customer, rung
from tests.services.outbox import ask, change, counts, draft, due_now, in_job, message, office, requests, send
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Interaction, Staff
from webapp.services import (
    cancelling,
    customers,
    holding,
    rechecking,
    results,
    settlement,
    smslink_account,
    staff,
    submission,
    test_sends,
)
from webapp.smslink.client import SmslinkClient

S = MessageStatus

pytestmark = pytest.mark.usefixtures("in_process")


def test_submit_and_poll_carry_a_message_to_its_end(recipient, provider) -> None:
    message_id = send(recipient)
    submit_due()
    assert message(message_id).status == S.SENDING
    began = clock.now()
    check_due()  # the first question is due in a moment: the job waits for it
    assert message(message_id).status == S.DELIVERED
    # It ended because nothing more was due, not because it had gone on for as long as it may.
    assert clock.now() - began < poll.GOES_ON_FOR


def test_a_test_send_is_carried_to_its_end_as_well(recipient, provider) -> None:
    sender = db.session.scalars(select(Staff)).one()
    staff.change_own_number(sender.id, "09001111103")  # au
    counted = draft(recipient, "https://example.jp/a", count_clicks=True)
    message_id = test_sends.send_test(counted, sender).message.id
    submit_due()
    check_due()
    row = message(message_id)
    assert (row.status, row.customer_id, row.carrier, row.segments) == (S.DELIVERED, None, 20, 1)
    assert [contact["phone_number"] for contact in provider.contacts()] == ["09001111103"]
    assert db.session.scalars(select(Interaction)).all() == []
    # Followed for its clicks like any other.
    assert row.next_check_at is not None


@pytest.mark.parametrize("trouble", ["drop_after", "500"])
def test_a_test_send_whose_outcome_is_unknown_is_looked_up(
    app, recipient, provider, moved_clock, trouble
) -> None:
    sender = db.session.scalars(select(Staff)).one()
    staff.change_own_number(sender.id, "09001111103")
    message_id = test_sends.send_test(draft(recipient), sender).message.id
    provider.trouble(trouble, paths=["/api/v1/delivery"])
    submit_due()
    assert message(message_id).status == S.UNCONFIRMED
    for _ in range(3):
        moved_clock.advance(seconds=30)
        ask(app)
        submit_due()
    assert message(message_id).status in {S.SENDING, S.DELIVERED}
    assert len(provider.ledger()) == 1


def test_nothing_to_do_is_nothing_done(app, context, provider) -> None:
    before = counts(app)
    submit_due()
    check_due()
    sweep()
    assert counts(app) == before
    assert provider.control("GET", "requests")["requests"] == []


def test_twice_is_once(recipient, provider) -> None:
    message_id = send(recipient)
    submit_due()
    submit_due()
    provider.settle()
    due_now(message_id)
    check_due()
    check_due()
    assert message(message_id).status == S.DELIVERED
    assert len(requests(provider, "delivery")) == len(requests(provider, "delivery_results")) == 1


def test_without_a_connection_nothing_is_asked(recipient, app) -> None:
    app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], smslink_token=None)
    check_due()
    submit_due()
    sweep()


def test_the_sweep_rings_again_after_redis_came_back_empty(recipient, provider, redis_server) -> None:
    waiting, on_its_way = send(recipient), send(recipient)
    change(on_its_way, status=S.SENDING, next_check_at=clock.now())
    with redis_server.connect() as connection:
        connection.flushall()
    sweep()
    sweep()
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]
    assert message(waiting).status == S.QUEUED


def test_the_sweep_finds_what_a_dead_worker_left(app, recipient, provider, redis_server, moved_clock) -> None:
    message_id = send(recipient)
    in_job(app, submission.claim_next)
    sweep()
    assert message(message_id).status == S.SUBMITTING
    moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
    sweep()
    row = message(message_id)
    assert (row.status, row.reason) == (S.UNCONFIRMED, "worker_lost")
    # Within a minute of the death, whatever the sweep's luck.
    assert settlement.STALE_CLAIM_S + 30 < 60
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]


def test_while_sending_is_held_the_sweep_sends_nothing(recipient, provider) -> None:
    send(recipient)
    holding.hold_sending("ERR401002")
    sweep()
    submit_due()
    assert requests(provider, "delivery") == []


def test_a_poll_without_answers_leaves_the_next_try_to_the_sweep(
    recipient, provider, redis_server, monkeypatch
) -> None:
    message_id = send(recipient)
    submit_due()
    due_now(message_id)
    provider.trouble("503", count=None)
    later: list[object] = []
    monkeypatch.setattr(queue, "ring_poll", lambda at=None: later.append(at) or True)
    check_due()
    assert later == []
    assert len(requests(provider, "delivery_results")) == 1
    assert office().hold_reason is None


def test_jobs_leave_no_connection_and_no_session_behind(app, recipient, provider, monkeypatch) -> None:
    message_id = send(recipient)
    db.session.remove()
    pool = db.engine.pool
    for job in (sweep, submit_due, check_due):
        job()
        assert pool.checkedout() == 0, job
    send(recipient)
    db.session.remove()
    monkeypatch.setattr(submission, "claim_next", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit_due()
    assert pool.checkedout() == 0
    assert message(message_id).status == S.DELIVERED


def test_jobs_end_before_rq_ends_them() -> None:
    longest_call_s = smslink_account.LONGEST_CALL_S
    longest_cancels_s = cancelling.CANCELLING_S + longest_call_s
    assert submission.DRAIN_SECONDS + longest_cancels_s + longest_call_s < queue.JOB_TIMEOUT_S


def test_what_a_dead_worker_left_is_found_within_a_minute_however_long_a_poll_takes() -> None:
    longest_question_s = smslink_account.CONNECT_TIMEOUT_S + 2 * poll.READ_TIMEOUT_S
    longest_part_s = (
        max(results.CHECKING_S, rechecking.RECHECKING_S, settlement.SETTLING_S) + longest_question_s
    )
    assert settlement.STALE_CLAIM_S + longest_part_s < 60


def test_a_poll_finds_what_a_dead_worker_left_meanwhile_and_it_is_looked_up_next(
    app, recipient, provider, redis_server, moved_clock, monkeypatch
) -> None:
    on_its_way = send(recipient)
    submit_due()
    left = send(recipient)
    in_job(app, submission.claim_next)
    due_now(on_its_way)
    fetch = SmslinkClient.fetch_results

    def take_long(client, query):
        moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
        return fetch(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_results", take_long)
    check_due()
    row = message(left)
    assert (row.status, row.reason) == (S.UNCONFIRMED, "worker_lost")
    assert row.next_check_at <= clock.now()
    assert queue.POLL_JOB in rung(redis_server, queue.SWEEP)
    monkeypatch.undo()


def test_a_reservation_that_is_found_again_is_cancelled_without_waiting_for_the_sweep(
    recipient, provider, redis_server
) -> None:
    message_id = send(recipient, reserve_for=clock.now() + timedelta(hours=2))
    provider.trouble("drop_after", paths=["/api/v1/delivery"])
    submit_due()
    cancelling.request_cancel(message_id, db.session.scalars(select(Staff)).one())
    with redis_server.connect() as connection:
        connection.delete(*connection.keys("rq:*"))
    due_now(message_id)
    check_due()
    assert message(message_id).status == S.RESERVED
    assert rung(redis_server) == [queue.CANCEL_JOB]
    cancel_due()
    assert message(message_id).status == S.CANCELLED


def test_the_sweep_and_the_poll_withdraw_what_must_not_leave(
    recipient, provider, redis_server, moved_clock
) -> None:
    leaves_at = (clock.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    archived = send(recipient, reserve_for=leaves_at)
    other = make_customer(mobile_number="09001111103")
    opted_out = send(other, reserve_for=leaves_at)
    submit_due()
    customers.archive_customer(recipient.id, archived=True)
    provider.deliver(contacts=[{"phone_number": other.mobile_number}], text_message="別\n{{配信停止URL}}")
    provider.control("POST", "opt_outs", {"phone_number": other.mobile_number})
    moved_clock.ahead = leaves_at - timedelta(minutes=18) - clock.now()
    with redis_server.connect() as connection:
        connection.delete(*connection.keys("rq:*"))
    sweep()
    assert message(archived).reason == "customer_archived"
    assert rung(redis_server) == [queue.CANCEL_JOB]
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]
    check_due()
    assert message(opted_out).reason == "opted_out"
    cancel_due()
    assert [message(one).status for one in (archived, opted_out)] == [S.CANCELLED, S.CANCELLED]
