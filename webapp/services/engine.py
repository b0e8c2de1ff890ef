"""What a person should know of the engine: what waits and since when, what stands still, who is alive.

Each line says what it needs; features/engine/words.py has the sentence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import case, func, select

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Attempt, Delivery, Message, Office
from webapp.services import health, smslink_account
from webapp.services.health import Processes
from webapp.services.history import MOVES_BY_ITSELF
from webapp.services.office import load_office
from webapp.services.results import OVERDUE_AFTER

S = MessageStatus
STANDS_STILL_AFTER = timedelta(minutes=1)
"""So long something is due, or under way, and nothing came of it: the sweep should have seen to it."""
UNCONFIRMED_LONG_AFTER = timedelta(minutes=10)
"""Settled within minutes while SMSLINK answers."""


class Line(StrEnum):
    """A line of the page."""

    QUEUED = S.QUEUED.value
    SUBMITTING = S.SUBMITTING.value
    UNCONFIRMED = S.UNCONFIRMED.value
    HELD = S.HELD.value
    RESERVED = S.RESERVED.value
    SENDING = S.SENDING.value
    CANCELLING = "cancelling"
    OVERDUE = "overdue"
    SMSLINK = "smslink"
    REDIS = "redis"
    SENDER = "sender"
    ASKER = "asker"
    SCHEDULER = "scheduler"


class Need(StrEnum):
    """What a line asks of a person."""

    NOTHING = "nothing"
    """Nothing is there, or it works."""
    GOES_ON = "goes_on"
    """It moves by itself."""
    UNTIL_RESUMED = "until_resumed"
    UNTIL_PAUSE_ENDS = "until_pause_ends"
    UNTIL_ENGINE_RUNS = "until_engine_runs"
    STANDS_STILL = "stands_still"
    MEND = "mend"
    """The contract or the token, by an administrator."""
    CONFIGURE = "configure"
    LOOK = "look"
    """A person should find out what became of it."""
    UNKNOWN = "unknown"
    """It cannot be asked while Redis is away."""
    RESTART = "restart"

    @property
    def is_wait(self) -> bool:
        """Whether it goes on by itself, but not now; what holds it up has a line of its own."""
        return self in {
            Need.UNTIL_RESUMED,
            Need.UNTIL_PAUSE_ENDS,
            Need.UNTIL_ENGINE_RUNS,
            Need.UNKNOWN,
        }

    @property
    def is_trouble(self) -> bool:
        """Whether somebody should do something about it."""
        return not self.is_wait and self not in {Need.NOTHING, Need.GOES_ON}


@dataclass(frozen=True, slots=True)
class LineState:
    """One line: how many, since when (the next time for reservations), and what it needs."""

    line: Line
    need: Need
    count: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """The whole page."""

    messages: tuple[LineState, ...]
    parts: tuple[LineState, ...]
    hold_reason: str | None
    paused_until: datetime | None
    now: datetime

    @property
    def has_trouble(self) -> bool:
        """Whether any line asks for something."""
        return any(state.need.is_trouble for state in (*self.messages, *self.parts))

    @property
    def has_waits(self) -> bool:
        """Whether anything cannot go on just now."""
        return any(state.need.is_wait for state in (*self.messages, *self.parts))

    @property
    def may_resume(self) -> bool:
        """Whether there is a hold or a pause that an administrator can end."""
        return self.hold_reason is not None or self.paused_until is not None


def look_at_engine() -> Engine:
    """As it is now; four queries, and Redis is asked."""
    now = clock.now()
    office = load_office(fresh=True)
    paused_until = office.paused_until if office.paused_until and office.paused_until > now else None
    parts = tuple(_look_at_parts(health.look_at_processes(), office, paused_until))
    waits_for = _what_holds_sending_up(office, paused_until, parts)
    return Engine(tuple(_look_at_messages(now, waits_for)), parts, office.hold_reason, paused_until, now)


def _look_at_parts(found: Processes, office: Office, paused_until: datetime | None) -> Iterator[LineState]:
    need = Need.NOTHING
    if office.hold_reason is not None:
        need = Need.MEND
    elif not smslink_account.is_connectable(office):
        need = Need.CONFIGURE
    elif paused_until is not None:
        need = Need.UNTIL_PAUSE_ENDS
    yield LineState(Line.SMSLINK, need, at=office.last_contact_at)
    yield LineState(Line.REDIS, Need.NOTHING if found.is_redis_alive else Need.RESTART)
    for line, is_alive, seen_at in (
        (Line.SENDER, found.has_worker(queue.SEND), found.workers.get(queue.SEND)),
        (Line.ASKER, found.has_worker(queue.SWEEP), found.workers.get(queue.SWEEP)),
        (Line.SCHEDULER, found.has_scheduler, found.scheduler_at),
    ):
        if found.is_redis_alive:
            yield LineState(line, Need.NOTHING if is_alive else Need.RESTART, at=seen_at)
        else:
            yield LineState(line, Need.UNKNOWN)


def _what_holds_sending_up(
    office: Office, paused_until: datetime | None, parts: tuple[LineState, ...]
) -> Need | None:
    if office.hold_reason is not None:
        return Need.UNTIL_RESUMED
    if any(part.need == Need.RESTART for part in parts):
        return Need.UNTIL_ENGINE_RUNS
    return Need.UNTIL_PAUSE_ENDS if paused_until is not None else None


def _look_at_messages(now: datetime, waits_for: Need | None) -> Iterator[LineState]:
    counted = _count_states()
    cancelling, asked_at, overdue, overdue_at = _count_others(now)
    for line in (Line.QUEUED, Line.SUBMITTING, Line.UNCONFIRMED, Line.HELD, Line.RESERVED, Line.SENDING):
        count, at, due_at = counted.get(line.value, (0, None, None))
        yield LineState(line, _need_of(line, count, due_at, now, waits_for), count, at)
    stands_still = asked_at is not None and now - asked_at > STANDS_STILL_AFTER
    need = (waits_for or Need.STANDS_STILL) if stands_still else Need.GOES_ON if cancelling else Need.NOTHING
    yield LineState(Line.CANCELLING, need, cancelling, asked_at)
    yield LineState(Line.OVERDUE, Need.LOOK if overdue else Need.NOTHING, overdue, overdue_at)


def _need_of(line: Line, count: int, since: datetime | None, now: datetime, waits_for: Need | None) -> Need:
    if count == 0:
        return Need.NOTHING
    if line == Line.HELD:
        return Need.MEND
    age = now - since if since else timedelta()
    if line == Line.QUEUED:
        if waits_for is not None:
            return waits_for
        # A long queue is worked off at the pace of the contract: what counts is that it moves.
        moved_at = max(filter(None, (since, _last_attempt_at())), default=now)
        return Need.STANDS_STILL if now - moved_at > STANDS_STILL_AFTER else Need.GOES_ON
    if line == Line.SUBMITTING and age > STANDS_STILL_AFTER:
        return waits_for or Need.STANDS_STILL
    if line == Line.UNCONFIRMED and age > UNCONFIRMED_LONG_AFTER:
        return Need.STANDS_STILL
    return Need.GOES_ON


def _count_states() -> Mapping[str, tuple[int, datetime | None, datetime | None]]:
    """By state: how many, the earliest moment to show, and since when it should have moved."""
    at = case(
        (Message.status == S.SUBMITTING, Message.claimed_at),
        (Message.status == S.UNCONFIRMED, Message.unconfirmed_since),
        (Message.status == S.RESERVED, Delivery.reserved_at),
        (Message.status == S.SENDING, func.coalesce(Delivery.reserved_at, Message.created_at)),
        else_=Message.created_at,
    )
    since = case((Message.status == S.QUEUED, Message.next_attempt_at), else_=at)
    rows = db.session.execute(
        select(Message.status, func.count(), func.min(at), func.min(since))
        .join(Message.delivery)
        .where(Message.status.in_([status for status in S if not status.is_final]))
        .group_by(Message.status)
    )
    return {status: (count, first_at, due_at) for status, count, first_at, due_at in rows}


def _count_others(now: datetime) -> tuple[int, datetime | None, int, datetime | None]:
    """Wishes to cancel not yet fulfilled, with the first one's moment, and what is overdue."""
    since = func.coalesce(Delivery.reserved_at, Message.created_at)
    is_wanted = Message.cancel_requested_at.is_not(None) & Message.cancel_refused.is_(None)
    is_overdue = since < now - OVERDUE_AFTER
    row = db.session.execute(
        select(
            func.count(Message.id).filter(Message.status == S.RESERVED, is_wanted),
            func.min(Message.cancel_requested_at).filter(Message.status == S.RESERVED, is_wanted),
            func.count(Message.id).filter(is_overdue),
            func.min(since).filter(is_overdue),
        )
        .join(Message.delivery)
        .where(Message.status.in_(MOVES_BY_ITSELF))
    ).one()
    return row[0], row[1], row[2], row[3]


def _last_attempt_at() -> datetime | None:
    return db.session.scalar(select(Attempt.started_at).order_by(Attempt.id.desc()).limit(1))
