"""The history and one message."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Refusal
from webapp.domain.reservation import cancel_limit
from webapp.models import Message
from webapp.services import RefusedByRule, cancelling, charges, customers, history, resending
from webapp.services.history import HistoryFilter, HistoryPage
from webapp.ui.htmx import is_fragment_request, varies
from webapp.ui.ids import row_id
from webapp.ui.login import current_user
from webapp.ui.words import sentence

blueprint = Blueprint("history", __name__, url_prefix="/messages")

SOON = timedelta(minutes=1)
"""So long after 送信 the person is still looking: the result is asked for every second."""

FILTERS = {
    "q": "検索の言葉",
    "customer_id": "顧客",
    "status": "状態",
    "from": "送信日(から)",
    "to": "送信日(まで)",
}
Wanted = TypeVar("Wanted")


@blueprint.get("/")
def list_() -> Response:
    """The history, newest first, by the filters in the address; htmx gets the rows alone."""
    wrong: list[str] = []
    wanted = HistoryFilter(
        q=request.args.get("q", "").replace("\0", "")[:100],
        customer_id=_read("customer_id", row_id, wrong),
        status=_read("status", MessageStatus, wrong),
        from_=_read("from", _day, wrong),
        to=_read("to", _day, wrong),
    )
    # A filter that cannot be read is said, and finds nothing: everything would be taken for its answer.
    page = (
        HistoryPage([], None)
        if wrong
        else history.list_messages(wanted, older_than=request.args.get("older_than", type=row_id))
    )
    customer = customers.find_customer(wanted.customer_id) if wanted.customer_id is not None else None
    arguments = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    template = "history/_rows.html" if is_fragment_request() else "history/list.html"
    return varies(
        render_template(
            template, page=page, wanted=wanted, customer=customer, arguments=arguments, wrong=wrong
        )
    )


@blueprint.get("/<int:message_id>")
def message(message_id: int) -> Response:
    """One message; htmx gets its result panel or one line, asking again only while it is live."""
    found = history.find_message(message_id) or abort(404)
    status = MessageStatus(found.status)
    is_waiting_for_queue = status == MessageStatus.QUEUED and not queue.is_reachable()
    part = "history/_state.html" if request.args.get("part") == "state" else "history/_refreshed.html"
    template = part if is_fragment_request() else "history/message.html"
    why_not_cancel = cancelling.why_not(found, clock.now())
    reserved_at = found.delivery.reserved_at
    return varies(
        render_template(
            template,
            message=found,
            status=status,
            charge=charges.compare_charge(found),
            resend=resending.look_at(found),
            is_waiting_for_queue=is_waiting_for_queue,
            may_mend=current_user.is_administrator,
            refresh_s=1 if clock.now() - found.created_at < SOON else 5,
            why_not_cancel=why_not_cancel,
            cancel_until=cancel_limit(reserved_at) if reserved_at and not why_not_cancel else None,
        )
    )


@blueprint.post("/<int:message_id>/cancel")
def cancel(message_id: int) -> BaseResponse:
    """Cancel it, or say why that cannot be."""
    found = history.find_message(message_id) or abort(404)
    try:
        cancelling.request_cancel(found.id, current_user)
    except RefusedByRule as refused:
        flash(sentence(refused.refusals[0]), "error")
    else:
        flash("取り消しを受け付けました。", "success")
    return redirect(url_for("history.message", message_id=message_id), code=303)


@blueprint.get("/<int:message_id>/resend")
def check_resend(message_id: int) -> str:
    """What sending it again would send, on a page of its own: for browsers without JavaScript."""
    return _show_resend(history.find_message(message_id) or abort(404))


@blueprint.post("/<int:message_id>/resend")
def resend(message_id: int) -> BaseResponse | tuple[str, int]:
    """Send it again as a new message, and go on to that one's page."""
    found = history.find_message(message_id) or abort(404)
    try:
        accepted = resending.resend(found, current_user, request.form.get("recipient_number"))
    except RefusedByRule as refused:
        return _show_resend(found, refused.refusals), 422
    return redirect(url_for("history.message", message_id=accepted.message.id), code=303)


def _show_resend(found: Message, refusals: Sequence[Refusal] | None = None) -> str:
    preview = resending.preview(found)
    if refusals is None:
        refusal = resending.why_not(found)
        refusals = preview.refusals if preview else [*filter(None, (refusal,))]
    return render_template(
        "history/resend.html",
        message=found,
        preview=preview,
        refusals=refusals,
        resent_as=resending.look_at(found).resent_as,
    )


def _read(name: str, read: Callable[[str], Wanted], wrong: list[str]) -> Wanted | None:
    """A filter of the address, None when it is empty; what cannot be read is named in `wrong`."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        wrong.append(FILTERS[name])
        return None


def _day(text: str) -> date:
    """A day whose midnights exist in every time zone; ValueError for any other text."""
    day = date.fromisoformat(text)
    if not date(1, 1, 2) <= day <= date(9999, 12, 30):
        raise ValueError(text)
    return day
