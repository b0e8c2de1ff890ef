"""List, create, edit with its history, copy, order, archive; and the live estimate."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.domain.refusals import Reason
from webapp.domain.segments import MAX_CHARACTERS
from webapp.domain.template import needs_meeting
from webapp.features.sms_templates.forms import TemplateForm
from webapp.models import SmsTemplate
from webapp.services import RefusedByRule, customers, drafts, sms_templates
from webapp.ui.errors import put_refusals
from webapp.ui.estimates import MAX_SHOWN, describe_estimate
from webapp.ui.htmx import is_fragment_request, varies
from webapp.ui.ids import row_id
from webapp.ui.insertions import INSERTIONS
from webapp.ui.login import current_user

blueprint = Blueprint("sms_templates", __name__, url_prefix="/sms-templates")

MAX_DRAFTS_SHOWN = 3


@blueprint.before_request
def find_addressee() -> None:
    """`?for_customer=`: the customer whose SMS the person was writing, and goes back to."""
    customer_id = request.args.get("for_customer", type=row_id)
    g.addressee = customers.find_customer(customer_id) if customer_id is not None else None


@blueprint.url_defaults
def keep_addressee(_endpoint: str, values: dict[str, Any]) -> None:
    """Every link, form and redirect from one of these pages to another takes the customer along."""
    if g.get("addressee"):
        values.setdefault("for_customer", g.addressee.id)


@blueprint.context_processor
def show_addressee() -> dict[str, object]:
    """The customer, or None; a request that was refused did not come as far as asking."""
    return {"addressee": g.get("addressee")}


@blueprint.get("/")
def list_() -> Response:
    """The list, or with htmx its rows alone, as one types."""
    query = request.args.get("q", "").replace("\0", "")[:100]
    archived = request.args.get("archived") == "1"
    found = sms_templates.list_templates(query, archived=archived)
    moved = request.args.get("moved", type=row_id)
    shown: dict[str, Any] = {"templates": found, "query": query, "archived": archived, "moved": moved}
    shown["estimates"] = {
        row.id: sms_templates.estimate_template(row.body, current_user.name) for row in found
    }
    if is_fragment_request():
        return varies(render_template("sms_templates/_rows.html", **shown))
    drafts_left = [] if g.addressee else drafts.list_drafts(current_user)[:MAX_DRAFTS_SHOWN]
    return varies(render_template("sms_templates/list.html", drafts=drafts_left, **shown))


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> BaseResponse | tuple[str, int]:
    """Create a template."""
    form = TemplateForm()
    if _is_valid(form):
        try:
            template = sms_templates.create_template(form.to_values(), current_user)
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals[:MAX_SHOWN])
        else:
            flash("雛形を登録しました。", "success")
            return redirect(url_for("sms_templates.edit", template_id=template.id), code=303)
    return _page(form, None), 422 if form.is_submitted() else 200


@blueprint.route("/<int:template_id>", methods=["GET", "POST"])
def edit(template_id: int) -> BaseResponse | tuple[str, int]:
    """One template: its form, what it costs, and what it said before."""
    template = _load(template_id)
    form = TemplateForm(obj=template)
    if _is_valid(form):
        try:
            sms_templates.edit_template(
                template.id, form.to_values(), current_user, version=form.begun_with()
            )
        except RefusedByRule as refused:
            if any(refusal.reason == Reason.TEMPLATE_CHANGED for refusal in refused.refusals):
                form.version.data = _load(template_id).version
            put_refusals(form, refused.refusals[:MAX_SHOWN])
        else:
            flash("雛形を保存しました。", "success")
            return redirect(url_for("sms_templates.edit", template_id=template_id), code=303)
    return _page(form, _load(template_id)), 422 if form.is_submitted() else 200


@blueprint.post("/estimate")
def estimate() -> str:
    """The estimate fragment for what is typed so far; always 200. Writes nothing."""
    return render_template(
        "sms_templates/_estimate.html", is_fragment=is_fragment_request(), **_estimate(TemplateForm())
    )


@blueprint.post("/<int:template_id>/copy")
def copy(template_id: int) -> BaseResponse:
    """A copy, opened to be changed."""
    template = sms_templates.copy_template(_load(template_id).id, current_user)
    flash("コピーを作りました。設定名と本文を直して保存してください。", "success")
    return redirect(url_for("sms_templates.edit", template_id=template.id), code=303)


@blueprint.post("/<int:template_id>/archive")
def archive(template_id: int) -> BaseResponse:
    """Take the template out of the list, or with `restore` bring it back."""
    restore = request.form.get("restore") == "y"
    sms_templates.archive_template(_load(template_id).id, archived=not restore)
    flash("一覧に戻しました。" if restore else "一覧から外しました。いつでも戻せます。", "success")
    return redirect(url_for("sms_templates.edit", template_id=template_id), code=303)


@blueprint.post("/<int:template_id>/move")
def move(template_id: int) -> BaseResponse:
    """To the top, one place up or one down with `direction`, else to the `place` that is given."""
    direction = request.form.get("direction")
    place = request.form.get("place", type=int)
    template = _load(template_id)
    if direction in {"up", "down"}:
        sms_templates.move_template(template.id, up=direction == "up")
    elif direction == "top":
        sms_templates.place_template(template.id, 1)
    elif direction is None and place is not None:
        sms_templates.place_template(template.id, place)
    else:
        abort(400)
    address = url_for("sms_templates.list_", moved=template_id, _anchor=f"template-{template_id}")
    return redirect(address, code=303)


def _is_valid(form: TemplateForm) -> bool:
    """Whether the service may be asked; if not, what it would refuse is told together with the rest."""
    if not form.is_submitted():
        return False
    if form.validate():
        return True
    found = sms_templates.estimate_template(form.body.data or "", current_user.name)
    put_refusals(form, found.refusals[:MAX_SHOWN])
    return False


def _load(template_id: int) -> SmsTemplate:
    return sms_templates.find_template(template_id) or abort(404)


def _page(form: TemplateForm, template: SmsTemplate | None) -> str:
    versions = sms_templates.list_versions(template.id) if template else []
    # An older version's text can be brought back into the form; nothing is written before it is saved.
    wanted = request.args.get("based_on", type=row_id)
    older = next((version for version in versions if version.number == wanted), None)
    if older is not None and not form.is_submitted():
        form.name.data, form.subject.data, form.body.data = older.name, older.subject, older.body
    return render_template(
        "sms_templates/form.html",
        form=form,
        template=template,
        versions=versions,
        older=older,
        insertions=INSERTIONS,
        meeting_template=sms_templates.find_meeting_template(),
        **_estimate(form),
    )


def _estimate(form: TemplateForm) -> dict[str, Any]:
    """What the page and its fragment show of the estimate, from one place."""
    body = form.body.data or ""
    found = sms_templates.estimate_template(body, current_user.name)
    return {
        "estimate": found,
        "excess": max(found.prepared.characters, found.prepared.registered_characters) - MAX_CHARACTERS,
        "needs_meeting": needs_meeting(body),
        **describe_estimate(body, found.prepared, found.refusals, count_clicks=False),
    }
