"""From the form to the outbox: what is asked to be sent is checked and written down, once.

The worker's half is in submission.py. docs/sending.md has the whole.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp import clock, queue
from webapp.domain.links import find_urls
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import JST, check_reservation, round_up
from webapp.extensions import db, write_once
from webapp.models import Customer, Delivery, Interaction, Message, Office, SmsTemplate
from webapp.models.office import OFFICE_ID
from webapp.models.staff import Author
from webapp.services import RefusedByRule
from webapp.services.customers import has_opted_out, why_no_sms
from webapp.services.drafts import remove_draft
from webapp.services.estimates import Estimate, estimate_message

# SMSLINK's `delivery_name` holds 255 characters; ours ends with " " + the 10 characters of the
# delivery's key + "-" + the number of the attempt.
MAX_SUBJECT_LENGTH = 255 - 16
_KEY_BYTES = 5


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
    """The number the person saw; another one by now is asked about."""


class Recipient(NamedTuple):
    """Whom a message goes to; without a customer it is a test send to the sender's own number."""

    customer_id: int | None
    name: str
    phone_number: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message now on record; `is_rung` is False when Redis is away and it waits for the sweep."""

    message: Message
    is_rung: bool


def send(draft: Draft, sender: Author) -> Accepted:
    """Check the draft and put it in the outbox; raises RefusedByRule.

    A draft that was accepted before (same customer and submission key) gives the same message; one
    that has changed since is refused, because the person would believe that both were sent.
    """
    message = write_once(lambda: _find_submitted(draft) or _write(draft, sender))
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


def automatic_subject(sent_at: datetime) -> str:
    """What a message is called for which nobody wrote a subject."""
    return sent_at.astimezone(JST).strftime("%Y%m%d%H%M%S")


def read_token(name: str | None) -> tuple[str, int]:
    """The delivery's key and the attempt's number at the end of a registration's name, or "" and 0."""
    key, _, number = (name or "").rpartition(" ")[2].rpartition("-")
    return (key, int(number)) if re.fullmatch(r"[0-9]{1,9}", number) else ("", 0)


def fill_afresh(draft: Draft) -> tuple[Customer, Estimate]:
    """The draft filled for its customer as the rows are now; the refusals are the text's alone."""
    customer = db.session.scalar(
        select(Customer)
        .where(Customer.id == draft.customer_id)
        .options(joinedload(Customer.staff))
        .execution_options(populate_existing=True)
    )
    office = db.session.get_one(Office, OFFICE_ID, populate_existing=True)
    if customer is None:
        raise RefusedByRule([Refusal(Reason.CUSTOMER_UNKNOWN, "customer_id")])
    return customer, estimate_message(draft.body, customer, office, count_clicks=draft.count_clicks)


def write_message(draft: Draft, sender: Author, recipient: Recipient, estimate: Estimate) -> Message:
    """Delivery and message in the outbox; the caller has asked the rules and owns the transaction."""
    prepared = estimate.prepared
    now = clock.now()
    # Where the text began; a template that does not exist is none.
    template = db.session.get(SmsTemplate, draft.template_id) if draft.template_id else None
    delivery = Delivery(
        key=secrets.token_hex(_KEY_BYTES),
        subject=_subject(draft, now),
        text_message=prepared.registered_text,
        insertion_urls=list(prepared.insertion_urls),
        click_count=prepared.click_count,
        reserved_at=_rounded(draft),
    )
    message = Message(
        delivery=delivery,
        customer_id=recipient.customer_id,
        staff_id=sender.id,
        submission_key=draft.submission_key,
        template_id=template.id if template else None,
        recipient_name=recipient.name,
        phone_number=recipient.phone_number,
        body=draft.body,
        text=prepared.text,
        characters=prepared.characters,
        estimated_segments={row.carrier.value: row.segments for row in estimate.carriers},
        shortened_links=prepared.shortened_links,
        shortened_url_length=estimate.rules.shortened_url_length,
        status=MessageStatus.QUEUED,
        clicks=[0] * len(prepared.counted_urls),
        created_at=now,
        next_attempt_at=now,
    )
    db.session.add(message)
    db.session.flush()
    return message


def _write(draft: Draft, sender: Author) -> Message:
    customer, estimate = fill_afresh(draft)
    no_sms = why_no_sms(customer, opted_out=has_opted_out(customer.mobile_number))
    _, wrong_time = reserve(draft.reserve_for, clock.now())
    refusals = [*filter(None, (no_sms, *estimate.refusals, wrong_time))]
    if draft.shown_number not in {None, "", customer.mobile_number}:
        changed = {"number": customer.mobile_number}
        refusals.append(Refusal(Reason.RECIPIENT_CHANGED, "recipient_number", changed))
    if refusals:
        raise RefusedByRule(refusals)

    recipient = Recipient(customer.id, customer.name, customer.mobile_number)
    message = write_message(draft, sender, recipient, estimate)
    remove_draft(sender, customer.id, draft.submission_key)
    db.session.add(
        Interaction(
            customer_id=customer.id,
            staff_id=sender.id,
            message_id=message.id,
            kind="sms_reserved" if draft.reserve_for else "sms_sent",
            subject=message.delivery.subject,
            occurred_at=message.created_at,
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
        and message.delivery.reserved_at == _rounded(draft)
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


def _rounded(draft: Draft) -> datetime | None:
    return round_up(draft.reserve_for) if draft.reserve_for else None


def _subject(draft: Draft, sent_at: datetime) -> str:
    return draft.subject or automatic_subject(sent_at)
