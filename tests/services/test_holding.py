"""What keeps one message from leaving keeps them all: the hold and the pause."""

import dataclasses
from datetime import timedelta

import pytest

from tests.services.outbox import (
    attempts,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.services import holding

DELIVERY = ["/api/v1/delivery"]
S = MessageStatus


def connection_to(app, address: str) -> None:
    """Our settings point elsewhere."""
    app.config["CONFIGURATION"] = dataclasses.replace(
        app.config["CONFIGURATION"], smslink_api_domain=address, simulator_url=None
    )


@pytest.mark.parametrize("code", ["ERR401002", "ERR403001"])
def test_one_refused_token_holds_everything_with_one_request(app, recipient, provider, code) -> None:
    ids = [send(recipient) for _ in range(4)]
    provider.trouble("error", code=code, count=None, paths=DELIVERY)
    for _ in range(3):
        submit(app)
    assert len(requests(provider, "delivery")) == 1
    assert [message(message_id).status for message_id in ids] == [S.HELD, S.QUEUED, S.QUEUED, S.QUEUED]
    assert (office().hold_reason, office().held_since is not None) == (code, True)
    provider.control("DELETE", "troubles")
    assert submit(app) == 0
    in_job(app, holding.resume_sending)
    assert office().hold_reason is None
    assert submit(app) == 4
    assert {message(message_id).status for message_id in ids} == {S.SENDING}
    assert len(provider.ledger()) == 4
    assert [outcome for _number, outcome, _reason in attempts(ids[0])] == ["refused", "accepted"]


def test_without_a_connection_sending_is_held_once_something_waits(app, recipient) -> None:
    assert submit(app) == 0
    assert office().hold_reason is None
    message_id = send(recipient)
    assert submit(app) == 0
    assert (office().hold_reason, message(message_id).status) == ("not_configured", S.QUEUED)


@pytest.mark.parametrize("kind", ["429", "503"])
def test_one_failure_pauses_everybody_longer_each_time(app, recipient, provider, moved_clock, kind) -> None:
    ids = [send(recipient) for _ in range(5)]
    provider.trouble(kind, count=None, paths=DELIVERY)
    pauses: list[float] = []
    for failure in range(1, 9):
        assert submit(app) == 1
        assert submit(app) == 0  # it is a pause for all: nobody tries before its end
        assert len(requests(provider, "delivery")) == failure
        pauses.append((office().paused_until - clock.now()).total_seconds())
        moved_clock.advance(seconds=pauses[-1] + 0.01)
    assert pauses[0] < 4
    assert max(pauses) < 60
    assert pauses[4] > pauses[0] * 3
    assert {message(message_id).status for message_id in ids} == {S.QUEUED}
    provider.control("DELETE", "troubles")
    assert submit(app) == 5
    assert (office().paused_until, office().failures_in_a_row) == (None, 0)
    assert len(provider.ledger()) == 5


def test_pauses_are_jittered_grow_and_stay_under_a_minute() -> None:
    for failures in range(1, 60):
        drawn = {holding.retry_pause(failures).total_seconds() for _ in range(20)}
        assert len(drawn) > 1
        assert 1 < min(drawn) <= max(drawn) < 60
    assert max(holding.retry_pause(1).total_seconds() for _ in range(50)) <= 2.5


def test_a_refused_connection_is_not_sent(app, recipient) -> None:
    connection_to(app, "http://127.0.0.1:9/")
    app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], smslink_token="x")
    message_id = send(recipient)
    assert submit(app) == 1
    assert (message(message_id).status, message(message_id).reason) == (S.QUEUED, "not_reachable")
    assert attempts(message_id) == [(1, "not_sent", "not_reachable")]
    assert office().paused_until > clock.now()


def test_the_retry_is_rung_for_the_end_of_the_pause(app, recipient, provider, monkeypatch) -> None:
    rung_for: list[object] = []
    monkeypatch.setattr(queue, "ring_submit", lambda at=None: rung_for.append(at) or True)
    send(recipient)
    provider.trouble("503", paths=DELIVERY)
    submit(app)
    assert rung_for[-1] == office().paused_until
    assert office().paused_until - clock.now() < timedelta(seconds=5)
    rung_for.clear()
    provider.control("DELETE", "troubles")
    in_job(app, lambda: holding.hold_sending("ERR401002"))
    submit(app)
    assert rung_for == []


def test_mending_the_settings_ends_the_pause_too(app, recipient, provider) -> None:
    send(recipient)
    provider.trouble("503", paths=DELIVERY)
    submit(app)
    assert office().paused_until is not None
    in_job(app, holding.resume_sending)
    assert office().paused_until is None
    assert submit(app) == 1


def test_answers_to_questions_do_not_end_a_pause(app, recipient, provider) -> None:
    send(recipient)
    provider.trouble("503", paths=DELIVERY)
    submit(app)
    in_job(app, holding.note_contact)
    assert office().failures_in_a_row == 1
    assert office().paused_until is not None


def test_a_failure_long_after_the_last_pause_is_a_first_one_again(context, moved_clock) -> None:
    for _ in range(6):
        holding.pause_sending()
    assert (office().paused_until - clock.now()).total_seconds() > 20
    moved_clock.advance(minutes=7)
    holding.pause_sending()
    assert office().failures_in_a_row == 1
    assert (office().paused_until - clock.now()).total_seconds() < 3


def test_a_second_failure_never_makes_a_pause_shorter(context) -> None:
    holding.pause_sending(50)
    longer = office().paused_until
    holding.pause_sending()
    assert office().paused_until == longer
