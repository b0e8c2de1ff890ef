"""Cancelling, in every state, until ten minutes before the reserved time.

Not yet registered: here, at once. Being registered, or nobody knows: as soon as it is registered, or
when it comes back to the queue. Reserved: at SMSLINK, by the worker. A cancel that races a send ends
in what SMSLINK says: its results decide, and a lost answer is asked for there.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import cancel_limit
from webapp.extensions import db, writing
from webapp.models import Delivery, Interaction, Message
from webapp.models.staff import Author
from webapp.services import RefusedByRule, attempts, holding, pace, smslink_account
from webapp.services.office import load_office
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Refused, SmslinkError

log = structlog.get_logger(__name__)

TRY_AGAIN = timedelta(seconds=20)
LOCAL = frozenset({MessageStatus.QUEUED, MessageStatus.HELD})


def why_not(message: Message, now: datetime) -> Refusal | None:
    """Why this message cannot be cancelled (any more), or None."""
    status = MessageStatus(message.status)
    reserved_at = message.delivery.reserved_at
    if status.is_final:
        return Refusal(Reason.CANCEL_OVER, "cancel")
    if status in LOCAL:
        return None
    if reserved_at is None or status == MessageStatus.SENDING:
        return Refusal(Reason.CANCEL_SENT, "cancel")
    if now > cancel_limit(reserved_at):
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
    """Cancel at SMSLINK every reservation somebody wants cancelled; the number of calls."""
    calls = 0
    while pace.time_to_wait(load_office(), is_urgent=True) is None and (claimed := _claim_next()):
        message_id, provider_id = claimed
        calls += 1
        try:
            canceled = client.cancel(provider_id)
        except Refused as error:
            _record_refusal(message_id, error)
            if error.is_authentication:
                break
        except SmslinkError as error:
            # Not sent, or nobody knows: the results say which, and the sweep tries again.
            log.warning("cancel_failed", message_id=message_id, reason=str(error))
            _ask_results(message_id)
            break
        else:
            _record_canceled(message_id, canceled.canceled_at or clock.now())
    return calls


def has_due() -> bool:
    """Whether a reservation waits to be cancelled."""
    return db.session.scalar(_due(clock.now()).limit(1)) is not None


def _due(now: datetime) -> Select[int]:
    return (
        select(Message.id)
        .where(Message.status == MessageStatus.RESERVED, Message.cancel_requested_at.is_not(None))
        .where(Message.cancel_refused.is_(None))
        .where(or_(Message.cancel_tried_at.is_(None), Message.cancel_tried_at < now - TRY_AGAIN))
        .order_by(Message.cancel_requested_at)
    )


def _claim_next() -> tuple[int, str] | None:
    now = clock.now()
    with writing():
        message_id = db.session.scalar(_due(now).limit(1).with_for_update(skip_locked=True))
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
            next_check_at=None,
        )
    log.info("cancelled", message_id=message_id)


def _record_refusal(message_id: int, error: Refused) -> None:
    reason = smslink_account.reason_of(error)
    log.warning("cancel_refused", message_id=message_id, reason=reason)
    if error.is_authentication:
        holding.hold_sending(reason)
        return
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.id == message_id)
            .values(cancel_refused=reason, next_check_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    queue.ring_poll()


def _ask_results(message_id: int) -> None:
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.status == MessageStatus.RESERVED)
            .values(next_check_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    queue.ring_poll()
