"""What came of an attempt is written down by compare-and-set, however late its answer comes.

A worker may be killed, or thought dead and come back: an answer counts while its attempt is the
message's latest and the transition table has the edge; else only the attempt keeps it.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus, sources_of
from webapp.extensions import db, writing
from webapp.models import Attempt, Delivery, Message
from webapp.services import holding
from webapp.smslink.answers import Accepted

log = structlog.get_logger(__name__)

FIRST_LOOKUP_S = 1


def record(
    message_id: int,
    attempt_id: int,
    outcome: str,
    status: MessageStatus,
    *,
    answer: dict[str, Any] | None = None,
    provider: Accepted | None = None,
    hold_reason: str | None = None,
    **changes: Any,  # noqa: ANN401 - column values
) -> bool:
    """Write an outcome and the message's new status; False when the message has gone another way.

    With a `hold_reason` all sending is held in the same unit, whether or not the message moves.
    """
    delivery_id = select(Attempt.delivery_id).where(Attempt.id == attempt_id).scalar_subquery()
    with writing():
        if hold_reason is not None:
            holding.place_hold(hold_reason)
        is_finished = _is_finished(attempt_id)
        tells = not (is_finished and outcome == "unknown")  # that nobody knows takes nothing back
        moved = (
            is_latest(message_id, attempt_id)
            and tells
            and move(message_id, status, **({"next_check_at": None} | changes))
        )
        if moved or provider is not None or not is_finished:
            finish(attempt_id, outcome, changes.get("reason"), answer)
        if moved and provider is not None:
            report_repeated(message_id, provider.delivery_id)
            db.session.execute(
                update(Delivery)
                .where(Delivery.id == delivery_id)
                .values(
                    provider_id=provider.delivery_id,
                    accepted_at=provider.accepted_at or clock.now(),
                )
            )
    if not moved:
        report = log.error if provider is not None else log.warning
        report("late_answer", message_id=message_id, attempt_id=attempt_id, outcome=outcome)
    return moved


def record_unknown(
    message_id: int,
    attempt_id: int,
    reason: str,
    answer: dict[str, Any] | None = None,
    *,
    lookup_in_s: float = FIRST_LOOKUP_S,
) -> bool:
    """Nobody knows whether SMSLINK took it: look it up (settlement.py), never send it again blind."""
    now = clock.now()
    moved = record(
        message_id,
        attempt_id,
        "unknown",
        MessageStatus.UNCONFIRMED,
        answer=answer,
        reason=reason,
        unconfirmed_since=now,
        next_check_at=now + timedelta(seconds=lookup_in_s),
        checks=0,
    )
    if moved:
        log.warning("outcome_unknown", message_id=message_id, attempt_id=attempt_id, reason=reason)
        queue.ring_poll()
    return moved


def report_repeated(message_id: int, provider_id: str) -> None:
    """Say aloud that the provider gave one id twice; it took both, so neither is sent again."""
    same = select(Message.id).join(Message.delivery).where(Delivery.provider_id == provider_id)
    other = db.session.scalar(same.where(Message.id != message_id).limit(1))
    if other is not None:
        log.error("delivery_id_repeated", message_id=message_id, other_message_id=other)


def is_latest(message_id: int, attempt_id: int) -> bool:
    """Whether no later attempt has begun; the message's row stays locked until the unit ends."""
    lock = select(Message.delivery_id).where(Message.id == message_id).with_for_update()
    delivery_id = db.session.scalar(lock)
    latest = db.session.scalar(select(func.max(Attempt.id)).where(Attempt.delivery_id == delivery_id))
    return latest == attempt_id


def _is_finished(attempt_id: int) -> bool:
    return db.session.scalar(select(Attempt.finished_at).where(Attempt.id == attempt_id)) is not None


def move(message_id: int, status: MessageStatus, **changes: Any) -> bool:  # noqa: ANN401 - column values
    """Compare-and-set along the transition table; False when the message is elsewhere by now."""
    moved = db.session.scalar(
        update(Message)
        .where(Message.id == message_id, Message.status.in_(sources_of(status)))
        .values(status=status, **changes)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


def find_or_add(delivery_id: int, number: int, begun_at: datetime) -> Attempt:
    """The attempt with that number; one that was made after a backup is put on record again."""
    attempt = db.session.scalar(
        select(Attempt).where(Attempt.delivery_id == delivery_id, Attempt.number == number)
    )
    if attempt is None:
        attempt = Attempt(delivery_id=delivery_id, number=number, started_at=begun_at)
        db.session.add(attempt)
        db.session.flush()
    return attempt


def finish(attempt_id: int, outcome: str, reason: str | None, answer: dict[str, Any] | None) -> None:
    """Write an attempt's outcome; inside a unit that writes."""
    db.session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(
            outcome=outcome,
            reason=reason,
            http_status=answer.get("status") if answer else None,
            answer=answer,
            finished_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
