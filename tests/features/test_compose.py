"""Writing and sending: the page, the check before sending, refusals that keep the text."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MOBILE, Browser, make_customer, rung
from tests.features.markup import by_id, error_at, form_with, having, read
from tests.features.rows import everything, make_message
from tests.servers import RedisServer
from webapp import queue
from webapp.extensions import db
from webapp.models import Customer, Delivery, Interaction, Message

BODY = "\r\n\r\n\u3000[[%氏名%]]様\r\n明日の内見は10時です。\r\n"


def path_of(customer: Customer, action: str = "new") -> str:
    return f"/customers/{customer.id}/messages/{action}"


def written(browser: Browser, customer: Customer, **changes: str) -> dict[str, str]:
    """The compose form as the page gives it, filled in."""
    fields = form_with(browser.get(path_of(customer)).text, "body")
    return fields | {"subject": "内見のご案内", "body": BODY} | changes


def messages(app: Flask) -> list[tuple[Any, ...]]:
    with app.app_context():
        return everything()["message"]


def test_page_has_one_form_with_a_body(browser: Browser, customer: Customer) -> None:
    page = browser.get(path_of(customer)).text
    forms = [element for element in read(page) if element.tag == "form"]
    with_body = [form for form in forms if any(e.attributes.get("name") == "body" for e in form.inside)]
    assert len(with_body) == 1
    fields = form_with(page, "body")
    assert fields["customer_id"] == str(customer.id)
    assert fields["subject"] == fields["body"] == ""
    assert len(fields["submission_key"]) >= 16
    assert "山田 太郎" in by_id(page, "recipient").text
    assert "090-0111-1102" in page
    body = by_id(page, "body")
    assert body["hx-post"] == "/messages/estimate"
    assert by_id(page, "estimate")


def test_every_page_has_a_key_of_its_own(browser: Browser, customer: Customer) -> None:
    keys = {form_with(browser.get(path_of(customer)).text, "body")["submission_key"] for _ in range(3)}
    assert len(keys) == 3


def test_send_writes_once_and_rings(
    app: Flask, browser: Browser, customer: Customer, redis_server: RedisServer
) -> None:
    answer = browser.post(path_of(customer), **written(browser, customer, count_clicks="y"))
    with app.app_context():
        message = db.session.scalars(select(Message)).one()
        assert answer.location == f"/messages/{message.id}"
        assert (message.status, message.customer_id, message.staff_id) == ("queued", customer.id, 1)
        assert (message.recipient_name, message.phone_number) == ("山田 太郎", MOBILE)
        assert message.body == BODY.replace("\r\n", "\n")
        assert message.text == "\u3000山田 太郎様\r\n明日の内見は10時です。"
        assert db.session.scalars(select(Delivery)).one().subject == "内見のご案内"
        assert db.session.scalars(select(Interaction)).one().message_id == message.id
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    page = browser.get(answer.location).text
    assert having(page, "data-status")[0]["data-status"] == "queued"


def test_posting_twice_is_one_message(app: Flask, browser: Browser, customer: Customer) -> None:
    fields = written(browser, customer)
    first = browser.post(path_of(customer), **fields)
    assert browser.post(path_of(customer), **fields).location == first.location
    assert len(messages(app)) == 1
    # The same key at another customer is another message.
    with app.app_context():
        other = make_customer(name="別人")
    assert browser.post(path_of(other), **fields).location != first.location


def test_changed_text_under_an_old_key_is_asked_about(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    fields = written(browser, customer)
    browser.post(path_of(customer), **fields)
    answer = browser.post(path_of(customer), 422, **fields | {"body": "別の用件です。"})
    assert "すでに送信を受け付けています" in answer.text
    assert len(messages(app)) == 1
    again = form_with(answer.text, "body")
    assert again["body"] == "別の用件です。"
    browser.post(path_of(customer), **again)
    assert len(messages(app)) == 2


def test_fields_beyond_the_body_are_optional(app: Flask, browser: Browser, customer: Customer) -> None:
    for _ in range(2):
        browser.post(path_of(customer), body="内見は10時です。")
    assert len(messages(app)) == 2
    with app.app_context():
        assert all(len(d.subject) == 14 and d.subject.isdigit() for d in db.session.scalars(select(Delivery)))


def test_now_and_notice_are_what_is_meant_anyway(app: Flask, browser: Browser, customer: Customer) -> None:
    later = {"scheduled_on": "x", "scheduled_time": "25:99"}
    browser.post(path_of(customer), body="a", timing="now", purpose="notice", **later)
    assert len(messages(app)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": ""}, "本文を入力してください。"),
        ({"body": "\u3000\r\n"}, "本文を入力してください。"),
        ({"body": "あ" * 661}, "本文は660文字以内で入力してください(現在661文字。"),
        ({"body": "𠮷田様"}, "「𠮷」(1行目の1文字目)"),
        ({"body": "a\0"}, "SMSで送れない文字があります"),
        ({"body": "[[%ミーティングID%]]"}, "[[%ミーティングID%]] に入る内容がまだありません。"),
        ({"body": "{{x}}"}, "{{x}} は使えません。"),
        ({"subject": "件" * 240}, "239文字以内で入力してください(現在240文字)。"),
        ({"subject": "a\r\nX-Header: b"}, "制御文字(U+000D)"),
        ({"submission_key": "short"}, "もう一度「送信」を押してください。"),
        ({"submission_key": "x" * 65}, "もう一度「送信」を押してください。"),
        ({"timing": "later"}, "送信する日を入力してください。"),
        ({"timing": "later", "scheduled_on": "2026-11-31"}, "日付は 2026-11-24 の形で入力してください。"),
        ({"timing": "later", "scheduled_time": "25:00"}, "時刻は 15:00 の形で入力してください。"),
        ({"timing": "later", "scheduled_on": "2020-01-01", "scheduled_time": "9:00"}, "時刻は"),
        ({"timing": "later", "scheduled_on": "2020-01-01", "scheduled_time": "09:00"}, "いちばん早くて"),
        ({"timing": "later", "scheduled_on": "2999-01-01", "scheduled_time": "09:00"}, "1年以内"),
        ({"timing": "nonsense"}, "選び直してください"),
        ({"purpose": "advert"}, "広告・宣伝のSMSにはまだ対応していません。"),
    ],
)
def test_refusal_keeps_what_was_typed(
    app: Flask, browser: Browser, customer: Customer, changes: dict[str, str], words: str
) -> None:
    fields = written(browser, customer, count_clicks="y", **changes)
    with app.app_context():
        before = everything()
    answer = browser.post(path_of(customer), 422, **fields)
    assert words in by_id(answer.text, "error-summary").text
    kept = form_with(answer.text, "body")
    assert kept["count_clicks"] == "y"
    if "\0" not in fields["body"]:
        assert kept["body"] == fields["body"]
    if "\n" not in fields["subject"]:
        assert kept["subject"] == fields["subject"]
    if "submission_key" not in changes:
        assert kept["submission_key"] == fields["submission_key"]
    with app.app_context():
        assert everything() == before
    if name := {"body", "subject"} & changes.keys():
        assert words in error_at(answer.text, name.pop())


def test_key_made_up_wrongly_is_replaced(app: Flask, browser: Browser, customer: Customer) -> None:
    answer = browser.post(path_of(customer), 422, **written(browser, customer, submission_key="<>"))
    browser.post(path_of(customer), **form_with(answer.text, "body"))
    assert len(messages(app)) == 1


def test_who_opted_out_is_not_written_to(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        make_message(customer, opted_out=True)
        before = everything()
    page = browser.get(path_of(customer)).text
    assert "電話など別の方法でご連絡ください。" in page
    answer = browser.post(path_of(customer), 422, **written(browser, customer))
    assert "配信停止" in by_id(answer.text, "error-summary").text
    assert form_with(answer.text, "body")["body"] == BODY
    with app.app_context():
        assert everything() == before


def test_who_has_no_number_is_not_written_to(app: Flask, browser: Browser) -> None:
    with app.app_context():
        customer = make_customer(mobile_number="", landline_number="03-1234-5678")
    page = browser.get(path_of(customer)).text
    assert "携帯番号が登録されていない" in page
    assert "固定電話:" in page
    assert "03-1234-5678" in page
    answer = browser.post(path_of(customer), 422, **written(browser, customer))
    assert "携帯番号が登録されていない" in by_id(answer.text, "error-summary").text
    assert messages(app) == []


@pytest.mark.parametrize("body", [BODY, "\r\n\r\nx", "\n", "x\r\n\r\n", " <b>&amp;</b> ", "</textarea><b>"])
def test_check_and_back_keep_the_text(app: Flask, browser: Browser, customer: Customer, body: str) -> None:
    """Without JavaScript: write, check, back to the form, check, send."""
    sent = body.replace("\r\n", "\n").replace("\n", "\r\n")
    fields = written(browser, customer, body=body, count_clicks="y", subject=" 件名 \"'<b>")
    with app.app_context():
        before = everything()
    if not body.strip():
        answer = browser.post(path_of(customer, "check"), 422, **fields)
        assert form_with(answer.text, "body")["body"] == sent
        return
    checked = browser.post(path_of(customer, "check"), 200, **fields)
    assert "送信前の確認" in checked.text
    assert "山田 太郎" in checked.text
    kept = form_with(checked.text, "body")
    kept_as_is = (
        "submission_key",
        "draft_version",
        "count_clicks",
        "timing",
        "scheduled_on",
        "scheduled_time",
        "recipient_number",
    )
    expected = {name: fields[name] for name in kept_as_is}
    assert kept == expected | {"body": sent, "subject": "件名 \"'<b>"}
    edited = browser.post(path_of(customer, "edit"), 200, **kept)
    assert form_with(edited.text, "body") == kept | {
        "customer_id": str(customer.id),
        "mobile_number": "",
        "own_number": "",
        "template_id": "",
        "confirm_before_sending": "y",
    }
    with app.app_context():
        assert everything() == before
    buttons = [e for e in read(checked.text) if e.attributes.get("formaction") == path_of(customer, "edit")]
    assert [button.text for button in buttons] == ["戻って直す"]
    browser.post(path_of(customer), **kept)
    with app.app_context():
        assert db.session.scalars(select(Message)).one().body == body.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "changes", [{"body": ""}, {"body": "𠮷"}, {"subject": "x" * 240}, {"timing": "later"}]
)
def test_check_refuses_as_sending_does(browser: Browser, customer: Customer, changes: dict[str, str]) -> None:
    fields = written(browser, customer, **changes)
    checked = browser.post(path_of(customer, "check"), 422, **fields).text
    sent = browser.post(path_of(customer), 422, **fields).text
    assert by_id(checked, "error-summary").text.split() == by_id(sent, "error-summary").text.split()


def test_redis_away_is_said_and_loses_nothing(
    app: Flask, browser: Browser, customer: Customer, redis_server: RedisServer
) -> None:
    fields = written(browser, customer)
    redis_server.stop()
    try:
        answer = browser.post(path_of(customer), **fields)
        page = browser.get(answer.location).text
    finally:
        redis_server.start()
    assert "受け付けました。サーバーの準備が整いしだい、自動で送信します" in page
    assert "送り直さないでください" in page
    assert len(messages(app)) == 1
    assert "送り直さないでください" not in browser.get(answer.location).text


def test_question_before_sending_follows_the_person_and_the_office(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    def asks() -> bool:
        return "checked" in by_id(browser.get(path_of(customer)).text, "confirm_first").attributes

    assert asks()
    browser.post("/account/preferences")
    assert not asks()
    browser.post("/account/preferences", confirm_before_sending="y")
    assert asks()


def test_a_name_does_not_turn_the_number_beside_it(app: Flask, browser: Browser) -> None:
    """A row from before such names were refused."""
    with app.app_context():
        turning = make_customer(name="山田\u202e")
    page = browser.get(path_of(turning)).text
    places = [e for e in read(page) if e.attributes.get("class") in {"recipient", "action-bar__summary"}]
    places += [e for e in read(page) if e.tag == "dd" and "山田" in e.text]
    assert len(places) == 3
    for place in places:
        apart = "".join(inner.text for inner in place.inside if inner.tag == "bdi")
        assert apart.count("\u202e") == place.text.count("\u202e") == 1
        assert "090-0111-1102" in place.text
        assert "090-0111-1102" not in apart
