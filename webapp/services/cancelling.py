"""Cancelling, in every state, until ten minutes before the reserved time.

Not yet registered: here, at once. Being registered, or nobody knows: as soon as it is registered, or
when it comes back to the queue. Reserved: at SMSLINK, by the worker. A cancel that races a send ends
in what SMSLINK says: its results decide, and a lost answer is asked for there. Only SMSLINK's word that
it is too late, or that it knows no such delivery, ends a wish; anything else is tried again.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import CANCEL_LEAD, cancel_limit
from webapp.extensions import db, writing
from webapp.models import Delivery, Interaction, Message
from webapp.models.staff import Author
from webapp.services import RefusedByRule, attempts, holding, pace, smslink_account
from webapp.services.office import load_office
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Refused, SmslinkError

log = structlog.get_logger(__name__)

TRY_AGAIN = timedelta(seconds=20)
CANCELLING_S = 10
"""How long one job goes on: sends wait behind it, and after `TRY_AGAIN` the first would be due anew."""
LOCAL = frozenset({MessageStatus.QUEUED, MessageStatus.HELD})
COMES_BACK = frozenset({MessageStatus.SUBMITTING, MessageStatus.UNCONFIRMED})
"""It may turn out never to have been registered."""


def why_not(message: Message, now: datetime) -> Refusal | None:
    """Why this message cannot be cancelled (any more), or None."""
    status = MessageStatus(message.status)
    reserved_at = message.delivery.reserved_at
    if status.is_final:
        return Refusal(Reason.CANCEL_OVER, "cancel")
    if status in LOCAL:
        return None
    if status == MessageStatus.SENDING:
        return Refusal(Reason.CANCEL_SENT, "cancel")
    if reserved_at is None:
        # Nobody knows yet whether it leaves at all: should it come back, it is not sent again.
        return None if status in COMES_BACK else Refusal(Reason.CANCEL_SENT, "cancel")
    if now > cancel_limit(reserved_at) and status not in COMES_BACK:
        return Refusal(Reason.CANCEL_TOO_LATE, "cancel")
    return None


def request_cancel(message_id: int, person: Author) -> Message:
    """Cancel at once what is only here, or leave the wish to the worker; raises RefusedByRule."""
    now = clock.now()
    with writing():
        message = db.session.scalars(
            select(Message)
            .where(Message.id == message_id)
            .options(joinedload(Message.delivery))
            .with_for_update(of=Message)
            .execution_options(populate_existing=True)
        ).one()
        refusal = why_not(message, now)
        if refusal is not None:
            raise RefusedByRule([refusal])
        is_first = message.cancel_requested_at is None
        message.cancel_requested_at = message.cancel_requested_at or now
        message.cancel_refused = None
        if is_first:
            message.cancel_tried_at = None
        if message.status in LOCAL:
            message.status = MessageStatus.CANCELLED
            message.cancelled_at = message.settled_at = now
            message.reason = None
        if is_first and message.customer_id is not None:  # a test send is in nobody's log
            db.session.add(
                Interaction(
                    customer_id=message.customer_id,
                    staff_id=person.id,
                    message_id=message.id,
                    kind="sms_cancelled",
                    subject=message.delivery.subject,
                    occurred_at=now,
                )
            )
    log.info("cancel_requested", message_id=message_id, status=message.status)
    if message.status != MessageStatus.CANCELLED:
        queue.ring_cancel()
    return message


def cancel_due(client: SmslinkClient) -> int:
    """Cancel at SMSLINK what somebody wants cancelled, and ring for what is left; the number of calls."""
    stop_at = clock.now() + timedelta(seconds=CANCELLING_S)
    calls = 0
    while has_due():
        if clock.now() >= stop_at:
            queue.ring_cancel()
            break
        if not _may_call() or (claimed := _claim_next()) is None:
            break
        message_id, provider_id = claimed
        calls += 1
        try:
            canceled = client.cancel(provider_id)
        except Refused as error:
            if _record_refusal(message_id, error):
                break
        except SmslinkError as error:
            # Not sent, or nobody knows: the results say which, and the sweep tries again.
            log.warning("cancel_failed", message_id=message_id, reason=str(error))
            holding.note_limit(error)
            _ask_results(message_id)
            break
        else:
            _record_canceled(message_id, canceled.canceled_at or clock.now())
    _ring_after_pause()
    return calls


def has_due() -> bool:
    """Whether a reservation waits to be cancelled, and may be now."""
    is_due = db.session.scalar(_due(clock.now()).limit(1)) is not None
    db.session.commit()  # whoever asks goes on to call SMSLINK
    return is_due


def _wished() -> Select[int]:
    return (
        select(Message.id)
        .join(Message.delivery)
        .where(Message.status == MessageStatus.RESERVED, Message.cancel_requested_at.is_not(None))
        .where(Message.cancel_refused.is_(None))
    )


def _due(now: datetime) -> Select[int]:
    due = (
        _wished()
        .where(or_(Message.cancel_tried_at.is_(None), Message.cancel_tried_at < now - TRY_AGAIN))
        .order_by(Message.cancel_requested_at, Message.id)
    )
    paused_until = holding.pause_ends_at()
    if paused_until is None:
        return due
    # After the pause it would be too late for these.
    return due.where(Delivery.reserved_at <= paused_until + CANCEL_LEAD)


def _may_call() -> bool:
    """A cancel may use what questions and sends must leave; else it is rung for when there is room."""
    wait = pace.take(load_office(), pace.CANCEL_SHARE)
    if wait is not None:
        queue.ring_cancel(clock.now() + wait)
    return wait is None


def _ring_after_pause() -> None:
    paused_until = holding.pause_ends_at()
    if paused_until is not None and db.session.scalar(_wished().limit(1)) is not None:
        queue.ring_cancel(paused_until)
    db.session.commit()


def _claim_next() -> tuple[int, str] | None:
    now = clock.now()
    with writing():
        message_id = db.session.scalar(_due(now).limit(1).with_for_update(of=Message, skip_locked=True))
        if message_id is None:
            return None
        db.session.execute(
            update(Message)
            .where(Message.id == message_id)
            .values(cancel_tried_at=now)
            .execution_options(synchronize_session=False)
        )
        provider_id = db.session.scalar(
            select(Delivery.provider_id)
            .join(Message, Message.delivery_id == Delivery.id)
            .where(Message.id == message_id)
        )
    return message_id, provider_id or ""


def _record_canceled(message_id: int, canceled_at: datetime) -> None:
    with writing():
        attempts.move(
            message_id,
            MessageStatus.CANCELLED,
            cancelled_at=canceled_at,
            settled_at=clock.now(),
            provider_status=300,
            provider_message="配信取消",
            cancel_refused=None,
            next_check_at=None,
        )
    log.info("cancelled", message_id=message_id)


def _record_refusal(message_id: int, error: Refused) -> bool:
    """Whether other cancels would be refused for the same reason."""
    reason = smslink_account.reason_of(error)
    log.warning("cancel_refused", message_id=message_id, reason=reason)
    if error.is_authentication or error.is_wrong_address:
        holding.hold_sending(reason)
        return True
    if not (error.is_too_late or error.is_unknown_delivery):
        return False  # no word on this reservation: the wish stays
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.status == MessageStatus.RESERVED)
            .values(cancel_refused=reason, next_check_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    queue.ring_poll()
    return False


def _ask_results(message_id: int) -> None:
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.status == MessageStatus.RESERVED)
            .values(next_check_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    queue.ring_poll()
