"""雛形: list, form, estimate, copy, order, archive, history."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser, make_customer
from tests.features.markup import by_id, error_at, form_with, having, read
from tests.features.queries import reads, recorded, writes
from tests.features.rows import everything, make_template
from webapp.domain.placeholders import PLACEHOLDERS, placeholder_mark
from webapp.extensions import db
from webapp.models import Office, SmsTemplate, Staff
from webapp.services import drafts, office, starter_templates
from webapp.services.drafts import TypedForm

NEW = {"name": "内見", "subject": "内見のご案内", "body": "[[%氏名%]]様\r\n明日10時です。"}
STORED = (NEW["name"], NEW["subject"], "[[%氏名%]]様\n明日10時です。", False)
CARRIERS = ["docomo", "au", "rakuten", "softbank"]


@pytest.fixture
def template(app: Flask) -> SmsTemplate:
    with app.app_context():
        return make_template()


def rows(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    with app.app_context():
        return everything()


def stored(app: Flask, template_id: int = 1) -> tuple[str, str, str, bool]:
    with app.app_context():
        row = db.session.get_one(SmsTemplate, template_id)
        return row.name, row.subject, row.body, row.for_online_meeting


def names(html: str) -> list[str]:
    return [element.text for element in having(html, "class", "row-link")]


def estimate(browser: Browser, **fields: str) -> TestResponse:
    answer = browser.fragment("/sms-templates/estimate", **(fields or {"body": ""}))
    assert answer.status_code == 200
    return answer


def figures(html: str) -> tuple[int, bool, tuple[int, ...]]:
    """Characters, whether it could be saved, parts by carrier."""
    (root,) = having(html, "data-characters")
    lines = having(html, "data-carrier")
    assert [line["data-carrier"] for line in lines] == CARRIERS
    segments = tuple(int(line["data-segments"]) for line in lines)
    return int(root["data-characters"]), root["data-ok"] == "true", segments


def test_create(app: Flask, staff_browser: Browser) -> None:
    staff_browser.get("/sms-templates/new")
    answer = staff_browser.post("/sms-templates/new", **NEW)
    assert answer.location == "/sms-templates/1"
    assert stored(app) == STORED
    page = staff_browser.get("/sms-templates/1").text
    assert "雛形を登録しました。" in page
    assert form_with(page, "body") == NEW | {"version": "1"}
    assert names(staff_browser.get("/sms-templates/").text) == ["内見"]


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"name": ""}, "name", "設定名を入力してください。"),
        ({"name": "\u3000 "}, "name", "設定名を入力してください。"),
        ({"name": "あ" * 101}, "name", "100文字以内で入力してください(現在101文字)。"),
        ({"name": "a\0"}, "name", "制御文字"),
        ({"subject": "あ" * 240}, "subject", "239文字以内"),
        ({"body": ""}, "body", "本文を入力してください。"),
        ({"body": " \r\n\u3000"}, "body", "本文を入力してください。"),
        (
            {"body": "あ" * 661},
            "body",
            "本文は660文字以内で入力してください(現在661文字。あと1文字減らしてください)。",
        ),
        ({"body": "[[%名前%]]"}, "body", "[[%名前%]] という固定キーはありません。"),
        ({"body": "{{insertion_url1}}"}, "body", "{{insertion_url1}} は使えません。"),
        ({"body": "{{配信停止URL}} {{配信停止URL}}"}, "body", "1つだけ入れられます。"),
        ({"body": "a\r\n😀"}, "body", "SMSで送れない文字があります:「😀」(2行目の1文字目)"),
        ({"body": "a\0b"}, "body", "SMSで送れない文字があります"),
    ],
)
@pytest.mark.parametrize("path", ["/sms-templates/new", "/sms-templates/1"])
def test_refused_at_the_field_with_everything_kept(
    app: Flask,
    browser: Browser,
    template: SmsTemplate,
    path: str,
    changes: dict[str, str],
    name: str,
    words: str,
) -> None:
    before = rows(app)
    fields = NEW | {"for_online_meeting": "y"} | changes
    page = browser.post(path, 422, **fields).text
    assert words in error_at(page, name)
    kept = form_with(page, "body")
    kept.pop("version", None)
    same = {key: value for key, value in fields.items() if key != name or "\0" not in value}
    same = {key: value.strip("\u3000 ") if key == "name" else value for key, value in same.items()}
    assert {key: kept[key] for key in same} == same
    assert rows(app) == before


def test_unfilled_placeholders_are_what_templates_are_for(app: Flask, browser: Browser) -> None:
    with app.app_context():
        office.edit_company("", [])
    body = " ".join(map(placeholder_mark, PLACEHOLDERS))
    browser.post("/sms-templates/new", **NEW | {"body": body})
    assert stored(app)[2] == body


def test_edit(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    fields = form_with(browser.get("/sms-templates/1").text, "body")
    browser.post(
        "/sms-templates/1", **fields | {"name": "改題", "body": "改めました。", "for_online_meeting": "y"}
    )
    assert stored(app) == ("改題", "内見", "改めました。", True)
    page = browser.get("/sms-templates/1").text
    assert "雛形を保存しました。" in page
    newest, oldest = having(page, "data-version")
    assert (newest["data-version"], oldest["data-version"]) == ("2", "1")
    assert "今の内容" in newest.text
    assert "管理 花子" in newest.text
    assert "明日10時です。" in oldest.text


def test_edit_without_a_change_makes_no_version(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    fields = form_with(browser.get("/sms-templates/1").text, "body")
    before = rows(app)
    browser.post("/sms-templates/1", **fields)
    assert rows(app) == before


def test_second_of_two_people_is_told_and_keeps_what_was_typed(
    app: Flask, browser: Browser, staff_browser: Browser, template: SmsTemplate
) -> None:
    mine = form_with(browser.get("/sms-templates/1").text, "body")
    theirs = form_with(staff_browser.get("/sms-templates/1").text, "body")
    staff_browser.post("/sms-templates/1", **theirs | {"body": "先に保存"})
    before = rows(app)
    page = browser.post("/sms-templates/1", 422, **mine | {"body": "後から保存"}).text
    assert rows(app) == before
    summary = by_id(page, "error-summary").text
    assert "佐藤 健一 さんにより" in summary
    assert "書き換えられています" in summary
    kept = form_with(page, "body")
    assert kept == mine | {"body": "後から保存", "version": "2"}
    assert "先に保存" in page
    browser.post("/sms-templates/1", **kept)
    assert stored(app)[2] == "後から保存"


def test_version_may_be_left_out_but_not_made_up(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    browser.get("/sms-templates/1")
    for version in ("x", "-1", "1.5", "9" * 5000, "１"):
        page = browser.post("/sms-templates/1", 422, **NEW | {"version": version}).text
        assert "もう一度「保存」を押してください。" in by_id(page, "error-summary").text
    browser.post("/sms-templates/1", **NEW)
    assert stored(app) == STORED


def test_older_version_can_be_brought_back(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    browser.get("/sms-templates/1")
    browser.post("/sms-templates/1", **NEW | {"body": "新しい文章"})
    before = rows(app)
    page = browser.get("/sms-templates/1?based_on=1").text
    fields = form_with(page, "body")
    assert (fields["body"], fields["version"]) == ("[[%氏名%]]様\r\n明日10時です。", "2")
    assert "まだ保存していません。" in page
    assert rows(app) == before
    browser.post("/sms-templates/1", **fields)
    assert stored(app)[2] == template.body
    for odd in ("0", "9", "x", "9" * 30):
        assert form_with(browser.get(f"/sms-templates/1?based_on={odd}").text, "body")["version"] == "3"


def test_ticking_moves_the_default_for_meetings(app: Flask, browser: Browser) -> None:
    browser.get("/sms-templates/new")
    for name in ("一", "二"):
        browser.post("/sms-templates/new", **NEW | {"name": name, "for_online_meeting": "y"})
    assert (stored(app, 1)[3], stored(app, 2)[3]) == (False, True)
    page = browser.get("/sms-templates/").text
    (marked,) = [row for row in having(page, "data-template-id") if "オンライン接客で使用" in row.text]
    assert marked["data-template-id"] == "2"
    browser.post("/sms-templates/2", **NEW | {"for_online_meeting": "n"})
    assert not stored(app, 2)[3]


def test_copy(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    browser.get("/sms-templates/1")
    answer = browser.post("/sms-templates/1/copy")
    assert answer.location == "/sms-templates/2"
    assert "コピーを作りました。" in browser.get(answer.location).text
    assert stored(app, 2) == ("内見のご案内 のコピー", *stored(app, 1)[1:])


def test_archive_and_restore(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    browser.get("/sms-templates/1")
    assert browser.post("/sms-templates/1/archive").location == "/sms-templates/1"
    assert names(browser.get("/sms-templates/").text) == []
    assert names(browser.get("/sms-templates/?archived=1").text) == ["内見のご案内"]
    assert "一覧から外した雛形です" in browser.get("/sms-templates/1").text
    browser.post("/sms-templates/1/archive", restore="y")
    assert names(browser.get("/sms-templates/").text) == ["内見のご案内"]
    assert stored(app)[0] == "内見のご案内"


def test_move(app: Flask, browser: Browser) -> None:
    with app.app_context():
        for name in "一二三":
            make_template(name=name)
    page = browser.get("/sms-templates/").text
    off = [button["id"] for button in having(page, "aria-disabled", "true")]
    assert off == ["top-1", "up-1", "down-3"]
    answer = browser.post("/sms-templates/3/move", direction="up")
    assert answer.location == "/sms-templates/?moved=3#template-3"
    moved = having(browser.get(answer.location).text, "data-selected", "true")
    assert [row["id"] for row in moved] == ["template-3"]
    assert not having(browser.get("/sms-templates/").text, "data-selected")
    assert names(browser.get("/sms-templates/").text) == ["一", "三", "二"]
    browser.post("/sms-templates/1/move", direction="down")
    assert names(browser.get("/sms-templates/").text) == ["三", "一", "二"]
    before = rows(app)
    for fields in (
        {},
        {"direction": ""},
        {"direction": "sideways"},
        {"direction": "sideways", "place": "1"},
        {"place": ""},
        {"place": "x"},
        {"place": "1.5"},
        {"place": "9" * 5000},
    ):
        browser.post("/sms-templates/1/move", 400, **fields)
    assert rows(app) == before


def test_place(app: Flask, browser: Browser) -> None:
    with app.app_context():
        for name in "一二三四":
            make_template(name=name)
    page = browser.get("/sms-templates/").text
    places = having(page, "name", "place")
    assert [(place["id"], place["value"], place["max"]) for place in places][-1] == ("place-4", "4", "4")
    # Enter in the number presses the first button of the form, which names no direction.
    (form, *_) = [element for element in read(page) if element.attributes.get("class") == "order"]
    (first, *_) = [element for element in form.inside if element.tag == "button"]
    assert first["id"] == "to-1"
    assert "name" not in first.attributes
    assert browser.post("/sms-templates/4/move", place="2").location == "/sms-templates/?moved=4#template-4"
    assert names(browser.get("/sms-templates/").text) == ["一", "四", "二", "三"]
    browser.post("/sms-templates/4/move", place="１")
    assert names(browser.get("/sms-templates/").text) == ["四", "一", "二", "三"]
    browser.post("/sms-templates/3/move", place="4", direction="top")
    assert names(browser.get("/sms-templates/").text) == ["三", "四", "一", "二"]
    browser.post("/sms-templates/4/move", direction="top")
    browser.post("/sms-templates/3/move", place="3")
    browser.post("/sms-templates/2/move", place="3")
    assert names(browser.get("/sms-templates/").text) == ["四", "一", "二", "三"]
    # With a direction, the number that stands in the same form is not meant.
    browser.post("/sms-templates/4/move", place="4", direction="down")
    assert names(browser.get("/sms-templates/").text) == ["一", "四", "二", "三"]


def test_list_says_what_each_costs(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_template(body="あ" * 133)
        make_template(body="[[%氏名%]]様")
        db.session.get_one(Office, 1).unit_price = 10
        db.session.commit()
    first, second = having(browser.get("/sms-templates/").text, "data-template-id")
    assert "133文字・1〜3通(最大30円)" in first.text
    assert "6文字・1通(最大10円)" in second.text


def test_list_shows_what_differs(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_template(body="[[%氏名%]]様\n[[%会社名%]]の[[%担当者%]]です。\n鍵は管理室です。")
    shown = [e.text for e in having(browser.get("/sms-templates/").text, "class", "excerpt")]
    assert shown == ["鍵は管理室です。"]


def hrefs(html: str, words: str) -> list[str]:
    return [e["href"] for e in read(html) if e.tag == "a" and words in e.text]


def test_way_back_to_the_sms_stays_in_sight(app: Flask, browser: Browser, template: SmsTemplate) -> None:
    with app.app_context():
        customer_id = make_customer(name="森 陽子").id
        make_template(name="二")
    back, write = f"/customers/{customer_id}/messages/new", "この雛形で書く"
    query = f"for_customer={customer_id}"
    words = "森 陽子 様のSMSに戻る"
    for path in (
        f"/sms-templates/?{query}",
        f"/sms-templates/?archived=1&{query}",
        f"/sms-templates/new?{query}",
        f"/sms-templates/1?{query}",
        browser.post(f"/sms-templates/new?{query}", **NEW).location,
        browser.post(f"/sms-templates/1?{query}", **NEW).location,
        browser.post(f"/sms-templates/1/copy?{query}").location,
        browser.post(f"/sms-templates/2/move?{query}", direction="top").location,
    ):
        page = browser.get(path).text
        assert hrefs(page, words) == [back], path
        # Nothing but the main menu and the table of parts leads to where the way back is lost.
        inside = page.split("<main")[1].split("</main>")[0]
        links = [e[name] for e in read(inside) for name in ("href", "action") if name in e.attributes]
        lost = [link for link in links if link.startswith("/sms-templates") and query not in link]
        assert lost == (["/sms-templates/"] if 'role="search"' in inside else []), path
        assert ('name="for_customer"' in inside) == ('role="search"' in inside)
    page = browser.get(f"/sms-templates/1?{query}").text
    assert hrefs(page, write) == [f"{back}?template_id=1"]
    browser.post(f"/sms-templates/1/archive?{query}")
    assert hrefs(browser.get(f"/sms-templates/1?{query}").text, write) == []
    refused = browser.post(f"/sms-templates/new?{query}", 422, **NEW | {"body": ""}).text
    assert hrefs(refused, words) == [back]


@pytest.mark.parametrize("wrong", ["", "x", "99", "-1", "9" * 30])
def test_customer_that_is_none_is_ignored(browser: Browser, template: SmsTemplate, wrong: str) -> None:
    for path in ("/sms-templates/", "/sms-templates/1"):
        page = browser.get(f"{path}?for_customer={wrong}").text
        assert "のSMSに戻る" not in page
        assert "for_customer=" not in page


def test_drafts_are_listed_shortly_and_only_where_nobody_came_from_one(app: Flask, browser: Browser) -> None:
    with app.app_context():
        admin = db.session.get_one(Staff, 1)
        for number in range(4):
            customer = make_customer(name=f"客{number}")
            drafts.save_draft(admin, TypedForm(customer.id, "k" * 32, {"body": "書きかけです。"}))
    words = "「書きかけです。」を続ける"
    assert len(hrefs(browser.get("/sms-templates/").text, words)) == 3
    assert hrefs(browser.get("/sms-templates/?for_customer=1").text, words) == []
    assert hrefs(browser.get("/sms-templates/new").text, words) == []


def test_search_finds_the_text(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_template(name="一", body="鍵は管理室です。")
        make_template(name="二", body="鍵は持参します。")
    assert names(browser.get("/sms-templates/?q=管理室").text) == ["一"]
    assert names(browser.get("/sms-templates/?q=鍵").text) == ["一", "二"]


def test_all_that_is_wrong_is_said_at_once(app: Flask, browser: Browser) -> None:
    browser.get("/sms-templates/new")
    before = rows(app)
    page = browser.post("/sms-templates/new", 422, name="", subject="あ" * 240, body="😀" + "あ" * 660).text
    assert error_at(page, "name")
    assert error_at(page, "subject")
    assert "SMSで送れない文字があります" in error_at(page, "body")
    assert "本文は660文字以内で入力してください" in error_at(page, "body")
    assert rows(app) == before


@pytest.mark.parametrize(
    ("body", "under", "bar"),
    [
        ("", "0 / 660文字", "0文字・0通"),
        ("あ" * 660, "660 / 660文字", "660文字・1〜10通"),
        ("あ" * 661, "660文字を1文字超えています。減らさないと保存できません。", "1文字超えています"),
        ("あ" * 659 + "\na", "660文字を2文字超えています。減らさないと保存できません。", "2文字超えています"),
        ("[[%名前%]]", "8 / 660文字", "直すところがあります"),
    ],
)
def test_length_and_trouble_stand_by_the_text_and_in_the_bar(
    browser: Browser, body: str, under: str, bar: str
) -> None:
    part = estimate(browser, body=body).text
    assert by_id(part, "body-count").text.strip() == under
    assert bar in by_id(part, "estimate-brief").text
    assert ("直す" in by_id(part, "estimate-brief").text) is ("直す" in bar)


def test_what_a_template_needs_is_said(app: Flask, browser: Browser) -> None:
    meeting = "その予定があるお客様に送るときだけ入ります。"
    company = "管理者が会社情報の会社名を登録してください。"
    answer = estimate(browser, body="[[%ミーティングID%]]").text
    assert meeting in answer
    assert figures(answer)[1]
    answer = estimate(browser, body="[[%会社名%]]").text
    assert meeting not in answer
    assert company not in answer
    with app.app_context():
        office.edit_company("", [])
    answer = estimate(browser, body="[[%会社名%]]").text
    assert company in answer
    assert figures(answer)[1]


def test_form_names_the_default_for_meetings(app: Flask, browser: Browser) -> None:
    words = "今は「一」で、選ぶとこちらに移ります。"
    assert "今は" not in browser.get("/sms-templates/new").text
    with app.app_context():
        make_template(name="一", for_online_meeting=True)
        make_template(name="二")
    assert words in browser.get("/sms-templates/new").text
    assert words in browser.get("/sms-templates/2").text
    assert "今は" not in browser.get("/sms-templates/1").text


def test_order_is_changed_where_the_whole_of_it_is_seen(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_template()
    assert not having(browser.get("/sms-templates/").text, "value", "up")
    with app.app_context():
        make_template(name="内見のお礼")
    assert having(browser.get("/sms-templates/").text, "value", "up")
    assert not having(browser.get("/sms-templates/?q=内見").text, "value", "up")


@pytest.mark.parametrize("query", ["", "?q=内見", "?q=無い", "?archived=1"])
def test_fragment_is_the_part_of_the_page(browser: Browser, template: SmsTemplate, query: str) -> None:
    page = browser.get(f"/sms-templates/{query}")
    part = browser.fragment(f"/sms-templates/{query}")
    assert "HX-Request" in part.headers["Vary"]
    assert "HX-Request" in page.headers["Vary"]
    assert "<html" not in part.text
    assert part.text in page.text
    assert having(part.text, "id")[0]["id"] == "template-rows"


def test_list_says_what_to_do_when_there_is_nothing(browser: Browser) -> None:
    assert "雛形はまだありません。" in browser.get("/sms-templates/").text
    assert "「山」に当てはまる雛形は見つかりません。" in browser.get("/sms-templates/?q=山").text
    assert "一覧から外した雛形はありません。" in browser.get("/sms-templates/?archived=1").text
    assert "<b>" not in browser.get("/sms-templates/?q=<b>%00").text


def test_list_costs_four_queries(app: Flask, browser: Browser) -> None:
    with app.app_context():
        assert starter_templates.load()
    with recorded(app) as statements:
        browser.get("/sms-templates/")
    assert len(reads(statements)) <= 4


def test_starters_open_and_can_be_saved(app: Flask, browser: Browser) -> None:
    with app.app_context():
        starter_templates.load()
    for number in range(1, len(starter_templates.STARTERS) + 1):
        page = browser.get(f"/sms-templates/{number}").text
        assert figures(page)[1]
        assert "はじめから入っている雛形" in page
        fields = form_with(page, "body")
        browser.post(f"/sms-templates/{number}", **fields | {"name": f"改題{number}"})


@pytest.mark.parametrize(
    ("length", "segments"),
    [
        (0, (0, 0, 0, 0)),
        (70, (1, 1, 1, 1)),
        (71, (2, 2, 2, 1)),
        (133, (3, 2, 2, 1)),
        (135, (3, 3, 3, 1)),
        (202, (4, 4, 4, 1)),
        (660, (10, 10, 10, 1)),
    ],
)
def test_estimate_vectors(browser: Browser, length: int, segments: tuple[int, ...]) -> None:
    assert figures(estimate(browser, body="あ" * length).text) == (length, length > 0, segments)


@pytest.mark.parametrize(
    ("body", "characters"),
    [
        ("[[%氏名%]]様", 6),
        ("[[%会社名%]]", 6),
        ("[[%担当者%]]", 5),
        ("[[%ミーティングID%]]", 13),
        ("[[%ミーティングパスワード%]]", 6),
        ("{{配信停止URL}}", 25),
        ("\r\na\r\nb \r\n\u3000", 5),
    ],
)
def test_estimate_counts_with_sample_values(browser: Browser, body: str, characters: int) -> None:
    answer = estimate(browser, body=body)
    assert figures(answer.text)[:2] == (characters, True)
    assert "見本の内容" in answer.text


def test_estimate_shows_the_sample(browser: Browser) -> None:
    answer = estimate(browser, body="[[%氏名%]]様\r\n[[%会社名%]]の[[%担当者%]]です。")
    (bubble,) = having(answer.text, "class", "bubble")
    assert bubble.text == "山田 太郎様みなと不動産の管理 花子です。"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("あ" * 661, "本文は660文字以内で入力してください(現在661文字。"),
        ("[[%氏%]]", "という固定キーはありません。"),
        ("{{x}}", "{{x}} は使えません。"),
        ("😀", "SMSで送れない文字があります"),
        ("a\0", "SMSで送れない文字があります"),
    ],
)
def test_estimate_names_what_keeps_it_from_being_saved(browser: Browser, body: str, words: str) -> None:
    answer = estimate(browser, body=body)
    assert words in answer.text
    assert not figures(answer.text)[1]


def test_nothing_typed_yet_is_no_mistake_to_point_at(browser: Browser) -> None:
    for body in ("", "\u3000\r\n"):
        answer = estimate(browser, body=body)
        assert figures(answer.text) == (0, False, (0, 0, 0, 0))
        assert 'data-kind="error"' not in answer.text
    assert 'data-kind="error"' not in browser.get("/sms-templates/new").text.split('id="main"')[1]


def test_estimate_follows_the_settings(app: Flask, browser: Browser) -> None:
    with app.app_context():
        current = db.session.get_one(Office, 1)
        current.has_alphanumeric_sender = True
        current.unit_price = 9.5
        db.session.commit()
    assert figures(estimate(browser, body="a" * 140).text)[2] == (1, 1, 1, 1)
    assert "19円" in estimate(browser, body="あ" * 71).text


def test_estimate_costs_two_queries_and_writes_nothing(app: Flask, browser: Browser) -> None:
    browser.get("/sms-templates/new")
    for body in ("", "[[%氏名%]] [[%会社名%]] https://example.jp/ 𠮷"):
        with recorded(app) as statements:
            estimate(browser, body=body, name="x")
        assert len(reads(statements)) <= 2
        assert writes(statements) == []


@pytest.mark.parametrize("piece", ["あ", "😀", "[[%x%]]", "{{x}}", "https://a.jp ", "\n"])
def test_large_bodies_are_answered(browser: Browser, piece: str) -> None:
    browser.get("/sms-templates/new")
    body = piece * (900_000 // (len(piece.encode()) * 3))
    answer = estimate(browser, body=body)
    assert not figures(answer.text)[1]
    assert len(having(answer.text, "data-kind", "error")) <= 20
    page = browser.post("/sms-templates/new", 422, name="x", body=body).text
    assert error_at(page, "body")


@pytest.mark.parametrize("body", ["", "あ" * 133, "😀 <b>", "[[%氏名%]]\r\nhttps://example.jp/ "])
def test_page_holds_the_same_fragment(browser: Browser, body: str) -> None:
    browser.get("/sms-templates/new")
    part = estimate(browser, body=body).text
    swapped = having(part, "hx-swap-oob")
    assert [element["id"] for element in swapped] == ["estimate-brief", "body-count"]
    part = part[: part.index('<span id="estimate-brief"')].rstrip()
    page = browser.post("/sms-templates/new", 422, name="", body=body).text
    assert part in page
    for element in swapped:
        assert by_id(page, element["id"]).text.strip() == element.text.strip()


def test_every_key_has_its_button(browser: Browser) -> None:
    page = browser.get("/sms-templates/new").text
    buttons = having(page, "data-insert")
    assert [button["data-insert"] for button in buttons] == [
        "[[%氏名%]]",
        "[[%担当者%]]",
        "[[%会社名%]]",
        "[[%オンライン接客URL%]]",
        "[[%ミーティングID%]]",
        "[[%ミーティングパスワード%]]",
        "{{配信停止URL}}",
    ]
    assert {button["type"] for button in buttons} == {"button"}
    assert {by_id(page, button["data-insert-into"].removeprefix("#")).tag for button in buttons} == {
        "textarea"
    }
    (group,) = [element for element in read(page) if "insert" in element.attributes.get("class", "").split()]
    assert "with-script" in group["class"]


def test_staff_find_the_templates(staff_browser: Browser) -> None:
    (link,) = [
        e for e in having(staff_browser.get("/sms-templates/").text, "aria-current", "true") if e.tag == "a"
    ]
    assert (link["href"], link.text) == ("/sms-templates/", "雛形")
