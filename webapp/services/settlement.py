"""Settling what is unknown: SMSLINK is asked for the attempts' tokens, and never sent to again blind.

Found: the registration is adopted. Asked for at least `UNKNOWN_SETTLE_S`, and longer than any call
of ours can last and be taken late, and still absent: the message goes back to the queue. SMSLINK not
reachable: asked again, for as long as it takes.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Attempt, Delivery, Message
from webapp.services import attempts, smslink_account
from webapp.services.claiming import WAITED_LONG
from webapp.services.result_pages import read_pages
from webapp.services.results import apply_result, may_ask, next_check, note_failure
from webapp.services.sending import read_token
from webapp.smslink.answers import DeliveryResult
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Reason, Refused, SmslinkError
from webapp.smslink.wire import MAX_RESULTS_PER_PAGE, MAX_VALUES_PER_QUERY, ResultsQuery

log = structlog.get_logger(__name__)

# A claim this old belongs to a worker that died; one that is still in its call reports late, and its
# report is taken (attempts.py). The call must not have been declared absent by then: `_absent_at`.
STALE_CLAIM_S = 25
LOOKUP_PAUSES_S = (2, 3, 5, 10, 20, 20, 30)
CLOCK_SKEW = timedelta(days=1)
"""Allowed between our clock and the provider's, where it wants a range of time."""
TOO_MANY_RESULTS = "ERR400004"
SETTLING_S = 10
"""How long one job goes on: the sweep waits behind it."""

Found = dict[int, tuple[int, DeliveryResult]]
"""By the message's id: an attempt's number, which a restored backup may lack, and what became of it."""


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
        attempts.record_unknown(message_id, attempt_id, "worker_lost", lookup_in_s=0)
        for message_id, attempt_id in latest.items()
    )


def settle_due(client: SmslinkClient) -> bool:
    """Look up every unconfirmed message that is due; False when SMSLINK gave no answer."""
    started = clock.now()
    stop_at = started + timedelta(seconds=SETTLING_S)
    while clock.now() < stop_at and (ids := _due(started)):
        if not may_ask():
            return False
        try:
            settle(ids, client, stop_at)
        except SmslinkError as error:
            # Also a refused token: the question stays open, whatever it takes to mend the settings.
            log.warning("lookup_failed", message_ids=ids, reason=str(error))
            if note_failure(error):
                return False
    db.session.commit()
    return True


def settle(ids: list[int], client: SmslinkClient, stop_at: datetime) -> None:
    """Ask SMSLINK for unconfirmed messages and act on what it says; raises SmslinkError."""
    messages = _claim_lookups(ids)
    if not messages:
        return
    asked_at = clock.now()
    found, told = _look_up(messages, client, stop_at)
    for message in messages:
        latest = message.delivery.attempts[-1]
        if message.id in found:
            _adopt(message.id, *found[message.id])
        elif message.id in told and asked_at >= _absent_at(message, latest):
            _send_again(message.id, latest.id)


def _due(now: datetime) -> list[int]:
    """As many as fit into one question."""
    due = (
        select(Message.id)
        .where(Message.status == MessageStatus.UNCONFIRMED, Message.next_check_at <= now)
        .order_by(Message.next_check_at)
        .limit(MAX_VALUES_PER_QUERY)
    )
    return list(db.session.scalars(due))


def _claim_lookups(ids: list[int]) -> list[Message]:
    """Push the next question back first, so that two sweeps do not ask the same."""
    now = clock.now()
    with writing():
        messages = db.session.scalars(
            select(Message)
            .where(Message.id.in_(ids), Message.status == MessageStatus.UNCONFIRMED)
            .where(Message.next_check_at <= now)
            .order_by(Message.id)
            .options(joinedload(Message.delivery).selectinload(Delivery.attempts))
            .with_for_update(of=Message)
            .execution_options(populate_existing=True)
        ).all()
        for message in messages:
            pause = LOOKUP_PAUSES_S[min(message.checks, len(LOOKUP_PAUSES_S) - 1)]
            message.checks += 1
            message.next_check_at = now + timedelta(seconds=pause)
            absent_at = _absent_at(message, message.delivery.attempts[-1])
            if now < absent_at < message.next_check_at:
                message.next_check_at = absent_at  # the question that decides comes as soon as it can
    if messages:
        queue.ring_poll(min(message.next_check_at or now for message in messages))
    return list(messages)


def _lock_unconfirmed(message_id: int) -> Message | None:
    """The message as it is now, inside a unit that writes; None when it is settled already."""
    return db.session.scalar(
        select(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.UNCONFIRMED)
        .options(joinedload(Message.delivery))
        .with_for_update(of=Message)
        .execution_options(populate_existing=True)
    )


def _look_up(
    messages: list[Message], client: SmslinkClient, stop_at: datetime, *, is_narrow: bool = False
) -> tuple[Found, set[int]]:
    """The attempt of each message that the provider knows, and the messages it told everything about.

    Asked by number alone: however wrong a clock is, nothing that is there may look absent.
    """
    query = _narrow_query(messages[0]) if is_narrow else _query(messages)
    try:
        return _read(messages, client, stop_at, query)
    except Refused as error:
        if error.is_authentication or error.is_wrong_address:
            raise
        refused = error
    if len(messages) > 1:
        # One number must not keep the answer from the others.
        middle = len(messages) // 2
        found, told = _look_up(messages[:middle], client, stop_at)
        more, more_told = _look_up(messages[middle:], client, stop_at)
        return found | more, told | more_told
    if refused.code == TOO_MANY_RESULTS and not is_narrow:
        return _look_up(messages, client, stop_at, is_narrow=True)
    log.warning("lookup_refused", message_id=messages[0].id, reason=str(refused))
    return {}, set()


def _query(messages: list[Message]) -> ResultsQuery:
    numbers = tuple(dict.fromkeys(message.phone_number for message in messages))
    return ResultsQuery(phone_numbers=numbers, limit=MAX_RESULTS_PER_PAGE)


def _narrow_query(message: Message) -> ResultsQuery:
    """What the provider asks for when one number has too many results: a range of time."""
    delivery = message.delivery
    return replace(
        _query([message]),
        # Not the first attempt's time: there may have been earlier ones that a restored backup lacks.
        reserved_from=(delivery.reserved_at or message.created_at) - CLOCK_SKEW,
        reserved_to=(delivery.reserved_at or clock.now()) + CLOCK_SKEW,
    )


def _read(
    messages: list[Message], client: SmslinkClient, stop_at: datetime, query: ResultsQuery
) -> tuple[Found, set[int]]:
    by_key = {message.delivery.key: message for message in messages}
    found: Found = {}
    for page, is_last in read_pages(query, client, stop_at):
        for result in page.results:
            key, number = read_token(result.delivery_name)
            message = by_key.get(key)
            if message is None:
                continue
            known = found.get(message.id)
            if known and (known[0], known[1].delivery_id) != (number, result.delivery_id):
                log.error("registered_twice", message_id=message.id, attempts=[known[0], number])
            if known is None or known[0] < number:
                found[message.id] = number, result
        if is_last:
            return found, {message.id for message in messages}
    log.warning("lookup_unfinished", message_ids=[message.id for message in messages])
    return found, set()


def _absent_at(message: Message, attempt: Attempt) -> datetime:
    if attempt.reason == WAITED_LONG:
        return attempt.started_at  # nothing was called for a long time: one complete answer decides
    settled = (message.unconfirmed_since or attempt.started_at) + timedelta(
        seconds=smslink_account.configuration().unknown_settle_s
    )
    soonest = attempt.started_at + timedelta(seconds=smslink_account.ABSENT_AFTER_S)
    if attempt.reason == Reason.READ_TIMEOUT and attempt.finished_at is not None:
        soonest = max(soonest, attempt.finished_at + timedelta(seconds=smslink_account.TAKEN_LATE_S))
    return max(settled, soonest)


def _adopt(message_id: int, number: int, found: DeliveryResult) -> None:
    now = clock.now()
    with writing():
        message = _lock_unconfirmed(message_id)
        if message is None:
            return
        attempt = attempts.find_or_add(message.delivery_id, number, message.created_at)
        attempts.report_repeated(message_id, found.delivery_id)
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
