"""What a person has begun to write to a customer and not sent: taken up, kept, thrown away."""

from flask import abort, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from webapp.features.compose import blueprint
from webapp.features.compose.forms import ComposeForm
from webapp.features.compose.page import load_customer, show_page
from webapp.models import Customer, StoredDraft
from webapp.services import drafts, sms_templates
from webapp.ui.dates import format_clock_time
from webapp.ui.htmx import is_fragment_request
from webapp.ui.ids import row_id
from webapp.ui.login import current_user

TEMPLATES = "templates"
"""Where 「SMS雛形設定」 goes on to, once the draft is kept."""


def show_begun(customer: Customer) -> str:
    """The compose page as it begins: empty, with a template, or with what was begun before.

    `?draft=` names the draft to take up; `?template_id=` and `?new=` want a text of their own. Otherwise
    it is the latest draft, unless its page may still be open: then the page itself asks the other tabs.
    """
    kept = drafts.list_drafts(current_user, customer.id)
    template = sms_templates.find_template(request.args.get("template_id", type=row_id) or 0)
    wanted = request.args.get("draft")
    is_free = template is None and wanted is None and "new" not in request.args
    resumed = next((draft for draft in kept if draft.submission_key == wanted), None)
    if is_free and kept and kept[0].left_at:
        resumed = kept[0]
    form = ComposeForm.from_stored(resumed) if resumed else ComposeForm()
    if resumed is None:
        form.renew_key()
    if template is not None and resumed is None:
        form.fill_from(template)
    return show_page(
        customer,
        form,
        resumed=resumed,
        others=[draft for draft in kept if draft is not resumed],
        may_resume=is_free and resumed is None,
        is_gone=wanted is not None and resumed is None,
    )


@blueprint.post("/customers/<int:customer_id>/messages/draft")
def keep_draft(customer_id: int) -> Response:
    """Keep the form as it is, while it is typed or on the way to the templates."""
    customer, form = _load(customer_id)
    is_left = request.form.get("left") == "y" or not is_fragment_request()
    kept = drafts.save_draft(current_user, form.to_typed(customer.id), is_left=is_left)
    if is_fragment_request():
        return jsonify(_tell(form, kept))
    if request.form.get("then") == TEMPLATES:
        return redirect(url_for("sms_templates.list_", for_customer=customer.id), code=303)
    flash("下書きを保存しました。" if kept else "まだ何も書いていないため、下書きはありません。", "info")
    key = kept.submission_key if kept else None
    return redirect(url_for("compose.new", customer_id=customer.id, draft=key), code=303)


@blueprint.post("/customers/<int:customer_id>/messages/draft/take-up")
def take_up_draft(customer_id: int) -> Response:
    """The page shows a draft: whether that is still its latest state."""
    customer, form = _load(customer_id)
    return jsonify(is_current=drafts.take_up(current_user, form.to_typed(customer.id)))


@blueprint.post("/customers/<int:customer_id>/messages/draft/discard")
def discard_draft(customer_id: int) -> Response:
    """Throw one away; with `new`, to begin another."""
    customer, form = _load(customer_id)
    drafts.discard_draft(current_user, customer.id, form.submission_key.data)
    flash("下書きを捨てました。", "info")
    wants_new = "y" if request.form.get("new") else None
    return redirect(url_for("compose.new", customer_id=customer.id, new=wants_new), code=303)


def _load(customer_id: int) -> tuple[Customer, ComposeForm]:
    customer, form = load_customer(customer_id), ComposeForm()
    if not form.has_usable_key():
        abort(400)
    return customer, form


def _tell(form: ComposeForm, kept: StoredDraft | None) -> dict[str, str]:
    """What the page goes on with: the draft's key, its state, and words."""
    if kept is None:
        return {"key": form.submission_key.data, "version": "", "text": ""}
    text = f"{format_clock_time(kept.saved_at)} 下書きを保存しました"
    if kept.submission_key != form.submission_key.data:
        text += "(ほかの画面でも書かれたため、別の下書きにしました)"
    return {"key": kept.submission_key, "version": kept.version, "text": text}
