"""Holding and pausing all sending: what keeps one message from leaving keeps them all.

A hold waits for an administrator to mend the token or the contract; a pause ends by itself.
"""

import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy import update

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Message, Office
from webapp.services.office import load_office, lock_office
from webapp.smslink.errors import Reason, SmslinkError

log = structlog.get_logger(__name__)

LONGEST_PAUSE_S = 55.0
BEGINS_ANEW_AFTER = timedelta(minutes=5)
"""A failure so long after the last pause is a first one again."""


def hold_sending(reason: str) -> None:
    """Stop all sending until an administrator mends the contract; the first reason stays."""
    with writing():
        place_hold(reason)


def place_hold(reason: str) -> None:
    """The same inside a unit that writes: what was refused is held together with everything else."""
    office = lock_office()
    if office.hold_reason is None:
        office.hold_reason = reason
        office.held_since = clock.now()
        log.warning("sending_held", reason=reason)


def resume_sending() -> None:
    """Lift the hold and queue what was held."""
    with writing():
        lift_hold(lock_office())
    queue.ring_submit()


def pause_sending(at_least_s: int | None = None) -> None:
    """SMSLINK could not be reached, or asked for patience: everybody waits, longer each time."""
    with writing():
        office = lock_office()
        now = clock.now()
        ended_at = office.paused_until or now
        if now - ended_at > BEGINS_ANEW_AFTER:
            office.failures_in_a_row = 0
        office.failures_in_a_row += 1
        wished = timedelta(seconds=min(at_least_s or 0, LONGEST_PAUSE_S))
        office.paused_until = max(ended_at, now + max(retry_pause(office.failures_in_a_row), wished))


def note_limit(error: SmslinkError) -> None:
    """Over the limit of requests (429), whatever was asked: all workers pause, not this one alone."""
    if error.reason == Reason.RATE_LIMITED:
        pause_sending(error.retry_after_s)


def pause_ends_at() -> datetime | None:
    """When the pause that all keep ends; None: there is none."""
    paused_until = load_office(fresh=True).paused_until
    return paused_until if paused_until and paused_until > clock.now() else None


def retry_pause(failures: int) -> timedelta:
    """How long to wait after failure 1, 2, …: it grows from about 2 s, jittered, and stays under 60 s."""
    longest = min(LONGEST_PAUSE_S, 2.5 * 2 ** min(failures - 1, 10))
    return timedelta(seconds=longest * random.uniform(0.7, 1.0))  # noqa: S311 - jitter, no secret


def note_contact(*, judged_delivery: bool = False) -> None:
    """SMSLINK answered: noted once a minute. Only its word on a delivery ends a pause, no other answer."""
    now = clock.now()
    office = load_office(fresh=True)
    is_recent = office.last_contact_at is not None and now - office.last_contact_at < timedelta(minutes=1)
    if is_recent and not (judged_delivery and office.failures_in_a_row):
        db.session.commit()
        return
    with writing():
        office = lock_office()
        office.last_contact_at = now
        if judged_delivery:
            office.failures_in_a_row = 0
            office.paused_until = None


def lift_hold(office: Office) -> None:
    """Inside a unit that writes. What is mended is tried at once, also while a pause runs."""
    office.hold_reason = None
    office.held_since = None
    office.failures_in_a_row = 0
    office.paused_until = None
    db.session.execute(
        update(Message)
        .where(Message.status == MessageStatus.HELD)
        .values(status=MessageStatus.QUEUED, reason=None, next_attempt_at=clock.now())
        .execution_options(synchronize_session=False)
    )
