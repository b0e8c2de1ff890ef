"""The person's own mobile number, for test sends: on /account, and on the administrator's form."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import Browser, make_customer
from tests.features.markup import error_at, form_with
from tests.features.rows import everything
from webapp.extensions import db
from webapp.models import Customer, Staff

PATH = "/account/mobile"
REFUSED = [
    ("03-1234-5678", "固定電話にはSMSを送れません。"),
    ("0800-123-4567", "フリーダイヤルにはSMSを送れません。"),
    ("090-1234-567", "携帯番号の桁数が違います(現在10桁)。"),
    ("9012345678", "先頭の0が抜けているようです。"),
    ("090-1234-567x", "携帯番号に使えない文字「x」があります。"),
    ("090\0" + "12345678", "制御文字"),
    ("0" * 41, "40文字以内で入力してください"),
]


def rows(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    with app.app_context():
        return everything()


def number_of(app: Flask, login_id: str) -> str | None:
    with app.app_context():
        return db.session.scalars(select(Staff.mobile_number).where(Staff.login_id == login_id)).one()


@pytest.mark.parametrize(
    "typed",
    ["09012345678", "090-1234-5678", "０９０ー１２３４−５６７８", "+81 90 1234 5678", " 090 1234 5678\u3000"],
)
def test_it_is_stored_as_digits_and_shown_formatted(
    app: Flask, browser: Browser, staff_browser: Browser, typed: str
) -> None:
    before = rows(app)
    assert staff_browser.post(PATH, mobile_number=typed).location == "/account"
    assert (number_of(app, "sato"), number_of(app, "admin")) == ("09012345678", None)
    page = staff_browser.get("/account").text
    assert "自分の携帯番号を保存しました。" in page
    assert form_with(page, "mobile_number") == {"mobile_number": "090-1234-5678"}
    # Saved again as it is shown, it stays; emptied, it goes.
    staff_browser.post(PATH, **form_with(page, "mobile_number"))
    assert number_of(app, "sato") == "09012345678"
    staff_browser.post(PATH, mobile_number="")
    assert "自分の携帯番号を消しました。" in staff_browser.get("/account").text
    assert number_of(app, "sato") is None
    assert rows(app)["staff"] == before["staff"]


@pytest.mark.parametrize(("typed", "words"), REFUSED)
def test_a_number_that_cannot_receive_is_refused_at_its_field(
    app: Flask, browser: Browser, typed: str, words: str
) -> None:
    browser.post(PATH, mobile_number="09012345678")
    before = rows(app)
    page = browser.post(PATH, 422, mobile_number=typed).text
    assert words in error_at(page, "mobile_number")
    assert form_with(page, "mobile_number")["mobile_number"] == typed or "\0" in typed
    assert error_at(page, "current_password") == ""
    assert rows(app) == before


def test_a_number_on_a_card_is_said_and_not_refused(app: Flask, browser: Browser, customer: Customer) -> None:
    words = "この番号は、山田 太郎 様のカルテにも登録されています。"
    browser.post(PATH, mobile_number="09099999999")
    assert "カルテにも" not in browser.get("/account").text
    browser.post(PATH, mobile_number=customer.mobile_number)
    assert number_of(app, "admin") == customer.mobile_number
    page = browser.get("/account").text
    assert "自分の携帯番号を保存しました。" in page
    assert words in page
    with app.app_context():
        for name in ("二郎", "三郎", "四郎"):
            make_customer(name=name)
    browser.post(PATH, mobile_number=customer.mobile_number)
    page = browser.get("/account").text
    assert "この番号は、山田 太郎 様、二郎 様、三郎 様など4件のカルテにも登録されています。" in page
    browser.post(PATH, mobile_number="")
    assert "カルテにも" not in browser.get("/account").text


def test_without_login_or_token_nothing_changes(app: Flask, browser: Browser, anonymous: Browser) -> None:
    before = rows(app)
    anonymous.get("/login")
    anonymous.post(PATH, 401, mobile_number="09012345678")
    assert browser.client.post(PATH, data={"mobile_number": "09012345678"}).status_code == 400
    assert rows(app) == before


def test_nobodys_number_but_the_own_is_changed(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    staff_browser.post(PATH, mobile_number="09012345678", staff_id="1", login_id="admin", id="1")
    assert (number_of(app, "admin"), number_of(app, "sato")) == (None, "09012345678")


def test_a_new_account_may_have_one(app: Flask, browser: Browser) -> None:
    fields = {"name": "鈴木 美咲", "login_id": "suzuki", "role": "staff", "is_active": "y"}
    browser.post("/settings/staff/new", **fields, mobile_number="０８０－１１１１－２２２２")
    assert number_of(app, "suzuki") == "08011112222"
    browser.post("/settings/staff/new", **fields | {"login_id": "without"})
    assert number_of(app, "without") is None


def test_an_administrator_may_set_and_clear_it(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    with app.app_context():
        sato = db.session.scalars(select(Staff).where(Staff.login_id == "sato")).one()
    path = f"/settings/staff/{sato.id}"
    staff_browser.post(PATH, mobile_number="09012345678")
    fields = form_with(browser.get(path).text, "login_id")
    assert fields["mobile_number"] == "090-1234-5678"
    browser.post(path, **fields | {"name": "佐藤 健二"})
    assert number_of(app, "sato") == "09012345678"
    browser.post(path, **fields | {"mobile_number": "080 1111 2222"})
    assert number_of(app, "sato") == "08011112222"
    browser.post(path, **fields | {"mobile_number": ""})
    assert number_of(app, "sato") is None


@pytest.mark.parametrize(("typed", "words"), REFUSED)
@pytest.mark.parametrize("path", ["/settings/staff/new", "/settings/staff/1"])
def test_the_administrators_form_refuses_as_the_persons_does(
    app: Flask, browser: Browser, path: str, typed: str, words: str
) -> None:
    before = rows(app)
    fields = {"name": "鈴木 美咲", "login_id": "suzuki", "role": "administrator", "is_active": "y"}
    page = browser.post(path, 422, **fields, mobile_number=typed).text
    assert words in error_at(page, "mobile_number")
    kept = form_with(page, "login_id")
    assert {name: kept[name] for name in fields} == fields
    assert kept["mobile_number"] == typed or "\0" in typed
    assert rows(app) == before
