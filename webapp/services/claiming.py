"""Claiming: one message for one worker, with the attempt on record before any call is made.

What has waited long is looked up before it is sent: its row may come from a restored backup, and
what the backup does not know may have left since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Attempt, Message, Office
from webapp.models.office import OFFICE_ID
from webapp.services import attempts, smslink_account
from webapp.services.customers import opted_out_query
from webapp.services.sending import delivery_name
from webapp.smslink.wire import Contact, Registration

log = structlog.get_logger(__name__)

LONG_WAIT = timedelta(minutes=5)
WAITED_LONG = "waited_long"


@dataclass(frozen=True, slots=True)
class Claim:
    """A message this worker alone may send now, with what travels."""

    message_id: int
    attempt_id: int
    attempt_number: int
    registration: Registration
    is_safe_delivery: bool
    call_before: datetime
    """After that it may be looked up, found absent and sent again: this worker must not call any more."""


def claim_next() -> Claim | None:
    """Claim the message that has waited longest, or None when nothing is due or all is held."""
    looked_up = False
    claim = None
    while claim is None:
        with writing():
            now = clock.now()
            office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
            if office.hold_reason is not None or (office.paused_until and office.paused_until > now):
                break
            due = _next_due(now)
            if due is None:
                break
            message, is_overdue = due
            if is_overdue:
                looked_up = _look_up_first(message, now) or looked_up
            elif message.cancel_requested_at is not None:
                attempts.move(
                    message.id, MessageStatus.CANCELLED, reason=None, cancelled_at=now, settled_at=now
                )
            elif (reason := _why_not(message, now)) is not None:
                attempts.move(message.id, MessageStatus.ERROR, reason=reason, settled_at=now)
            elif attempts.move(message.id, MessageStatus.SUBMITTING, claimed_at=now, reason=None):
                claim = _record_attempt(message, office, now)
    if looked_up:
        queue.ring_poll()
    return claim


def waited_long(now: datetime) -> ColumnElement[bool]:
    """Of a message: nothing was tried for so long that a backup may have been restored meanwhile."""
    since = now - LONG_WAIT
    was_tried = exists().where(Attempt.delivery_id == Message.delivery_id, Attempt.started_at > since)
    return and_(Message.created_at <= since, ~was_tried)


def _next_due(now: datetime) -> tuple[Message, bool] | None:
    """With whether it has waited long."""
    found = db.session.execute(
        select(Message, waited_long(now))
        .where(Message.status == MessageStatus.QUEUED, Message.next_attempt_at <= now)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(1)
        .options(joinedload(Message.delivery), joinedload(Message.customer))
        .with_for_update(of=Message, skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    return (found[0], found[1]) if found is not None else None


def _why_not(message: Message, now: datetime) -> str | None:
    """Checked again at the last moment: why it must not leave any more, or None."""
    if db.session.scalar(opted_out_query(message.phone_number)) is not None:
        return "opted_out"
    if message.delivery.reserved_at is not None and message.delivery.reserved_at <= now:
        return "reservation_missed"
    return None


def _look_up_first(message: Message, now: datetime) -> bool:
    """Ask SMSLINK before anything else; the attempt only uses up its number, no call is made."""
    moved = attempts.move(
        message.id,
        MessageStatus.UNCONFIRMED,
        reason=WAITED_LONG,
        unconfirmed_since=now,
        next_check_at=now,
        checks=0,
    )
    if moved:
        attempt = _add_attempt(message.delivery_id, now)
        attempt.finished_at = now
        attempt.outcome = "unknown"
        attempt.reason = WAITED_LONG
        log.info("looked_up_first", message_id=message.id)
    return moved


def _add_attempt(delivery_id: int, now: datetime) -> Attempt:
    last = db.session.scalar(select(func.max(Attempt.number)).where(Attempt.delivery_id == delivery_id))
    attempt = Attempt(delivery_id=delivery_id, number=(last or 0) + 1, started_at=now)
    db.session.add(attempt)
    return attempt


def _record_attempt(message: Message, office: Office, now: datetime) -> Claim:
    delivery = message.delivery
    # A test send goes to a member of staff, whose number the office knows to be theirs.
    acquired_on = message.customer.acquired_on if message.customer else None
    attempt = _add_attempt(delivery.id, now)
    db.session.flush()
    registration = Registration(
        delivery_name=delivery_name(delivery, attempt.number),
        contacts=(
            Contact(
                phone_number=message.phone_number,
                acquired_on=acquired_on if office.has_safe_delivery else None,
                insertion_urls=tuple(delivery.insertion_urls),
            ),
        ),
        text_message=delivery.text_message,
        reserved_at=delivery.reserved_at,
        click_count=delivery.click_count,
        notification_emails=tuple(office.notification_emails) if office.notify_by_email else (),
    )
    # Without a date the protection cannot be asked for; the card says so.
    is_safe = office.has_safe_delivery and acquired_on is not None
    call_before = now + timedelta(seconds=smslink_account.START_WITHIN_S)
    return Claim(message.id, attempt.id, attempt.number, registration, is_safe, call_before)
