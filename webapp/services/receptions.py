"""Replies of customers: kept once each, with the customer of that number, and never lost for want of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.domain.phone import PhoneRefused, normalise
from webapp.domain.reservation import JST
from webapp.extensions import db, writing
from webapp.models import Customer, Delivery, Interaction, Message, Reception
from webapp.services.office import lock_office
from webapp.smslink import wire

log = structlog.get_logger(__name__)

PAGE_SIZE = 50
RECENT_FOR = timedelta(days=7)
RECENT_SIZE = 10
CLOCKS_DIFFER = timedelta(minutes=5)
"""Our clock and SMSLINK's: a reply may seem to come before what it answers."""
REACHES_PEOPLE = (MessageStatus.SENDING, MessageStatus.DELIVERED, MessageStatus.UNCONFIRMED)
_SUBJECT_LENGTH = 255


@dataclass(frozen=True, slots=True)
class ReceptionPage:
    """Newest first; `older_than` is the id to ask the next page with, None on the last.

    `on_cards`: those of its numbers that cards have, for the replies that stand on none of them.
    """

    receptions: list[Reception]
    older_than: int | None
    on_cards: frozenset[str]


def keep_receptions(found: Sequence[wire.Reception], day: date) -> int:
    """Store the replies to that day's question that are not on record yet; how many were new.

    Two who fetch at once do no harm: the office's row lets one after the other look and write.
    """
    rows = {_key(row): row for row in (_to_row(one, day) for one in found)}
    if not set(rows) - _known(rows):
        db.session.commit()  # nothing is written in most rounds
        return 0
    with writing():
        lock_office()
        known = _known(rows)
        new = [row for key, row in rows.items() if key not in known]
        for row in new:
            db.session.add(row)
            db.session.flush()
            _attach(row)
    for row in new:
        log.info("reception_kept", reception=row.id, is_known=row.customer_id is not None)
    return len(new)


def attach_waiting() -> None:
    """Give cards what waits for them, whatever came between the card's save and the reply's."""
    is_waiting = select(Reception.id).where(Reception.customer_id.is_(None), _is_on_a_card())
    has_waiting = db.session.scalar(is_waiting.limit(1)) is not None
    db.session.commit()
    if has_waiting:
        with writing():
            _attach_each(None)


def attach_number(number: str) -> None:
    """The same inside a unit that writes, for a card that has this number now."""
    if number:
        _attach_each(number)


def list_receptions(
    *,
    is_unknown: bool = False,
    since: datetime | None = None,
    older_than: int | None = None,
    size: int = PAGE_SIZE,
) -> ReceptionPage:
    """Replies with their customers; `is_unknown` leaves those without one, `since` the later ones."""
    query = select(Reception).options(joinedload(Reception.customer)).order_by(Reception.id.desc())
    if is_unknown:
        query = query.where(Reception.customer_id.is_(None))
    if since is not None:
        query = query.where(Reception.occurred_at >= since)
    if older_than is not None:
        query = query.where(Reception.id < older_than)
    rows = list(db.session.scalars(query.limit(size + 1)))
    numbers = {row.phone_number for row in rows if row.customer_id is None and row.phone_number}
    on_cards = select(Customer.mobile_number).where(Customer.mobile_number.in_(numbers))
    return ReceptionPage(
        rows[:size],
        rows[size - 1].id if len(rows) > size else None,
        frozenset(db.session.scalars(on_cards)) if numbers else frozenset(),
    )


def list_recent() -> ReceptionPage:
    """What the Today page shows: the latest replies of a week."""
    return list_receptions(since=clock.now() - RECENT_FOR, size=RECENT_SIZE)


def count_unknown() -> int:
    """Replies that stand on no card."""
    query = select(func.count(Reception.id)).where(Reception.customer_id.is_(None))
    return db.session.scalar(query) or 0


def list_undecided(number: str) -> list[Reception]:
    """Replies from a number of several cards, none of which was written to; newest first."""
    if not number:
        return []
    query = select(Reception).where(Reception.customer_id.is_(None), Reception.phone_number == number)
    return list(db.session.scalars(query.order_by(Reception.id.desc()).limit(PAGE_SIZE)))


Key = tuple[str, str, datetime]


def _key(row: Reception) -> Key:
    return row.reception_id, row.phone_number, row.occurred_at


def _known(rows: dict[Key, Reception]) -> set[Key]:
    columns = (Reception.reception_id, Reception.phone_number, Reception.occurred_at)
    ids = [reception_id for reception_id, _, _ in rows]
    found = db.session.execute(select(*columns).where(Reception.reception_id.in_(ids)))
    return {(reception_id, number, occurred_at) for reception_id, number, occurred_at in found}


def _to_row(said: wire.Reception, day: date) -> Reception:
    return Reception(
        reception_id=said.reception_id,
        phone_number=_read_number(said.phone_number or ""),
        short_code=said.short_code,
        carrier=said.carrier,
        message=said.message or "",
        # The same at every question, so that the reply stays the same one.
        occurred_at=said.occurred_at or datetime.combine(day, time(), JST),
        raw=dict(said.raw),
        fetched_at=clock.now(),
    )


def _read_number(said: str) -> str:
    """The digits as a card holds them; as it came where no card could hold it."""
    try:
        return normalise(said)
    except PhoneRefused:
        return said.strip()


def _is_on_a_card() -> ColumnElement[bool]:
    return Reception.phone_number.in_(select(Customer.mobile_number).where(Customer.mobile_number != ""))


def _attach_each(number: str | None) -> None:
    """Whatever has no card yet, of one number or of all; each is looked at again under its lock."""
    db.session.flush()
    is_wanted = _is_on_a_card() if number is None else Reception.phone_number == number
    waiting = db.session.scalars(
        select(Reception)
        .where(Reception.customer_id.is_(None), is_wanted)
        .order_by(Reception.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for row in waiting:
        _attach(row)


def _attach(row: Reception) -> None:
    customer_id = _owner_id(row.phone_number, row.occurred_at)
    if customer_id is None:
        return
    row.customer_id = customer_id
    db.session.add(
        Interaction(
            customer_id=customer_id,
            reception_id=row.id,
            kind="sms_received",
            subject=row.message[:_SUBJECT_LENGTH],
            occurred_at=row.occurred_at,
        )
    )


def _owner_id(number: str, occurred_at: datetime) -> int | None:
    """Whose number it is: the only card that has it, else the one last written to there.

    A card that was taken out of the list counts only where no other has the number. A number that no
    card has any more is that of the customer who was written to.
    """
    if not number:
        return None
    holders = db.session.execute(
        select(Customer.id, Customer.archived_at).where(Customer.mobile_number == number)
    ).all()
    ids: list[int] = [one.id for one in holders if one.archived_at is None] or [one.id for one in holders]
    if len(ids) == 1:
        return ids[0]
    sent_at = func.coalesce(Delivery.reserved_at, Message.created_at)
    query = (
        select(Message.customer_id)
        .join(Message.delivery)
        .where(
            Message.phone_number == number,
            Message.customer_id.is_not(None),
            Message.status.in_(REACHES_PEOPLE),
            sent_at <= occurred_at + CLOCKS_DIFFER,
        )
        .order_by(sent_at.desc(), Message.id.desc())
        .limit(1)
    )
    found: int | None = db.session.scalar(query.where(Message.customer_id.in_(ids)) if ids else query)
    return found
