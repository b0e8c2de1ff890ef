"""From the form to the outbox: what is asked to be sent is checked and written down, once.

The worker's half is in submission.py. docs/sending.md has the whole.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, literal_column, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.estimate import (
    CarrierEstimate,
    PreparedText,
    estimate_segments,
    prepare_text,
)
from webapp.domain.links import find_urls
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import JST, check_reservation, round_up
from webapp.domain.segments import Carrier
from webapp.extensions import db, read_row, writing
from webapp.models import Customer, Delivery, Interaction, Message, Office, SmsTemplate, Staff
from webapp.models.office import LENGTH_RULE_COLUMNS, OFFICE_ID, length_rules
from webapp.services import RefusedByRule
from webapp.services.customers import opted_out_query, why_no_sms, why_no_sms_to

# SMSLINK's `delivery_name` holds 255 characters; ours ends with " " + the 10 characters of the
# delivery's key + "-" + the number of the attempt.
MAX_SUBJECT_LENGTH = 255 - 16
_KEY_BYTES = 5

# SMSLINK's numbers of the carriers that the table knows.
CARRIER_BY_CODE = {10: Carrier.DOCOMO, 20: Carrier.AU, 30: Carrier.SOFTBANK, 50: Carrier.RAKUTEN}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person wants to send to one customer, as typed."""

    customer_id: int
    subject: str
    body: str
    count_clicks: bool
    submission_key: str
    reserve_for: datetime | None = None
    """When it is to leave, not rounded; None: at once."""
    template_id: int | None = None
    shown_number: str | None = None
    """The number the person saw; another one on the card by now is asked about."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the draft would cost: the text as it leaves, and parts by carrier."""

    prepared: PreparedText
    carriers: tuple[CarrierEstimate, ...]
    refusals: tuple[Refusal, ...]
    """Why it could not be sent as it stands; empty: it could."""
    unit_price: Decimal | None
    """Yen a part."""
    known_carrier: Carrier | None = None
    """The customer's, as an earlier result told it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message now on record; `is_rung` is False when Redis is away and it waits for the sweep."""

    message: Message
    is_rung: bool


def placeholder_values(customer: Customer, office: Office) -> Mapping[str, str | None]:
    """What each placeholder is filled with; None where there is nothing to fill in."""
    return _values(customer.name, customer.staff.name if customer.staff else None, office.company_name)


def estimate_draft(body: str, customer_id: int | None, *, count_clicks: bool) -> Estimate:
    """The estimate for a draft; one query. A customer that does not exist is a refusal."""
    row = read_row(_ESTIMATE_ROW, {"customer_id": customer_id})
    if row is None:
        raise LookupError("the office's row is made by the first migration")
    rules = length_rules(row)
    values = _values(row.name, row.staff_name, row.company_name) if row.customer_id else {}
    prepared = prepare_text(body, values, count_clicks=count_clicks, rules=rules)
    refusal = (
        why_no_sms_to(row.mobile_number, opted_out=bool(row.opted_out))
        if row.customer_id
        else Refusal(Reason.CUSTOMER_UNKNOWN, "customer_id")
    )
    return Estimate(
        prepared,
        estimate_segments(prepared, rules),
        (refusal, *prepared.problems) if refusal else prepared.problems,
        row.unit_price,
        CARRIER_BY_CODE.get(row.last_carrier),
    )


def send(draft: Draft, sender: Staff) -> Accepted:
    """Check the draft and put it in the outbox; raises RefusedByRule.

    A draft that was accepted before (same customer and submission key) gives the same message; one
    that has changed since is refused, because the person would believe that both were sent.
    """
    try:
        with writing():
            message = _find_submitted(draft) or _write(draft, sender)
    except IntegrityError:
        # Two requests with one key at the same moment, on a database that let both begin.
        submitted = _find_submitted(draft)
        if submitted is None:
            raise
        message = submitted
    return Accepted(message, queue.ring_submit())


def reserve(moment: datetime | None, now: datetime) -> tuple[datetime | None, Refusal | None]:
    """The rounded time at which it leaves (None: at once), or why it cannot."""
    if moment is None:
        return None, None
    refusal = check_reservation(moment, now)
    return (None, refusal) if refusal else (round_up(moment), None)


def delivery_name(delivery: Delivery, attempt_number: int) -> str:
    """The registration's name at the provider: the subject, and the attempt's token at its end."""
    return f"{delivery.subject} {attempt_token(delivery, attempt_number)}"


def attempt_token(delivery: Delivery, attempt_number: int) -> str:
    """What a registration is recognised by among the provider's results."""
    return f"{delivery.key}-{attempt_number}"


def _write(draft: Draft, sender: Staff) -> Message:
    customer = db.session.scalar(
        select(Customer)
        .where(Customer.id == draft.customer_id)
        .options(joinedload(Customer.staff))
        .execution_options(populate_existing=True)
    )
    office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
    if customer is None:
        raise RefusedByRule([Refusal(Reason.CUSTOMER_UNKNOWN, "customer_id")])
    prepared = prepare_text(
        draft.body,
        placeholder_values(customer, office),
        count_clicks=draft.count_clicks,
        rules=office.length_rules,
    )
    opted_out = db.session.scalar(opted_out_query(customer.mobile_number)) is not None
    no_sms = why_no_sms(customer, opted_out=opted_out)
    estimate = _estimate(prepared, office, (no_sms,) if no_sms else ())
    now = clock.now()
    reserved_at, wrong_time = reserve(draft.reserve_for, now)
    refusals = [*estimate.refusals, *([wrong_time] if wrong_time else [])]
    if draft.shown_number not in {None, "", customer.mobile_number}:
        changed = {"number": customer.mobile_number}
        refusals.append(Refusal(Reason.RECIPIENT_CHANGED, "recipient_number", changed))
    if refusals:
        raise RefusedByRule(refusals)

    subject = _subject(draft, now)
    delivery = Delivery(
        key=secrets.token_hex(_KEY_BYTES),
        subject=subject,
        text_message=prepared.registered_text,
        insertion_urls=list(prepared.insertion_urls),
        click_count=prepared.click_count,
        reserved_at=reserved_at,
    )
    message = Message(
        delivery=delivery,
        customer_id=customer.id,
        staff_id=sender.id,
        submission_key=draft.submission_key,
        template_id=_known_template(draft.template_id),
        recipient_name=customer.name,
        phone_number=customer.mobile_number,
        body=draft.body,
        text=prepared.text,
        characters=prepared.characters,
        estimated_segments={row.carrier.value: row.segments for row in estimate.carriers},
        status=MessageStatus.QUEUED,
        clicks=[0] * len(prepared.counted_urls),
        created_at=now,
        next_attempt_at=now,
    )
    db.session.add(message)
    db.session.flush()
    db.session.add(
        Interaction(
            customer_id=customer.id,
            staff_id=sender.id,
            message_id=message.id,
            kind="sms_reserved" if reserved_at else "sms_sent",
            subject=subject,
            occurred_at=now,
        )
    )
    return message


def _find_submitted(draft: Draft) -> Message | None:
    message = db.session.scalar(
        select(Message)
        .where(Message.customer_id == draft.customer_id, Message.submission_key == draft.submission_key)
        .options(joinedload(Message.delivery))
    )
    if message is None:
        return None
    is_same = (
        message.body == draft.body
        and message.delivery.subject == _subject(draft, message.created_at)
        and message.delivery.reserved_at == (round_up(draft.reserve_for) if draft.reserve_for else None)
        and _counts_clicks_alike(message, draft)
    )
    if not is_same:
        raise RefusedByRule([Refusal(Reason.ALREADY_SUBMITTED, "submission_key", {"message_id": message.id})])
    return message


def _counts_clicks_alike(message: Message, draft: Draft) -> bool:
    """Without a URL there is nothing to count, whatever the form says."""
    has_urls = any(url.recognised for url in find_urls(message.text))
    counts = message.delivery.click_count or bool(message.delivery.insertion_urls)
    return counts == draft.count_clicks or not has_urls


def _known_template(template_id: int | None) -> int | None:
    """Where the text began; a template that does not exist is none."""
    if template_id is None:
        return None
    return db.session.scalar(select(SmsTemplate.id).where(SmsTemplate.id == template_id))


def _subject(draft: Draft, sent_at: datetime) -> str:
    return draft.subject or sent_at.astimezone(JST).strftime("%Y%m%d%H%M%S")


def _values(name: str, staff_name: str | None, company_name: str) -> Mapping[str, str | None]:
    return {
        "氏名": name,
        "担当者": staff_name,
        "会社名": company_name or None,
        "オンライン接客URL": None,
        "ミーティングID": None,
        "ミーティングパスワード": None,
    }


def _estimate(prepared: PreparedText, office: Office, others: tuple[Refusal, ...]) -> Estimate:
    carriers = estimate_segments(prepared, office.length_rules)
    return Estimate(prepared, carriers, (*others, *prepared.problems), office.unit_price)


def _select_estimate_row() -> Select[Any]:
    """The office's terms, the customer `:customer_id`, and what results have told of their number."""
    opted_out = opted_out_query(Customer.mobile_number).limit(None).correlate(Customer).exists()
    # As part of the statement: parameters in a list would be written into it anew each time.
    codes: list[ColumnElement[int]] = [literal_column(str(code)) for code in CARRIER_BY_CODE]
    last_carrier = (
        select(Message.carrier)
        .where(Message.phone_number == Customer.mobile_number, Message.carrier.in_(codes))
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        select(
            Office.company_name,
            Office.unit_price,
            *LENGTH_RULE_COLUMNS,
            Customer.id.label("customer_id"),
            Customer.name,
            Customer.mobile_number,
            Staff.name.label("staff_name"),
            opted_out.label("opted_out"),
            last_carrier.label("last_carrier"),
        )
        .select_from(Office)
        .outerjoin(Customer, Customer.id == bindparam("customer_id", type_=Integer))
        .outerjoin(Staff, Staff.id == Customer.staff_id)
        .where(Office.id == OFFICE_ID)
    )


# Asked at every pause of the typing hand: made once, because making it takes as long as asking it.
_ESTIMATE_ROW = _select_estimate_row()
