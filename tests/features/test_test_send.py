"""The test send from the compose page, and how it stands in history, cost and card."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.conftest import MOBILE, Browser, make_staff
from tests.features.markup import by_id, form_with, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import everything
from tests.servers import RedisServer
from webapp.domain.message_status import LIVE, MessageStatus
from webapp.extensions import db, writing
from webapp.models import Customer, Message, Office, Staff, StoredDraft

OWN = "08011112222"
BODY = "[[%氏名%]]様\r\n明日の内見は10時です。"


@pytest.fixture(autouse=True)
def own_number(app: Flask) -> None:
    """Of the administrator, and another one of a colleague."""
    set_number(app, OWN)
    with app.app_context():
        colleague = make_staff("suzuki", "鈴木 美咲").id
    set_number(app, "09088887777", colleague)


def set_number(app: Flask, number: str | None, staff_id: int = 1) -> None:
    with app.app_context(), writing():
        db.session.get_one(Staff, staff_id).mobile_number = number


def path_of(customer: Customer, action: str = "test") -> str:
    return f"/customers/{customer.id}/messages/{action}"


def written(browser: Browser, customer: Customer, **changes: str) -> dict[str, str]:
    """The compose form as the page gives it, filled in."""
    fields = form_with(browser.get(path_of(customer, "new")).text, "body")
    return fields | {"subject": "内見のご案内", "body": BODY} | changes


def messages(app: Flask) -> list[Message]:
    with app.app_context():
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def rows(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    with app.app_context():
        return everything()


def change(app: Flask, **values: Any) -> None:
    """The one message as the worker would leave it."""
    with app.app_context(), writing():
        message = db.session.scalars(select(Message)).one()
        for name, value in values.items():
            setattr(message, name, value)


def test_without_javascript_it_leads_to_its_message(app: Flask, browser: Browser, customer: Customer) -> None:
    before = rows(app)
    later = {"timing": "later", "scheduled_on": "2026-12-24", "scheduled_time": "10:00"}
    fields = written(browser, customer, **later)
    answer = browser.post(path_of(customer), **fields)
    (message,) = messages(app)
    assert answer.location == f"/messages/{message.id}"
    assert (message.customer_id, message.phone_number, message.staff_id) == (None, OWN, 1)
    assert message.text == "山田 太郎様\r\n明日の内見は10時です。"
    after = rows(app)
    assert {name for name in after if after[name] != before[name]} == {"message", "delivery", "stored_draft"}
    # The page was left: it comes back as it was typed, ready to be sent.
    assert "下書きに残してあります。" in browser.get(answer.location).text
    again = form_with(browser.get(path_of(customer, "new")).text, "body")
    for name in ("subject", "body", "submission_key", "scheduled_time"):
        assert again[name] == fields[name], name
    browser.post(path_of(customer, "new"), **again)
    assert [m.customer_id for m in messages(app)] == [None, customer.id]
    assert rows(app)["stored_draft"] == []


def test_the_page_offers_it_and_says_what_it_costs(browser: Browser, customer: Customer) -> None:
    page = browser.get(path_of(customer, "new")).text
    region = by_id(page, "test-send")
    assert "080-1111-2222" in region.text
    assert "実際に送るため、通数分の費用がかかります" in region.text
    button = by_id(page, "test-send-button")
    assert button.text == "自分の携帯へテスト送信"
    assert button["formaction"] == button["hx-post"] == path_of(customer)
    assert (button["hx-target"], button["type"]) == ("#test-send", "submit")
    (form,) = [e for e in read(page) if e.attributes.get("id") == "compose"]
    assert region in form.inside


def test_enter_without_javascript_presses_the_harmless_button(browser: Browser, customer: Customer) -> None:
    (form,) = having(browser.get(path_of(customer, "new")).text, "id", "compose")
    first = next(e for e in form.inside if e.tag == "button" and e.attributes.get("type") == "submit")
    assert first["formaction"] == path_of(customer, "check")


@pytest.mark.parametrize("number", [None, ""])
def test_without_a_number_it_is_asked_for_on_the_spot(
    app: Flask, browser: Browser, customer: Customer, number: str | None
) -> None:
    set_number(app, number)
    fields = written(browser, customer)
    assert (fields["own_number"], fields["mobile_number"]) == ("", "")
    before = rows(app)
    page = browser.get(path_of(customer, "new")).text
    link = next(e for e in by_id(page, "test-send").inside if e.tag == "a")
    assert (link["href"], link["target"]) == ("/account#mobile_number", "_blank")
    assert form_with(browser.get("/account").text, "mobile_number") == {"mobile_number": ""}
    for answer in (
        browser.post(path_of(customer), 422, **fields),
        browser.fragment(path_of(customer), **fields),
    ):
        assert answer.status_code == 422
        assert "自分の携帯番号がまだ登録されていません。番号を入力して" in answer.text
        assert by_id(answer.text, "mobile_number")["value"] == ""
    typed = {"mobile_number": "03-1234-5678"}
    for answer in (
        browser.post(path_of(customer), 422, **fields | typed),
        browser.fragment(path_of(customer), **fields | typed),
    ):
        assert "固定電話にはSMSを送れません。携帯電話の番号を入力してください。" in answer.text
        assert "「固定電話」" not in answer.text
        assert by_id(answer.text, "mobile_number")["value"] == "03-1234-5678"
    assert rows(app) == before
    kept = browser.post(path_of(customer, "draft"), **fields | {"mobile_number": "080-1111-2222"})
    assert kept.status_code == 303
    answer = browser.fragment(path_of(customer), **fields | {"mobile_number": "０８０ー１１１１ー２２２２"})
    assert answer.status_code == 200
    assert by_id(answer.text, "test-send").inside[1]["value"] == OWN
    assert 'id="mobile_number"' not in answer.text
    assert [(m.phone_number, m.customer_id) for m in messages(app)] == [(OWN, None)]
    with app.app_context():
        numbers = {person.id: person.mobile_number for person in db.session.scalars(select(Staff))}
        (draft,) = db.session.scalars(select(StoredDraft))
    assert numbers == {1: OWN, 2: "09088887777"}
    assert "number" not in "".join(draft.fields)


def test_without_javascript_the_number_is_no_part_of_the_draft(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    set_number(app, None)
    browser.post(path_of(customer), **written(browser, customer, mobile_number=OWN))
    with app.app_context():
        (draft,) = db.session.scalars(select(StoredDraft))
    assert "number" not in "".join(draft.fields)


def test_a_number_of_a_customer_is_asked_about_before_anything_goes_there(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    set_number(app, None)
    fields = written(browser, customer, mobile_number=MOBILE)
    answer = browser.fragment(path_of(customer), **fields)
    assert answer.status_code == 422
    assert "山田 太郎 様のカルテにも登録されています" in answer.text
    assert "まだ送っていません" in answer.text
    assert messages(app) == []
    # The number stands on the page now: pressed again, it goes there.
    shown = by_id(answer.text, "test-send").inside[1]
    assert (shown["name"], shown["value"]) == ("own_number", customer.mobile_number)
    del fields["mobile_number"]
    assert browser.fragment(path_of(customer), **fields | {"own_number": shown["value"]}).status_code == 200
    assert [m.phone_number for m in messages(app)] == [customer.mobile_number]


@pytest.mark.parametrize("shown", [OWN, "", "08011112223"])
def test_it_goes_to_no_number_that_the_page_did_not_show(
    app: Flask, browser: Browser, customer: Customer, shown: str
) -> None:
    fields = written(browser, customer)
    assert fields["own_number"] == OWN
    set_number(app, "08099998888")
    before = rows(app)
    words = "自分の携帯番号が080-9999-8888に変わりました。確かめて、もう一度押してください。"
    for fragment in (False, True):
        answer = (
            browser.fragment(path_of(customer), **fields | {"own_number": shown})
            if fragment
            else browser.post(path_of(customer), 422, **fields | {"own_number": shown})
        )
        assert answer.status_code == 422
        assert words in answer.text
        # The number in force stands on the page now.
        assert having(answer.text, "name", "own_number")[0]["value"] == "08099998888"
        assert "080-9999-8888" in by_id(answer.text, "test-send").text
    assert rows(app) == before
    browser.fragment(path_of(customer), **fields | {"own_number": "08099998888"})
    assert [m.phone_number for m in messages(app)] == ["08099998888"]


def test_without_a_key_the_text_alone_tells_one_test_from_another(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    fields = written(browser, customer)
    for key in ("", "x", "é" * 10, "k" * 65):
        answer = browser.fragment(path_of(customer), **fields | {"submission_key": key})
        assert answer.status_code == 200
        assert "もう一度「送信」" not in answer.text
    del fields["submission_key"]
    browser.post(path_of(customer), **fields)
    assert len(messages(app)) == 1
    browser.fragment(path_of(customer), **fields | {"body": "別の文"})
    assert len(messages(app)) == 2


def test_a_refused_page_has_a_key_that_can_be_sent(browser: Browser, customer: Customer) -> None:
    fields = written(browser, customer, submission_key="x", body="")
    page = browser.post(path_of(customer), 422, **fields).text
    assert "もう一度「送信」" not in page
    again = form_with(page, "body") | {"body": BODY}
    assert browser.post(path_of(customer, "new"), **again).status_code == 303


def test_the_fragment_says_where_it_went_and_follows_it(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context(), writing():
        db.session.get_one(Office, 1).unit_price = 10
    fields = written(browser, customer, body="あ" * 71)
    browser.fragment(path_of(customer, "draft"), **fields)
    kept = rows(app)["stored_draft"]
    assert len(kept) == 1
    answer = browser.fragment(path_of(customer), **fields)
    (message,) = messages(app)
    assert answer.status_code == 200
    assert "HX-Request" in answer.headers["Vary"]
    assert "<html" not in answer.text
    assert read(answer.text)[0]["id"] == "test-send"
    assert "080-1111-2222 へテスト送信しました" in re.sub(r"<[^>]+>", "", answer.text)
    assert "1〜2通分(最大20円)の費用がかかります" in answer.text
    state = by_id(answer.text, "message-state")
    assert (state["data-status"], state["hx-trigger"]) == ("queued", "every 1s")
    assert state["hx-get"] == f"/messages/{message.id}?part=state"
    link = next(e for e in state.inside if e.tag == "a")
    assert (link["href"], link["target"]) == (f"/messages/{message.id}", "_blank")
    # The form itself is not part of the answer: its key is not used up, its draft not touched.
    assert "submission_key" not in answer.text
    assert rows(app)["stored_draft"] == kept
    sent = browser.post(path_of(customer, "new"), **fields)
    assert [m.customer_id for m in messages(app)] == [None, customer.id]
    assert sent.location == f"/messages/{messages(app)[1].id}"


@pytest.mark.parametrize("status", list(MessageStatus))
def test_the_line_asks_again_only_while_the_state_can_change(
    app: Flask, browser: Browser, customer: Customer, status: MessageStatus
) -> None:
    first = browser.fragment(path_of(customer), **written(browser, customer))
    change(app, status=status, segments=2, detail="DTL000007")
    answer = browser.fragment(by_id(first.text, "message-state")["hx-get"])
    (root,) = having(answer.text, "data-status")[:1]
    assert (root["id"], root["data-status"]) == ("message-state", status.value)
    assert ("hx-get" in root.attributes) == (status in LIVE)
    assert "2通" in root.text
    assert ("圏外" in root.text) == (status in {MessageStatus.FAILED, MessageStatus.REJECTED})
    # Asked for as a page, it is the page of the message.
    assert "<!doctype html>" in browser.get(f"/messages/{messages(app)[0].id}?part=state").text


def test_an_office_that_does_not_watch_is_not_made_to(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context(), writing():
        db.session.get_one(Office, 1).show_results = False
    answer = browser.fragment(path_of(customer), **written(browser, customer))
    assert "hx-get" not in by_id(answer.text, "message-state").attributes


def test_double_click_is_one_and_a_changed_text_another(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    fields = written(browser, customer)
    for _ in range(2):
        browser.fragment(path_of(customer), **fields)
        browser.post(path_of(customer), **fields)
    assert len(messages(app)) == 1
    browser.fragment(path_of(customer), **fields | {"body": "別の文です。"})
    assert len(messages(app)) == 2


@pytest.mark.parametrize(
    "time",
    [
        {"timing": "later"},
        {"timing": "zz"},
        {"timing": "later", "scheduled_on": "2026-11-31", "scheduled_time": "x"},
        {"timing": "later", "scheduled_on": "2099-01-01", "scheduled_time": "10:00"},
    ],
)
def test_the_time_is_not_looked_at(
    app: Flask, browser: Browser, customer: Customer, time: dict[str, str]
) -> None:
    browser.post(path_of(customer), **written(browser, customer, **time))
    assert messages(app)[0].status == "queued"
    with app.app_context():
        assert db.session.scalars(select(Message)).one().delivery.reserved_at is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": ""}, "本文を入力してください。"),
        ({"body": "あ" * 661}, "本文は660文字以内で入力してください(現在661文字。"),
        ({"body": "𠮷田様"}, "「𠮷」(1行目の1文字目)"),
        ({"body": "[[%ミーティングID%]]"}, "[[%ミーティングID%]] に入る内容がまだありません。"),
        ({"subject": "件" * 240}, "239文字以内で入力してください(現在240文字)。"),
        ({"purpose": "advert"}, "広告・宣伝のSMSにはまだ対応していません。"),
    ],
)
def test_refusal_keeps_what_was_typed(
    app: Flask, browser: Browser, customer: Customer, changes: dict[str, str], words: str
) -> None:
    later = {"timing": "later", "scheduled_on": "2026-12-24", "scheduled_time": "10:00"}
    fields = written(browser, customer, count_clicks="y", **later, **changes)
    before = rows(app)
    page = browser.post(path_of(customer), 422, **fields).text
    assert words in page
    kept = form_with(page, "body")
    for name in ("subject", "body", "count_clicks", "submission_key", *later):
        assert kept[name] == fields[name], name
    part = browser.fragment(path_of(customer), **fields)
    assert part.status_code == 422
    assert words in by_id(part.text, "test-send").text
    assert "<textarea" not in part.text
    assert rows(app) == before


def test_only_ones_own_number_is_ever_used(app: Flask, browser: Browser, customer: Customer) -> None:
    strangers = {"mobile_number": MOBILE, "phone_number": MOBILE, "staff_id": "2"}
    fields = written(browser, customer)
    browser.post(path_of(customer), **fields, **strangers)
    # The number on the card has changed meanwhile: no matter here.
    browser.post(path_of(customer), **fields | {"body": "別の文", "recipient_number": "09099999999"})
    assert [(m.phone_number, m.staff_id) for m in messages(app)] == [(OWN, 1)] * 2


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_without_login_or_token_nothing_is_sent(
    app: Flask, browser: Browser, anonymous: Browser, customer: Customer, headers: dict[str, str]
) -> None:
    fields = written(browser, customer)
    before = rows(app)
    anonymous.get("/login")
    fields["csrf_token"] = anonymous.token
    assert anonymous.client.post(path_of(customer), data=fields, headers=headers).status_code == 401
    del fields["csrf_token"]
    refused = browser.client.post(path_of(customer), data=fields, headers=headers)
    assert refused.status_code == 400
    # A page keeps the text, with a fresh token.
    assert ("明日の内見は10時です。" in refused.text) == (not headers)
    assert rows(app) == before


def test_without_redis_it_waits_and_says_so(
    app: Flask, browser: Browser, customer: Customer, redis_server: RedisServer
) -> None:
    fields = written(browser, customer)
    redis_server.stop()
    try:
        part = browser.fragment(path_of(customer), **fields)
        page = browser.get(browser.post(path_of(customer), **fields).location).text
    finally:
        redis_server.start()
    assert "送信の仕組みが一時的に止まっています" in part.text
    assert "復旧しだい自動で送信します" in page
    assert len(messages(app)) == 1


def test_the_own_opt_out_link_is_warned_of(browser: Browser, customer: Customer) -> None:
    warning = "配信停止のURLは押さないでください"
    plain = browser.fragment(path_of(customer), **written(browser, customer))
    linked = browser.fragment(path_of(customer), **written(browser, customer, body="{{配信停止URL}}"))
    assert (warning in plain.text, warning in linked.text) == (False, True)


@pytest.fixture
def tried(app: Flask, browser: Browser, customer: Customer) -> Message:
    """A test send that arrived."""
    browser.fragment(path_of(customer), **written(browser, customer))
    change(app, status="delivered", segments=3, carrier=20)
    return messages(app)[0]


def test_the_messages_page_names_no_customer(browser: Browser, customer: Customer, tried: Message) -> None:
    page = browser.get(f"/messages/{tried.id}").text
    assert "テスト送信(管理 花子)" in page
    assert "080-1111-2222" in page
    assert f"/customers/{customer.id}" not in page
    assert "カルテへ" not in page
    assert "カルテへ" not in browser.fragment(f"/messages/{tried.id}").text


def test_a_waiting_one_can_be_cancelled(app: Flask, browser: Browser, customer: Customer) -> None:
    answer = browser.post(path_of(customer), **written(browser, customer))
    assert "お客様には" not in browser.get(answer.location).text
    browser.post(f"{answer.location}/cancel")
    assert messages(app)[0].status == "cancelled"
    assert rows(app)["interaction"] == []


def test_it_stands_in_the_history_and_in_no_customers(
    browser: Browser, customer: Customer, tried: Message
) -> None:
    for query in ("", "?q=明日の内見", "?q=テスト送信", "?q=管理", "?q=内見のご案内", "?status=delivered"):
        (row,) = having(browser.get(f"/messages/{query}").text, "data-message-id")
        assert row["data-message-id"] == str(tried.id), query
        assert "テスト送信(管理 花子)" in row.text
    for query in (f"?customer_id={customer.id}", f"?customer_id={customer.id}&q=内見", "?q=無い"):
        assert "data-message-id" not in browser.get(f"/messages/{query}").text, query
    card = browser.get(f"/customers/{customer.id}").text
    assert "内見のご案内" not in card
    assert "テスト送信" not in card


def test_a_customers_message_is_still_found_by_reading(
    app: Flask, browser: Browser, customer: Customer, tried: Message
) -> None:
    browser.post(path_of(customer, "new"), **written(browser, customer))
    (row,) = having(browser.get("/messages/?q=やまだ").text, "data-message-id")
    assert row["data-message-id"] == str(messages(app)[1].id)


def test_it_counts_in_the_months_cost(app: Flask, browser: Browser, tried: Message) -> None:
    with app.app_context(), writing():
        db.session.get_one(Office, 1).unit_price = 10
    page = browser.get("/").text
    (figures,) = [e for e in read(page) if e.attributes.get("class") == "figures"]
    assert [e.text for e in figures.inside if e.tag == "dd"][2:] == ["3通", "30円"]
    assert "テスト送信(管理 花子)" in page


def test_a_failed_one_waits_for_its_person(app: Flask, browser: Browser, tried: Message) -> None:
    change(app, status="failed", detail="DTL000007")
    waiting = next(
        e for e in read(browser.get("/").text) if e.attributes.get("aria-labelledby") == "waiting-title"
    )
    assert "テスト送信(管理 花子)" in waiting.text


def test_the_estimate_costs_no_query_more(app: Flask, browser: Browser, customer: Customer) -> None:
    def estimated() -> TestResponse:
        return browser.fragment("/messages/estimate", customer_id=str(customer.id), body="あ")

    with recorded(app) as statements:
        assert "test-send" not in estimated().text
    assert len(reads(statements)) <= 2
