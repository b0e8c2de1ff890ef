"""What helps while writing: templates, the customer's carrier, one click that mends a problem."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MOBILE, Browser
from tests.features.markup import by_id, form_with, having
from tests.features.rows import everything, make_message, make_template
from tests.features.test_compose import path_of, written
from webapp.domain.estimate import LengthRules, prepare_text
from webapp.extensions import db
from webapp.models import Customer, Message
from webapp.ui.remedies import mend_all, show_problem

VALUES = {"氏名": "山田 太郎", "会社名": "みなと不動産"}


def test_a_template_fills_subject_and_body(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        template_id = make_template(subject="内見のご案内", body="[[%氏名%]]様\n内見のご案内です。").id
        before = everything()
    filled = browser.post(path_of(customer, "fill"), 200, template_id=str(template_id)).text
    fields = form_with(filled, "body")
    assert (fields["subject"], fields["template_id"]) == ("内見のご案内", str(template_id))
    assert fields["body"].replace("\r\n", "\n") == "[[%氏名%]]様\n内見のご案内です。"
    assert browser.get(f"{path_of(customer)}?template_id={template_id}").text.count("内見のご案内です。") == 2
    with app.app_context():
        assert everything() == before
    browser.post(path_of(customer), **fields)
    with app.app_context():
        assert db.session.scalar(select(Message.template_id)) == template_id


def test_the_fragment_brings_the_text_and_what_it_costs(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        template_id = make_template(body="内見です。").id
    answer = browser.fragment(path_of(customer, "fill"), template_id=str(template_id)).text
    assert by_id(answer, "compose-text")
    estimate = by_id(answer, "estimate")
    assert (estimate["data-characters"], estimate["hx-swap-oob"]) == ("5", "true")


def test_what_was_written_before_comes_back(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        template_id = make_template(subject="雛形の件名", body="雛形です。").id
    fields = written(browser, customer, subject="書いた件名", body="書いた文章", template_id=str(template_id))
    filled = browser.post(path_of(customer, "fill"), 200, **fields).text
    kept = form_with(filled, "body")
    assert (kept["previous_subject"], kept["previous_body"]) == ("書いた件名", "書いた文章")
    back = form_with(browser.post(path_of(customer, "fill"), 200, **kept | {"restore": "y"}).text, "body")
    assert (back["subject"], back["body"], back["submission_key"]) == (
        "書いた件名",
        "書いた文章",
        fields["submission_key"],
    )
    assert "previous_body" not in back


@pytest.mark.parametrize("template_id", ["999", "x", "-1", "9" * 30])
def test_a_template_that_is_none_changes_nothing(
    app: Flask, browser: Browser, customer: Customer, template_id: str
) -> None:
    fields = written(browser, customer, template_id=template_id)
    filled = form_with(browser.post(path_of(customer, "fill"), 200, **fields).text, "body")
    assert filled["subject"] == fields["subject"]
    browser.post(path_of(customer), **fields)
    with app.app_context():
        assert db.session.scalar(select(Message.template_id)) is None


@pytest.mark.parametrize(
    ("carrier", "known"), [(10, "docomo"), (20, "au"), (30, "softbank"), (50, "rakuten")]
)
def test_the_customers_own_carrier_stands_out(
    app: Flask, browser: Browser, customer: Customer, carrier: int, known: str
) -> None:
    assert not having(browser.get(path_of(customer)).text, "data-known")
    with app.app_context():
        make_message(customer, phone_number=MOBILE, carrier=carrier)
        make_message(customer, phone_number=MOBILE, carrier=40)
        make_message(customer, phone_number="08011112222", carrier=60)
    (row,) = having(browser.get(path_of(customer)).text, "data-known")
    assert row["data-carrier"] == known


@pytest.mark.parametrize(
    ("body", "mended"),
    [
        ("𠮷田様、𠮷報です", "吉田様、吉報です"),
        ("[[%会社%]]です", "[[%会社名%]]です"),
        ("お{{abc}}知らせ", "お知らせ"),
        ("地図はhttps://a.jp/xをご覧ください", "地図は https://a.jp/x をご覧ください"),
        ("絵文字😀です", "絵文字(^^)です"),
        ("承知しました🙇\u200d♂\ufe0fでは", "承知しましたでは"),
        ("葛\U000e0100城様", "葛城様"),
        ("行\u2028です", "行\nです"),
        ("停止は{{配信停止URL}}から", "停止は {{配信停止URL}} から"),
        ("IDは[[%ミーティングID%]]です", "IDはです"),
        ("IDは[[%氏名%]] {{配信停止URL}}", "IDは[[%氏名%]] {{配信停止URL}}"),
    ],
)
def test_one_click_mends_a_problem(body: str, mended: str) -> None:
    prepared = prepare_text(body, VALUES, count_clicks=False, rules=LengthRules())
    for refusal in (*prepared.problems, *prepared.warnings):
        (pair,) = show_problem(refusal).remedies[0].pairs
        body = body.replace(*pair)
    assert body == mended
    left = prepare_text(body, VALUES, count_clicks=False, rules=LengthRules())
    assert (left.problems, left.warnings) == ((), ())


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        ("𠮷", ["「吉」に置き換える", "削除する"]),
        ("👍", ["削除する"]),
        ("あ\u2028い", ["改行に置き換える", "削除する"]),
        ("あ\u200bい", ["削除する"]),
        ("[[%氏目%]]", ["[[%氏名%]] に置き換える", "削除する"]),
        ("[[%オンライン接客URL%]]", ["削除する"]),
        ("[[%担当者%]]", []),  # filled in on the card
        ("●", []),
    ],
)
def test_what_can_be_done_about_it(body: str, labels: list[str]) -> None:
    prepared = prepare_text(body, VALUES, count_clicks=False, rules=LengthRules())
    (refusal,) = (*prepared.problems, *prepared.warnings)
    remedies = show_problem(refusal).remedies
    assert [remedy.label for remedy in remedies] == labels
    if len(remedies) > 1:
        assert remedies[-1].pairs[0][1] == ""


def test_all_characters_are_mended_by_one_click() -> None:
    body = "👍𠮷田様😀\n👍🏽お待ちしています🙇\u200d♂\ufe0f"
    prepared = prepare_text(body, VALUES, count_clicks=False, rules=LengthRules())
    remedy = mend_all(prepared.problems)
    assert remedy is not None
    assert dict(remedy.pairs) == {"👍": "", "𠮷": "吉", "😀": "(^^)", "👍🏽": "", "🙇\u200d♂\ufe0f": ""}
    # One alone has its own button, and what stands in a value is none of the text's.
    for few in ("😀", "[[%氏名%]]😀", "[[%氏目%]]{{a}}"):
        prepared = prepare_text(few, {"氏名": "𠮷"}, count_clicks=False, rules=LengthRules())
        assert mend_all(prepared.problems) is None


def test_the_fragment_carries_what_the_buttons_do(browser: Browser, customer: Customer) -> None:
    answer = browser.fragment("/messages/estimate", customer_id=str(customer.id), body='"<𠮷😀').text
    buttons = having(answer, "data-replacements")
    assert [button.text for button in buttons] == [
        "送れない文字をまとめて直す",
        *("「吉」に置き換える", "削除する", "「(^^)」に置き換える", "削除する"),
    ]
    assert json.loads(buttons[0]["data-replacements"]) == [["𠮷", "吉"], ["😀", "(^^)"]]
    assert {button["data-replace-in"] for button in buttons} == {"#body"}


def test_what_stands_in_a_value_is_mended_on_the_card() -> None:
    values = VALUES | {"氏名": "𠮷田"}
    (refusal,) = prepare_text("[[%氏名%]]様", values, count_clicks=False, rules=LengthRules()).problems
    assert show_problem(refusal).remedies == ()


def test_the_opt_out_link_is_shown_as_one_and_inserted_apart(browser: Browser, customer: Customer) -> None:
    page = browser.post(path_of(customer, "edit"), 200, body="停止:{{配信停止URL}}").text
    (link,) = [e for e in having(page, "data-kind") if e["data-kind"] == "opt_out"]
    assert link.text == "配信停止のURL"
    assert "配信停止URLが前後の文字とつながっています(1行目の4文字目)。" in page
    assert [e["data-insert"] for e in having(page, "data-insert-apart")] == ["{{配信停止URL}}"]


def test_the_choice_to_be_asked_is_remembered(browser: Browser, customer: Customer) -> None:
    assert "checked" in by_id(browser.get(path_of(customer)).text, "confirm_first").attributes
    assert (
        browser.client.post(
            "/account/preferences", headers={"HX-Request": "true", "X-CSRFToken": browser.token}
        ).status_code
        == 204
    )
    assert "checked" not in by_id(browser.get(path_of(customer)).text, "confirm_first").attributes
