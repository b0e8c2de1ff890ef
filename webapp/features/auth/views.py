"""Login, logout, the person's own settings."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp.extensions import limiter
from webapp.features.auth.forms import LoginForm, OwnNumberForm, PasswordForm, PreferencesForm
from webapp.services import RefusedByRule, customers, staff
from webapp.services.office import load_office
from webapp.ui import login
from webapp.ui.errors import put_refusals
from webapp.ui.fields import strip_line
from webapp.ui.htmx import is_fragment_request
from webapp.ui.login import current_user
from webapp.ui.targets import next_target
from webapp.ui.words import number_on_cards

blueprint = Blueprint("auth", __name__)

# Only failures count. An account is closed to guessing for a while, and so is an address that tries
# many accounts; a whole office behind one address stays below the second.
FAILURES_PER_ACCOUNT = "10 per 15 minutes"
FAILURES_PER_ADDRESS = "100 per 15 minutes"


def _failed(response: Response) -> bool:
    return response.status_code != 303


def _account_key() -> str:
    # As the form reads it: an account is the same however its name is padded.
    return f"account:{strip_line(request.form.get('login_id', '')).lower()[:64]}"


@blueprint.route("/login", methods=["GET", "POST"])
@limiter.limit(FAILURES_PER_ADDRESS, methods=["POST"], deduct_when=_failed)
@limiter.limit(FAILURES_PER_ACCOUNT, key_func=_account_key, methods=["POST"], deduct_when=_failed)
def log_in() -> Response | str | tuple[str, int]:
    """Ask for login and password, then go on to where the person wanted to be."""
    target = next_target(url_for("dashboard.today"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(target, code=303)
    form = LoginForm()
    if form.validate_on_submit():
        person = staff.log_in(form.login_id.data or "", form.password.data or "")
        if person is not None:
            login.log_in(person)
            return redirect(target, code=303)
        form.form_errors.append("ログインIDかパスワードが違います。")
    return render_template("auth/login.html", form=form), 422 if form.is_submitted() else 200


@blueprint.errorhandler(CSRFError)
def renew_login(_error: CSRFError) -> tuple[str, int]:
    """A login page left open overnight: the same form again, with the login as typed."""
    if request.endpoint != "auth.log_in":
        return render_template("errors/400.html"), 400
    form = LoginForm()
    form.form_errors.append(
        "画面を開いてから時間がたちました。もう一度パスワードを入力してログインしてください。"
    )
    return render_template("auth/login.html", form=form), 400


@blueprint.post("/logout")
def log_out() -> Response:
    """End this session."""
    staff.log_out(current_user.session_token)
    login.log_out()
    return redirect(url_for("auth.log_in"), code=303)


@blueprint.get("/account")
def account() -> str:
    """The person's own settings."""
    return _account_page(PasswordForm(formdata=None))


@blueprint.post("/account/password")
def change_password() -> Response | tuple[str, int]:
    """Change the person's password."""
    form = PasswordForm()
    if form.validate_on_submit():
        was_forced = current_user.must_change_password
        try:
            staff.change_own_password(
                current_user.id,
                current_user.session_token,
                form.current_password.data or "",
                form.new_password.data or "",
            )
        except RefusedByRule as refused:
            put_refusals(form, refused.refusals)
        else:
            flash("パスワードを変更しました。ほかの端末のログインは終了しました。", "success")
            is_first_run = was_forced and current_user.is_administrator
            return redirect(url_for("settings.first_steps" if is_first_run else "auth.account"), code=303)
    return _account_page(form), 422


@blueprint.get("/account/password")
def return_to_account() -> Response:
    """Where a refused change stands, reloaded: back to the form."""
    return redirect(url_for("auth.account"), code=303)


@blueprint.post("/account/preferences")
def change_preferences() -> Response | tuple[str, int]:
    """Whether the person is asked before sending; from the compose page without leaving it."""
    form = PreferencesForm()
    if not form.validate_on_submit():
        abort(400)
    staff.choose_confirmation(current_user.id, confirm=form.confirm_before_sending.data)
    if is_fragment_request():
        return "", 204
    flash("設定を保存しました。", "success")
    return redirect(url_for("auth.account"), code=303)


@blueprint.post("/account/mobile")
def change_mobile() -> Response | tuple[str, int]:
    """The person's own number, for test sends; empty clears it."""
    form = OwnNumberForm()
    if not form.validate_on_submit():
        return _account_page(PasswordForm(formdata=None), form), 422
    number = form.mobile_number.normalised
    staff.change_own_number(current_user.id, number)
    flash("自分の携帯番号を保存しました。" if number else "自分の携帯番号を消しました。", "success")
    if cards := customers.others_with_number(number):
        flash(number_on_cards(cards), "warning")
    return redirect(url_for("auth.account"), code=303)


def _account_page(form: PasswordForm, own_number: OwnNumberForm | None = None) -> str:
    chosen = current_user.confirm_before_sending
    preferences = PreferencesForm(
        formdata=None,
        confirm_before_sending=load_office().confirm_before_sending if chosen is None else chosen,
    )
    own_number = own_number or OwnNumberForm(formdata=None, obj=current_user)
    return render_template("auth/account.html", form=form, preferences=preferences, own_number=own_number)
