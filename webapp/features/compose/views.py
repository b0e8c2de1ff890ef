"""Writing to a customer: the page, its live estimate, the check before sending, and sending."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp import clock
from webapp.domain.refusals import Reason
from webapp.domain.reservation import JST, cancel_limit
from webapp.domain.segments import MAX_CHARACTERS
from webapp.features.compose.forms import ComposeForm
from webapp.models import Customer
from webapp.services import RefusedByRule, customers, sending, sms_templates
from webapp.services.office import load_office
from webapp.ui.dates import holiday_name
from webapp.ui.errors import put_refusals
from webapp.ui.fields import UNTICKED, to_line_feeds
from webapp.ui.htmx import is_fragment_request, render_macro
from webapp.ui.ids import row_id
from webapp.ui.insertions import INSERTIONS
from webapp.ui.remedies import show_problem
from webapp.ui.words import sentence

blueprint = Blueprint("compose", __name__)

MAX_SHOWN = 20
"""Problems shown at once; a pasted page of nonsense has thousands."""
QUEUE_AWAY = (
    "受け付けました。サーバーの準備が整いしだい、自動で送信します(送信の仕組みが一時的に止まっています)。"
)


@blueprint.route("/customers/<int:customer_id>/messages/new", methods=["GET", "POST"])
def new(customer_id: int) -> Response | tuple[str, int]:
    """The compose page; a valid POST sends and goes on to the message's page."""
    customer = _load(customer_id)
    form = ComposeForm()
    if request.method == "GET":
        form.renew_key()
        template = sms_templates.find_template(request.args.get("template_id", type=row_id) or 0)
        if template is not None:
            form.fill_from(template)
        return _page(customer, form), 200
    if form.validate():
        try:
            accepted = sending.send(form.to_draft(customer.id), current_user)
        except RefusedByRule as refused:
            if any(refusal.reason == Reason.ALREADY_SUBMITTED for refusal in refused.refusals):
                form.renew_key()
            put_refusals(form, refused.refusals)
        else:
            if not accepted.is_rung:
                flash(QUEUE_AWAY, "warning")
            return redirect(url_for("history.message", message_id=accepted.message.id), code=303)
    return _page(customer, form), 422


@blueprint.post("/customers/<int:customer_id>/messages/check")
def check(customer_id: int) -> tuple[str, int]:
    """What will be sent, on a page of its own: for browsers without JavaScript. Writes nothing."""
    customer = _load(customer_id)
    form = ComposeForm()
    estimate = _estimate(customer.id, form)
    is_valid = form.validate()
    schedule = _schedule(form)
    refusals = (*estimate["refusals"], *schedule["schedule_refusals"])
    if is_valid and not refusals:
        return render_template(
            "compose/check.html", customer=customer, form=form, **estimate, **schedule
        ), 200
    put_refusals(form, refusals)
    return _page(customer, form, estimate), 422


@blueprint.post("/customers/<int:customer_id>/messages/edit")
def edit(customer_id: int) -> str:
    """Back from the check to the form, with everything as it was typed. Writes nothing."""
    return _page(_load(customer_id), ComposeForm())


@blueprint.errorhandler(CSRFError)
def renew_form(_error: CSRFError) -> tuple[str, int]:
    """After a new login the page's token is void: the text stays, with a fresh one."""
    customer_id = (request.view_args or {}).get("customer_id")
    if customer_id is None or is_fragment_request():
        return render_template("errors/400.html"), 400
    form = ComposeForm()
    form.form_errors.append(
        "ログインし直したため、まだ送信していません。内容を確かめて、もう一度「送信」を押してください。"
    )
    return _page(_load(customer_id), form), 400


@blueprint.post("/customers/<int:customer_id>/messages/fill")
def fill(customer_id: int) -> str:
    """Subject and body of the template that was picked, or what stood there before. Writes nothing."""
    customer = _load(customer_id)
    form = ComposeForm()
    template = sms_templates.find_template(form.template_id.data or 0)
    if request.form.get("restore") == "y":
        form.restore()
    elif template is not None:
        form.fill_from(template)
    if not is_fragment_request():
        return _page(customer, form)
    return render_template(
        "compose/_filled.html", customer=customer, form=form, **_choices(), **_estimate(customer.id, form)
    )


@blueprint.post("/messages/schedule")
def schedule() -> str:
    """When it would leave, for the date and time typed so far; always 200. Writes nothing."""
    return render_template("compose/_schedule.html", **_schedule(ComposeForm()))


@blueprint.post("/messages/estimate")
def estimate() -> str:
    """The estimate fragment for what is typed so far; always 200. Writes nothing."""
    # Three fields of the form, without making it: that would take as long as the estimate.
    body = to_line_feeds(request.form.get("body", ""))
    count_clicks = request.form.get("count_clicks") not in {None, *UNTICKED}
    customer_id = request.form.get("customer_id", type=row_id)
    return render_macro(
        "macros/estimate.html",
        "draft_panel",
        is_fragment=is_fragment_request(),
        **_estimate_body(customer_id, body, count_clicks=count_clicks),
    )


def _load(customer_id: int) -> Customer:
    return customers.find_customer(customer_id) or abort(404)


def _page(customer: Customer, form: ComposeForm, estimate: dict[str, Any] | None = None) -> str:
    opted_out = customers.has_opted_out(customer.mobile_number)
    no_sms = customers.why_no_sms(customer, opted_out=opted_out)
    chosen = current_user.confirm_before_sending
    return render_template(
        "compose/page.html",
        customer=customer,
        form=form,
        why_no_sms=sentence(no_sms) if no_sms else None,
        confirm_first=load_office().confirm_before_sending if chosen is None else chosen,
        **_choices(),
        **(estimate or _estimate(customer.id, form)),
        **_schedule(form),
    )


def _choices() -> dict[str, Any]:
    """What can be put into the text: templates in the office's order, and keys."""
    return {"templates": sms_templates.list_templates(), "insertions": INSERTIONS}


def _schedule(form: ComposeForm) -> dict[str, Any]:
    """When the form's message would leave: rounded as SMSLINK does, with what the day is."""
    moment = form.moment()
    reserved_at, refusal = sending.reserve(moment, clock.now())
    return {
        "is_later": form.timing.data == "later",
        "reserved_at": reserved_at,
        "is_rounded": reserved_at is not None and reserved_at != moment,
        "cancel_until": cancel_limit(reserved_at) if reserved_at else None,
        "holiday": holiday_name(reserved_at.astimezone(JST).date()) if reserved_at else "",
        "schedule_refusals": (refusal,) if refusal else (),
    }


def _estimate(customer_id: int | None, form: ComposeForm) -> dict[str, Any]:
    return _estimate_body(customer_id, form.body.data or "", count_clicks=bool(form.count_clicks.data))


def _estimate_body(customer_id: int | None, body: str, *, count_clicks: bool) -> dict[str, Any]:
    """What the page and its fragment show of the estimate, from one place."""
    found = sending.estimate_draft(body, customer_id, count_clicks=count_clicks)
    # Nothing typed yet is no mistake to point at.
    is_blank = not body.strip()
    shown = [r for r in found.refusals if not (is_blank and r.reason == Reason.BODY_EMPTY)]
    return {
        "estimate": found,
        "max_characters": MAX_CHARACTERS,
        "refusals": found.refusals,
        "problems": [show_problem(refusal) for refusal in shown[:MAX_SHOWN]],
        "warnings": [show_problem(refusal) for refusal in found.prepared.warnings[:MAX_SHOWN]],
    }
