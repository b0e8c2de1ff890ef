"""Sending again: offered where it makes sense, filled and judged afresh, once however often it is pressed."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MOBILE, Browser, make_staff, rung
from tests.features.markup import by_id, having, read
from tests.features.rows import everything, make_message
from tests.servers import RedisServer
from webapp import queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Customer, Interaction, Message
from webapp.services import resending, sending

NOT_RESENDABLE = set(MessageStatus) - resending.RESENDABLE


def make(app: Flask, customer: Customer, **columns: object) -> str:
    """The address of a message; failed unless said otherwise."""
    with app.app_context():
        return f"/messages/{make_message(customer, **{'status': 'failed'} | columns).id}"


def rows(app: Flask) -> list[Message]:
    with app.app_context():
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def edit(app: Flask, customer: Customer, **columns: object) -> None:
    with app.app_context(), writing():
        row = db.session.get_one(Customer, customer.id)
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.mark.parametrize("status", sorted(resending.RESENDABLE))
def test_what_did_not_arrive_is_sent_again(
    app: Flask, browser: Browser, customer: Customer, redis_server: RedisServer, status: str
) -> None:
    path = make(
        app,
        customer,
        status=status,
        body="[[%氏名%]]様\n内見です。 https://a.example/ ",
        text="古い名前様\n内見です。",
        clicks=[0],
    )
    with app.app_context(), writing():
        db.session.get_one(Message, 1).delivery.click_count = True
    edit(app, customer, name="新 姓名")
    before = rows(app)[0]
    page = browser.get(path).text
    (form,) = [form for form in read(page) if form.attributes.get("action") == f"{path}/resend"]
    assert form["data-confirm"].startswith("新 姓名 様(090-0111-1102)に、このSMSをもう一度送りますか?")
    assert browser.post(f"{path}/resend", recipient_number=MOBILE).location == "/messages/2"
    old, new = rows(app)
    assert (old.status, old.submission_key, old.text) == (status, before.submission_key, before.text)
    assert (new.status, new.customer_id, new.phone_number) == ("queued", customer.id, MOBILE)
    assert (new.recipient_name, new.body) == ("新 姓名", old.body)
    assert new.text == "新 姓名様\r\n内見です。 https://a.example/ "
    with app.app_context():
        new = db.session.get_one(Message, 2)
        assert (new.delivery.subject, new.delivery.reserved_at) == ("内見のご案内", None)
        assert new.delivery.click_count
        kinds = db.session.scalars(select(Interaction.kind).where(Interaction.message_id == 2)).all()
    assert kinds == ["sms_sent"]
    assert rung(redis_server) == [queue.SUBMIT_JOB]


def test_a_second_press_gives_the_same_message(app: Flask, browser: Browser, customer: Customer) -> None:
    path = make(app, customer)
    with app.app_context():
        make_staff("sato")
    colleague = Browser(app.test_client()).log_in("sato")
    for someone in (browser, browser, colleague):
        someone.get(path)
        assert someone.post(f"{path}/resend").location == "/messages/2"
        assert len(rows(app)) == 2
    page = browser.get(path).text
    assert not [form for form in read(page) if form.attributes.get("action") == f"{path}/resend"]
    (link,) = [e for e in by_id(page, "message-actions").inside if e.text == "送り直したSMSを見る"]
    assert link["href"] == "/messages/2"
    assert "すでに送り直しています" in browser.get(f"{path}/resend").text
    (origin,) = [
        e for e in having(browser.get("/messages/2").text, "href", path) if e.text == "前に送ったSMS"
    ]
    assert origin.tag == "a"


def test_two_presses_at_once_make_one_message(app: Flask, browser: Browser, customer: Customer) -> None:
    path = make(app, customer)
    browser.get(path)
    browsers = [Browser(app.test_client()).log_in() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: one.post(f"{path}/resend").location, browsers))
    assert answers == ["/messages/2"] * 4
    assert len(rows(app)) == 2


def test_what_was_sent_again_in_vain_is_sent_again_from_its_own_page(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = make(app, customer)
    browser.get(path)
    browser.post(f"{path}/resend")
    with app.app_context(), writing():
        db.session.get_one(Message, 2).status = MessageStatus.FAILED
    assert browser.post(f"{path}/resend").location == "/messages/2"
    assert browser.post("/messages/2/resend").location == "/messages/3"


def test_a_subject_that_nobody_wrote_is_the_new_time(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = make(app, customer)
    with app.app_context(), writing():
        old = db.session.get_one(Message, 1)
        old.delivery.subject = sending.automatic_subject(old.created_at.replace(year=2020))
        old.created_at = old.created_at.replace(year=2020)
    browser.get(path)
    for _ in range(2):
        assert browser.post(f"{path}/resend").location == "/messages/2"
    with app.app_context():
        new = db.session.get_one(Message, 2)
        assert new.delivery.subject == sending.automatic_subject(new.created_at)


@pytest.mark.parametrize("status", sorted(NOT_RESENDABLE))
def test_what_arrived_or_may_arrive_is_not_sent_again(
    app: Flask, browser: Browser, customer: Customer, status: str
) -> None:
    path = make(app, customer, status=status)
    page = browser.get(path).text
    assert "再送" not in by_id(page, "message-actions").text
    with app.app_context():
        before = everything()
    words = "お客様に届いています" if status == "delivered" else "結果が出るまでお待ちください"
    assert words in browser.get(f"{path}/resend").text
    answer = browser.post(f"{path}/resend", 422)
    assert words in answer.text
    assert not [e for e in read(answer.text) if e.attributes.get("action") == f"{path}/resend"]
    with app.app_context():
        assert everything() == before


def test_a_test_send_is_tried_again_where_it_was_written(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = make(app, customer, customer_id=None)
    assert "再送" not in by_id(browser.get(path).text, "message-actions").text
    assert "もう一度「テスト送信」を押してください" in browser.post(f"{path}/resend", 422).text
    assert len(rows(app)) == 1


@pytest.mark.parametrize(
    ("card", "message", "sentence"),
    [
        ({"mobile_number": ""}, {}, "携帯番号が登録されていないため"),
        ({"mobile_number": "0312345678"}, {}, "番号ではSMSを受け取れません"),
        ({}, {"opted_out": True}, "配信停止の手続きがされているため"),
    ],
)
def test_a_number_that_gets_no_sms_is_said_beforehand(
    app: Flask, browser: Browser, customer: Customer, card: dict, message: dict, sentence: str
) -> None:
    path = make(app, customer, **message)
    edit(app, customer, **card)
    page = browser.get(path).text
    assert sentence in by_id(page, "resend-reason").text
    assert not having(page, "action", f"{path}/resend")
    with app.app_context():
        before = everything()
    assert sentence in browser.get(f"{path}/resend").text
    assert sentence in browser.post(f"{path}/resend", 422).text
    with app.app_context():
        assert everything() == before


def test_the_text_is_judged_afresh(app: Flask, browser: Browser, customer: Customer) -> None:
    path = make(app, customer, body="[[%担当者%]]です。𠮷", text="佐藤です。")
    with app.app_context():
        before = everything()
    browser.get(path)
    page = browser.post(f"{path}/resend", 422).text
    assert "カルテで担当者を選んでください。" in page
    assert "「𠮷」" in page
    assert not having(page, "action", f"{path}/resend")
    with app.app_context():
        assert everything() == before


def test_another_number_than_the_one_shown_is_asked_about(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = make(app, customer)
    page = browser.get(path).text
    edit(app, customer, mobile_number="08099998888")
    (shown,) = having(page, "name", "recipient_number")
    answer = browser.post(f"{path}/resend", 422, recipient_number=shown["value"])
    assert "080-9999-8888に変わりました" in answer.text
    assert len(rows(app)) == 1
    (shown,) = having(answer.text, "name", "recipient_number")
    assert browser.post(f"{path}/resend", recipient_number=shown["value"]).location == "/messages/2"
    assert rows(app)[1].phone_number == "08099998888"


def test_without_script_it_is_shown_first(app: Flask, browser: Browser, customer: Customer) -> None:
    path = make(app, customer, body="[[%氏名%]]様", text="前の名前様")
    (link,) = [e for e in read(browser.get(path).text) if e.text == "確認して再送"]
    page = browser.get(link["href"]).text
    assert "山田 太郎様" in page
    assert re.search(r"docomo 1通・.*SoftBank 1通", page)
    assert len(rows(app)) == 1
    assert browser.post(link["href"]).location == "/messages/2"


def test_what_was_sent_again_no_longer_waits_for_a_person(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = make(app, customer)
    browser.get(path)
    assert "対応が必要なSMS(1件)" in browser.get("/").text
    browser.post(f"{path}/resend")
    assert "対応が必要なSMSはありません。" in browser.get("/").text
