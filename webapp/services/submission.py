"""The worker's half of sending: register a claimed message at SMSLINK, record what came of it.

No transaction is open while SMSLINK is called. Every step is a compare-and-set on the message's
status, so that two workers, a killed one, or one that comes back late never make two truths.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Message, Office
from webapp.models.office import OFFICE_ID
from webapp.services import attempts, cancelling, holding, pace, smslink_account, tokens
from webapp.services.claiming import Claim, claim_next
from webapp.services.office import load_office
from webapp.smslink.answers import Accepted
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import NotSent, OutcomeUnknown, Refused, SmslinkError

log = structlog.get_logger(__name__)

FIRST_CHECK_S = 1.7
"""The first question comes within two seconds of the acceptance: most have arrived by then."""
LIMIT_PAUSE_S = 55
"""A reservation or recipient limit of the contract: it frees itself as deliveries leave."""
DRAIN_SECONDS = 15
"""How long one job goes on; then it rings, so that whatever else waits on its queue has its turn."""


def submit_due() -> int:
    """Send every message that is due, one by one, until none is left; the number of attempts."""
    office = load_office()
    if office.hold_reason is not None:
        return 0
    try:
        client = smslink_account.make_client(office)
    except smslink_account.NotConnectable as error:
        if has_due():
            holding.hold_sending(error.reason)
        return 0
    stop_at = clock.now() + timedelta(seconds=DRAIN_SECONDS)
    made = 0
    with client:
        while clock.now() < stop_at:
            # Somebody who cancels waits for a call, not for everything that is to be sent.
            if cancelling.has_due():
                cancelling.cancel_due(client)
            if not has_due():
                break
            wait = pace.take(office, pace.SEND_SHARE)
            if wait is not None:
                ring_for_next(clock.now() + wait)
                return made
            claim = claim_next()
            if claim is None:
                break
            made += 1
            if not submit(claim, client):
                break
        else:
            queue.ring_submit()
            return made
    ring_for_next()
    return made


def submit(claim: Claim, client: SmslinkClient) -> bool:
    """Call SMSLINK for a claimed message and record the outcome; False: stop sending for now."""
    if clock.now() > claim.call_before:
        # The machine slept, or this process was stopped, since the claim.
        _record(claim, "not_sent", MessageStatus.QUEUED, next_attempt_at=clock.now())
        log.warning("started_late", message_id=claim.message_id, attempt_id=claim.attempt_id)
        return True
    if not tokens.take(claim.registration.delivery_name):
        attempts.record_unknown(claim.message_id, claim.attempt_id, "token_used")
        return True
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
        attempts.record_unknown(claim.message_id, claim.attempt_id, str(error.reason), answer=_raw(error))
        return True
    except ValueError as error:
        # The registration cannot be put on the wire: ours to mend, and certain not to have left.
        _record(claim, "refused", MessageStatus.ERROR, reason="not_writable", settled_at=clock.now())
        log.exception("not_writable", message_id=claim.message_id, error=type(error).__name__)
        return True
    _record_accepted(claim, accepted)
    holding.note_contact(judged_delivery=True)
    return True


def ring_for_next(not_before: datetime | None = None) -> None:
    """Ring when the next waiting message is due, so that a retry need not wait for the sweep."""
    due_at = db.session.scalar(
        select(func.min(Message.next_attempt_at)).where(Message.status == MessageStatus.QUEUED)
    )
    office = db.session.execute(
        select(Office.hold_reason, Office.paused_until).where(Office.id == OFFICE_ID)
    ).one()
    db.session.commit()
    if due_at is not None and office.hold_reason is None:
        queue.ring_submit(max(filter(None, (due_at, office.paused_until, not_before, clock.now()))))


def has_due() -> bool:
    """Whether a message waits to be sent now."""
    due = db.session.scalar(
        select(Message.id)
        .where(Message.status == MessageStatus.QUEUED, Message.next_attempt_at <= clock.now())
        .limit(1)
    )
    return due is not None


def _record_accepted(claim: Claim, accepted: Accepted) -> None:
    contact = accepted.contacts[0] if accepted.contacts else None
    now = clock.now()
    changes: dict[str, object]
    if contact is not None and contact.is_refused:
        changes = {
            "reason": contact.result_code,
            "provider_message": contact.result_message,
            "settled_at": now,
        }
        status = MessageStatus.REJECTED
    else:
        is_reservation = claim.registration.reserved_at is not None
        status = MessageStatus.RESERVED if is_reservation else MessageStatus.SENDING
        # Our own time: the provider's could be any, and a question put off to it would never come.
        due = claim.registration.reserved_at or now
        changes = {
            "contact_id": contact.contact_id if contact else None,
            "reason": None,
            "next_check_at": due + timedelta(seconds=FIRST_CHECK_S),
            "checks": 0,
        }
    if _record(claim, "accepted", status, answer=accepted.raw, provider=accepted, **changes):
        log.info("accepted", message_id=claim.message_id, attempt_id=claim.attempt_id)
        queue.ring_poll()
        if status == MessageStatus.RESERVED:
            queue.ring_cancel()  # somebody may have asked for it meanwhile


def _record_refusal(claim: Claim, error: Refused) -> bool:
    """False when sending is held: the next message would be refused for the same reason."""
    reason = smslink_account.reason_of(error)
    answer = _raw(error)
    # A wrong address refuses every message; the settings need mending, not the message.
    is_held = error.is_authentication or error.is_wrong_address
    log.warning("refused", message_id=claim.message_id, attempt_id=claim.attempt_id, reason=reason)
    if is_held:
        _record(claim, "refused", MessageStatus.HELD, answer=answer, hold_reason=reason, reason=reason)
    elif error.is_limit:
        retry_at = clock.now() + timedelta(seconds=LIMIT_PAUSE_S)
        _record(
            claim, "not_sent", MessageStatus.QUEUED, answer=answer, reason=reason, next_attempt_at=retry_at
        )
    else:
        _record(
            claim,
            "refused",
            MessageStatus.REJECTED,
            answer=answer,
            reason=reason,
            provider_message=_said(error),
            settled_at=clock.now(),
        )
    holding.note_contact(judged_delivery=True)
    return not is_held


def _said(error: Refused) -> str | None:
    """The provider's own words: what exactly it did not like, where it says so."""
    if error.answer is None:
        return None
    details = [detail.message for detail in error.answer.details if detail.message]
    return " ".join(details) or error.answer.message


def _record_not_sent(claim: Claim, error: NotSent) -> None:
    """What keeps one message from leaving keeps them all: the pause is the office's, not the message's."""
    reason = smslink_account.reason_of(error)
    holding.pause_sending(error.retry_after_s)
    _record(
        claim,
        "not_sent",
        MessageStatus.QUEUED,
        answer=_raw(error),
        reason=reason,
        next_attempt_at=clock.now(),
    )
    log.warning("not_sent", message_id=claim.message_id, attempt_id=claim.attempt_id, reason=reason)


def _record(claim: Claim, outcome: str, status: MessageStatus, **values: Any) -> bool:  # noqa: ANN401 - column values
    return attempts.record(claim.message_id, claim.attempt_id, outcome, status, **values)


def _raw(error: SmslinkError) -> dict[str, Any] | None:
    if error.answer is None:
        return None
    return {"status": error.answer.status, "body": error.answer.raw}
