"""Customers: search, create, edit, archive."""

from dataclasses import asdict, dataclass, field
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.domain.phone import is_deliverable
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.search import fold, fold_query
from webapp.extensions import db, writing
from webapp.models import Customer, Message, Staff
from webapp.models.customer import CustomerState
from webapp.services import RefusedByRule, receptions

PAGE_SIZE = 50
RENEWED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """What the form of a card says; `mobile_number` already normalised, or empty."""

    name: str
    mobile_number: str
    name_kana: str = ""
    honorific: str = "様"
    organisation: str = ""
    landline_number: str = ""
    email: str = ""
    kind: str = ""
    state: str = field(default=CustomerState.ACTIVE)
    property_name: str = ""
    room: str = ""
    staff_id: int | None = None
    acquired_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One page of the list; `has_next` says whether another follows."""

    customers: list[Customer]
    page: int
    has_next: bool


def find_customer(customer_id: int) -> Customer | None:
    """The card with its member of staff in charge, or None."""
    return db.session.get(Customer, customer_id, options=[joinedload(Customer.staff)])


def search_customers(query: str, *, page: int = 1, archived: bool = False) -> CustomerPage:
    """Customers on whose card every word of the query is found, by kana; one query."""
    found = _matching(query).where(
        Customer.archived_at.is_not(None) if archived else Customer.archived_at.is_(None)
    )
    rows = list(
        db.session.scalars(
            found.options(joinedload(Customer.staff))
            .order_by(Customer.name_kana == "", Customer.name_kana, Customer.name, Customer.id)
            .offset((page - 1) * PAGE_SIZE)
            .limit(PAGE_SIZE + 1)
        )
    )
    return CustomerPage(rows[:PAGE_SIZE], page, len(rows) > PAGE_SIZE)


def create_customer(values: CustomerValues) -> Customer:
    """A new card."""
    now = clock.now()
    with writing():
        customer = Customer(created_at=now)
        _apply(customer, values)
        db.session.add(customer)
        receptions.attach_number(customer.mobile_number)
        db.session.flush()
    return customer


def edit_customer(customer_id: int, values: CustomerValues) -> Customer:
    """Change a card."""
    with writing():
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        _apply(customer, values)
        receptions.attach_number(customer.mobile_number)
    return customer


def archive_customer(customer_id: int, *, archived: bool) -> Customer:
    """Take a card out of the list, or bring it back; nothing is deleted."""
    with writing():
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        customer.archived_at = clock.now() if archived else None
        receptions.attach_number(customer.mobile_number)
    return customer


def renew_search_texts() -> None:
    """Fold again the cards that were saved when less of a card was searched.

    At each start, and all of them: a sample of cards that agree does not speak for the others, since a
    changed rule may concern few of them.
    """
    cards = select(Customer).order_by(Customer.id).limit(RENEWED_AT_ONCE)
    last = 0
    while batch := db.session.scalars(cards.where(Customer.id > last)).all():
        last = batch[-1].id
        stale = [card for card in batch if card.search_text != _search_text(card)]
        if stale:
            with writing():
                for card in stale:
                    card.search_text = _search_text(card)


def others_with_number(number: str, except_id: int | None = None) -> list[Customer]:
    """Other cards that carry the same number."""
    if not number:
        return []
    query = select(Customer).where(Customer.mobile_number == number).order_by(Customer.id)
    if except_id is not None:
        query = query.where(Customer.id != except_id)
    return list(db.session.scalars(query))


def has_opted_out(number: str) -> bool:
    """Whether the provider has this number's opt-out, as far as its results have told us."""
    if not number:
        return False
    return db.session.scalar(opted_out_query(number)) is not None


def opted_out_query(number: str | InstrumentedAttribute[str]) -> Select[int]:
    """A message to this number after which no SMS reaches it any more.

    The detail counts only together with the failure it belongs to.
    """
    blocked = (Message.status == MessageStatus.FAILED) & (Message.detail == "DTL000017")
    return (
        select(Message.id)
        .where(Message.phone_number == number)
        .where(Message.opted_out.is_(True) | blocked)
        .limit(1)
    )


def why_no_sms(customer: Customer, *, opted_out: bool) -> Refusal | None:
    """Why no SMS can be sent to this customer, or None."""
    return why_no_sms_to(customer.mobile_number, opted_out=opted_out)


def why_no_sms_to(number: str, *, opted_out: bool) -> Refusal | None:
    """The same of a number on a card; empty: the card has none."""
    if not number:
        return Refusal(Reason.NUMBER_MISSING, "mobile_number")
    if not is_deliverable(number):
        return Refusal(Reason.NUMBER_NOT_DELIVERABLE, "mobile_number")
    if opted_out:
        return Refusal(Reason.OPTED_OUT, "mobile_number")
    return None


def _matching(query: str) -> Select[Customer]:
    found = select(Customer)
    for word in fold_query(query):
        found = found.where(Customer.search_text.contains(word, autoescape=True))
    return found


def _apply(customer: Customer, values: CustomerValues) -> None:
    if values.staff_id is not None and db.session.get(Staff, values.staff_id) is None:
        raise RefusedByRule([Refusal(Reason.STAFF_UNKNOWN, "staff_id")])
    for name, value in asdict(values).items():
        setattr(customer, name, value)
    customer.updated_at = clock.now()
    customer.search_text = _search_text(customer)


def _search_text(customer: Customer) -> str:
    # A blank between the parts: a query must not match across two of them. Building and room are one,
    # as people write them.
    parts = (
        customer.name,
        customer.name_kana,
        customer.organisation,
        customer.mobile_number,
        customer.landline_number,
        f"{customer.property_name} {customer.room}",
    )
    return " ".join(map(fold, parts))
