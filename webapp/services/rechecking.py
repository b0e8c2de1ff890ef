"""Reservations are judged again shortly before SMSLINK stops taking cancellations.

Whoever opted out, has another number or an archived card by then gets nothing: the reservation is
cancelled as a person would have it cancelled. SMSLINK is asked for the latest opt-outs of these numbers
first; when it gives no answer, what is known here decides. An appointment will belong in `_unwanted`.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, case, or_, select, update
from sqlalchemy.orm import aliased, contains_eager

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.reservation import CANCEL_LEAD
from webapp.extensions import db, writing
from webapp.models import Customer, Delivery, Interaction, Message
from webapp.services.customers import opted_out_query
from webapp.services.result_pages import read_pages
from webapp.services.results import may_ask, note_failure
from webapp.smslink.answers import DeliveryResult
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Refused, SmslinkError
from webapp.smslink.wire import MAX_RESULTS_PER_PAGE, MAX_VALUES_PER_QUERY, ResultsQuery

log = structlog.get_logger(__name__)

AHEAD = timedelta(minutes=20)
"""So long before its time a reservation is looked at, which leaves ten minutes to cancel it."""
ASKED_EVERY = timedelta(minutes=4)
RECHECKING_S = 10
"""How long one job goes on: the sweep waits behind it."""
FAILED, NUMBER_BLOCKED = 900, "DTL000017"
MOST_AT_ONCE = 100
"""In one unit that writes; the next sweep takes the others."""

# An opt-out is found by other messages to the same number.
Reserved = aliased(Message)


def has_due() -> bool:
    """Whether SMSLINK is to be asked for the numbers of reservations that will soon leave."""
    return db.session.scalar(_to_ask(clock.now()).limit(1)) is not None


def ask_due(client: SmslinkClient) -> bool:
    """Ask for the latest opt-outs and withdraw what must not leave; False when SMSLINK gave no answer."""
    stop_at = clock.now() + timedelta(seconds=RECHECKING_S)
    while clock.now() < stop_at and has_due():
        if not may_ask():
            return False
        numbers = _claim()
        if not numbers:
            break  # another poller has them
        try:
            opted_out = _fetch_opt_outs(sorted(set(numbers.values())), client, stop_at)
        except SmslinkError as error:
            log.warning("recheck_failed", message_ids=list(numbers), reason=str(error))
            if note_failure(error):
                _release(list(numbers))
                return False
        else:
            withdraw_unwanted(opted_out)
    return True


def withdraw_unwanted(opted_out: Collection[str] = ()) -> int:
    """Have every reservation cancelled that must not leave any more, as far as is known here; how many.

    `opted_out` are numbers of which SMSLINK has just said so.
    """
    now = clock.now()
    with writing():
        unwanted = db.session.execute(_unwanted(now, opted_out)).all()
        for message, reason in unwanted:
            message.cancel_requested_at = now
            message.cancel_tried_at = None
            message.reason = reason
            if message.customer_id is not None:
                db.session.add(
                    Interaction(
                        customer_id=message.customer_id,
                        message_id=message.id,
                        kind="sms_cancelled",
                        subject=message.delivery.subject,
                        occurred_at=now,
                    )
                )
    for message, reason in unwanted:
        log.warning("withdrawn", message_id=message.id, reason=reason)
    if unwanted:
        queue.ring_cancel()
    return len(unwanted)


def _leaving_soon(now: datetime) -> Select[Message]:
    return (
        select(Reserved)
        .join(Reserved.delivery)
        .where(Reserved.status == MessageStatus.RESERVED, Reserved.cancel_requested_at.is_(None))
        .where(Delivery.reserved_at > now + CANCEL_LEAD, Delivery.reserved_at <= now + AHEAD)
        .execution_options(populate_existing=True)
    )


def _to_ask(now: datetime) -> Select[Message]:
    was_not_asked = or_(Reserved.cancel_tried_at.is_(None), Reserved.cancel_tried_at < now - ASKED_EVERY)
    return _leaving_soon(now).where(was_not_asked).order_by(Delivery.reserved_at, Reserved.id)


def _unwanted(now: datetime, opted_out: Collection[str]) -> Select[Message, str]:
    """With the code of the reason."""
    has_opted_out = opted_out_query(Reserved.phone_number).limit(None).correlate(Reserved).exists()
    reason = case(
        (or_(Reserved.phone_number.in_(opted_out), has_opted_out), "opted_out"),
        (Reserved.phone_number != Customer.mobile_number, "number_changed"),
        (Customer.archived_at.is_not(None), "customer_archived"),
    )
    return (
        _leaving_soon(now)
        .outerjoin(Reserved.customer)  # a test send has none
        .add_columns(reason)
        .where(reason.is_not(None))
        .order_by(Delivery.reserved_at, Reserved.id)
        .limit(MOST_AT_ONCE)
        .options(contains_eager(Reserved.delivery))
        .with_for_update(of=Reserved, skip_locked=True)
    )


def _claim() -> dict[int, str]:
    """Numbers by message, for one question; two pollers do not ask for the same."""
    now = clock.now()
    with writing():
        messages = db.session.scalars(
            _to_ask(now).limit(MAX_VALUES_PER_QUERY).with_for_update(of=Reserved, skip_locked=True)
        ).all()
        for message in messages:
            message.cancel_tried_at = now
    return {message.id: message.phone_number for message in messages}


def _release(ids: list[int]) -> None:
    """The next sweep has it asked again, as long as there is time."""
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.cancel_requested_at.is_(None))
            .values(cancel_tried_at=None)
            .execution_options(synchronize_session=False)
        )


def _fetch_opt_outs(numbers: list[str], client: SmslinkClient, stop_at: datetime) -> set[str]:
    """Those of the numbers that SMSLINK sends nothing to any more."""
    try:
        return _read(numbers, client, stop_at)
    except Refused as error:
        if error.is_authentication or error.is_wrong_address:
            raise
        if len(numbers) == 1:
            log.warning("recheck_refused", reason=str(error))
            return set()
    # One number must not keep the answer from the others.
    middle = len(numbers) // 2
    first, second = numbers[:middle], numbers[middle:]
    return _fetch_opt_outs(first, client, stop_at) | _fetch_opt_outs(second, client, stop_at)


def _read(numbers: list[str], client: SmslinkClient, stop_at: datetime) -> set[str]:
    opted_out: set[str] = set()
    query = ResultsQuery(phone_numbers=tuple(numbers), limit=MAX_RESULTS_PER_PAGE)
    for page, is_last in read_pages(query, client, stop_at):
        told = [result for result in page.results if _tells_opt_out(result)]
        opted_out.update(_digits(result) for result in told)
        _keep(told)
        if is_last:
            return opted_out
    log.warning("recheck_unfinished", numbers=len(numbers))
    return opted_out


def _tells_opt_out(result: DeliveryResult) -> bool:
    return bool(result.opted_out) or (result.status == FAILED and result.detail == NUMBER_BLOCKED)


def _digits(result: DeliveryResult) -> str:
    return "".join(filter(str.isdigit, result.phone_number or ""))


def _keep(told: list[DeliveryResult]) -> None:
    """For later sends as well, where the message is one of ours."""
    ids = {result.delivery_id: _digits(result) for result in told if result.opted_out}
    if not ids:
        return
    with writing():
        for provider_id, number in ids.items():
            delivery = select(Delivery.id).where(Delivery.provider_id == provider_id)
            db.session.execute(
                update(Message)
                .where(Message.delivery_id.in_(delivery), Message.phone_number == number)
                .values(opted_out=True)
                .execution_options(synchronize_session=False)
            )
