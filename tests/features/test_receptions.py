"""What customers replied: on their cards, in a list of its own, and none without a place."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MOBILE, Browser, make_customer
from tests.features.markup import by_id, having, read
from tests.features.queries import reads, recorded, writes
from tests.features.rows import make_message
from tests.services.test_receptions import STRANGER, said
from webapp import clock
from webapp.extensions import db, writing
from webapp.models import Customer, Interaction
from webapp.services import customers, receptions
from webapp.services.office import lock_office


def keep(
    app: Flask, message: str = "はい、伺います。", number: str | None = MOBILE, **values: object
) -> None:
    with app.app_context():
        receptions.keep_receptions([said(message, number, **values)], clock.today())


def set_office(app: Flask, **values: object) -> None:
    with app.app_context(), writing():
        office = lock_office()
        for name, value in values.items():
            setattr(office, name, value)


def rows(page: str) -> list[str]:
    return [" ".join(element.text.split()) for element in having(page, "data-reception-id")]


def test_a_reply_stands_in_the_log_of_contacts_whole(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        make_message(customer, subject="内見のご案内")
    keep(app, "明日10時でお願いします。\n駅で待っています。<b>")
    page = browser.get(f"/customers/{customer.id}").text
    log = next(element for element in read(page) if element.attributes.get("aria-labelledby") == "log-title")
    (reply, sent) = [row for row in log.inside if row.tag == "tr"][1:]
    assert "明日10時でお願いします。" in reply.text
    assert "駅で待っています。<b>" in reply.text
    assert "SMS受信" in reply.text
    assert not [inner for inner in reply.inside if inner.tag == "a"]
    assert "内見のご案内" in sent.text


def test_a_log_of_replies_alone_opens_no_more_queries(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = f"/customers/{customer.id}"
    keep(app, "一")
    with recorded(app) as one:
        browser.get(path)
    for number in range(15):
        keep(app, str(number))
    with recorded(app) as many:
        assert "まだSMSを送っていません。" not in browser.get(path).text
    assert len(reads(one)) == len(reads(many)) <= 8
    assert writes(many) == []


def test_a_contact_without_message_and_reply_is_shown(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context(), writing():
        db.session.add(
            Interaction(customer_id=customer.id, kind="note", subject="来店", occurred_at=clock.now())
        )
    assert "来店" in browser.get(f"/customers/{customer.id}").text


def test_a_reply_that_several_cards_could_have_is_on_each(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        other = make_customer(name="山田 花子")
    keep(app, "どちらでしょう")
    for one in (customer, other):
        assert "どちらでしょう" in browser.get(f"/customers/{one.id}").text
    assert rows(browser.get("/receptions/?unknown=1").text) == [
        next(iter(rows(browser.get("/receptions/").text)))
    ]
    page = browser.get("/receptions/").text
    assert [link["href"] for link in having(page, "href", f"/customers/?q={MOBILE}")]
    with app.app_context():
        customers.archive_customer(other.id, archived=True)
    page = browser.get(f"/customers/{customer.id}").text
    assert "どのお客様からか分からない" not in page
    assert "どちらでしょう" in by_id(page, "main").text
    assert "どちらでしょう" not in browser.get(f"/customers/{other.id}").text


def test_the_list_leads_to_cards_and_to_new_ones(app: Flask, browser: Browser, customer: Customer) -> None:
    keep(app, "知っている人")
    keep(app, "知らない人", STRANGER)
    keep(app, "非通知", None)
    page = browser.get("/receptions/").text
    assert [row.split()[0] for row in rows(page)] == ["番号の通知なし", "080-1234-5678", "山田"]
    assert having(page, "href", f"/customers/{customer.id}")
    assert "お客様が不明(2件)" in page
    unknown = browser.get("/receptions/?unknown=1").text
    assert len(rows(unknown)) == 2
    (link,) = having(unknown, "href", f"/customers/new?mobile_number={STRANGER}")
    form = browser.get(link["href"]).text
    assert by_id(form, "mobile_number")["value"] == STRANGER
    browser.post("/customers/new", name="新しい人", mobile_number=STRANGER, state="active")
    assert len(rows(browser.get("/receptions/?unknown=1").text)) == 1
    with app.app_context():
        newcomer = db.session.scalars(select(Customer).where(Customer.name == "新しい人")).one()
    assert "知らない人" in browser.get(f"/customers/{newcomer.id}").text


def test_a_number_in_the_address_is_no_more_than_a_proposal(browser: Browser) -> None:
    page = browser.get('/customers/new?mobile_number="><script>x').text
    assert by_id(page, "mobile_number")["value"] == '"><script>x'
    assert by_id(browser.get("/customers/new").text, "mobile_number")["value"] == ""


def test_the_history_leads_to_the_replies(browser: Browser, customer: Customer) -> None:
    assert having(browser.get("/messages/").text, "href", "/receptions/")
    assert not having(browser.get(f"/messages/?customer_id={customer.id}").text, "href", "/receptions/")


def test_pages_of_the_list(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        replies = [said(f"返信{number:02}") for number in range(receptions.PAGE_SIZE + 1)]
        receptions.keep_receptions(replies, clock.today())
    with recorded(app) as asked:
        first = browser.get("/receptions/").text
    assert len(rows(first)) == receptions.PAGE_SIZE
    assert len(reads(asked)) <= 5
    (link,) = list(having(first, "rel", "next"))
    second = browser.get(link["href"]).text
    assert len(rows(second)) == 1
    assert "返信00" in second
    browser.get("/receptions/?older_than=x")


def test_an_empty_list_says_what_will_be_there(app: Flask, browser: Browser) -> None:
    set_office(app, has_two_way=True, receptions_fetched_at=clock.now())
    page = browser.get("/receptions/").text
    assert "返信はまだありません。" in page
    assert "新しい返信を受け取れていません" not in page
    assert "お客様が不明の返信はありません。" in browser.get("/receptions/?unknown=1").text


def test_without_the_contract_the_list_says_so(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    keep(app, "前の契約の返信")
    for someone, links in ((browser, 1), (staff_browser, 0)):
        page = someone.get("/receptions/").text
        assert "いまの契約(双方向なし)では、返信を受け取れません" in page
        assert "前の契約の返信" in page
        main = by_id(page, "main")
        assert len([one for one in main.inside if one.attributes.get("href") == "/settings/sms"]) == links


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"receptions_trouble": "ERR401002"}, "トークン"),
        ({"receptions_trouble": "what_is_this"}, "35日前まで"),
        ({"receptions_fetched_at": None}, "35日前まで"),
        ({"receptions_fetched_at": clock.now() - timedelta(minutes=11)}, "35日前まで"),
    ],
)
def test_what_is_not_fetched_is_said(app: Flask, browser: Browser, values, sentence) -> None:
    set_office(app, **{"has_two_way": True, "receptions_fetched_at": clock.now()} | values)
    page = browser.get("/receptions/").text
    assert "新しい返信を受け取れていません" in page
    assert sentence in page


def test_the_today_page_shows_the_replies_of_a_week(app: Flask, browser: Browser, customer: Customer) -> None:
    assert "最近の返信" not in browser.get("/").text
    keep(app, "先月の返信", occurred_at=clock.now() - timedelta(days=8))
    assert "最近の返信" not in browser.get("/").text
    for number in range(receptions.RECENT_SIZE + 2):
        keep(app, f"返信{number:02}", STRANGER if number % 2 else MOBILE)
    page = browser.get("/").text
    assert len(rows(page)) == receptions.RECENT_SIZE
    assert "返信11" in page
    assert "返信01" not in page
    assert "先月の返信" not in page
    assert having(page, "href", f"/customers/new?mobile_number={STRANGER}")
