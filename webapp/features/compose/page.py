"""What the compose page and its fragments show, from one place."""

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template

from webapp import clock
from webapp.domain.reservation import JST, cancel_limit
from webapp.features.compose.forms import ComposeForm
from webapp.models import Customer, StoredDraft
from webapp.services import customers, estimates, sending, sms_templates
from webapp.services.office import load_office
from webapp.ui.dates import holiday_name
from webapp.ui.estimates import describe_estimate
from webapp.ui.insertions import INSERTIONS
from webapp.ui.login import current_user
from webapp.ui.words import sentence


def load_customer(customer_id: int) -> Customer:
    """The customer, or 404."""
    return customers.find_customer(customer_id) or abort(404)


def show_page(
    customer: Customer,
    form: ComposeForm,
    *,
    estimate: dict[str, Any] | None = None,
    resumed: StoredDraft | None = None,
    others: Sequence[StoredDraft] = (),
    may_resume: bool = False,
    is_gone: bool = False,
) -> str:
    """The whole page. `resumed`: the draft in the form; `others`: further ones of this person.

    `may_resume`: the latest of the others is taken up unless its page turns out to be open still.
    `is_gone`: the draft that was asked for was sent or thrown away.
    """
    opted_out = customers.has_opted_out(customer.mobile_number)
    no_sms = customers.why_no_sms(customer, opted_out=opted_out)
    chosen = current_user.confirm_before_sending
    return render_template(
        "compose/page.html",
        customer=customer,
        form=form,
        why_no_sms=sentence(no_sms) if no_sms else None,
        confirm_first=load_office().confirm_before_sending if chosen is None else chosen,
        resumed=resumed,
        other_drafts=others,
        may_resume=may_resume,
        is_gone=is_gone,
        **choices(),
        **(estimate or show_form(customer.id, form)),
        **show_schedule(form),
    )


def choices() -> dict[str, Any]:
    """What can be put into the text: templates in the office's order, and keys."""
    return {"templates": sms_templates.list_templates(), "insertions": INSERTIONS}


def show_schedule(form: ComposeForm) -> dict[str, Any]:
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


def show_form(customer_id: int, form: ComposeForm) -> dict[str, Any]:
    """The estimate of what the form holds."""
    body, count_clicks = form.body.data or "", bool(form.count_clicks.data)
    return show_estimate(customer_id, body, count_clicks=count_clicks)


def show_estimate(customer_id: int | None, body: str, *, count_clicks: bool) -> dict[str, Any]:
    """The estimate, the preview and the problems of what is typed so far."""
    found = estimates.estimate_draft(body, customer_id, count_clicks=count_clicks)
    return {
        "estimate": found,
        **describe_estimate(body, found.prepared, found.refusals, count_clicks=count_clicks),
    }
