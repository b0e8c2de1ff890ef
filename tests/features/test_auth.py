"""Login, logout, throttling."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import ADMINISTRATOR, PASSWORD, Browser, make_staff
from tests.features.markup import read
from webapp.extensions import db
from webapp.models import Staff, StaffSession
from webapp.services import staff
from webapp.services.staff import StaffValues

WRONG = "ログインIDかパスワードが違います。"


def fail(browser: Browser, login_id: str, times: int, status: int = 422, **options: object) -> None:
    for _ in range(times):
        answer = browser.client.post(
            "/login",
            data={"csrf_token": browser.token, "login_id": login_id, "password": "wrong"},
            **options,
        )
        assert answer.status_code == status


def sessions(app: Flask) -> int:
    with app.app_context():
        return len(list(db.session.scalars(select(StaffSession))))


@pytest.mark.parametrize("login_id", ["admin", "ADMIN", " Admin ", "\u3000admin\t"])
def test_login_leads_to_today(anonymous: Browser, login_id: str) -> None:
    anonymous.get("/login")
    answer = anonymous.post("/login", login_id=login_id, password=PASSWORD)
    assert answer.location == "/"
    assert "管理 花子" in anonymous.get("/").text


def test_unknown_login_and_wrong_password_get_the_same_answer(anonymous: Browser) -> None:
    anonymous.get("/login")
    known = anonymous.post("/login", 422, login_id="admin", password="wrong")
    unknown = anonymous.post("/login", 422, login_id="nobody", password="wrong")
    assert WRONG in known.text
    # The token carries the second it was made in.
    same = [re.sub(r"[\w-]+\.[\w-]+\.[\w-]+", "", page.text) for page in (known, unknown)]
    assert same[0].replace("admin", "nobody") == same[1]
    anonymous.get("/", 303)


def test_password_is_not_trimmed_or_folded(anonymous: Browser) -> None:
    anonymous.get("/login")
    for password in (PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1]):
        anonymous.post("/login", 422, login_id="admin", password=password)


@pytest.mark.parametrize("missing", ["login_id", "password"])
def test_both_fields_are_needed(anonymous: Browser, missing: str) -> None:
    anonymous.get("/login")
    fields = {"login_id": "admin", "password": PASSWORD} | {missing: " "}
    answer = anonymous.post("/login", 422, **fields)
    assert "入力してください。" in answer.text
    assert PASSWORD not in answer.text


def test_login_page_sends_who_is_logged_in_on(browser: Browser) -> None:
    assert browser.get("/login?next=/customers/", 303).location == "/customers/"


def test_login_needs_its_token(anonymous: Browser) -> None:
    anonymous.get("/login")
    anonymous.token = ""
    anonymous.post("/login", 400, login_id="admin", password=PASSWORD)
    anonymous.get("/", 303)


def test_ten_failures_close_an_account(app: Flask, anonymous: Browser) -> None:
    with app.app_context():
        make_staff("sato")
    anonymous.get("/login")
    fail(anonymous, "sato", 5)
    fail(anonymous, " SATO", 4)
    fail(anonymous, "\u200e\u3000sato\u200f", 1)
    answer = anonymous.post("/login", 429, login_id="sato", password=PASSWORD)
    assert "しばらく" in answer.text
    for padded in ("\u200esato", "\u3000sato", "sato\u2069", "SATO\t"):
        anonymous.post("/login", 429, login_id=padded, password=PASSWORD)
    anonymous.get("/", 303)
    # From another address as well, and nobody else's.
    elsewhere = Browser(app.test_client())
    elsewhere.get("/login")
    fail(elsewhere, "sato", 1, 429, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    anonymous.log_in(ADMINISTRATOR)


def test_successes_do_not_count(app: Flask, anonymous: Browser) -> None:
    for _ in range(12):
        Browser(app.test_client()).log_in()
    anonymous.get("/login")
    fail(anonymous, ADMINISTRATOR, 9)
    anonymous.log_in()


def test_a_hundred_failures_close_an_address(app: Flask, anonymous: Browser) -> None:
    anonymous.get("/login")
    for number in range(100):
        # Without a proxy in front, nobody believes what a request says of its origin.
        fail(anonymous, f"guess{number}", 1, headers={"X-Forwarded-For": f"198.51.100.{number}"})
    anonymous.post("/login", 429, login_id=ADMINISTRATOR, password=PASSWORD)
    elsewhere = app.test_client()
    token = anonymous.token
    cookie = anonymous.client.get_cookie("sms_session")
    assert cookie is not None
    elsewhere.set_cookie("sms_session", cookie.value)
    answer = elsewhere.post(
        "/login",
        data={"csrf_token": token, "login_id": ADMINISTRATOR, "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "192.0.2.8"},
    )
    assert answer.status_code == 303


def test_disabled_account_cannot_log_in(app: Flask, anonymous: Browser) -> None:
    with app.app_context():
        person = make_staff("sato")
        staff.edit_staff(
            person.id, StaffValues("sato", person.name, staff.Role(person.role), is_active=False)
        )
    anonymous.get("/login")
    assert WRONG in anonymous.post("/login", 422, login_id="sato", password=PASSWORD).text


def test_logout_ends_a_copied_cookie(app: Flask, browser: Browser) -> None:
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    copied = app.test_client()
    copied.set_cookie("sms_session", cookie.value)
    assert copied.get("/").status_code == 200
    assert browser.post("/logout").location == "/login"
    browser.get("/", 303)
    copied.set_cookie("sms_session", cookie.value)
    assert copied.get("/").status_code == 303
    assert sessions(app) == 0


def test_logout_ends_this_session_alone(app: Flask, browser: Browser) -> None:
    other = Browser(app.test_client()).log_in()
    browser.post("/logout")
    other.get("/")


def test_logout_is_no_link(browser: Browser) -> None:
    browser.get("/logout", 405)
    browser.get("/")


def test_login_starts_a_new_session(app: Flask, anonymous: Browser) -> None:
    """A cookie planted before the login is worth nothing after it."""
    anonymous.get("/login")
    planted = anonymous.client.get_cookie("sms_session")
    token = anonymous.token
    anonymous.post("/login", login_id=ADMINISTRATOR, password=PASSWORD)
    anonymous.get("/account")
    own = anonymous.client.get_cookie("sms_session")
    assert planted is not None
    assert own is not None
    assert own.value != planted.value
    assert anonymous.token.split(".")[0] != token.split(".")[0]
    attacker = app.test_client()
    attacker.set_cookie("sms_session", planted.value)
    assert attacker.get("/").status_code == 303


def test_forged_and_broken_cookies_are_nobody(app: Flask, browser: Browser) -> None:
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    for value in ("x", "", cookie.value[:-2], "e30.aaaa.bbbb", "\u00e9"):
        stranger = app.test_client()
        stranger.set_cookie("sms_session", value)
        assert stranger.get("/").status_code == 303


def test_database_holds_neither_password_nor_token(app: Flask, browser: Browser) -> None:
    cookie = browser.client.get_cookie("sms_session")
    assert cookie is not None
    with browser.client.session_transaction() as session:
        token = session["session_token"]
    with app.app_context():
        person = db.session.scalars(select(Staff)).one()
        row = db.session.scalars(select(StaffSession)).one()
        assert person.password_hash.startswith("$argon2id$")
        assert token not in (row.token_hash, str(row.id))


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/customers/?q=%E5%B1%B1", "/customers/?q=%E5%B1%B1"),
        ("", "/"),
        ("customers/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example/", "/"),
        ("/\n/evil.example/", "/"),
        ("\t//evil.example/", "/"),
        (" //evil.example/", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/\0/evil.example", "/"),
        ("/\u2028/evil.example", "/"),
    ],
)
def test_login_goes_on_within_the_site_only(anonymous: Browser, wanted: str, reached: str) -> None:
    anonymous.client.get("/login", query_string={"next": wanted})
    anonymous.get("/login")
    answer = anonymous.client.post(
        "/login",
        query_string={"next": wanted},
        data={"csrf_token": anonymous.token, "login_id": ADMINISTRATOR, "password": PASSWORD},
    )
    assert (answer.status_code, answer.location) == (303, reached)
    assert anonymous.client.get("/login", query_string={"next": wanted}).location == reached


def test_login_returns_to_the_page_asked_for(anonymous: Browser) -> None:
    answer = anonymous.get("/customers/?q=山田&archived=1", 303)
    page = anonymous.get(answer.location)
    (form,) = [element for element in read(page.text) if element.tag == "form"]
    assert "action" not in form.attributes, "the form posts to the address with next="
    reached = anonymous.post(answer.location, login_id=ADMINISTRATOR, password=PASSWORD)
    assert reached.location == "/customers/?q=%E5%B1%B1%E7%94%B0&archived=1"


def test_cookie_is_kept_from_scripts_and_other_sites(anonymous: Browser) -> None:
    anonymous.get("/login")
    answer = anonymous.post("/login", login_id=ADMINISTRATOR, password=PASSWORD)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Domain" not in cookie


def test_cookie_is_secure_behind_tls(browser_of: Callable[..., Browser], anonymous: Browser) -> None:
    proxied = browser_of(trusted_proxies=1)
    https = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    answer = proxied.get("/login", headers=https)
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    plain = browser_of(trusted_proxies=1).get("/login", headers={"X-Forwarded-Proto": "http"})
    assert "Secure" not in plain.headers["Set-Cookie"].split("; ")
    # Whoever is not behind a proxy can claim what he likes.
    claimed = anonymous.get("/login", headers=https)
    assert "Secure" not in claimed.headers["Set-Cookie"].split("; ")
    assert "Strict-Transport-Security" not in claimed.headers


def test_login_works_behind_tls(browser_of: Callable[..., Browser]) -> None:
    proxied = browser_of(trusted_proxies=1)
    options = {
        "headers": {"X-Forwarded-Proto": "https", "Referer": "https://localhost/login"},
        "base_url": "https://localhost/",
    }
    proxied.get("/login", **options)
    answer = proxied.client.post(
        "/login",
        data={"csrf_token": proxied.token, "login_id": ADMINISTRATOR, "password": PASSWORD},
        **options,
    )
    assert answer.status_code == 303
    proxied.get("/", **options)


def test_a_login_page_left_open_overnight_asks_again(app: Flask, anonymous: Browser) -> None:
    anonymous.token = "ended"
    answer = anonymous.post("/login", 400, login_id=ADMINISTRATOR, password=PASSWORD)
    assert "画面を開いてから時間がたちました" in answer.text
    assert f'value="{ADMINISTRATOR}"' in answer.text
    anonymous.post("/login", login_id=ADMINISTRATOR, password=PASSWORD)
