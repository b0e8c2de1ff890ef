"""Reservations whose time passes while nothing can be sent."""

from datetime import timedelta

import pytest

from tests.services.outbox import ask, attempts, change, in_job, message, office, requests, send, submit
from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import holding, missed

S = MessageStatus


@pytest.fixture
def due(app, recipient, provider, moved_clock) -> int:
    """Reserved for a quarter of an hour from now."""
    message_id = send(recipient)
    message(message_id).delivery.reserved_at = clock.now() + timedelta(minutes=15)
    db.session.commit()
    return message_id


def test_a_reservation_that_was_held_over_its_time_is_shown_as_missed(
    app, due, recipient, provider, moved_clock
) -> None:
    provider.trouble("error", code="ERR401002", paths=["/api/v1/delivery"])
    waits_behind, at_once = send(recipient), send(recipient)
    message(waits_behind).delivery.reserved_at = clock.now() + timedelta(minutes=15)
    db.session.commit()
    submit(app)
    assert (message(due).status, office().hold_reason) == (S.HELD, "ERR401002")
    assert in_job(app, missed.mark_missed) == 0
    moved_clock.advance(minutes=16)
    assert in_job(app, missed.mark_missed) == 2
    for message_id in (due, waits_behind):
        row = message(message_id)
        assert (row.status, row.reason) == (S.ERROR, "reservation_missed")
        assert row.settled_at is not None
    assert attempts(due) == [(1, "refused", "ERR401002")]
    assert message(at_once).status == S.QUEUED
    assert in_job(app, missed.mark_missed) == 0
    # Mended too late for it: nothing of it is sent.
    in_job(app, holding.resume_sending)
    submit(app)
    assert message(at_once).status == S.UNCONFIRMED
    ask(app)
    submit(app)
    assert (message(due).status, message(at_once).status) == (S.ERROR, S.SENDING)
    assert len(requests(provider, "delivery")) == 2


def test_what_somebody_wanted_cancelled_is_cancelled_not_missed(app, due, moved_clock) -> None:
    in_job(app, lambda: holding.hold_sending("ERR401002"))
    change(due, cancel_requested_at=clock.now())
    moved_clock.advance(minutes=16)
    assert in_job(app, missed.mark_missed) == 1
    row = message(due)
    assert (row.status, row.reason, row.cancelled_at is not None) == (S.CANCELLED, None, True)


def test_what_waited_while_sending_goes_on_is_looked_up_before_it_counts_as_missed(
    app, due, moved_clock
) -> None:
    moved_clock.advance(minutes=16)
    assert in_job(app, missed.mark_missed) == 0
    submit(app)
    assert (message(due).status, message(due).reason) == (S.UNCONFIRMED, "waited_long")
    ask(app)
    submit(app)
    assert (message(due).status, message(due).reason) == (S.ERROR, "reservation_missed")


def test_what_was_tried_just_now_needs_no_look_up(app, due, provider, moved_clock) -> None:
    moved_clock.advance(minutes=14)
    provider.trouble("error", code="ERR400005", paths=["/api/v1/delivery"], count=None)
    submit(app)
    ask(app)
    submit(app)
    assert (message(due).status, message(due).reason) == (S.QUEUED, "ERR400005")
    moved_clock.advance(minutes=2)
    assert in_job(app, missed.mark_missed) == 1
    assert (message(due).status, message(due).reason) == (S.ERROR, "reservation_missed")


@pytest.mark.parametrize("status", [S.SUBMITTING, S.UNCONFIRMED, S.RESERVED, S.SENDING, S.FAILED])
def test_what_smslink_may_have_is_left_alone(app, due, moved_clock, status) -> None:
    change(due, status=status, claimed_at=clock.now())
    moved_clock.advance(minutes=16)
    assert in_job(app, missed.mark_missed) == 0
    assert message(due).status == status
