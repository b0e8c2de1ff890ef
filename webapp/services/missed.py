"""Reservations whose time passed before SMSLINK took them: not sent late, but shown, also during a hold.

While nothing keeps sending back, what waited long is left to claiming.py, which asks SMSLINK first.
"""

from datetime import datetime

import structlog
from sqlalchemy import select

from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Delivery, Message
from webapp.services import attempts
from webapp.services.claiming import waited_long
from webapp.services.office import load_office

log = structlog.get_logger(__name__)

WAITING = (MessageStatus.QUEUED, MessageStatus.HELD)
MOST_AT_ONCE = 100
"""In one unit that writes; the next sweep takes the others."""


def mark_missed() -> int:
    """Turn what missed its time into an error, or into the cancellation somebody wished for; how many."""
    now = clock.now()
    with writing():
        office = load_office(fresh=True)
        is_kept_back = office.hold_reason is not None or bool(
            office.paused_until and office.paused_until > now
        )
        missed = _missed(now, is_kept_back=is_kept_back)
        for message in missed:
            if message.cancel_requested_at is not None:
                attempts.move(
                    message.id, MessageStatus.CANCELLED, reason=None, cancelled_at=now, settled_at=now
                )
            else:
                attempts.move(message.id, MessageStatus.ERROR, reason="reservation_missed", settled_at=now)
    for message in missed:
        log.warning("reservation_missed", message_id=message.id)
    return len(missed)


def _missed(now: datetime, *, is_kept_back: bool) -> list[Message]:
    query = (
        select(Message)
        .join(Message.delivery)
        .where(Message.status.in_(WAITING), Delivery.reserved_at <= now)
        .order_by(Delivery.reserved_at, Message.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Message, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query if is_kept_back else query.where(~waited_long(now))))
