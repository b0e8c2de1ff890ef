"""Settling what is unknown: SMSLINK is asked for the attempt's token, and never sent to again blind.

Found: the registration is adopted. Asked for at least `UNKNOWN_SETTLE_S`, and longer than any call
of ours can last, and still absent: the message goes back to the queue. SMSLINK not reachable: asked
again, for as long as it takes.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Attempt, Message
from webapp.services import smslink_account
from webapp.services.results import apply_result
from webapp.services.sending import attempt_token
from webapp.services.submission import finish_attempt, move, record_unknown
from webapp.smslink.answers import DeliveryResult
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import SmslinkError
from webapp.smslink.wire import MAX_RESULTS_PER_PAGE, ResultsQuery

log = structlog.get_logger(__name__)

# A claim this old belongs to a worker that died; one that is still in its call reports late, and its
# report is taken (submission.py). The call must not have been declared absent by then: `_absent_at`.
STALE_CLAIM_S = 25
LOOKUP_PAUSES_S = (2, 3, 5, 10, 20, 20, 30)
CLOCK_SKEW = timedelta(minutes=20)
"""Allowed between our clock and the provider's, and for its 10-minute grid."""


def find_stale_claims() -> int:
    """Mark what dead workers left behind as unconfirmed; how many there were."""
    before = clock.now() - timedelta(seconds=STALE_CLAIM_S)
    rows = db.session.execute(
        select(Message.id, Attempt.id, Attempt.number)
        .join(Attempt, Attempt.delivery_id == Message.delivery_id)
        .where(Message.status == MessageStatus.SUBMITTING, Message.claimed_at < before)
        .order_by(Attempt.number)
    ).all()
    latest = {message_id: attempt_id for message_id, attempt_id, _number in rows}
    return sum(
        record_unknown(message_id, attempt_id, "worker_lost") for message_id, attempt_id in latest.items()
    )


def settle_due(client: SmslinkClient) -> int:
    """Look up every unconfirmed message that is due; how many were asked for."""
    now = clock.now()
    ids = db.session.scalars(
        select(Message.id)
        .where(Message.status == MessageStatus.UNCONFIRMED, Message.next_check_at <= now)
        .order_by(Message.next_check_at)
    ).all()
    return sum(settle(message_id, client) for message_id in ids)


def settle(message_id: int, client: SmslinkClient) -> bool:
    """Ask SMSLINK for one unconfirmed message and act on what it says."""
    message = _claim_lookup(message_id)
    if message is None:
        return False
    attempt = message.delivery.attempts[-1]
    asked_at = clock.now()
    try:
        found = _look_up(message, attempt, client)
    except SmslinkError as error:
        # Also a refused token: the answer stays open, whatever it takes to mend the settings.
        log.warning("lookup_failed", message_id=message.id, attempt_id=attempt.id, reason=str(error))
        return True
    smslink_account.note_contact()
    if found is not None:
        _adopt(message, attempt, found)
    elif asked_at >= _absent_at(message, attempt):
        _send_again(message, attempt)
    return True


def _claim_lookup(message_id: int) -> Message | None:
    """Push the next question back first, so that two sweeps do not ask the same."""
    now = clock.now()
    with writing():
        message = db.session.scalar(
            select(Message)
            .where(
                Message.id == message_id,
                Message.status == MessageStatus.UNCONFIRMED,
                Message.next_check_at <= now,
            )
            .options(joinedload(Message.delivery))
            .execution_options(populate_existing=True)
        )
        if message is None:
            return None
        db.session.refresh(message.delivery, ["attempts"])
        pause = LOOKUP_PAUSES_S[min(message.checks, len(LOOKUP_PAUSES_S) - 1)]
        message.checks += 1
        message.next_check_at = now + timedelta(seconds=pause)
    queue.ring_poll(message.next_check_at)
    return message


def _look_up(message: Message, attempt: Attempt, client: SmslinkClient) -> DeliveryResult | None:
    around = message.delivery.reserved_at or attempt.started_at
    until = max(around, clock.now()) if message.delivery.reserved_at is None else around
    token = attempt_token(message.delivery, attempt.number)
    offset = 0
    while True:
        page = client.fetch_results(
            ResultsQuery(
                phone_numbers=(message.phone_number,),
                reserved_from=around - CLOCK_SKEW,
                reserved_to=until + CLOCK_SKEW,
                offset=offset,
                limit=MAX_RESULTS_PER_PAGE,
            )
        )
        for result in page.results:
            if (result.delivery_name or "").endswith(token):
                return result
        offset += len(page.results)
        if not page.results or offset >= page.total:
            return None


def _absent_at(message: Message, attempt: Attempt) -> datetime:
    settled = (message.unconfirmed_since or attempt.started_at) + timedelta(
        seconds=smslink_account.configuration().unknown_settle_s
    )
    return max(settled, attempt.started_at + timedelta(seconds=smslink_account.LONGEST_CALL_S))


def _adopt(message: Message, attempt: Attempt, found: DeliveryResult) -> None:
    with writing():
        message = db.session.get_one(Message, message.id, populate_existing=True)
        if message.status != MessageStatus.UNCONFIRMED:
            return
        message.delivery.provider_id = found.delivery_id
        message.delivery.accepted_at = attempt.started_at
        message.checks = 0
        # A status we do not know: it is at the provider and on its way, so it is followed like that.
        if not apply_result(message, found):
            message.status = MessageStatus.SENDING
            message.reason = None
        finish_attempt(attempt.id, "adopted", None, dict(found.raw))
    log.info("adopted", message_id=message.id, attempt_id=attempt.id)
    queue.ring_poll()


def _send_again(message: Message, attempt: Attempt) -> None:
    now = clock.now()
    with writing():
        reserved_at = message.delivery.reserved_at
        if reserved_at is not None and reserved_at <= now:
            moved = move(
                message.id,
                MessageStatus.ERROR,
                reason="reservation_missed",
                settled_at=now,
                next_check_at=None,
            )
        else:
            moved = move(
                message.id, MessageStatus.QUEUED, reason="absent", next_attempt_at=now, next_check_at=None
            )
        if moved:
            finish_attempt(attempt.id, "absent", None, None)
    log.info("absent", message_id=message.id, attempt_id=attempt.id)
    queue.ring_submit()
