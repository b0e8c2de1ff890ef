"""Reading what was sent: the history, one message, and what the Today page counts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from webapp import clock
from webapp.domain.message_status import NEEDS_A_PERSON, NEVER_SENT, MessageStatus
from webapp.domain.reservation import JST
from webapp.domain.search import fold
from webapp.extensions import db
from webapp.models import Customer, Delivery, Interaction, Message
from webapp.services import resending
from webapp.services.results import OVERDUE_AFTER

PAGE_SIZE = 50
WAITING_FOR_DAYS = 7
CANCELLED_BY_US = ("opted_out", "number_changed", "customer_archived")
"""Why the engine itself cancelled a reservation that must not leave: somebody has to know."""
MOVES_BY_ITSELF = (MessageStatus.SENDING, MessageStatus.RESERVED)
"""At the provider; a day after its time it waits for a person as well: the provider may have lost it."""


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What is looked for; an empty filter finds everything. Dates are days in Japan, inclusive."""

    q: str = ""
    customer_id: int | None = None
    status: MessageStatus | None = None
    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first; `older_than` is the id to ask the next page with, None on the last."""

    messages: list[Message]
    older_than: int | None


@dataclass(frozen=True, slots=True)
class Today:
    """What the first page shows.

    `sent_today`: what customers were or will be sent today, by the time it leaves: the reserved one, else
    that of 送信. What was cancelled or turned down is not in it, nor are test sends; they stand in
    `segments_this_month`, since they cost like any other.
    """

    waiting: list[Message]
    waiting_count: int
    latest: list[Message]
    sent_today: int
    delivered_today: int
    segments_this_month: int


def list_messages(
    wanted: HistoryFilter, *, older_than: int | None = None, size: int = PAGE_SIZE
) -> HistoryPage:
    """One page of the history; one query."""
    query = _matching(wanted)
    if older_than is not None:
        query = query.where(Message.id < older_than)
    rows = list(
        db.session.scalars(
            query.options(joinedload(Message.delivery), joinedload(Message.staff))
            .order_by(Message.id.desc())
            .limit(size + 1)
        )
    )
    return HistoryPage(rows[:size], rows[size - 1].id if len(rows) > size else None)


def find_message(message_id: int) -> Message | None:
    """One message with everything its page shows."""
    return db.session.scalar(
        select(Message)
        .where(Message.id == message_id)
        .options(
            joinedload(Message.delivery).selectinload(Delivery.attempts),
            joinedload(Message.customer),
            joinedload(Message.staff),
        )
    )


def list_interactions(customer_id: int, limit: int = 20) -> list[Interaction]:
    """The customer's latest contacts, newest first."""
    return list(
        db.session.scalars(
            select(Interaction)
            .where(Interaction.customer_id == customer_id)
            .options(joinedload(Interaction.staff), selectinload(Interaction.message))
            .order_by(Interaction.occurred_at.desc(), Interaction.id.desc())
            .limit(limit)
        )
    )


def summarise_today() -> Today:
    """What the Today page shows."""
    now = clock.now()
    today = now.astimezone(JST).date()
    since = func.coalesce(Delivery.reserved_at, Message.created_at)
    is_overdue = Message.status.in_(MOVES_BY_ITSELF) & (since < now - OVERDUE_AFTER)
    is_cancelled_by_us = (Message.status == MessageStatus.CANCELLED) & Message.reason.in_(CANCELLED_BY_US)
    waits = (
        or_(Message.status.in_(NEEDS_A_PERSON), is_overdue, is_cancelled_by_us),
        ~resending.was_resent(),
        since >= now - timedelta(days=WAITING_FOR_DAYS),
    )
    is_to_customer = Message.customer_id.is_not(None)
    sent_today = (
        is_to_customer,
        Message.status.not_in(NEVER_SENT),
        since >= _begin(today),
        since < _begin(today + timedelta(days=1)),
    )
    month = _begin(today.replace(day=1))
    latest = list_messages(HistoryFilter(), size=10).messages
    waiting = db.session.scalars(
        select(Message)
        .join(Message.delivery)
        .where(*waits)
        .options(joinedload(Message.delivery), joinedload(Message.staff))
        .order_by(Message.id.desc())
        .limit(20)
    )
    counts = db.session.execute(
        select(
            func.count(Message.id).filter(*sent_today),
            func.count(Message.id).filter(Message.delivered_at >= _begin(today), is_to_customer),
            func.coalesce(func.sum(Message.segments).filter(Message.created_at >= month), 0),
        )
        .join(Message.delivery)
        .where(or_(Message.created_at >= month, Delivery.reserved_at >= _begin(today)))
    ).one()
    return Today(
        waiting=list(waiting),
        waiting_count=db.session.scalar(select(func.count(Message.id)).join(Message.delivery).where(*waits))
        or 0,
        latest=latest,
        sent_today=counts[0],
        delivered_today=counts[1],
        segments_this_month=counts[2] or 0,
    )


def _matching(wanted: HistoryFilter) -> Select[Message]:
    query = select(Message).join(Message.delivery)
    if wanted.customer_id is not None:
        query = query.where(Message.customer_id == wanted.customer_id)
    if wanted.status is not None:
        query = query.where(Message.status == wanted.status)
    if wanted.from_ is not None:
        query = query.where(Message.created_at >= _begin(wanted.from_))
    if wanted.to is not None:
        query = query.where(Message.created_at < _begin(wanted.to + timedelta(days=1)))
    words = wanted.q.split()
    if words:
        query = query.outerjoin(Message.customer)  # a test send has none
    for word in words:
        found = [
            Delivery.subject.icontains(word, autoescape=True),
            Message.text.icontains(word, autoescape=True),
            Message.recipient_name.icontains(word, autoescape=True),
        ]
        if folded := fold(word):
            found.append(Customer.search_text.contains(folded, autoescape=True))
        query = query.where(or_(*found))
    return query


def _begin(day: date) -> datetime:
    """Midnight in Japan, in UTC."""
    return datetime.combine(day, time(), JST).astimezone(UTC)
