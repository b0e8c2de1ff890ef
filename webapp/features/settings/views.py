"""Settings: SMSLINK, the company, staff. For administrators only."""

from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.features.settings.forms import CompanyForm, SmslinkForm, StaffForm
from webapp.models import Staff
from webapp.services import RefusedByRule, charges, holding, office, smslink_account, staff
from webapp.ui.errors import put_refusals
from webapp.ui.login import current_user
from webapp.ui.targets import next_target
from webapp.ui.words import explain, sentence

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

TABS = [
    ("SMS送信", "/settings/sms"),
    ("会社情報", "/settings/company"),
    ("スタッフ", "/settings/staff"),
    ("はじめの設定", "/settings/first-steps"),
]


class Step(NamedTuple):
    """One of the first settings."""

    title: str
    text: str
    url: str
    is_done: bool
    is_optional: bool = False


@blueprint.before_request
def require_administrator() -> None:
    """Everything here is for administrators."""
    if not current_user.is_administrator:
        abort(403)


@blueprint.context_processor
def tabs() -> dict[str, object]:
    """The pages of this section."""
    return {"tab_items": TABS}


@blueprint.get("/first-steps")
def first_steps() -> str:
    """What a new installation needs, with what is done already."""
    current = office.load_office()
    here = url_for("settings.first_steps")
    steps = [
        Step(
            "会社名を登録する",
            "SMSの [[%会社名%]] に入ります。",
            url_for("settings.company", next=here),
            bool(current.company_name),
        ),
        Step(
            "自分の氏名を登録する",
            "自分を担当者に選んだお客様へのSMSで、[[%担当者%]] に入ります。"
            f"登録するまでは「{staff.FIRST_NAME}」と名乗ります。",
            url_for("settings.edit_staff", staff_id=current_user.id, next=here),
            current_user.name != staff.FIRST_NAME,
        ),
        Step(
            "SMSLINKにつなぐ",
            "契約時に届いたトークンキーを入力し、接続を確認します。",
            "/settings/sms",
            smslink_account.is_connectable(current),
        ),
        Step(
            "スタッフを登録する",
            "一人ひとりのログインを作ります。",
            "/settings/staff/new",
            len(staff.list_staff()) > 1,
        ),
        Step(
            "1通あたりの単価を入力する",
            "SMSを書くときに、料金の目安が表示されます。",
            url_for("settings.sms", next=here, _anchor="unit_price"),
            current.unit_price is not None,
            is_optional=True,
        ),
    ]
    return render_template("settings/first_steps.html", steps=steps)


@blueprint.route("/sms", methods=["GET", "POST"])
def sms() -> Response | tuple[str, int]:
    """SMS送信設定."""
    current = office.load_office()
    form = SmslinkForm(obj=SmslinkForm.as_typed(current))
    if form.validate_on_submit():
        smslink_account.edit_account(form.to_values())
        flash("SMS送信設定を保存しました。", "success")
        return redirect(next_target(url_for("settings.sms")), code=303)
    return _sms_page(form), 422 if form.is_submitted() else 200


@blueprint.post("/sms/check")
def check() -> Response:
    """One harmless call with the stored connection; says in words what is wrong."""
    result = smslink_account.check_connection()
    if result.reason is None:
        flash("SMSLINKに接続できました。送信できる状態です。", "success")
    else:
        flash(_explain(result), "error")
    return redirect(url_for("settings.sms"), code=303)


@blueprint.post("/sms/resume")
def resume() -> Response:
    """Send again what was held."""
    holding.resume_sending()
    flash("送信を再開しました。保留していたSMSを順に送ります。", "success")
    return redirect(url_for("settings.sms"), code=303)


@blueprint.post("/sms/shortened-length")
def accept_length() -> Response:
    """The administrator's consent: the length that the charges ask for is taken."""
    length = request.form.get("length", 0, type=int)
    try:
        charges.accept_proposal(length)
    except RefusedByRule as refused:
        flash(sentence(refused.refusals[0]), "error")
    else:
        flash(f"短縮URLの長さを{length}文字にしました。これからの通数は、この長さで数えます。", "success")
    return redirect(url_for("settings.sms", _anchor="charges"), code=303)


@blueprint.route("/company", methods=["GET", "POST"])
def company() -> Response | tuple[str, int]:
    """会社情報."""
    current = office.load_office()
    form = CompanyForm(company_name=current.company_name, short_names="\n".join(current.short_names))
    if form.validate_on_submit():
        office.edit_company(form.company_name.data or "", form.to_short_names())
        flash("会社情報を保存しました。", "success")
        return redirect(next_target(url_for("settings.company")), code=303)
    return render_template("settings/company.html", form=form), 422 if form.is_submitted() else 200


@blueprint.get("/staff")
def list_staff() -> str:
    """All accounts."""
    return render_template("settings/staff.html", people=staff.list_staff())


@blueprint.route("/staff/new", methods=["GET", "POST"])
def new_staff() -> Response | tuple[str, int]:
    """A new account; its first password is shown once."""
    form = StaffForm()
    if form.validate_on_submit():
        password = staff.random_password()
        try:
            person = staff.create_staff(form.to_values(), password=password)
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            flash(_password_words(person, password), "success")
            return redirect(url_for("settings.edit_staff", staff_id=person.id), code=303)
    return (
        render_template(
            "settings/staff_form.html", form=form, person=None, leave_to=url_for("settings.list_staff")
        ),
        422 if form.is_submitted() else 200,
    )


@blueprint.route("/staff/<int:staff_id>", methods=["GET", "POST"])
def edit_staff(staff_id: int) -> Response | tuple[str, int]:
    """Change an account."""
    person = _load_staff(staff_id)
    form = StaffForm(obj=person)
    leave_to = next_target(url_for("settings.list_staff"))
    if form.validate_on_submit():
        try:
            staff.edit_staff(person.id, form.to_values())
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            flash("スタッフの情報を保存しました。", "success")
            return redirect(leave_to, code=303)
    return (
        render_template("settings/staff_form.html", form=form, person=person, leave_to=leave_to),
        422 if form.is_submitted() else 200,
    )


@blueprint.post("/staff/<int:staff_id>/reset-password")
def reset_password(staff_id: int) -> Response:
    """A new first password, shown once."""
    person = _load_staff(staff_id)
    if person.id == current_user.id:
        flash("自分のパスワードは、ここで変更してください。", "info")
        return redirect(url_for("auth.account"), code=303)
    flash(_password_words(person, staff.reset_password(person.id)), "success")
    return redirect(url_for("settings.edit_staff", staff_id=person.id), code=303)


def _load_staff(staff_id: int) -> Staff:
    return staff.find_staff(staff_id) or abort(404)


def _password_words(person: Staff, password: str) -> str:
    return (
        f"{person.name} さんの最初のパスワード:{password} 。"
        "本人に伝えてください(この画面でだけ表示されます)。"
        "最初のログインで、本人が変更します。"
    )


def _sms_page(form: SmslinkForm) -> str:
    current = office.load_office()
    configuration = smslink_account.configuration()
    return render_template(
        "settings/sms.html",
        form=form,
        provider_domains=smslink_account.PROVIDER_DOMAINS,
        has_token=smslink_account.has_stored_token(current),
        domain_from_environment=configuration.smslink_api_domain,
        token_from_environment=bool(configuration.smslink_token),
        charges=charges.review_charges(current),
    )


def _explain(result: smslink_account.CheckResult) -> str:
    text = explain(result.reason) or f"SMSLINKから想定外の返事がありました({result.code or result.reason})。"
    return f"接続できませんでした。{text}"
