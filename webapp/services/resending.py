"""Sending again what did not arrive: the same words, filled and judged afresh, as a new message at once."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, cast, literal, select
from sqlalchemy.orm import aliased

from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.extensions import db
from webapp.models import Customer, Message
from webapp.models.staff import Author
from webapp.services import RefusedByRule, sending
from webapp.services.customers import has_opted_out, why_no_sms
from webapp.services.estimates import Estimate
from webapp.services.sending import Accepted, Draft

RESENDABLE = frozenset(
    {MessageStatus.FAILED, MessageStatus.REJECTED, MessageStatus.ERROR, MessageStatus.CANCELLED}
)
"""Over, and not arrived: another message can make it no second one."""
_KEY = "resend-"


@dataclass(frozen=True, slots=True)
class Resend:
    """Whether a message can be sent again."""

    refusal: Refusal | None
    """Why not, or None."""
    resent_as: int | None
    """The message that it was sent again as."""
    resent_from: int | None
    """The message that it sends again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, to whom, and why it cannot be; `refusals` empty: it can."""

    customer: Customer
    estimate: Estimate
    refusals: tuple[Refusal, ...]


def look_at(message: Message) -> Resend:
    """For the message's page; the text is judged only when it is sent."""
    refusal, resent_from = why_not(message), _origin_of(message)
    if refusal is not None or message.customer is None:
        return Resend(refusal, None, resent_from)
    no_sms = why_no_sms(message.customer, opted_out=has_opted_out(message.customer.mobile_number))
    return Resend(no_sms, _find_resent(message), resent_from)


def why_not(message: Message) -> Refusal | None:
    """Why its state, or what it is, lets it not be sent again."""
    if message.customer_id is None:
        return Refusal(Reason.RESEND_TEST, "resend")
    if message.status == MessageStatus.DELIVERED:
        return Refusal(Reason.RESEND_ARRIVED, "resend")
    if message.status not in RESENDABLE:
        return Refusal(Reason.RESEND_NOT_OVER, "resend")
    return None


def preview(message: Message) -> Preview | None:
    """What `resend` would send now; None where it would send nothing whatever the text."""
    if why_not(message) is not None:
        return None
    customer, estimate = sending.fill_afresh(_draft_of(message))
    no_sms = why_no_sms(customer, opted_out=has_opted_out(customer.mobile_number))
    return Preview(customer, estimate, (*filter(None, (no_sms,)), *estimate.refusals))


def resend(message: Message, sender: Author, shown_number: str | None = None) -> Accepted:
    """Put it in the outbox again, to leave at once; raises RefusedByRule.

    The second press, whoever makes it, gives the message that the first one made.
    """
    refusal = why_not(message)
    if refusal is not None:
        raise RefusedByRule([refusal])
    return sending.send(_draft_of(message, shown_number), sender)


def was_resent() -> ColumnElement[bool]:
    """Of the messages of a query: whether it was sent again."""
    again = aliased(Message)
    return (
        select(again.id)
        .where(again.customer_id == Message.customer_id)
        .where(again.submission_key == literal(_KEY) + cast(Message.id, String))
        .correlate(Message)
        .exists()
    )


def _draft_of(message: Message, shown_number: str | None = None) -> Draft:
    delivery = message.delivery
    # Where nobody wrote a subject, the new message is called by its own time.
    is_automatic = delivery.subject == sending.automatic_subject(message.created_at)
    return Draft(
        customer_id=message.customer_id or 0,
        subject="" if is_automatic else delivery.subject,
        body=message.body,
        count_clicks=delivery.click_count or bool(delivery.insertion_urls),
        submission_key=f"{_KEY}{message.id}",
        template_id=message.template_id,
        shown_number=shown_number,
    )


def _origin_of(message: Message) -> int | None:
    number = message.submission_key.removeprefix(_KEY)
    return int(number) if number != message.submission_key and number.isdecimal() else None


def _find_resent(message: Message) -> int | None:
    return db.session.scalar(
        select(Message.id).where(
            Message.customer_id == message.customer_id, Message.submission_key == f"{_KEY}{message.id}"
        )
    )
