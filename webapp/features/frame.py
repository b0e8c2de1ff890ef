"""What every page has: the logged-in person, the office's name, the banner, the holds of sending."""

from flask import Flask, Response, abort, g, redirect, request, url_for
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from webapp.models import Office
from webapp.models.staff import Person
from webapp.services import smslink_account, staff
from webapp.services.office import load_office
from webapp.services.smslink_account import EnvironmentKind
from webapp.ui.htmx import asks_by_script
from webapp.ui.login import find_person, register_login

PRODUCT_NAME = "SMSカルテ"

# A page that everyone may open; everything else needs a login.
OPEN_ENDPOINTS = frozenset({"static", "auth.log_in", "health.healthz", "health.readyz"})
# What a person who must choose a new password may still do.
PASSWORD_ENDPOINTS = frozenset(
    {"auth.account", "auth.change_password", "auth.return_to_account", "auth.log_out"}
)

# Label; a sentence that a phone leaves out; what everybody must see.
_BANNERS = {
    EnvironmentKind.SIMULATOR: (
        "模擬環境",
        "SMSLINKシミュレータに接続しています。",
        "実際のSMSは送信されません。",
    ),
    EnvironmentKind.SANDBOX: (
        "検証環境",
        "SMSLINKの検証環境に接続しています。",
        "実際のSMSは送信されません。",
    ),
    EnvironmentKind.UNSET: (
        "SMSLINK未設定",
        "",
        "SMSを送るには、管理者がSMS送信設定で接続先とトークンキーを入力してください。",
    ),
}


def init_app(app: Flask) -> None:
    """Guard every route, and give the templates what their frame shows."""
    register_login(app, staff.load_by_session)

    def require_login() -> BaseResponse | Response | None:
        endpoint = request.endpoint
        if endpoint is None or endpoint in OPEN_ENDPOINTS:
            return None
        person = find_person()
        if not isinstance(person, Person):
            return _ask_for_login()
        if person.must_change_password and endpoint not in PASSWORD_ENDPOINTS:
            if request.method != "GET":
                abort(403)
            return redirect(url_for("auth.account"), code=303)
        return None

    # Before the CSRF check: whose session has ended is told to log in, not that the form is stale.
    app.before_request_funcs.setdefault(None, []).insert(0, require_login)

    @app.context_processor
    def frame() -> dict[str, object]:
        return _FRAME


def _ask_for_login() -> BaseResponse:
    # A fragment or a form is refused where it stands: following it into the login form would
    # lose what was typed.
    if request.method != "GET" or asks_by_script():
        abort(401)
    target = request.full_path if request.query_string else request.path
    return redirect(url_for("auth.log_in", next=target), code=303)


def _office() -> Office:
    if "office" not in g:
        g.office = load_office()
    office: Office = g.office
    return office


def _environment() -> dict[str, str]:
    if "environment" not in g:
        g.environment = _banner(_office())
    environment: dict[str, str] = g.environment
    return environment


def _banner(office: Office) -> dict[str, str]:
    environment = smslink_account.environment(office)
    label, lead, description = _BANNERS.get(
        environment.kind,
        ("接続先に注意", "", f"SMSLINKではない接続先です:{environment.host}"),
    )
    url = ""
    if environment.kind == EnvironmentKind.SIMULATOR:
        url = smslink_account.configuration().simulator_public_url or environment.url
    return {
        "kind": environment.kind.value,
        "label": label,
        "lead": lead,
        "description": description,
        "url": url,
    }


# Looked up when a template first shows one of them: most fragments show none.
_FRAME = {
    "office": LocalProxy(_office),
    "office_name": LocalProxy(lambda: _office().company_name or PRODUCT_NAME),
    "environment": LocalProxy(_environment),
}
