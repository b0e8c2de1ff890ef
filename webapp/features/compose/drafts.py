"""What a person has begun to write to a customer and not sent: taken up, kept, thrown away."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.features.compose.forms import ComposeForm
from webapp.features.compose.page import load_customer, show_page
from webapp.models import Customer
from webapp.services import drafts, sms_templates
from webapp.ui.htmx import is_fragment_request
from webapp.ui.ids import row_id

TEMPLATES = "templates"
"""Where 「SMS雛形設定」 goes on to, once the draft is kept."""


def add_routes(blueprint: Blueprint) -> None:
    """Both addresses of a draft."""
    blueprint.add_url_rule(
        "/customers/<int:customer_id>/messages/draft", view_func=keep_draft, methods=["POST"]
    )
    blueprint.add_url_rule(
        "/customers/<int:customer_id>/messages/draft/discard", view_func=discard_draft, methods=["POST"]
    )


def show_begun(customer: Customer) -> str:
    """The compose page as it begins.

    `?draft=` names the draft to take up; `?template_id=` and `?new=` want a text of their own. Otherwise
    the latest draft whose tab was closed is taken up; one whose tab may still be open is offered.
    """
    kept = drafts.list_drafts(current_user, customer.id)
    template = sms_templates.find_template(request.args.get("template_id", type=row_id) or 0)
    wants_new = template is not None or "new" in request.args
    wanted = request.args.get("draft")
    resumed = next(
        (
            draft
            for draft in kept
            if draft.submission_key == wanted or (wanted is None and not wants_new and draft.left_at)
        ),
        None,
    )
    form = ComposeForm()
    if resumed is not None:
        form = ComposeForm.from_stored(resumed)
    elif template is not None:
        form.fill_from(template)
    if resumed is None:
        form.renew_key()
    return show_page(
        customer,
        form,
        resumed=resumed,
        others=[draft for draft in kept if draft is not resumed],
        may_resume=resumed is None and not wants_new,
    )


def keep_draft(customer_id: int) -> Response | str:
    """Keep the form as it is, while it is typed or on the way to the templates."""
    customer = load_customer(customer_id)
    form = ComposeForm()
    if not form.has_usable_key():
        abort(400)
    kept = drafts.save_draft(
        current_user,
        customer.id,
        form.submission_key.data,
        form.to_stored(),
        is_left=request.form.get("left") == "y",
    )
    if is_fragment_request():
        return render_template("compose/_draft_state.html", draft=kept)
    if request.form.get("then") == TEMPLATES:
        return redirect(url_for("sms_templates.list_"), code=303)
    flash("下書きを保存しました。" if kept else "本文も件名も空のため、下書きはありません。", "info")
    key = kept.submission_key if kept else None
    return redirect(url_for("compose.new", customer_id=customer.id, draft=key), code=303)


def discard_draft(customer_id: int) -> Response:
    """Throw one away; with `new`, to begin another."""
    customer = load_customer(customer_id)
    drafts.discard_draft(current_user, customer.id, request.form.get("submission_key", ""))
    flash("下書きを捨てました。", "info")
    wants_new = "y" if request.form.get("new") else None
    return redirect(url_for("compose.new", customer_id=customer.id, new=wants_new), code=303)
