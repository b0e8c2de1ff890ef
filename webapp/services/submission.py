"""The worker's half of sending: claim a message, register it at SMSLINK, record what came of it.

No transaction is open while SMSLINK is called. Every step is a compare-and-set on the message's
status, so that two workers, a killed one, or one that comes back late never make two truths.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus, sources_of
from webapp.extensions import db, writing
from webapp.models import Attempt, Delivery, Message, Office
from webapp.models.office import OFFICE_ID
from webapp.services import smslink_account
from webapp.services.customers import opted_out_query
from webapp.services.office import load_office
from webapp.services.sending import delivery_name
from webapp.smslink.answers import Accepted
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import NotSent, OutcomeUnknown, Refused, SmslinkError
from webapp.smslink.wire import Contact, Registration

log = structlog.get_logger(__name__)

ACCEPTED_CODE = "RST200001"
FIRST_CHECK_S = 1
LIMIT_PAUSE_S = 55
"""A reservation or recipient limit of the contract: it frees itself as deliveries leave."""
DRAIN_SECONDS = 120
"""How long one job goes on: below the job's time limit by more than one call can last."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message this worker alone may send now, with what travels."""

    message_id: int
    attempt_id: int
    attempt_number: int
    registration: Registration
    is_safe_delivery: bool


def submit_due() -> int:
    """Send every message that is due, one by one, until none is left; the number of attempts."""
    office = load_office()
    if office.hold_reason is not None:
        return 0
    try:
        client = smslink_account.make_client(office)
    except smslink_account.NotConnectable as error:
        if has_due():
            smslink_account.hold_sending(error.reason)
        return 0
    stop_at = clock.now() + timedelta(seconds=DRAIN_SECONDS)
    attempts = 0
    with client:
        while clock.now() < stop_at and (claim := claim_next()) is not None:
            attempts += 1
            if not submit(claim, client):
                break
    if attempts:
        ring_for_next()
    return attempts


def claim_next() -> Claim | None:
    """Claim the message that has waited longest, or None when nothing is due or all is held."""
    with writing():
        now = clock.now()
        office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
        if office.hold_reason is not None or (office.paused_until and office.paused_until > now):
            return None
        while (message := _next_due(now)) is not None:
            if db.session.scalar(opted_out_query(message.phone_number)) is not None:
                move(message.id, MessageStatus.ERROR, reason="opted_out", settled_at=now)
                continue
            if not move(message.id, MessageStatus.SUBMITTING, claimed_at=now, reason=None):
                continue
            return _record_attempt(message, office, now)
    return None


def submit(claim: Claim, client: SmslinkClient) -> bool:
    """Call SMSLINK for a claimed message and record the outcome; False: stop sending for now."""
    log.info("submitting", message_id=claim.message_id, attempt_id=claim.attempt_id)
    try:
        deliver = client.safe_deliver if claim.is_safe_delivery else client.deliver
        accepted = deliver(claim.registration)
    except Refused as error:
        return _record_refusal(claim, error)
    except NotSent as error:
        _record_not_sent(claim, error)
        return False
    except OutcomeUnknown as error:
        record_unknown(claim.message_id, claim.attempt_id, str(error.reason), answer=_raw(error))
        return True
    except ValueError as error:
        # The registration cannot be put on the wire: ours to mend, and certain not to have left.
        _record(claim, "refused", MessageStatus.ERROR, reason="not_writable", settled_at=clock.now())
        log.exception("not_writable", message_id=claim.message_id, error=type(error).__name__)
        return True
    smslink_account.note_contact()
    _record_accepted(claim, accepted)
    return True


def record_unknown(
    message_id: int, attempt_id: int, reason: str, answer: dict[str, Any] | None = None
) -> bool:
    """Nobody knows whether SMSLINK took it: look it up (settlement.py), never send it again blind."""
    now = clock.now()
    with writing():
        moved = move(
            message_id,
            MessageStatus.UNCONFIRMED,
            reason=reason,
            unconfirmed_since=now,
            next_check_at=now + timedelta(seconds=FIRST_CHECK_S),
            checks=0,
        )
        if moved:
            finish_attempt(attempt_id, "unknown", reason, answer)
    log.warning("outcome_unknown", message_id=message_id, attempt_id=attempt_id, reason=reason)
    return moved


def ring_for_next() -> None:
    """Ring when the next waiting message is due, so that a retry need not wait for the sweep."""
    row = db.session.execute(
        select(func.min(Message.next_attempt_at), Office.paused_until)
        .where(Message.status == MessageStatus.QUEUED, Office.id == OFFICE_ID)
        .group_by(Office.paused_until)
    ).one_or_none()
    db.session.commit()
    if row is not None:
        queue.ring_submit(max(filter(None, (*row, clock.now()))))


def _next_due(now: datetime) -> Message | None:
    return db.session.scalar(
        select(Message)
        .where(Message.status == MessageStatus.QUEUED, Message.next_attempt_at <= now)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(1)
        .options(joinedload(Message.delivery), joinedload(Message.customer))
        .with_for_update(of=Message, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def has_due() -> bool:
    """Whether a message waits to be sent now."""
    due = db.session.scalar(
        select(Message.id)
        .where(Message.status == MessageStatus.QUEUED, Message.next_attempt_at <= clock.now())
        .limit(1)
    )
    return due is not None


def _record_attempt(message: Message, office: Office, now: datetime) -> Claim:
    delivery = message.delivery
    earlier = db.session.scalar(
        select(func.count()).select_from(Attempt).where(Attempt.delivery_id == delivery.id)
    )
    attempt = Attempt(delivery_id=delivery.id, number=(earlier or 0) + 1, started_at=now)
    db.session.add(attempt)
    db.session.flush()
    registration = Registration(
        delivery_name=delivery_name(delivery, attempt.number),
        contacts=(
            Contact(
                phone_number=message.phone_number,
                acquired_on=message.customer.acquired_on if office.has_safe_delivery else None,
                insertion_urls=tuple(delivery.insertion_urls),
            ),
        ),
        text_message=delivery.text_message,
        reserved_at=delivery.reserved_at,
        click_count=delivery.click_count,
        notification_emails=tuple(office.notification_emails) if office.notify_by_email else (),
    )
    # Without a date the protection cannot be asked for; the card says so.
    is_safe = office.has_safe_delivery and message.customer.acquired_on is not None
    return Claim(message.id, attempt.id, attempt.number, registration, is_safe)


def _record_accepted(claim: Claim, accepted: Accepted) -> None:
    contact = accepted.contacts[0] if accepted.contacts else None
    now = clock.now()
    changes: dict[str, object]
    if contact is not None and contact.result_code not in (None, ACCEPTED_CODE):
        changes = {
            "reason": contact.result_code,
            "provider_message": contact.result_message,
            "settled_at": now,
        }
        status = MessageStatus.REJECTED
    else:
        is_reservation = claim.registration.reserved_at is not None
        status = MessageStatus.RESERVED if is_reservation else MessageStatus.SENDING
        due = accepted.reserved_at if is_reservation and accepted.reserved_at else now
        changes = {
            "contact_id": contact.contact_id if contact else None,
            "reason": None,
            "next_check_at": due + timedelta(seconds=FIRST_CHECK_S),
            "checks": 0,
        }
    if _record(claim, "accepted", status, answer=accepted.raw, provider=accepted, **changes):
        log.info("accepted", message_id=claim.message_id, attempt_id=claim.attempt_id)
        queue.ring_poll()


def _record_refusal(claim: Claim, error: Refused) -> bool:
    reason = smslink_account.reason_of(error)
    smslink_account.note_contact()
    log.warning("refused", message_id=claim.message_id, attempt_id=claim.attempt_id, reason=reason)
    if error.is_authentication:
        smslink_account.hold_sending(reason)
        _record(claim, "refused", MessageStatus.HELD, answer=_raw(error), reason=reason)
        return False
    if error.is_limit:
        retry_at = clock.now() + timedelta(seconds=LIMIT_PAUSE_S)
        _record(
            claim,
            "not_sent",
            MessageStatus.QUEUED,
            answer=_raw(error),
            reason=reason,
            next_attempt_at=retry_at,
        )
        return True
    _record(
        claim,
        "refused",
        MessageStatus.REJECTED,
        answer=_raw(error),
        reason=reason,
        provider_message=error.answer.message if error.answer else None,
        settled_at=clock.now(),
    )
    return True


def _record_not_sent(claim: Claim, error: NotSent) -> None:
    """What keeps one message from leaving keeps them all: the pause is the office's, not the message's."""
    reason = smslink_account.reason_of(error)
    smslink_account.pause_sending()
    _record(
        claim,
        "not_sent",
        MessageStatus.QUEUED,
        answer=_raw(error),
        reason=reason,
        next_attempt_at=clock.now(),
    )
    log.warning("not_sent", message_id=claim.message_id, attempt_id=claim.attempt_id, reason=reason)


def _record(
    claim: Claim,
    outcome: str,
    status: MessageStatus,
    *,
    answer: dict[str, Any] | None = None,
    provider: Accepted | None = None,
    **changes: Any,  # noqa: ANN401 - column values
) -> bool:
    """Write the outcome down, if the message still waits for this attempt's."""
    with writing():
        if not _awaits(claim):
            return False
        moved = move(claim.message_id, status, **changes)
        if moved:
            reason = changes.get("reason")
            finish_attempt(claim.attempt_id, outcome, reason, answer)
            if provider is not None:
                message = db.session.get_one(Message, claim.message_id)
                db.session.execute(
                    update(Delivery)
                    .where(Delivery.id == message.delivery_id)
                    .values(
                        provider_id=provider.delivery_id,
                        accepted_at=provider.accepted_at or clock.now(),
                    )
                )
    return moved


def _awaits(claim: Claim) -> bool:
    """Whether no later attempt has begun: a worker thought dead may come back after one."""
    latest = db.session.scalar(
        select(func.max(Attempt.id)).where(
            Attempt.delivery_id
            == select(Attempt.delivery_id).where(Attempt.id == claim.attempt_id).scalar_subquery()
        )
    )
    return latest == claim.attempt_id


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


def finish_attempt(attempt_id: int, outcome: str, reason: str | None, answer: dict[str, Any] | None) -> None:
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
    )


def _raw(error: SmslinkError) -> dict[str, Any] | None:
    if error.answer is None:
        return None
    return {"status": error.answer.status, "body": error.answer.raw}
