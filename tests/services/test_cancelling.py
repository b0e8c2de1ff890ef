"""Cancelling against the simulator, in every state and every trouble."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.conftest import rung
from tests.servers import RedisServer
from tests.services.outbox import (
    ask,
    attempts,
    counts,
    due_now,
    in_job,
    message,
    office,
    send,
    submit,
)
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus as S
from webapp.extensions import db
from webapp.models import Customer, Staff
from webapp.services import (
    RefusedByRule,
    cancelling,
    holding,
    smslink_account,
    submission,
)
from webapp.services.office import load_office
from webapp.smslink.answers import Canceled
from webapp.smslink.client import SmslinkClient

CANCEL = "/api/v1/delivery/cancel"


def reserve(recipient: Customer, **later: float) -> int:
    return send(recipient, reserve_for=clock.now() + timedelta(**(later or {"hours": 2})))


def wish(app: Flask, message_id: int) -> None:
    in_job(app, lambda: cancelling.request_cancel(message_id, Staff(id=1)))


def cancel(app: Flask) -> int:
    def work() -> int:
        with smslink_account.make_client(load_office()) as client:
            return cancelling.cancel_due(client)

    return in_job(app, work)


def state(provider: SimulatorProcess) -> list[int]:
    return [contact["status"] for contact in provider.contacts()]


def test_a_reservation_is_registered_at_once_and_leaves_by_itself(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    assert submit(app) == 1
    row = message(message_id)
    assert row.status == S.RESERVED
    assert row.next_check_at > clock.now() + timedelta(minutes=100)
    (delivery,) = provider.ledger()
    assert delivery["reserved_at"].endswith(":00+09:00")


def test_a_reservation_is_cancelled_at_smslink(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    assert cancel(app) == 1
    row = message(message_id)
    assert (row.status, row.provider_message) == (S.CANCELLED, "配信取消")
    assert row.cancelled_at is not None
    assert state(provider) == [300]
    assert cancel(app) == 0


def test_what_is_being_registered_is_cancelled_as_soon_as_it_is(
    app, recipient, provider, monkeypatch
) -> None:
    message_id = reserve(recipient)
    claim = in_job(app, submission.claim_next)
    wish(app, message_id)
    assert message(message_id).status == S.SUBMITTING
    assert cancel(app) == 0

    def register() -> None:
        with smslink_account.make_client(load_office()) as client:
            submission.submit(claim, client)

    in_job(app, register)
    assert cancel(app) == 1
    assert message(message_id).status == S.CANCELLED
    assert state(provider) == [300]


def test_what_comes_back_to_the_queue_is_cancelled_there(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    claim = in_job(app, submission.claim_next)
    wish(app, message_id)
    provider.trouble("503")

    def register() -> None:
        with smslink_account.make_client(load_office()) as client:
            submission.submit(claim, client)

    in_job(app, register)
    in_job(app, holding.resume_sending)
    submit(app)
    # Why it came back speaks of sending it again, which is over.
    assert (message(message_id).status, message(message_id).reason) == (S.CANCELLED, None)
    assert provider.ledger() == []


def test_a_lost_answer_is_settled_by_the_results(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    provider.trouble("drop_after", paths=[CANCEL])
    cancel(app)
    assert message(message_id).status == S.RESERVED
    ask(app)
    assert message(message_id).status == S.CANCELLED
    assert state(provider) == [300]


@pytest.mark.parametrize("trouble", ["drop_before", "503", "500_before", "unreadable"])
def test_it_is_tried_again_until_it_is_cancelled(app, recipient, provider, monkeypatch, trouble) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    provider.trouble(trouble, paths=[CANCEL])
    assert cancel(app) == 1
    monkeypatch.setattr(cancelling, "TRY_AGAIN", timedelta(0))
    if message(message_id).status == S.RESERVED:
        ask(app)
    cancel(app)
    assert message(message_id).status == S.CANCELLED
    assert state(provider) == [300]


@pytest.mark.parametrize("code", ["ERR406003", "ERR404002"])
def test_smslinks_refusal_is_kept_and_the_reservation_stays(
    app, recipient, provider, moved_clock, code
) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    provider.trouble("error", code=code, paths=[CANCEL])
    cancel(app)
    row = message(message_id)
    assert (row.status, row.cancel_refused, row.reason) == (S.RESERVED, code, None)
    moved_clock.advance(minutes=1)
    assert cancel(app) == 0
    assert not in_job(app, cancelling.has_due)
    assert office().hold_reason is None
    # A person may wish again, and is not made to wait.
    wish(app, message_id)
    assert cancel(app) == 1
    assert (message(message_id).status, message(message_id).cancel_refused) == (S.CANCELLED, None)


@pytest.mark.parametrize(
    "code", ["ERR401002", "ERR403001", "ERR404004", "ERR405001", "ERR415001", "ERR400001", "ERR400002"]
)
def test_no_other_refusal_ends_the_wish(app, recipient, provider, moved_clock, code) -> None:
    first, second = reserve(recipient), reserve(recipient)
    submit(app)
    wish(app, first)
    wish(app, second)
    provider.trouble("error", code=code, paths=[CANCEL])
    # What would refuse every cancel stops them all and is told to everybody; else the others go on.
    is_held = code not in {"ERR415001", "ERR400001", "ERR400002"}
    assert cancel(app) == (1 if is_held else 2)
    assert office().hold_reason == (code if is_held else None)
    row = message(first)
    assert (row.status, row.cancel_refused, row.cancel_requested_at is not None) == (S.RESERVED, None, True)
    moved_clock.advance(seconds=21)
    in_job(app, holding.resume_sending)
    cancel(app)
    assert [message(one).status for one in (first, second)] == [S.CANCELLED, S.CANCELLED]
    assert state(provider) == [300, 300]


def test_over_the_limit_everybody_pauses_and_the_cancel_comes_after(
    app, recipient, provider, moved_clock, monkeypatch
) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    waiting = send(recipient)
    rung_for: list[object] = []
    monkeypatch.setattr(queue, "ring_cancel", lambda at=None: rung_for.append(at) or True)
    provider.trouble("429", paths=[CANCEL])
    assert cancel(app) == 1
    paused_until = office().paused_until
    assert paused_until > clock.now()
    assert rung_for == [paused_until]
    due_now(message_id)
    assert (submit(app), cancel(app), ask(app)) == (0, 0, False)
    assert len(provider.control("GET", "requests")["requests"]) == 2
    moved_clock.advance(seconds=21)
    assert cancel(app) == 1
    assert message(message_id).status == S.CANCELLED
    assert submit(app) == 1
    assert message(waiting).status == S.SENDING


def test_a_cancel_that_a_pause_would_make_too_late_is_tried_all_the_same(app, recipient, provider) -> None:
    message_id, later = reserve(recipient), reserve(recipient)
    submit(app)
    wish(app, message_id)
    wish(app, later)
    office().paused_until = clock.now() + timedelta(seconds=50)
    db.session.commit()
    message(message_id).delivery.reserved_at = clock.now() + timedelta(minutes=10, seconds=30)
    db.session.commit()
    assert cancel(app) == 1
    assert [message(one).status for one in (message_id, later)] == [S.CANCELLED, S.RESERVED]


def test_a_cancel_finds_room_when_sends_and_questions_have_used_theirs(
    app, recipient, provider, monkeypatch
) -> None:
    office().requests_per_minute = 20
    db.session.commit()
    first, second = reserve(recipient), reserve(recipient)
    waiting = [send(recipient) for _ in range(20)]
    assert submit(app) == 19
    wish(app, first)
    wish(app, second)
    rung_for: list[object] = []
    monkeypatch.setattr(queue, "ring_cancel", lambda at=None: rung_for.append(at) or True)
    assert cancel(app) == 1
    assert {message(one).status for one in (first, second)} == {S.CANCELLED, S.RESERVED}
    # The other is rung for as soon as there is room.
    assert len(rung_for) == 1
    assert 30 < (rung_for[0] - clock.now()).total_seconds() <= 60
    assert message(waiting[-1]).status == S.QUEUED


def test_a_job_that_has_gone_on_long_enough_leaves_the_rest_to_the_next(
    app, recipient, provider, redis_server, moved_clock, monkeypatch
) -> None:
    reservations = [reserve(recipient) for _ in range(3)]
    submit(app)
    for message_id in reservations:
        wish(app, message_id)
    # SMSLINK answers slowly and gives no word on any: each would be due again before all have had their turn.
    provider.trouble("error", code="ERR400001", count=None, paths=[CANCEL])
    redis_server.connect().flushall()
    ask_for = SmslinkClient.cancel

    def slowly(client: SmslinkClient, delivery_id: str) -> Canceled:
        moved_clock.advance(seconds=cancelling.CANCELLING_S - 1)
        return ask_for(client, delivery_id)

    monkeypatch.setattr(SmslinkClient, "cancel", slowly)
    assert cancel(app) == 2
    assert rung(redis_server) == [queue.CANCEL_JOB]
    provider.control("DELETE", "troubles")
    moved_clock.advance(seconds=21)
    assert cancel(app) == 2
    assert cancel(app) == 1
    assert [message(one).status for one in reservations] == [S.CANCELLED] * 3


def test_a_wish_rung_for_later_waits_in_the_queue_of_sends(context, redis_server: RedisServer) -> None:
    assert queue.ring_cancel(clock.now() + timedelta(seconds=30))
    with redis_server.connect() as connection:
        (job_id,) = connection.zrange(f"rq:scheduled:{queue.SEND}", 0, -1)
        assert connection.hget(f"rq:job:{job_id.decode()}", "description").startswith(b"jobs.cancel")


@pytest.mark.parametrize("was", ["submitting", "unconfirmed"])
@pytest.mark.parametrize("is_reservation", [True, False])
def test_what_turns_out_never_to_have_been_registered_is_not_sent_again(
    app, recipient, provider, moved_clock, was, is_reservation
) -> None:
    message_id = reserve(recipient) if is_reservation else send(recipient)
    if was == "unconfirmed":
        provider.trouble("drop_before", paths=["/api/v1/delivery"])
        submit(app)
        assert message(message_id).status == S.UNCONFIRMED
        wish(app, message_id)
    else:
        claim = in_job(app, submission.claim_next)
        wish(app, message_id)
        provider.trouble("503", paths=["/api/v1/delivery"])

        def register() -> None:
            with smslink_account.make_client(load_office()) as client:
                submission.submit(claim, client)

        in_job(app, register)
    for _ in range(4):
        moved_clock.advance(seconds=60)
        ask(app)
        submit(app)
    row = message(message_id)
    assert (row.status, row.cancelled_at is not None, row.reason) == (S.CANCELLED, True, None)
    assert provider.ledger() == []
    assert len(attempts(message_id)) == 1


def test_an_unconfirmed_reservation_is_cancelled_once_it_is_found(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    provider.trouble("drop_after", paths=["/api/v1/delivery"])
    submit(app)
    assert message(message_id).status == S.UNCONFIRMED
    wish(app, message_id)
    assert cancel(app) == 0
    due_now(message_id)
    ask(app)
    assert message(message_id).status == S.RESERVED
    assert cancel(app) == 1
    assert message(message_id).status == S.CANCELLED
    assert state(provider) == [300]


def test_what_is_held_is_cancelled_at_once(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    provider.trouble("error", code="ERR401002", paths=["/api/v1/delivery"])
    submit(app)
    assert message(message_id).status == S.HELD
    before = counts(app)
    wish(app, message_id)
    row = message(message_id)
    assert (row.status, row.reason, row.next_check_at) == (S.CANCELLED, None, None)
    assert counts(app) == before | {"interaction": before["interaction"] + 1}
    in_job(app, holding.resume_sending)
    assert submit(app) == 0
    assert provider.ledger() == []


def test_what_was_sent_at_once_is_too_late(app, recipient, provider) -> None:
    message_id = send(recipient)
    submit(app)
    with pytest.raises(RefusedByRule, match="cancel_sent"):
        wish(app, message_id)
