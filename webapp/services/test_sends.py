"""A test send: the text that this customer would get, to the sender's own number, at once.

It is charged like any other, and stands in the history, but in no customer's log.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.phone import is_deliverable
from webapp.domain.refusals import Reason, Refusal
from webapp.extensions import db, write_once
from webapp.models import Message, Staff
from webapp.models.staff import Author
from webapp.services import RefusedByRule
from webapp.services.customers import has_opted_out
from webapp.services.estimates import Estimate
from webapp.services.sending import Accepted, Draft, Recipient, fill_afresh, write_message

FIELD = "own_number"
NOT_DELIVERED = (MessageStatus.FAILED, MessageStatus.REJECTED, MessageStatus.ERROR, MessageStatus.CANCELLED)
# What the message's column holds, less 「テスト送信()」.
_LONGEST_NAME = 100 - 7
_KEY_BYTES = 24
SAME_TEST = timedelta(minutes=10)
"""So long the same text without a form's key is the same test."""


def send_test(draft: Draft, sender: Author) -> Accepted:
    """Put the draft in the outbox as a test send, whatever its time; raises RefusedByRule.

    `draft.shown_number` is the own number that the page showed, `submission_key` empty where there is none.
    The same text twice is one message, unless the first did not arrive; a changed text is a new one.
    The draft's own key stays free for the customer's message.
    """
    message = write_once(lambda: _find_or_write(draft, sender.id))
    return Accepted(message, queue.ring_submit())


def _find_or_write(draft: Draft, sender_id: int) -> Message:
    sender = db.session.get_one(Staff, sender_id, populate_existing=True)
    _, estimate = fill_afresh(draft)
    refusals = [*filter(None, (_why_not(sender.mobile_number, draft.shown_number),)), *estimate.refusals]
    if refusals:
        raise RefusedByRule(refusals)
    number = sender.mobile_number or ""
    digest = _digest(draft, number, estimate)
    earlier = _list_tried(sender_id, digest)
    if earlier and earlier[-1].status not in NOT_DELIVERED and _is_same_test(draft, earlier[-1]):
        return earlier[-1]
    proof = replace(draft, reserve_for=None, submission_key=f"{digest}-{len(earlier) + 1}")
    name = f"テスト送信({sender.name[:_LONGEST_NAME]})"
    return write_message(proof, sender, Recipient(None, name, number), estimate)


def _list_tried(sender_id: int, digest: str) -> Sequence[Message]:
    return db.session.scalars(
        select(Message)
        .where(Message.staff_id == sender_id, Message.customer_id.is_(None))
        .where(Message.submission_key.startswith(f"{digest}-"))
        .order_by(Message.id)
    ).all()


def _is_same_test(draft: Draft, earlier: Message) -> bool:
    return bool(draft.submission_key) or clock.now() - earlier.created_at < SAME_TEST


def _why_not(number: str | None, shown: str | None) -> Refusal | None:
    """Why nothing can be sent to the sender's own number; the customer's opt-out is no reason here."""
    if not number:
        return Refusal(Reason.OWN_NUMBER_MISSING, FIELD)
    if shown is not None and shown != number:
        return Refusal(Reason.OWN_NUMBER_CHANGED, FIELD, {"number": number})
    if not is_deliverable(number):
        return Refusal(Reason.NUMBER_NOT_DELIVERABLE, FIELD)
    if has_opted_out(number):
        return Refusal(Reason.OWN_NUMBER_OPTED_OUT, FIELD, {"number": number})
    return None


def _digest(draft: Draft, number: str, estimate: Estimate) -> str:
    """Of the form and of what arrives on the phone: the subject does not."""
    prepared = estimate.prepared
    parts = (
        *(draft.submission_key, str(draft.customer_id), number),
        *(prepared.registered_text, str(prepared.click_count), *prepared.insertion_urls),
    )
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=_KEY_BYTES).hexdigest()
