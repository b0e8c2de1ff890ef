"""What became of a message: SMSLINK is asked until the status is final, then for clicks and opt-outs.

`next_check_at` on the row decides who is asked for; up to 50 deliveries go into one request. What
the provider says is stored as it says it, and a status never leaves a final one.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus, from_provider, may_become
from webapp.domain.placeholders import OPT_OUT_MARK
from webapp.extensions import db, writing
from webapp.models import Delivery, Message
from webapp.services import holding, pace, smslink_account
from webapp.services.office import load_office
from webapp.smslink.answers import DeliveryResult
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Refused, SmslinkError
from webapp.smslink.wire import MAX_VALUES_PER_QUERY, ResultsQuery

log = structlog.get_logger(__name__)

STAYS_WITHDRAWN = frozenset({MessageStatus.RESERVED, MessageStatus.CANCELLED})
STATUS_PAUSES_S = (3, 5, 10, 20, 40, 60)
CLICK_PAUSES_S = (5, 5, 10, 10, 20, 20, 40, 60)
FOLLOWED_FOR = timedelta(days=30)
OVERDUE_AFTER = timedelta(hours=24)
"""So long after its time a message that is not final will hardly move: a person should look (history.py)."""
OVERDUE_PAUSE = timedelta(hours=1)
ASKING_S = 60
"""A question is under way: nobody else asks the same within this time."""
CHECKING_S = 5
"""How long one job goes on: the sweep waits behind it."""
TOPPED_UP_WITHIN = timedelta(seconds=2)
"""A question that is not full takes along what would be asked for so soon."""


def check_due(client: SmslinkClient) -> bool:
    """Ask for everything that is due; False when SMSLINK gave no answer, or its limit is used up."""
    stop_at = clock.now() + timedelta(seconds=CHECKING_S)
    while clock.now() < stop_at:
        if not _has_due():
            break
        if not may_ask():
            return False
        ids = _claim_due()
        if not ids:
            break
        try:
            _check(ids, client)
        except SmslinkError as error:
            log.warning("results_failed", messages=len(ids), reason=str(error))
            _ask_again(ids)
            if note_failure(error):
                return False
    return True


def may_ask() -> bool:
    """Whether a question may be asked now, which this takes from the limit; else the poll is rung then."""
    paused_until = holding.pause_ends_at()
    if paused_until is not None:
        queue.ring_poll(paused_until)
        return False
    wait = pace.take(load_office(), pace.QUESTION_SHARE)
    if wait is not None:
        queue.ring_poll(clock.now() + wait)
    return wait is None


def note_failure(error: SmslinkError) -> bool:
    """Whether other questions would fail too; a token that is refused them is refused deliveries as well."""
    holding.note_limit(error)
    if not isinstance(error, Refused):
        return True
    if error.is_authentication:
        holding.hold_sending(smslink_account.reason_of(error))
    return error.is_authentication


def next_due_at() -> datetime | None:
    """When something is to be asked for next."""
    due_at = db.session.scalar(select(func.min(Message.next_check_at)))
    db.session.commit()
    return due_at


def ring_for_next() -> None:
    """Ring for what is due before the sweep would see it."""
    due_at = next_due_at()
    if due_at is not None and due_at - clock.now() < timedelta(seconds=90):
        queue.ring_poll(max(due_at, clock.now()))


def ring_if_due() -> None:
    """Ring at once when something is due (the sweep's part)."""
    due_at = next_due_at()
    if due_at is not None and due_at <= clock.now():
        queue.ring_poll()


def apply_result(message: Message, result: DeliveryResult) -> bool:
    """Store what the provider says; False when its status is not a step this message can take."""
    status = from_provider(result.status)
    if MessageStatus(message.status).is_final:
        return _add_to_final(message, result, is_same=status == message.status)
    can_follow = status is not None and may_become(MessageStatus(message.status), status)
    if can_follow and status is not None:
        if status.is_final:
            message.settled_at = clock.now()
            message.checks = 0
        # Why a reservation was withdrawn (rechecking.py) stays with it.
        if MessageStatus(message.status) != MessageStatus.RESERVED or status not in STAYS_WITHDRAWN:
            message.reason = None
        if status == MessageStatus.CANCELLED:
            message.cancel_refused = None  # an earlier request, whose answer was lost, had done it
        message.status = status
    if can_follow or status is None:
        message.provider_status = result.status
        message.provider_message = result.message
        message.detail = result.detail
        message.detail_message = result.detail_message
    message.contact_id = result.contact_id or message.contact_id
    message.carrier = result.carrier if result.carrier is not None else message.carrier
    message.segments = (
        result.transmission_count if result.transmission_count is not None else message.segments
    )
    message.delivered_at = result.delivered_at or message.delivered_at
    message.cancelled_at = result.canceled_at or message.cancelled_at
    _follow(message, result)
    message.provider_answer = dict(result.raw)
    return can_follow


def _add_to_final(message: Message, result: DeliveryResult, *, is_same: bool) -> bool:
    """What is final stays as it was first said: only what goes on changing, or was unknown, is added."""
    _follow(message, result)
    if not is_same:
        log.warning(
            "late_result",
            message_id=message.id,
            delivery_id=message.delivery_id,
            status=message.status,
            said=result.status,
        )
        return False
    message.segments = message.segments if message.segments is not None else result.transmission_count
    message.delivered_at = message.delivered_at or result.delivered_at
    message.provider_answer = dict(result.raw)
    return True


def _follow(message: Message, result: DeliveryResult) -> None:
    """Clicks, and an opt-out: a later answer that lacks it never takes it back."""
    message.opted_out = True if message.opted_out else result.opted_out
    message.clicks = _clicks(message, result)


def next_check(message: Message, now: datetime) -> datetime | None:
    """When to ask again about a message that was just asked for; None: never."""
    status = MessageStatus(message.status)
    if not status.is_final:
        return _next_status_check(message, now)
    if status != MessageStatus.DELIVERED or not (message.clicks or _has_opt_out_link(message)):
        return None
    since = now - (message.settled_at or now)
    if since > FOLLOWED_FOR:
        return None
    if since < timedelta(minutes=10):
        return now + _pause(CLICK_PAUSES_S, message.checks)
    if since < timedelta(days=1):
        return now + timedelta(minutes=10)
    if since < timedelta(days=3):
        return now + timedelta(hours=1)
    return now + timedelta(days=1)


def _next_status_check(message: Message, now: datetime) -> datetime:
    reserved_at = message.delivery.reserved_at
    is_waiting = message.status == MessageStatus.RESERVED and message.cancel_requested_at is None
    if is_waiting and reserved_at is not None:
        due = reserved_at + timedelta(seconds=1)
        if due > now:
            return due
    if now - (reserved_at or message.created_at) > OVERDUE_AFTER:
        return now + OVERDUE_PAUSE
    return now + _pause(STATUS_PAUSES_S, message.checks)


def _by(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """To be asked for until then; of a message joined with its delivery."""
    return (
        Message.next_check_at <= moment,
        Message.status != MessageStatus.UNCONFIRMED,
        Delivery.provider_id.is_not(None),
    )


def _has_due() -> bool:
    due = select(Message.id).join(Message.delivery).where(*_by(clock.now())).limit(1)
    return db.session.scalar(due) is not None


def _claim_due() -> list[int]:
    """Up to 50 messages that are due, with the next question pushed back; two pollers never share one.

    The first question about a message is not brought forward: it comes when most have arrived.
    """
    now = clock.now()
    with writing():
        messages = db.session.scalars(
            select(Message)
            .join(Message.delivery)
            .where(*_by(now + TOPPED_UP_WITHIN), or_(Message.next_check_at <= now, Message.checks > 0))
            .order_by(Message.next_check_at)
            .limit(MAX_VALUES_PER_QUERY)
            .with_for_update(of=Message, skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        if all(message.next_check_at > now for message in messages if message.next_check_at):
            return []  # another poller has what was due
        for message in messages:
            message.next_check_at = now + timedelta(seconds=ASKING_S)
    return [message.id for message in messages]


def _check(ids: list[int], client: SmslinkClient) -> None:
    messages = _load(ids)
    asked = dict.fromkeys(message.delivery.provider_id or "" for message in messages)
    db.session.commit()
    page = client.fetch_results(ResultsQuery(delivery_ids=tuple(asked)))
    holding.note_contact()
    now = clock.now()
    with writing():
        for message in _load(ids, lock=True):
            result = next((one for one in page.results if _is_about(one, message)), None)
            if result is not None:
                apply_result(message, result)
            # A delivery missing from the answer is asked for again like one that has not moved.
            message.next_check_at = next_check(message, now)
            message.checks += 1


def _is_about(result: DeliveryResult, message: Message) -> bool:
    """The contact's id decides, or else the number: a provider may have given one delivery_id twice."""
    if result.delivery_id != message.delivery.provider_id:
        return False
    if result.contact_id and message.contact_id:
        return result.contact_id == message.contact_id
    digits = "".join(filter(str.isdigit, result.phone_number or ""))
    return digits in {"", message.phone_number}


def _load(ids: list[int], *, lock: bool = False) -> list[Message]:
    """With `lock` inside a unit that writes: what is decided must not rest on an overtaken row."""
    query = (
        select(Message)
        .where(Message.id.in_(ids))
        .order_by(Message.id)
        .options(joinedload(Message.delivery))
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query.with_for_update(of=Message) if lock else query))


def _ask_again(ids: list[int]) -> None:
    now = clock.now()
    with writing():
        for message in _load(ids, lock=True):
            message.next_check_at = now + _pause(STATUS_PAUSES_S, message.checks)
            message.checks += 1


def _pause(pauses: tuple[int, ...], checks: int) -> timedelta:
    return timedelta(seconds=pauses[min(checks, len(pauses) - 1)])


def _clicks(message: Message, result: DeliveryResult) -> list[int]:
    """Clicks by URL. Never fewer than were seen: a counter that is missing says nothing."""
    said = [
        (result.shorten_url1_click_count, result.insertion_url1_click_count),
        (result.shorten_url2_click_count, result.insertion_url2_click_count),
    ]
    counted = [max((count for count in pair if count is not None), default=None) for pair in said]
    before = list(message.clicks)
    for position, count in enumerate(counted):
        if count is None:
            continue
        before.extend([0] * (position + 1 - len(before)))
        before[position] = max(before[position], count)
    return before


def _has_opt_out_link(message: Message) -> bool:
    return OPT_OUT_MARK in message.text
