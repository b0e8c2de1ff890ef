"""List, card, create, edit, archive."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.features.customers.forms import CustomerForm
from webapp.models import Customer
from webapp.services import RefusedByRule, customers, drafts, history, receptions, staff
from webapp.ui.errors import put_refusals
from webapp.ui.htmx import is_fragment_request, varies
from webapp.ui.login import current_user
from webapp.ui.words import sentence

blueprint = Blueprint("customers", __name__, url_prefix="/customers")

MAX_PAGE = 10_000


@blueprint.get("/")
def list_() -> Response:
    """The list, or with htmx its rows alone, as one types."""
    query = request.args.get("q", "").replace("\0", "")[:100]
    page = min(max(request.args.get("page", 1, type=int), 1), MAX_PAGE)
    archived = request.args.get("archived") == "1"
    found = customers.search_customers(query, page=page, archived=archived)
    template = "customers/_rows.html" if is_fragment_request() else "customers/list.html"
    return varies(render_template(template, found=found, query=query, archived=archived))


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> BaseResponse | tuple[str, int]:
    """Create a card; the person who creates it is proposed as being in charge."""
    form = _form(None)
    if form.validate_on_submit():
        try:
            customer = customers.create_customer(form.to_values())
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            _say_saved(customer, "顧客を登録しました。")
            return redirect(url_for("customers.card", customer_id=customer.id), code=303)
    return render_template(
        "customers/form.html", form=form, customer=None
    ), 422 if form.is_submitted() else 200


@blueprint.get("/<int:customer_id>")
def card(customer_id: int) -> str:
    """One customer, with the 携帯 menu and the latest contacts."""
    customer = _load(customer_id)
    opted_out = customers.has_opted_out(customer.mobile_number)
    no_sms = customers.why_no_sms(customer, opted_out=opted_out)
    number_missing = customers.why_no_sms(customer, opted_out=False)
    same_number = customers.others_with_number(customer.mobile_number, customer.id)
    return render_template(
        "customers/card.html",
        customer=customer,
        opted_out=opted_out,
        why_no_sms=sentence(no_sms) if no_sms else None,
        why_no_number=sentence(number_missing) if number_missing else None,
        same_number=same_number,
        undecided=receptions.list_undecided(customer.mobile_number) if same_number else [],
        drafts=drafts.list_drafts(current_user, customer.id),
        interactions=history.list_interactions(customer.id),
    )


@blueprint.route("/<int:customer_id>/edit", methods=["GET", "POST"])
def edit(customer_id: int) -> BaseResponse | tuple[str, int]:
    """Change a card."""
    customer = _load(customer_id)
    form = _form(customer)
    if form.validate_on_submit():
        try:
            customers.edit_customer(customer.id, form.to_values())
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            _say_saved(customer, "顧客カルテを保存しました。")
            return redirect(url_for("customers.card", customer_id=customer.id), code=303)
    return (
        render_template("customers/form.html", form=form, customer=customer),
        422 if form.is_submitted() else 200,
    )


@blueprint.post("/<int:customer_id>/archive")
def archive(customer_id: int) -> BaseResponse:
    """Take the card out of the list, or with `restore` bring it back."""
    _load(customer_id)
    restore = request.form.get("restore") == "y"
    customers.archive_customer(customer_id, archived=not restore)
    flash("一覧に戻しました。" if restore else "一覧から外しました。履歴は残っています。", "success")
    return redirect(url_for("customers.card", customer_id=customer_id), code=303)


def _load(customer_id: int) -> Customer:
    return customers.find_customer(customer_id) or abort(404)


def _form(customer: Customer | None) -> CustomerForm:
    people = staff.list_staff(active_only=True)
    if customer is not None and customer.staff is not None and not customer.staff.is_active:
        people.append(customer.staff)
    if customer is not None:
        return CustomerForm(people, obj=customer)
    # From the list of replies: the number that has no card yet.
    number = request.args.get("mobile_number", "").replace("\0", "")[:40]
    return CustomerForm(people, staff_id=current_user.id, mobile_number=number)


def _say_saved(customer: Customer, text: str) -> None:
    flash(text, "success")
    others = customers.others_with_number(customer.mobile_number, customer.id)
    if others:
        names = "、".join(other.name for other in others[:3])
        flash(f"同じ携帯番号のカルテがほかにもあります:{names}。", "warning")
