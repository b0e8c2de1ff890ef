"""Cancelling against the simulator, in every state and every trouble."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.services.outbox import ask, in_job, message, send, submit
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock
from webapp.domain.message_status import MessageStatus as S
from webapp.models import Customer, Staff
from webapp.services import RefusedByRule, cancelling, holding, smslink_account, submission
from webapp.services.office import load_office

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
    assert message(message_id).status == S.CANCELLED
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


@pytest.mark.parametrize("trouble", ["drop_before", "429", "503", "500_before", "unreadable"])
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


def test_smslinks_refusal_is_kept_and_the_reservation_stays(app, recipient, provider) -> None:
    message_id = reserve(recipient)
    submit(app)
    wish(app, message_id)
    provider.trouble("error", code="ERR406003", paths=[CANCEL])
    cancel(app)
    row = message(message_id)
    assert (row.status, row.cancel_refused) == (S.RESERVED, "ERR406003")
    assert cancel(app) == 0
    assert not in_job(app, cancelling.has_due)


def test_what_was_sent_at_once_is_too_late(app, recipient, provider) -> None:
    message_id = send(recipient)
    submit(app)
    with pytest.raises(RefusedByRule, match="cancel_sent"):
        wish(app, message_id)
