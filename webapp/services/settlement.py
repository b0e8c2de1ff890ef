"""Settling what is unknown: SMSLINK is asked for the attempts' tokens, and never sent to again blind.

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
from webapp.services import attempts, holding, smslink_account
from webapp.services.results import apply_result, may_ask, next_check, note_failure
from webapp.services.sending import attempt_token
from webapp.smslink.answers import DeliveryResult
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import SmslinkError
from webapp.smslink.wire import MAX_RESULTS_PER_PAGE, ResultsQuery

log = structlog.get_logger(__name__)

# A claim this old belongs to a worker that died; one that is still in its call reports late, and its
# report is taken (attempts.py). The call must not have been declared absent by then: `_absent_at`.
STALE_CLAIM_S = 25
LOOKUP_PAUSES_S = (2, 3, 5, 10, 20, 20, 30)
CLOCK_SKEW = timedelta(days=1)
"""Allowed between our clock and the provider's, a wrong time zone included: one number has few results."""
SETTLING_S = 30
"""How long one job goes on: below its time limit by more than one call can last."""


def find_stale_claims() -> int:
    """Mark what dead workers left behind as unconfirmed; how many there were."""
    before = clock.now() - timedelta(seconds=STALE_CLAIM_S)
    rows = db.session.execute(
        select(Message.id, Attempt.id)
        .join(Attempt, Attempt.delivery_id == Message.delivery_id)
        .where(Message.status == MessageStatus.SUBMITTING, Message.claimed_at < before)
        .order_by(Attempt.id)
    ).all()
    latest = {message_id: attempt_id for message_id, attempt_id in rows}  # noqa: C416 - rows are no tuples to mypy
    return sum(
        attempts.record_unknown(message_id, attempt_id, "worker_lost")
        for message_id, attempt_id in latest.items()
    )


def settle_due(client: SmslinkClient) -> bool:
    """Look up every unconfirmed message that is due; False when SMSLINK gave no answer."""
    now = clock.now()
    ids = db.session.scalars(
        select(Message.id)
        .where(Message.status == MessageStatus.UNCONFIRMED, Message.next_check_at <= now)
        .order_by(Message.next_check_at)
    ).all()
    for message_id in ids:
        if clock.now() > now + timedelta(seconds=SETTLING_S):
            break
        if not may_ask():
            return False
        try:
            settle(message_id, client)
        except SmslinkError as error:
            # Also a refused token: the question stays open, whatever it takes to mend the settings.
            log.warning("lookup_failed", message_id=message_id, reason=str(error))
            if note_failure(error):
                return False
    db.session.commit()
    return True


def settle(message_id: int, client: SmslinkClient) -> None:
    """Ask SMSLINK for one unconfirmed message and act on what it says; raises SmslinkError."""
    message = _claim_lookup(message_id)
    if message is None:
        return
    latest = message.delivery.attempts[-1]
    asked_at = clock.now()
    found = _look_up(message, client)
    holding.note_contact()
    if found is not None:
        _adopt(message.id, *found)
    elif asked_at >= _absent_at(message, latest):
        _send_again(message.id, latest.id)


def _claim_lookup(message_id: int) -> Message | None:
    """Push the next question back first, so that two sweeps do not ask the same."""
    now = clock.now()
    with writing():
        message = _lock_unconfirmed(message_id)
        if message is None or message.next_check_at is None or message.next_check_at > now:
            return None
        db.session.refresh(message.delivery, ["attempts"])
        pause = LOOKUP_PAUSES_S[min(message.checks, len(LOOKUP_PAUSES_S) - 1)]
        message.checks += 1
        message.next_check_at = now + timedelta(seconds=pause)
        absent_at = _absent_at(message, message.delivery.attempts[-1])
        if now < absent_at < message.next_check_at:
            message.next_check_at = absent_at  # the question that decides comes as soon as it can
    queue.ring_poll(message.next_check_at)
    return message


def _lock_unconfirmed(message_id: int) -> Message | None:
    """The message as it is now, inside a unit that writes; None when it is settled already."""
    return db.session.scalar(
        select(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.UNCONFIRMED)
        .options(joinedload(Message.delivery))
        .with_for_update(of=Message)
        .execution_options(populate_existing=True)
    )


def _look_up(message: Message, client: SmslinkClient) -> tuple[Attempt, DeliveryResult] | None:
    """Any attempt of this message that the provider knows, the latest first."""
    delivery = message.delivery
    by_token = {attempt_token(delivery, attempt.number): attempt for attempt in delivery.attempts}
    first, last = delivery.attempts[0].started_at, clock.now()
    found: list[tuple[Attempt, DeliveryResult]] = []
    offset = 0
    while True:
        page = client.fetch_results(
            ResultsQuery(
                phone_numbers=(message.phone_number,),
                reserved_from=(delivery.reserved_at or first) - CLOCK_SKEW,
                reserved_to=(delivery.reserved_at or last) + CLOCK_SKEW,
                offset=offset,
                limit=MAX_RESULTS_PER_PAGE,
            )
        )
        for result in page.results:
            token = (result.delivery_name or "").rpartition(" ")[2]
            if token in by_token:
                found.append((by_token[token], result))
        offset += page.entries
        if not page.entries or offset >= page.total:
            break
    if len(found) > 1:
        log.error("registered_twice", message_id=message.id, attempt_ids=[attempt.id for attempt, _ in found])
    return max(found, key=lambda pair: pair[0].number, default=None)


def _absent_at(message: Message, attempt: Attempt) -> datetime:
    settled = (message.unconfirmed_since or attempt.started_at) + timedelta(
        seconds=smslink_account.configuration().unknown_settle_s
    )
    return max(settled, attempt.started_at + timedelta(seconds=smslink_account.LONGEST_CALL_S))


def _adopt(message_id: int, attempt: Attempt, found: DeliveryResult) -> None:
    now = clock.now()
    with writing():
        message = _lock_unconfirmed(message_id)
        if message is None:
            return
        message.delivery.provider_id = found.delivery_id
        message.delivery.accepted_at = attempt.started_at
        message.checks = 0
        # A status we do not know: it is at the provider and on its way, so it is followed like that.
        if not apply_result(message, found):
            message.status = MessageStatus.SENDING
            message.reason = None
        message.next_check_at = next_check(message, now)
        attempts.finish(attempt.id, "adopted", None, dict(found.raw))
    log.info("adopted", message_id=message_id, attempt_id=attempt.id)


def _send_again(message_id: int, attempt_id: int) -> None:
    now = clock.now()
    with writing():
        # Another sweep may have sent it again meanwhile, and that attempt may be unknown in its turn.
        if _lock_unconfirmed(message_id) is None or not attempts.is_latest(message_id, attempt_id):
            return
        attempts.move(
            message_id, MessageStatus.QUEUED, reason="absent", next_attempt_at=now, next_check_at=None
        )
        attempts.finish(attempt_id, "absent", None, None)
    log.info("absent", message_id=message_id, attempt_id=attempt_id)
    queue.ring_submit()
