"""The list of customers, and the form of a card."""

from datetime import date
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MOBILE, Browser, make_customer, make_staff
from tests.features.markup import error_at, form_with, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import everything
from webapp.extensions import db
from webapp.models import Customer
from webapp.services import staff
from webapp.services.staff import StaffValues

FULL = {
    "name": "髙橋 花子",
    "name_kana": "タカハシ ハナコ",
    "honorific": "先生",
    "organisation": "株式会社みなと",
    "mobile_number": "080-1234-5678",
    "landline_number": "03-1234-5678",
    "email": "hanako@example.jp",
    "kind": "buyer",
    "state": "dormant",
    "property_name": "サンハイツ港",
    "room": "101",
    "staff_id": "1",
    "acquired_on": "2026-11-01",
    "note": "一行目\r\n二行目",
}


def names(html: str) -> list[str]:
    """Who is in the list, in its order."""
    return [element.text for element in having(html, "class", "row-link")]


def find(browser: Browser, query: str) -> list[str]:
    """Who is found."""
    answer = browser.client.get("/customers/", query_string={"q": query})
    assert answer.status_code == 200
    return names(answer.text)


def only_customer(app: Flask) -> Customer:
    with app.app_context():
        return db.session.scalars(select(Customer)).one()


def customers(app: Flask) -> list[tuple[Any, ...]]:
    with app.app_context():
        return everything()["customer"]


def test_create_with_every_field(app: Flask, browser: Browser) -> None:
    browser.get("/customers/new")
    answer = browser.post("/customers/new", **FULL)
    customer = only_customer(app)
    assert answer.location == f"/customers/{customer.id}"
    saved = {name: getattr(customer, name) for name in FULL}
    assert saved == FULL | {
        "mobile_number": "08012345678",
        "staff_id": 1,
        "acquired_on": date(2026, 11, 1),
        "note": "一行目\n二行目",
    }
    card = browser.get(answer.location).text
    assert "顧客を登録しました。" in card
    shown = ("髙橋 花子", "先生", "株式会社みなと", "080-1234-5678", "03-1234-5678", "hanako@example.jp")
    for text in (
        *shown,
        "買主",
        "休眠",
        "サンハイツ港 101",
        "管理 花子",
        "2026年11月1日(日)",
        "一行目<br>二行目",
    ):
        assert text in card
    page = browser.get(f"/customers/{customer.id}/edit").text
    assert form_with(page, "name_kana") == FULL | {"mobile_number": "08012345678"}


def test_name_and_number_are_enough(app: Flask, browser: Browser) -> None:
    browser.post("/customers/new", name="山田 太郎", mobile_number="09012345678")
    customer = only_customer(app)
    assert (customer.honorific, customer.state, customer.kind, customer.acquired_on) == (
        "様",
        "active",
        "",
        None,
    )
    browser.get(f"/customers/{customer.id}")


def test_form_sent_as_it_came_is_accepted(browser: Browser) -> None:
    """Whatever the page has filled in is good as it stands."""
    fields = form_with(browser.get("/customers/new").text, "mobile_number")
    assert fields["staff_id"] == "1", "the person who writes the card is proposed"
    browser.post("/customers/new", **fields | {"name": "山田 太郎", "mobile_number": MOBILE})


def test_edit_changes_the_row_and_nothing_else(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        other = make_customer(name="別人", mobile_number="09099999999")
        before = everything()
    path = f"/customers/{customer.id}/edit"
    fields = form_with(browser.get(path).text, "mobile_number")
    answer = browser.post(path, **fields | {"name": "山田 次郎", "note": "\r\n 字下げ"})
    assert answer.location == f"/customers/{customer.id}"
    with app.app_context():
        after = everything()
        changed = db.session.get_one(Customer, customer.id)
        assert (changed.name, changed.note, changed.mobile_number) == ("山田 次郎", "\n 字下げ", MOBILE)
        assert changed.created_at == customer.created_at
    assert before.pop("customer")[1:] == after.pop("customer")[1:]
    assert before == after
    assert form_with(browser.get(path).text, "note")["note"] == "\r\n 字下げ", (
        "a browser drops one line break"
    )
    assert other.id == 2


def test_number_can_be_taken_off_when_there_is_a_landline(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = f"/customers/{customer.id}/edit"
    browser.post(path, name="山田", mobile_number="", landline_number="03-1234-5678")
    assert only_customer(app).mobile_number == ""
    browser.post(path, 422, name="山田", mobile_number="", landline_number="")


def test_numbers_as_people_write_them(app: Flask, browser: Browser, customer: Customer) -> None:
    for typed, stored in {
        "09012345678": "09012345678",
        "090-1234-5678": "09012345678",
        "090 1234 5678": "09012345678",
        "０９０－１２３４－５６７８": "09012345678",
        "０９０ー１２３４ー５６７８": "09012345678",
        "\u3000090\u30001234\u30005678\u3000": "09012345678",
        "+81 90-1234-5678": "09012345678",
        "+81-(0)90-1234-5678": "09012345678",
        "07012345678": "07012345678",
        "02012345678": "02012345678",
        "02012345678901": "02012345678901",
    }.items():
        browser.post(f"/customers/{customer.id}/edit", name="山田", mobile_number=typed)
        assert only_customer(app).mobile_number == stored, typed


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "携帯番号を入力してください。携帯電話をお持ちでない場合は、固定電話を入力してください。"),
        ("08001234567", "0800で始まるフリーダイヤルにはSMSを送れません。"),
        ("0120-123-456", "0120で始まるフリーダイヤルにはSMSを送れません。"),
        ("06012345678", "060で始まる番号には、まだSMSを送れません"),
        ("05012345678", "050で始まるIP電話にはSMSを送れません。"),
        ("03-1234-5678", "固定電話にはSMSを送れません。固定電話の番号は「固定電話」に入力してください。"),
        ("0901234567", "桁数が違います(現在10桁)。11桁で入力してください。"),
        ("9012345678", "先頭の0が抜けているようです。「09012345678」"),
        ("+1 212 555 0100", "海外の電話番号にはSMSを送れません。"),
        ("090-1234-567八", "使えない文字「八」があります。"),
        ("0201234567890", "桁数が違います(現在13桁)。11桁または14桁で入力してください。"),
        ("9" * 41, "40文字以内で入力してください(現在41文字)。"),
    ],
)
def test_numbers_that_cannot_receive_are_refused(
    app: Flask, browser: Browser, typed: str, words: str
) -> None:
    answer = browser.post("/customers/new", 422, name="山田 太郎", mobile_number=typed)
    assert words in error_at(answer.text, "mobile_number")
    assert form_with(answer.text, "mobile_number")["mobile_number"] == typed
    assert customers(app) == []


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("name", "", "氏名を入力してください。"),
        ("name", "\u3000 \t", "氏名を入力してください。"),
        ("name", "あ" * 101, "100文字以内で入力してください(現在101文字)。"),
        ("name", "山田\r\n太郎", "制御文字(U+000D)"),
        ("name", "山田\0太郎", "制御文字(U+0000)"),
        ("name_kana", "ア" * 101, "100文字以内"),
        ("honorific", "様" * 11, "10文字以内"),
        ("organisation", "社" * 101, "100文字以内"),
        ("landline_number", "03-abcd", "数字とハイフンで入力してください。"),
        ("landline_number", "0" * 21, "20文字以内"),
        ("email", "taro", "メールアドレスの形が正しくありません。例:taro@example.jp"),
        ("email", "taro@example.jp, x@example.jp", "メールアドレスの形が正しくありません。"),
        ("email", f"{'a' * 250}@example.jp", "254文字以内"),
        ("kind", "nobody", "選べない値です。"),
        ("state", "nowhere", "選べない値です。"),
        ("state", "", "選べない値です。"),
        ("staff_id", "999", "選べない値です。"),
        ("staff_id", "x", "選べない値です。"),
        ("staff_id", str(10**30), "選べない値です。"),
        ("property_name", "あ" * 101, "100文字以内"),
        ("room", "1" * 21, "20文字以内"),
        ("acquired_on", "2026/11/01", "日付は 2026-11-24 の形で入力してください。"),
        ("acquired_on", "2026-02-30", "日付は 2026-11-24 の形で入力してください。"),
        ("acquired_on", "9999-12-31", "取得日は、今日までの日付を入力してください。"),
        ("note", "あ" * 5001, "5000文字以内"),
        ("note", "x\0", "制御文字(U+0000)"),
    ],
)
def test_bad_input_is_named_at_its_field(
    app: Flask, browser: Browser, name: str, typed: str, words: str
) -> None:
    fields = FULL | {name: typed}
    answer = browser.post("/customers/new", 422, **fields)
    assert words in error_at(answer.text, name)
    kept = form_with(answer.text, "mobile_number")
    for other in fields.keys() - {name, "staff_id"}:
        assert kept[other] == fields[other]
    if name in {"landline_number", "email", "acquired_on", "organisation", "property_name"}:
        assert kept[name] == typed
    summary = [element for element in read(answer.text) if element.attributes.get("id") == "error-summary"]
    assert words in summary[0].text
    assert customers(app) == []


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_mark_that_turns_the_number_round_is_no_part_of_a_name(
    app: Flask, browser: Browser, customer: Customer, mark: str
) -> None:
    before = customers(app)
    fields = FULL | {"name": f"髙橋{mark}花子"}
    for path in ("/customers/new", f"/customers/{customer.id}/edit"):
        page = browser.post(path, 422, **fields).text
        sentence = error_at(page, "name")
        assert f"文字の向きを変える、目に見えない文字(U+{ord(mark):04X})" in sentence
        assert form_with(page, "name")["name"] == fields["name"]
    assert customers(app) == before
    # Around a name or number, as address books put them, they go.
    around = {name: f"{mark}{FULL[name]}{mark}" for name in ("name", "mobile_number")}
    browser.post("/customers/new", **FULL | around)
    with app.app_context():
        made = db.session.scalars(select(Customer).order_by(Customer.id.desc())).first()
        assert made is not None
        assert (made.name, made.mobile_number) == ("髙橋 花子", "08012345678")


def test_landlines_as_people_write_them(app: Flask, browser: Browser, customer: Customer) -> None:
    for typed, stored in {
        "0312345678": "0312345678",
        "03-1234-5678": "03-1234-5678",
        "０３－１２３４－５６７８": "03-1234-5678",
        "０３ー１２３４ー５６７８": "03-1234-5678",
        "(03) 1234 5678": "(03) 1234 5678",
    }.items():
        browser.post(
            f"/customers/{customer.id}/edit", name="吉田 ヨシ", mobile_number="", landline_number=typed
        )
        assert (only_customer(app).mobile_number, only_customer(app).landline_number) == ("", stored)
    assert find(browser, "1234 5678") == ["吉田 ヨシ"]


def test_today_in_japan_is_no_future_day(app: Flask, browser: Browser) -> None:
    with time_machine.travel("2026-11-24T15:30:00Z"):  # the 25th in Japan
        browser = Browser(app.test_client()).log_in()
        browser.post("/customers/new", name="a", mobile_number=MOBILE, acquired_on="2026-11-25")
        browser.post("/customers/new", 422, name="a", mobile_number=MOBILE, acquired_on="2026-11-26")


def test_edit_refuses_as_create_does(app: Flask, browser: Browser, customer: Customer) -> None:
    before = customers(app)
    answer = browser.post(f"/customers/{customer.id}/edit", 422, name="", mobile_number="03-1234-5678")
    assert "氏名を入力してください。" in error_at(answer.text, "name")
    assert "固定電話" in error_at(answer.text, "mobile_number")
    assert customers(app) == before


def test_same_number_twice_is_shown(app: Flask, browser: Browser, customer: Customer) -> None:
    answer = browser.post("/customers/new", name="山田 花子", mobile_number="+81 90-0111-1102")
    card = browser.get(answer.location).text
    assert "同じ携帯番号のカルテがほかにもあります:山田 太郎。" in card
    links = [element["href"] for element in read(card) if element.tag == "a" and element.text == "山田 太郎"]
    assert links == [f"/customers/{customer.id}"]
    assert "山田 花子" in browser.get(f"/customers/{customer.id}").text


def test_archive_and_restore(app: Flask, browser: Browser, customer: Customer) -> None:
    path = f"/customers/{customer.id}"
    browser.get(path)
    assert browser.post(f"{path}/archive").location == path
    assert names(browser.get("/customers/").text) == []
    assert names(browser.get("/customers/?archived=1").text) == ["山田 太郎"]
    assert "一覧から外した顧客です" in browser.get(path).text
    browser.post(f"{path}/archive", restore="y")
    assert names(browser.get("/customers/").text) == ["山田 太郎"]
    assert only_customer(app).archived_at is None


def test_whoever_has_left_stays_in_charge(app: Flask, browser: Browser) -> None:
    with app.app_context():
        person = make_staff("sato")
        customer = make_customer(staff_id=person.id)
        staff.edit_staff(person.id, StaffValues("sato", person.name, staff.Role.STAFF, is_active=False))
    path = f"/customers/{customer.id}/edit"
    fields = form_with(browser.get(path).text, "staff_id")
    assert fields["staff_id"] == str(person.id)
    browser.post(path, **fields)
    browser.post("/customers/new", 422, name="a", mobile_number=MOBILE, staff_id=str(person.id))


def test_search_finds_however_it_is_typed(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_customer(
            name="髙橋 花子",
            name_kana="タカハシ ハナコ",
            mobile_number="08012345678",
            organisation="ミナト興業 Minato",
        )
        make_customer()
        make_customer(name="山﨑 一", name_kana="ヤマザキ ハジメ", mobile_number="07011112222")
    kanji = ("髙橋", "高橋", "髙橋花子", "花子 高橋", "高橋\u3000花子")
    kana = ("たかはし", "タカハシ", "ﾀｶﾊｼ", "カハ", "はなこ", "たかはしはなこ")
    numbers = ("5678", "080-1234-5678", "080 1234", "０８０１２３４", "08012345678", "1234-56", "高橋 5678")
    for query in (*kanji, *kana, *numbers, "ﾐﾅﾄ興業", "minato", "ＭＩＮＡＴＯ"):
        assert find(browser, query) == ["髙橋 花子"], query
    for query in ("山崎", "山﨑", "山嵜", "やまざき"):
        assert find(browser, query) == ["山﨑 一"], query
    for query in ("やまさき", "ヤマザキ 5678", "一ヤマザキ"):
        assert find(browser, query) == [], query


def test_search_finds_the_building_and_the_room(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_customer(name="山田 太郎", property_name="コーポみなと", room="203")
        make_customer(name="小林 誠", mobile_number="08012345678", property_name="コーポみなと", room="305")
    for query in ("203", "コーポみなと 203", "ｺｰﾎﾟみなと203", "２０３ こーぽ", "山田 203"):
        assert find(browser, query) == ["山田 太郎"], query
    assert find(browser, "こーぽみなと") == ["小林 誠", "山田 太郎"]
    assert find(browser, "山田 305") == []


def test_search_takes_marks_as_they_are(browser: Browser, customer: Customer) -> None:
    for query in ("%", "_", "\\", "'", "山田%", "太郎ヤマダ", "0900111110209", "x" * 5000):
        assert find(browser, query) == [], query
    assert find(browser, "\0") == ["山田 太郎"]


def test_list_is_sorted_by_kana_and_shows_who_has_none_last(app: Flask, browser: Browser) -> None:
    with app.app_context():
        for name, kana in (("渡辺", "ワタナベ"), ("無名", ""), ("相田", "アイダ"), ("加藤", "カトウ")):
            make_customer(name=name, name_kana=kana)
    assert names(browser.get("/customers/").text) == ["相田", "加藤", "渡辺", "無名"]


@pytest.mark.parametrize("query", ["", "?q=山", "?q=無い", "?archived=1"])
def test_fragment_is_the_part_of_the_page(browser: Browser, customer: Customer, query: str) -> None:
    page = browser.get(f"/customers/{query}")
    part = browser.fragment(f"/customers/{query}")
    assert "HX-Request" in part.headers["Vary"]
    assert "HX-Request" in page.headers["Vary"]
    assert "<html" not in part.text
    assert part.text in page.text
    assert having(part.text, "id")[0]["id"] == "customer-rows"
    boosted = browser.client.get("/customers/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    restored = browser.client.get(
        "/customers/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert "<html" in boosted.text
    assert "<html" in restored.text


def test_pages_of_the_list(app: Flask, browser: Browser) -> None:
    with app.app_context():
        for number in range(101):
            make_customer(
                name=f"客{number:03}", name_kana=f"キャク{number:03}", mobile_number=f"0900000{number:04}"
            )
    seen = []
    path = "/customers/?q=客"
    for _ in range(3):
        page = browser.get(path).text
        seen += names(page)
        following = [element["href"] for element in having(page, "rel", "next")]
        path = following[0] if following else ""
    assert seen == [f"客{number:03}" for number in range(101)]
    assert path == ""
    with recorded(app) as statements:
        browser.get("/customers/")
    assert len(reads(statements)) <= 3


def test_odd_pages_do_no_harm(browser: Browser, customer: Customer) -> None:
    for page in ("0", "-1", "x", "", str(10**30), "99999999"):
        browser.get(f"/customers/?page={page}")


def test_empty_office_is_told_what_to_do_first(browser: Browser) -> None:
    assert "顧客はまだ登録されていません。" in browser.get("/customers/").text
    assert "「山」に当てはまる顧客は見つかりません。" in browser.get("/customers/?q=山").text
