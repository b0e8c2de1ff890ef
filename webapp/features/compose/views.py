"""Writing to a customer: the page, its live estimate, the check before sending, and sending."""

from flask import flash, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp.domain.refusals import Reason
from webapp.features.compose import blueprint, drafts, test_sends
from webapp.features.compose.forms import ComposeForm
from webapp.features.compose.page import (
    choices,
    load_customer,
    show_estimate,
    show_form,
    show_page,
    show_schedule,
)
from webapp.services import RefusedByRule, sending, sms_templates
from webapp.ui.errors import is_own_form, put_refusals, show_error
from webapp.ui.fields import UNTICKED, to_line_feeds
from webapp.ui.htmx import is_fragment_request, render_fragment
from webapp.ui.ids import row_id
from webapp.ui.login import current_user

test_sends.add_routes(blueprint)

QUEUE_AWAY = (
    "受け付けました。サーバーの準備が整いしだい、自動で送信します(送信の仕組みが一時的に止まっています)。"
)


@blueprint.get("/customers/<int:customer_id>/messages/new")
def new(customer_id: int) -> str:
    """The compose page: empty, with a template, or with what was begun before."""
    return drafts.show_begun(load_customer(customer_id))


@blueprint.post("/customers/<int:customer_id>/messages/new")
def send(customer_id: int) -> Response | tuple[str, int]:
    """Send, and go on to the message's page."""
    customer = load_customer(customer_id)
    form = ComposeForm()
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
    return show_page(customer, form), 422


@blueprint.post("/customers/<int:customer_id>/messages/check")
def check(customer_id: int) -> tuple[str, int]:
    """What will be sent, on a page of its own: for browsers without JavaScript. Writes nothing."""
    customer = load_customer(customer_id)
    form = ComposeForm()
    estimate = show_form(customer.id, form)
    is_valid = form.validate()
    schedule = show_schedule(form)
    refusals = (*estimate["refusals"], *schedule["schedule_refusals"])
    if is_valid and not refusals:
        return render_template(
            "compose/check.html", customer=customer, form=form, **estimate, **schedule
        ), 200
    put_refusals(form, refusals)
    return show_page(customer, form, estimate=estimate), 422


@blueprint.post("/customers/<int:customer_id>/messages/edit")
def edit(customer_id: int) -> str:
    """Back from the check to the form, with everything as it was typed. Writes nothing."""
    return show_page(load_customer(customer_id), ComposeForm())


@blueprint.errorhandler(CSRFError)
def renew_form(error: CSRFError) -> Response | tuple[str, int]:
    """After a new login the page's token is void: what was to be sent stays, with a fresh one."""
    if request.endpoint not in {"compose.send", "compose.check"} or not is_own_form():
        return show_error(error)
    form = ComposeForm()
    form.form_errors.append(
        f"この画面を開いた後にログインし直した(いまは {current_user.name} さん)ため、まだ送信していません。"
        "内容を確かめて、もう一度「送信」を押してください。"
    )
    return show_page(load_customer((request.view_args or {})["customer_id"]), form), 400


@blueprint.post("/customers/<int:customer_id>/messages/fill")
def fill(customer_id: int) -> str:
    """Subject and body of the template that was picked, or what stood there before. Writes nothing."""
    customer = load_customer(customer_id)
    form = ComposeForm()
    template = sms_templates.find_template(form.template_id.data or 0)
    if request.form.get("restore") == "y":
        form.restore()
    elif template is not None:
        form.fill_from(template)
    if not is_fragment_request():
        return show_page(customer, form)
    return render_template(
        "compose/_filled.html",
        customer=customer,
        form=form,
        **choices(),
        **show_form(customer.id, form),
    )


@blueprint.post("/messages/schedule")
def schedule() -> str:
    """When it would leave, for the date and time typed so far; always 200. Writes nothing."""
    return render_template("compose/_schedule.html", **show_schedule(ComposeForm()))


@blueprint.post("/messages/estimate")
def estimate() -> str:
    """The estimate fragment for what is typed so far; always 200. Writes nothing."""
    # Three fields of the form, without making it: that would take as long as the estimate.
    fields = request.form
    body = to_line_feeds(fields.get("body", ""))
    count_clicks = fields.get("count_clicks") not in {None, *UNTICKED}
    customer_id = fields.get("customer_id", type=row_id)
    shown = show_estimate(customer_id, body, count_clicks=count_clicks)
    return render_fragment("compose/_estimate.html", is_fragment=is_fragment_request(), **shown)
