"""What holds for every address of the product."""

from collections.abc import Iterator

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.routing import Rule

from tests.conftest import Browser
from tests.features.queries import recorded, writes
from tests.features.rows import everything, make_message, make_template
from tests.pages import check_page
from webapp.extensions import LIMITED, db, limiter
from webapp.models import Customer

OPEN = {"static", "auth.log_in", "health.healthz", "health.readyz"}
LEADS_ON = {"auth.return_to_account": "/account"}
"""What is no page itself, and where it leads."""
ADMINISTRATORS_ONLY = "/settings/"
IDS = {"customer_id", "message_id", "staff_id", "template_id"}
HUGE = (10**9, 2**63 - 1, 2**63, 10**30, 10**400)


def rules(app: Flask, method: str) -> Iterator[Rule]:
    """The routes that take the method; those of Flask's own OPTIONS and HEAD aside."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    assert len(found) >= 12
    yield from sorted(found, key=lambda rule: rule.rule)


def build(app: Flask, rule: Rule, **values: object) -> str:
    """An address of the route, of things that exist unless said otherwise."""
    existing = dict.fromkeys(IDS, 1) | {"filename": "css/app.css"}
    with app.test_request_context():
        path: str = app.url_map.bind("").build(rule.endpoint, existing | values)
    return path.partition("?")[0]


@pytest.fixture
def rows(app: Flask, customer: Customer) -> None:
    """A customer, a message, a template and a member of staff, each with the id 1."""
    with app.app_context():
        assert make_message(customer).id == customer.id == make_template().id == 1


def get(client: FlaskClient, path: str) -> int:
    """The status; files are closed."""
    with client.get(path) as response:
        return response.status_code


def test_open_routes_are_the_named_few(app: Flask, rows: None) -> None:
    reached = set()
    for rule in rules(app, "GET"):
        path = build(app, rule)
        with app.test_client() as client, client.get(path) as answer:
            if answer.status_code != 303:
                reached.add(rule.endpoint)
                continue
            assert answer.location.startswith("/login?next="), path
        with app.test_client() as client:
            assert client.get(path, headers={"HX-Request": "true"}).status_code == 401, path
            assert client.head(path).status_code == 401, path
    assert reached == OPEN


def test_post_without_login_is_refused_where_it_stands(app: Flask, anonymous: Browser, rows: None) -> None:
    anonymous.get("/login")
    with app.app_context():
        before = everything()
    for rule in rules(app, "POST"):
        if rule.endpoint in OPEN:
            continue
        path = build(app, rule)
        for client, fields in (
            (app.test_client(), {}),
            (anonymous.client, {"csrf_token": anonymous.token}),
        ):
            answer = client.post(path, data=fields)
            assert answer.status_code == 401, path
            assert "ログインしてください" in answer.text
            check_page(answer.text)
    with app.app_context():
        assert everything() == before


def test_post_without_token_is_refused(app: Flask, browser: Browser, rows: None) -> None:
    with app.app_context():
        before = everything()
    for rule in rules(app, "POST"):
        path = build(app, rule)
        for fields in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": browser.token + "x"}):
            answer = browser.client.post(path, data=fields | {"name": "x", "mobile_number": "09012345678"})
            assert answer.status_code == 400, path
            check_page(answer.text)
    with app.app_context():
        assert everything() == before


def test_token_of_another_session_is_refused(app: Flask, browser: Browser, anonymous: Browser) -> None:
    anonymous.get("/login")
    browser.token = anonymous.token
    browser.post("/customers/new", 400, name="x", mobile_number="09012345678")


def test_token_may_travel_in_the_header(browser: Browser) -> None:
    answer = browser.client.post(
        "/customers/new",
        data={"name": "見出し 太郎", "mobile_number": "09012345678"},
        headers={"X-CSRFToken": browser.token},
    )
    assert answer.status_code == 303


def test_no_get_writes(app: Flask, browser: Browser, rows: None) -> None:
    for rule in rules(app, "GET"):
        path = build(app, rule)
        for query in ("", "?q=x&page=2&archived=1&status=sent&from=2026-01-01&older_than=5&restore=y"):
            for headers in ({}, {"HX-Request": "true"}):
                with recorded(app) as statements, browser.client.get(path + query, headers=headers):
                    pass
                assert writes(statements) == [], path
        with recorded(app) as statements:
            browser.client.head(path).close()
        assert writes(statements) == [], path


def test_settings_are_for_administrators(app: Flask, staff_browser: Browser, rows: None) -> None:
    with app.app_context():
        before = everything()
    seen = 0
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if not rule.rule.startswith(ADMINISTRATORS_ONLY):
                continue
            path = build(app, rule)
            fields = {"csrf_token": staff_browser.token} if method == "POST" else None
            answer = staff_browser.client.open(path, method=method, data=fields)
            assert answer.status_code == 403, path
            assert "権限がありません" in answer.text
            check_page(answer.text)
            seen += 1
    assert seen >= 10
    with app.app_context():
        assert everything() == before
    assert "設定" not in [
        link.strip() for link in staff_browser.get("/").text.split("app-nav")[1].split("\n")
    ]
    assert 'href="/settings' not in staff_browser.get("/").text


def test_staff_reach_everything_else(app: Flask, staff_browser: Browser, rows: None) -> None:
    for rule in rules(app, "GET"):
        if not rule.rule.startswith(ADMINISTRATORS_ONLY) and rule.endpoint not in OPEN | LEADS_ON.keys():
            staff_browser.get(build(app, rule))


def test_every_page_keeps_the_rules_for_pages(app: Flask, browser: Browser, rows: None) -> None:
    for rule in rules(app, "GET"):
        if rule.endpoint not in OPEN | LEADS_ON.keys():
            assert "<!doctype html>" in browser.get(build(app, rule)).text


def test_what_is_no_page_leads_to_one(app: Flask, staff_browser: Browser, rows: None) -> None:
    seen = {rule.endpoint: build(app, rule) for rule in rules(app, "GET") if rule.endpoint in LEADS_ON}
    assert seen.keys() == LEADS_ON.keys()
    for endpoint, path in seen.items():
        assert staff_browser.get(path, 303).location == LEADS_ON[endpoint]
        staff_browser.get(LEADS_ON[endpoint])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_things_do_not_exist(app: Flask, browser: Browser, rows: None, method: str) -> None:
    seen = 0
    for rule in rules(app, method):
        for name in rule.arguments - {"filename"}:
            for number in (0, 999, *HUGE):
                path = build(app, rule).replace("/1", f"/{number}")
                assert name in IDS, "give it an id in build()"
                answer = browser.client.open(path, method=method, data={"csrf_token": browser.token})
                assert answer.status_code == 404, path[:60]
                seen += 1
    assert seen >= 20


@pytest.mark.parametrize(
    "path", ["/customers/x", "/customers/-1", "/customers/1.5", "/customers/１", "/customers/1%00"]
)
def test_ids_are_decimal(browser: Browser, customer: Customer, path: str) -> None:
    browser.get(path, 404)


@pytest.mark.parametrize(
    "path", ["/nothing", "/customers/1/nothing", "/static/nothing.css", "/.env", "/static/../wsgi.py"]
)
def test_unknown_addresses_do_not_exist(browser: Browser, anonymous: Browser, path: str) -> None:
    for someone in (browser, anonymous):
        assert "ページが見つかりません" in someone.get(path, 404).text


def test_wrong_methods_are_refused(app: Flask, browser: Browser, rows: None) -> None:
    for rule in app.url_map.iter_rules():
        allowed = set().union(
            *(other.methods or () for other in app.url_map.iter_rules() if other.rule == rule.rule)
        )
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
            answer = browser.client.open(
                build(app, rule), method=method, headers={"X-CSRFToken": browser.token}
            )
            assert answer.status_code == 405, (method, rule.rule)
            assert allowed >= {name.strip() for name in answer.headers["Allow"].split(",")}


def test_paths_without_their_slash_lead_on(browser: Browser) -> None:
    assert browser.client.get("/customers").status_code == 308
    assert browser.client.get("/messages").status_code == 308


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503])
def test_error_pages_are_japanese_and_tell_nothing(app: Flask, browser: Browser, status: int) -> None:
    def view() -> None:
        abort(status)

    app.view_functions["carriers.table"] = view
    answer = browser.get("/carriers", status)
    assert '<html lang="ja">' in answer.text
    assert "Error" not in answer.text
    assert "<h1>" in answer.text
    check_page(answer.text)


def test_a_fault_shows_no_internals(app: Flask, browser: Browser) -> None:
    def view() -> str:
        raise RuntimeError("secret-of-the-house")

    app.view_functions["carriers.table"] = view
    with capture_logs() as logged:
        answer = browser.get("/carriers", 500)
    assert "サーバーで問題が起きました" in answer.text
    for internal in ("secret-of-the-house", "Traceback", "RuntimeError", ".py"):
        assert internal not in answer.text
    (entry,) = logged
    assert (entry["event"], entry["path"]) == ("request_failed", "/carriers")
    assert isinstance(entry["exc_info"], RuntimeError)


def test_a_database_that_is_away_is_a_page_too(app: Flask, browser: Browser, anonymous: Browser) -> None:
    with app.app_context():
        with db.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE office RENAME TO elsewhere")
            connection.exec_driver_sql("ALTER TABLE staff_session RENAME TO nowhere")
        db.engine.dispose()
    for path in ("/", "/nothing", "/customers/"):
        assert "サーバーで問題が起きました" in browser.get(path, 500).text
    assert "サーバーで問題が起きました" in anonymous.get("/login", 500).text
    assert anonymous.get("/healthz").json == {"status": "ok"}
    assert anonymous.get("/readyz", 503).json["database"] is False


@pytest.mark.parametrize("path", ["/login", "/customers/new", "/messages/estimate"])
def test_too_much_is_refused(app: Flask, browser: Browser, path: str) -> None:
    with app.app_context():
        before = everything()
    answer = browser.post(path, 413, name="x" * (1024 * 1024))
    assert "大きすぎます" in answer.text
    with app.app_context():
        assert everything() == before


def test_bodies_that_are_no_form_do_no_harm(app: Flask, browser: Browser, rows: None) -> None:
    for rule in rules(app, "POST"):
        if rule.endpoint in {"auth.log_out", "settings.reset_password"}:
            continue  # they need no form, and would end this session
        for content_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", "nonsense"):
            answer = browser.client.post(
                build(app, rule),
                data=b'\xff\xfe{"a": [\0',
                content_type=content_type,
                headers={"X-CSRFToken": browser.token},
            )
            assert answer.status_code in {200, 303, 400, 422}, (rule.rule, content_type)


def test_limits_stand_where_they_are_counted(app: Flask) -> None:
    limited = limiter.limit_manager._decorated_limits
    assert limited
    for name in limited:
        assert name.startswith(f"webapp.features.{LIMITED}."), "failures elsewhere would not be counted"
    assert all(hooks[LIMITED] for hooks in (app.after_request_funcs, app.teardown_request_funcs))
