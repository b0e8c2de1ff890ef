"""One message: its state, and a page that asks again only while that can change."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser, make_customer
from tests.features.markup import Element, by_id, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import make_message
from webapp import clock
from webapp.domain.message_status import LIVE, MessageStatus
from webapp.extensions import db, writing
from webapp.models import Attempt, Customer, Message, Office
from webapp.ui import words


def first_state(answer: TestResponse) -> dict[str, str]:
    """The first element that carries a state."""
    return having(answer.text, "data-status")[0].attributes


@pytest.mark.parametrize("status", list(MessageStatus))
def test_page_asks_again_only_while_the_state_is_live(
    app: Flask, browser: Browser, customer: Customer, status: MessageStatus
) -> None:
    with app.app_context():
        message = make_message(customer, status=status)
    page = browser.get(f"/messages/{message.id}")
    root = first_state(page)
    assert (root["data-status"], root["data-segments"], root["data-clicks"]) == (status.value, "", "0")
    assert words.STATUS_WORDS[status].explanation in page.text
    part = browser.fragment(f"/messages/{message.id}")
    result, extra = part.text.replace(' hx-swap-oob="true"', "").split('<div class="actions" id=')
    actions, heading = extra.split("<h2 ")
    assert result.strip() in page.text
    assert re.sub(r"\s|value=\S+", "", actions) in re.sub(r"\s|value=\S+", "", page.text)
    assert f"<h2 {heading.strip()}" in page.text
    for name in ("message-actions", "text-title"):
        assert by_id(part.text, name)["hx-swap-oob"] == "true"
    assert first_state(part) == root
    for answer in (page, part):
        assert "HX-Request" in answer.headers["Vary"]
        assert [e for e in having(answer.text, "hx-get") if e["hx-get"] == f"/messages/{message.id}"] == (
            [] if status not in LIVE else having(answer.text, "hx-get")
        )
    assert ("hx-get" in root) == (status in LIVE)
    # Without JavaScript the page reloads itself, and no longer than that.
    assert ('http-equiv="refresh"' in page.text) == (status in LIVE)


def test_charged_parts_and_clicks(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        message = make_message(customer, segments=2, clicks=[3, 4], carrier=10, delivered_at=clock.now())
        with writing():
            db.session.get_one(Office, 1).unit_price = 10
    page = browser.get(f"/messages/{message.id}")
    root = first_state(page)
    assert (root["data-segments"], root["data-clicks"]) == ("2", "7")
    for text in ("docomo", "2通 20円(概算は1通 10円でした)", "7回(1つ目 3回、2つ目 4回)"):
        assert text in page.text


def test_zero_parts_are_known_and_not_unknown(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        message = make_message(customer, segments=0, status="failed", detail="DTL000007", clicks=[0])
    page = browser.get(f"/messages/{message.id}")
    assert first_state(page)["data-segments"] == "0"
    assert "0通" in page.text
    assert "0回" in page.text
    assert "圏外" in page.text


def test_every_reason_is_shown_in_words(app: Flask, browser: Browser, customer: Customer) -> None:
    for reason in (*words.REASONS, "ERR999999", "something_new", ""):
        with app.app_context():
            message = make_message(customer, status="rejected", reason=reason, detail=reason)
            make_message(customer, status="held", reason=reason)
        shown = words.explain(reason) or ""
        for number in (message.id, message.id + 1):
            assert shown in " ".join(e.text for e in read(browser.get(f"/messages/{number}").text)), reason
    browser.get("/")


@pytest.mark.parametrize("carrier", [None, 50, 99])
def test_unknown_codes_of_the_provider_are_shown(
    app: Flask, browser: Browser, customer: Customer, carrier: int | None
) -> None:
    with app.app_context():
        message = make_message(
            customer,
            carrier=carrier,
            provider_status=123,
            provider_message="新しい状態",
            detail="DTL999999",
            detail_message="新しい詳細",
        )
        with writing():
            message.delivery.provider_id = "abc-1"
    page = browser.get(f"/messages/{message.id}").text
    for text in ("新しい状態", "新しい詳細", "DTL999999", "abc-1"):
        assert text in page
    if carrier == 99:
        assert "コード99" in page


def test_hold_is_explained_to_whoever_can_mend_it(
    app: Flask, browser: Browser, staff_browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        held = make_message(customer, status="held", reason="ERR401002")
        waiting = make_message(customer, status="queued")
        with writing():
            db.session.get_one(Office, 1).hold_reason = "ERR401002"
    for someone, may_mend in ((browser, True), (staff_browser, False)):
        page = someone.get(f"/messages/{held.id}").text
        assert "トークンキーが正しくありません。" in page
        assert ("送信を再開する" in page) == may_mend
        assert "すべての送信を保留しています" in someone.get(f"/messages/{waiting.id}").text
        assert "すべての送信を保留しています" in someone.get("/").text


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("submitting", "取り消しを受け付けました"),
        ("unconfirmed", "取り消しを受け付けました"),
        ("reserved", "取り消しを受け付けました"),
        ("sending", "すでに送られています"),
        ("delivered", "お客様に届きました"),
        ("failed", "お客様には届いていません"),
        ("cancelled", None),
        ("rejected", None),
        ("error", None),
    ],
)
def test_wish_to_cancel_says_what_became_of_it(
    app: Flask, browser: Browser, customer: Customer, status: str, sentence: str | None
) -> None:
    sentences = {"取り消しを受け付けました", "間に合いませんでした", "には届いていません"}
    with app.app_context():
        message = make_message(customer, status=status, cancel_requested_at=clock.now())
    shown = by_id(browser.get(f"/messages/{message.id}").text, "message-result").text
    assert sentence is None or sentence in shown
    others = {other for other in sentences if other in shown}
    late = {"間に合いませんでした"} if status in {"sending", "delivered"} else set()
    assert others == (late or {other for other in sentences if sentence and other in sentence})


def test_reservation_that_the_engine_cancels_names_its_reason(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        message = make_message(
            customer, status="reserved", cancel_requested_at=clock.now(), reason="opted_out"
        )
        gone = make_message(customer, status="cancelled", reason="opted_out", subject="件名取消")
        make_message(customer, status="cancelled", subject="件名本人")
    shown = by_id(browser.get(f"/messages/{message.id}").text, "message-result").text
    assert "予約を取り消しています" in shown
    assert "配信停止の手続きがされているため" in shown
    assert "配信停止の手続きがされているため" in browser.get(f"/messages/{gone.id}").text
    waiting = by_id(browser.get("/").text, "main").text.partition("最近のSMS")[0]
    assert "件名取消" in waiting
    assert "件名本人" not in waiting


@pytest.mark.parametrize(
    ("code", "words_of_it"),
    [("ERR406003", "10分前を過ぎた"), ("ERR404002", "見つかりません"), ("ERR999999", "ERR999999")],
)
def test_smslinks_refusal_to_cancel_is_explained(
    app: Flask, browser: Browser, customer: Customer, code: str, words_of_it: str
) -> None:
    with app.app_context():
        message = make_message(
            customer, status="reserved", cancel_requested_at=clock.now(), cancel_refused=code
        )
        with writing():
            message.delivery.reserved_at = clock.now() + timedelta(hours=2)
    page = browser.get(f"/messages/{message.id}").text
    shown = by_id(page, "message-result").text
    assert "取り消せませんでした" in shown
    assert words_of_it in shown
    assert (words.explain(code) or code) in shown
    assert "取り消しを受け付けました" not in shown
    # It may be tried again as long as there is time.
    assert having(page, "action", f"/messages/{message.id}/cancel")


@pytest.mark.parametrize(
    ("status", "hours", "sentence"),
    [
        ("reserved", 0, "予約時刻の10分前を過ぎたため、取り消せません。"),
        ("sending", -1, "すでにSMSLINKから送られているため、取り消せません。"),
        ("delivered", -1, "送信が終わっているため、取り消すものはありません。"),
    ],
)
def test_too_late_to_cancel_says_why(
    app: Flask, browser: Browser, customer: Customer, status: str, hours: int, sentence: str
) -> None:
    with app.app_context():
        message = make_message(customer, status=status)
        with writing():
            message.delivery.reserved_at = clock.now() + timedelta(hours=hours, minutes=5)
    path = f"/messages/{message.id}"
    page = browser.get(path).text
    assert not having(page, "action", f"{path}/cancel")
    if status == "reserved":
        assert sentence in by_id(page, "cancel-reason").text
    assert browser.post(f"{path}/cancel").location == path
    assert sentence in browser.get(path).text
    with app.app_context():
        row = db.session.get_one(Message, message.id)
        assert (row.status, row.cancel_requested_at) == (status, None)


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("queued", "送る文章"),
        ("submitting", "送る文章"),
        ("unconfirmed", "送る文章"),
        ("held", "送る文章"),
        ("reserved", "送る文章"),
        ("sending", "送った文章"),
        ("delivered", "送った文章"),
        ("failed", "送った文章"),
        ("cancelled", "送られなかった文章"),
        ("rejected", "送られなかった文章"),
        ("error", "送られなかった文章"),
    ],
)
def test_heading_says_whether_the_text_has_left(
    app: Flask, browser: Browser, customer: Customer, status: str, heading: str
) -> None:
    with app.app_context():
        message = make_message(customer, status=status)
    assert by_id(browser.get(f"/messages/{message.id}").text, "text-title").text == heading


def test_reservation_says_until_when_it_can_be_cancelled_and_asks_about_whom(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    limit = "2026年11月25日(水) 15:00 まで取り消せます"
    with app.app_context():
        message = make_message(customer, status="reserved", created_at=datetime(2026, 11, 24, 6, tzinfo=UTC))
        with writing():
            message.delivery.reserved_at = datetime(2026, 11, 25, 6, 10, tzinfo=UTC)
    path = f"/messages/{message.id}"
    with time_machine.travel(datetime(2026, 11, 25, 5, 59, tzinfo=UTC)):
        page = Browser(app.test_client()).log_in().get(path).text
        assert limit in by_id(page, "message-result").text
        (form,) = having(page, "data-confirm")
        assert form["data-confirm"] == (
            "山田 太郎 様への2026年11月25日(水) 15:10 に予約したSMSを取り消しますか?送られなくなります。"
        )
    with time_machine.travel(datetime(2026, 11, 25, 6, 1, tzinfo=UTC)):
        page = Browser(app.test_client()).log_in().get(path).text
        assert "まで取り消せます" not in page
        assert not having(page, "data-confirm")


def test_message_without_a_subject_is_called_by_its_text(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    number = "20261124120000"
    with app.app_context():
        message = make_message(
            customer, subject=number, body="[[%氏名%]]様\n鍵の件です。", text="森様\n鍵の件です。"
        )
    for path in ("/", "/messages/", f"/customers/{customer.id}"):
        page = browser.get(path).text
        assert "鍵の件です。" in page, path
        assert number not in page, path
    page = browser.get(f"/messages/{message.id}").text
    (heading,) = [element.text for element in read(page) if element.tag == "h1"]
    assert heading == "鍵の件です。"
    assert "<title>鍵の件です。" in page
    terms = {dt.text: dd.text for dt, dd in pairs_of(page)}
    assert terms["件名"] == number


def pairs_of(html: str) -> list[tuple[Element, Element]]:
    """Terms and what stands beside them."""
    elements = read(html)
    return list(
        zip(
            [element for element in elements if element.tag == "dt"],
            [element for element in elements if element.tag == "dd"],
            strict=True,
        )
    )


def test_attempts_are_listed(app: Flask, browser: Browser, message: Message) -> None:
    assert "まだSMSLINKに登録していません。" in browser.get(f"/messages/{message.id}").text
    with app.app_context(), writing():
        for number, outcome in enumerate((*words.ATTEMPT_OUTCOMES, None, "new_one"), 1):
            db.session.add(
                Attempt(
                    delivery_id=message.delivery_id,
                    number=number,
                    started_at=clock.now(),
                    outcome=outcome,
                    reason="read_timeout",
                )
            )
    page = browser.get(f"/messages/{message.id}").text
    for outcome in (*words.ATTEMPT_OUTCOMES.values(), "問い合わせ中", "8回目"):
        assert outcome in page


def test_text_keeps_its_lines(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        message = make_message(customer, text="一\r\n\r\n\u3000二")
    assert "一<br><br>\u3000二" in browser.get(f"/messages/{message.id}").text


def test_recipient_is_the_one_it_was_sent_to(app: Flask, browser: Browser) -> None:
    """Who is renamed later was still written to under the old name and number."""
    with app.app_context():
        customer = make_customer()
        message = make_message(customer)
        with writing():
            row = db.session.get_one(Customer, customer.id)
            row.name, row.mobile_number = "新 姓名", "09099999999"
    page = browser.get(f"/messages/{message.id}").text
    assert "山田 太郎" in page
    assert "090-0111-1102" in page
    assert "新 姓名" not in page


def test_refresh_costs_few_queries(app: Flask, browser: Browser, message: Message) -> None:
    with recorded(app) as statements:
        browser.fragment(f"/messages/{message.id}")
    assert len(reads(statements)) <= 4
