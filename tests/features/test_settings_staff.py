"""会社情報 and スタッフ: names, roles, first passwords, the last administrator."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import ADMINISTRATOR, PASSWORD, Browser, make_staff
from tests.features.markup import error_at, form_with, having, read
from tests.features.rows import everything
from webapp.extensions import db, writing
from webapp.models import Office, Staff
from webapp.models.staff import Role

NEW = {"name": "鈴木 美咲", "login_id": "Suzuki", "role": "staff", "is_active": "y"}


def person(app: Flask, login_id: str) -> Staff:
    with app.app_context():
        return db.session.scalars(select(Staff).where(Staff.login_id == login_id)).one()


def rows(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    with app.app_context():
        return everything()


def password_in(html: str) -> str:
    found = re.findall(r"最初のパスワード:(\S+) 。", html)
    assert len(found) == 1
    return str(found[0])


def test_company_name_and_short_forms(app: Flask, browser: Browser) -> None:
    browser.get("/settings/company")
    browser.post(
        "/settings/company",
        company_name="\u3000港南 不動産 ",
        short_names="港南\r\n\r\n こうなん\u3000\r\n港南\r\n",
    )
    with app.app_context():
        office = db.session.get_one(Office, 1)
        assert (office.company_name, office.short_names) == ("港南 不動産", ["港南", "こうなん"])
    page = browser.get("/settings/company").text
    assert form_with(page, "company_name") == {
        "company_name": "港南 不動産",
        "short_names": "港南\r\nこうなん",
    }
    assert "港南 不動産" in browser.get("/login", 303).text + browser.get("/").text


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"company_name": ""}, "company_name"),
        ({"company_name": "社" * 101}, "company_name"),
        ({"company_name": "a\0"}, "company_name"),
        ({"short_names": "社" * 1001}, "short_names"),
    ],
)
def test_bad_company_is_refused(app: Flask, browser: Browser, changes: dict[str, str], name: str) -> None:
    before = rows(app)
    fields = {"company_name": "みなと", "short_names": "港"} | changes
    page = browser.post("/settings/company", 422, **fields).text
    assert error_at(page, name)
    other = ({"company_name", "short_names"} - {name}).pop()
    assert form_with(page, other)[other] == fields[other]
    assert rows(app) == before


def test_new_account_gets_a_password_that_is_shown_once(app: Flask, browser: Browser) -> None:
    browser.get("/settings/staff/new")
    answer = browser.post("/settings/staff/new", **NEW)
    created = person(app, "suzuki")
    assert answer.location == f"/settings/staff/{created.id}"
    assert (created.name, created.role, created.is_active, created.must_change_password) == (
        "鈴木 美咲",
        "staff",
        True,
        True,
    )
    page = browser.get(answer.location).text
    password = password_in(page)
    assert len(password) >= 16
    assert password not in browser.get(answer.location).text
    newcomer = Browser(app.test_client())
    newcomer.get("/login")
    newcomer.post("/login", login_id="SUZUKI", password=password)
    assert newcomer.get("/", 303).location == "/account"
    # Nothing is offered that only leads back here, and one can begin to type.
    forced = newcomer.get("/account").text
    assert 'class="app-nav"' not in forced
    assert [field["name"] for field in having(forced, "autofocus")] == ["current_password"]
    usual = browser.get("/account").text
    assert 'class="app-nav"' in usual
    assert not having(usual, "autofocus")
    listed = having(browser.get("/settings/staff").text, "data-staff-id")
    assert len(listed) == 2
    assert "利用中" in listed[0].text


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"login_id": ADMINISTRATOR}, "login_id", "すでに使われています。"),
        ({"login_id": "ADMIN"}, "login_id", "すでに使われています。"),
        ({"login_id": ""}, "login_id", "ログインIDを入力してください。"),
        ({"login_id": "さとう"}, "login_id", "半角の英数字"),
        ({"login_id": "a b"}, "login_id", "半角の英数字"),
        ({"login_id": "ａｂｃ"}, "login_id", "半角の英数字"),
        ({"login_id": "a" * 65}, "login_id", "64文字以内"),
        ({"name": ""}, "name", "氏名を入力してください。"),
        ({"name": "あ" * 101}, "name", "100文字以内"),
        ({"name": "a\r\nb"}, "name", "制御文字"),
        ({"role": "owner"}, "role", "選べない値です。"),
        ({"role": ""}, "role", "選べない値です。"),
    ],
)
def test_bad_account_is_refused(
    app: Flask, browser: Browser, changes: dict[str, str], name: str, words: str
) -> None:
    before = rows(app)
    page = browser.post("/settings/staff/new", 422, **NEW | changes).text
    assert words in error_at(page, name)
    kept = form_with(page, "login_id")
    for other in {"name", "login_id"} - {name}:
        assert kept[other] == NEW[other]
    assert "パスワード:" not in page
    assert rows(app) == before


def test_edit_an_account(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    sato = person(app, "sato")
    path = f"/settings/staff/{sato.id}"
    fields = form_with(browser.get(path).text, "login_id")
    usual = {"name": "佐藤 健一", "login_id": "sato", "role": "staff", "is_active": "y"}
    assert fields == usual | {"mobile_number": ""}
    browser.post(path, **fields | {"name": "佐藤 健二", "login_id": "Sato.K", "role": "administrator"})
    changed = person(app, "sato.k")
    assert (changed.name, changed.role) == ("佐藤 健二", "administrator")
    assert changed.password_hash == sato.password_hash
    # The role is in force at once, and the session goes on.
    staff_browser.get("/settings/staff")
    browser.post(path, 422, **fields | {"login_id": ADMINISTRATOR})


def test_disabled_account_is_kept_and_marked(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    sato = person(app, "sato")
    path = f"/settings/staff/{sato.id}"
    browser.post(path, name="佐藤 健一", login_id="sato", role="staff")
    assert person(app, "sato").is_active is False
    staff_browser.get("/", 303)
    assert "停止中" in browser.get("/settings/staff").text
    assert "佐藤 健一" not in [e.text for e in read(browser.get("/customers/new").text) if e.tag == "option"]
    browser.post(path, name="佐藤 健一", login_id="sato", role="staff", is_active="y")
    staff_browser.log_in("sato")


@pytest.mark.parametrize(
    "changes", [{"role": "staff", "is_active": "y"}, {"role": "administrator"}, {"role": "staff"}]
)
def test_last_administrator_stays(
    app: Flask, browser: Browser, staff_browser: Browser, changes: dict[str, str]
) -> None:
    before = rows(app)
    fields = {"name": "改名", "login_id": ADMINISTRATOR} | changes
    page = browser.post("/settings/staff/1", 422, **fields).text
    assert "管理者が1人もいなくなるため変更できません。" in page
    assert form_with(page, "login_id")["name"] == "改名"
    assert rows(app) == before
    # A disabled administrator does not count as another one.
    with app.app_context():
        former = make_staff("former", role=Role.ADMINISTRATOR)
    browser.post(f"/settings/staff/{former.id}", name="前任", login_id="former", role="administrator")
    browser.post("/settings/staff/1", 422, **fields)
    # An active one does, and then one may step back oneself.
    browser.post(
        f"/settings/staff/{former.id}", name="前任", login_id="former", role="administrator", is_active="y"
    )
    browser.post("/settings/staff/1", **fields)
    browser.get("/settings/staff", 403 if changes.get("is_active") else 303)


def test_last_administrator_may_be_renamed(app: Flask, browser: Browser) -> None:
    browser.post("/settings/staff/1", name="管理 次郎", login_id="chief", role="administrator", is_active="y")
    assert person(app, "chief").name == "管理 次郎"
    browser.get("/settings/staff")


def test_reset_password(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    sato = person(app, "sato")
    answer = browser.post(f"/settings/staff/{sato.id}/reset-password")
    password = password_in(browser.get(answer.location).text)
    staff_browser.get("/", 303)
    stranger = Browser(app.test_client())
    stranger.get("/login")
    stranger.post("/login", 422, login_id="sato", password=PASSWORD)
    stranger.post("/login", login_id="sato", password=password)
    assert stranger.get("/", 303).location == "/account"
    browser.get("/")


def test_ones_own_password_is_changed_not_reset(browser: Browser) -> None:
    """A reset would end this very session and show the password on the login page."""
    assert "パスワードを再発行" not in browser.get("/settings/staff/1").text
    assert browser.post("/settings/staff/1/reset-password").location == "/account"
    assert browser.get("/account").status_code == 200


def test_first_steps_show_what_is_done(app: Flask, browser: Browser) -> None:
    def states() -> list[str]:
        rows_ = [row for row in read(browser.get("/settings/first-steps").text) if row.tag == "tr"][1:]
        return [row.inside[-1].text for row in rows_]

    assert states() == ["済み", "済み", "まだ", "まだ", "任意"]
    browser.post("/settings/staff/new", **NEW)
    assert states() == ["済み", "済み", "まだ", "済み", "任意"]
    with app.app_context(), writing():
        db.session.get_one(Office, 1).unit_price = 10
    assert states() == ["済み", "済み", "まだ", "済み", "済み"]


def test_one_comes_back_to_the_first_steps(app: Flask, browser: Browser) -> None:
    name = {"login_id": "admin", "name": "港 真紀", "role": "administrator", "is_active": "y"}
    sms = form_with(browser.get("/settings/sms").text, "api_domain")
    for words, fields in (("会社名", {"company_name": "みなと"}), ("自分の氏名", name), ("単価", sms)):
        page = browser.get("/settings/first-steps").text
        (url,) = [e["href"] for e in having(page, "class", "row-link") if words in e.text]
        browser.get(url)
        assert browser.post(url, **fields).location == "/settings/first-steps", words
    path = "/settings/staff/1"
    (leave,) = [e for e in read(browser.get(f"{path}?next=/settings/first-steps").text) if e.text == "やめる"]
    assert leave["href"] == "/settings/first-steps"
    for elsewhere in ("", "https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)"):
        assert browser.post(f"{path}?next={elsewhere}", **name).location == "/settings/staff"


def test_first_steps_ask_the_first_administrator_for_a_name(app: Flask, browser: Browser) -> None:
    def step() -> str:
        page = browser.get("/settings/first-steps").text
        assert "はじめの4つが済むと" in page
        (row,) = [row.text for row in read(page) if row.tag == "tr" and "自分の氏名" in row.text]
        return row.strip()

    assert step().endswith("済み")
    with app.app_context():
        db.session.get_one(Staff, 1).name = "管理者"
        db.session.commit()
    assert step().endswith("まだ")
    assert 'href="/settings/staff/1?next=' in browser.get("/settings/first-steps").text
    browser.post("/settings/staff/1", login_id="admin", name="港 真紀", role="administrator", is_active="y")
    assert step().endswith("済み")
