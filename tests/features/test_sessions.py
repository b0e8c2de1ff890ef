"""Sessions that end, and a person's own password."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, flash
from sqlalchemy import select

from tests.conftest import PASSWORD, Browser, make_staff
from tests.features.markup import error_at, form_with
from tests.features.rows import everything
from webapp.config import SESSION_IDLE, SESSION_LONGEST
from webapp.extensions import db
from webapp.models import Staff
from webapp.models.staff import Role
from webapp.services import office, staff
from webapp.services.staff import MAX_PASSWORD_LENGTH, StaffValues
from webapp.ui.sessions import RENEW_AFTER

NEW_PASSWORD = "another horse battery"


def newcomer(app: Flask, role: Role = Role.STAFF) -> tuple[Browser, str]:
    """Somebody with a first password, logged in."""
    password = staff.random_password()
    with app.app_context():
        staff.create_staff(StaffValues("neu", "新人 一郎", role, is_active=True), password=password)
    browser = Browser(app.test_client())
    browser.get("/login")
    browser.post("/login", login_id="neu", password=password)
    browser.get("/account")
    return browser, password


def test_session_ends_when_idle(app: Flask) -> None:
    start = datetime.now(UTC)
    browser = Browser(app.test_client()).log_in()
    with time_machine.travel(start + SESSION_IDLE - timedelta(minutes=2)):
        browser.get("/")
    # Each request begins the pause anew.
    with time_machine.travel(start + 2 * SESSION_IDLE - timedelta(minutes=5)):
        browser.get("/")
    with time_machine.travel(start + 3 * SESSION_IDLE):
        browser.get("/", 303)


def test_a_young_session_is_not_signed_anew(app: Flask) -> None:
    start = datetime.now(UTC)
    browser = Browser(app.test_client()).log_in()
    browser.get("/")
    with time_machine.travel(start + RENEW_AFTER - timedelta(minutes=1)):
        assert "Set-Cookie" not in browser.get("/").headers
    with time_machine.travel(start + RENEW_AFTER + timedelta(minutes=1)):
        assert "sms_session=" in browser.get("/").headers["Set-Cookie"]
        assert "Set-Cookie" not in browser.get("/").headers


def test_a_cookie_says_the_same_each_time_it_comes(app: Flask, browser: Browser) -> None:
    browser.post("/settings/company", 303, company_name="みなと不動産", short_names="")
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    # What one answer shows and forgets, another browser with the same cookie is shown as well, and once.
    for _ in range(3):
        other = Browser(app.test_client())
        other.client.set_cookie("sms_session", cookie.value)
        assert other.get("/settings/company").text.count("保存しました") == 1
        assert "保存しました" not in other.get("/settings/company").text
    with app.test_request_context(headers={"Cookie": f"sms_session={cookie.value}"}):
        flash("ひとつ多い")
    assert "ひとつ多い" not in browser.get("/settings/company").text


def test_a_changed_cookie_is_no_session_however_well_known_the_true_one_is(
    app: Flask, browser: Browser
) -> None:
    browser.get("/")
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    for changed in (cookie.value[:-1], cookie.value + "A", cookie.value.replace(".", ".A", 1), "", "."):
        other = Browser(app.test_client())
        other.client.set_cookie("sms_session", changed)
        other.get("/", 303)
    browser.get("/")


def test_a_cookie_from_the_future_is_no_session(app: Flask) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        browser = Browser(app.test_client()).log_in()
    browser.get("/", 303)


def test_logging_out_leaves_nothing_in_the_cookie(browser: Browser) -> None:
    browser.post("/logout", 303)
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is None or not cookie.value


def test_a_changed_session_is_kept_however_young(app: Flask) -> None:
    browser = Browser(app.test_client()).log_in()
    answer = browser.post("/account/preferences", confirm_before_sending="y")
    assert "sms_session=" in answer.headers["Set-Cookie"]
    assert "設定を保存しました。" in browser.get("/account").text


def test_copied_cookie_ends_when_idle(app: Flask) -> None:
    """The server counts, not the browser that would drop the cookie."""
    browser = Browser(app.test_client()).log_in()
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    with time_machine.travel(datetime.now(UTC) + SESSION_IDLE + timedelta(minutes=1)):
        copied = app.test_client()
        copied.set_cookie("sms_session", cookie.value)
        assert copied.get("/").status_code == 303


def test_session_ends_after_the_longest_time(app: Flask) -> None:
    start = datetime.now(UTC)
    browser = Browser(app.test_client()).log_in()
    step = SESSION_IDLE - timedelta(hours=1)
    moment = start
    while moment + step < start + SESSION_LONGEST:
        moment += step
        with time_machine.travel(moment):
            browser.get("/")
    with time_machine.travel(start + SESSION_LONGEST + timedelta(minutes=1)):
        browser.get("/", 303)


def test_ended_session_tells_a_form_to_log_in(app: Flask) -> None:
    browser = Browser(app.test_client()).log_in()
    with time_machine.travel(datetime.now(UTC) + SESSION_IDLE * 2):
        answer = browser.post("/customers/new", 401, name="山田", mobile_number="09012345678")
    assert "ログインしてください" in answer.text


def test_ended_sessions_are_swept_away(app: Flask) -> None:
    Browser(app.test_client()).log_in()
    with time_machine.travel(datetime.now(UTC) + SESSION_LONGEST * 2):
        Browser(app.test_client()).log_in()
        with app.app_context():
            assert len(everything()["staff_session"]) == 1


def test_disabling_ends_the_sessions(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    with app.app_context():
        person = db.session.scalars(select(Staff).where(Staff.login_id == "sato")).one()
    browser.get(f"/settings/staff/{person.id}")
    browser.post(f"/settings/staff/{person.id}", login_id="sato", name=person.name, role="staff")
    staff_browser.get("/", 303)
    # Allowed again, an old session stays dead.
    browser.post(
        f"/settings/staff/{person.id}", login_id="sato", name=person.name, role="staff", is_active="y"
    )
    staff_browser.get("/", 303)


def test_first_password_blocks_everything_else(app: Flask) -> None:
    browser, password = newcomer(app)
    for path in ("/", "/customers/", "/messages/", "/carriers", "/settings/sms"):
        assert browser.get(path, 303).location == "/account"
    browser.post("/customers/new", 403, name="山田 太郎", mobile_number="09012345678")
    browser.post("/account/preferences", 403, confirm_before_sending="y")
    assert "自分だけが知っているパスワード" in browser.get("/account").text
    changed = browser.post(
        "/account/password",
        current_password=password,
        new_password=NEW_PASSWORD,
        new_password_again=NEW_PASSWORD,
    )
    assert changed.location == "/account"
    browser.get("/customers/")
    Browser(app.test_client()).log_in("neu", NEW_PASSWORD)


def test_new_administrator_of_a_new_office_is_shown_the_first_steps(app: Flask) -> None:
    with app.app_context():
        office.edit_company("", [])
    browser, password = newcomer(app, Role.ADMINISTRATOR)
    changed = browser.post(
        "/account/password",
        current_password=password,
        new_password=NEW_PASSWORD,
        new_password_again=NEW_PASSWORD,
    )
    assert changed.location == "/settings/first-steps"
    assert "会社名を登録する" in browser.get(changed.location).text


def test_password_change_ends_other_sessions(app: Flask, browser: Browser) -> None:
    other = Browser(app.test_client()).log_in()
    colleague = make_colleague(app)
    browser.post(
        "/account/password",
        current_password=PASSWORD,
        new_password=NEW_PASSWORD,
        new_password_again=NEW_PASSWORD,
    )
    assert "ほかの端末" in browser.get("/account").text
    other.get("/", 303)
    colleague.get("/")
    anonymous = Browser(app.test_client())
    anonymous.get("/login")
    anonymous.post("/login", 422, login_id="admin", password=PASSWORD)
    anonymous.log_in(password=NEW_PASSWORD)


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"current_password": "wrong"}, "current_password", "現在のパスワードが違います。"),
        ({"current_password": ""}, "current_password", "現在のパスワードを入力してください。"),
        ({"new_password": "short", "new_password_again": "short"}, "new_password", "10文字から256文字"),
        ({"new_password": "x" * 257, "new_password_again": "x" * 257}, "new_password", "現在257文字"),
        ({"new_password_again": "different words"}, "new_password_again", "一致しません。"),
        ({"new_password": PASSWORD, "new_password_again": PASSWORD}, "new_password", "同じパスワード"),
    ],
)
def test_bad_password_change_changes_nothing(
    app: Flask, browser: Browser, changes: dict[str, str], name: str, words: str
) -> None:
    with app.app_context():
        before = everything()
    fields = {
        "current_password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_again": NEW_PASSWORD,
    } | changes
    answer = browser.post("/account/password", 422, **fields)
    assert words in error_at(answer.text, name)
    for typed in filter(None, fields.values()):
        assert f'value="{typed}"' not in answer.text, "passwords are never given back"
    with app.app_context():
        assert everything() == before


def test_longest_password_works(app: Flask, browser: Browser) -> None:
    longest = "パ" * MAX_PASSWORD_LENGTH
    browser.post(
        "/account/password", current_password=PASSWORD, new_password=longest, new_password_again=longest
    )
    Browser(app.test_client()).log_in(password=longest)


def test_person_chooses_whether_to_confirm(app: Flask, browser: Browser) -> None:
    page = browser.get("/account").text
    assert form_with(page, "confirm_before_sending") == {"confirm_before_sending": "y"}
    browser.post("/account/preferences")
    assert form_with(browser.get("/account").text, "confirm_before_sending") == {}
    with app.app_context():
        assert db.session.get_one(Staff, 1).confirm_before_sending is False
    browser.post("/account/preferences", confirm_before_sending="y")
    with app.app_context():
        assert db.session.get_one(Staff, 1).confirm_before_sending is True


def make_colleague(app: Flask) -> Browser:
    """Somebody else, logged in."""
    with app.app_context():
        make_staff("sato")
    return Browser(app.test_client()).log_in("sato")
