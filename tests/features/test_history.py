"""The history: rows, filters in the address, pages by key."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.conftest import Browser, make_customer
from tests.features.markup import having, read
from tests.features.queries import reads, recorded
from tests.features.rows import make_message
from webapp.domain.message_status import MessageStatus
from webapp.models import Customer, Message
from webapp.services.history import PAGE_SIZE
from webapp.ui import words


def ids(html: str) -> list[int]:
    return [int(row["data-message-id"]) for row in having(html, "data-message-id")]


def find(browser: Browser, **query: object) -> list[int]:
    answer = browser.client.get(
        "/messages/", query_string={name: str(value) for name, value in query.items()}
    )
    assert answer.status_code == 200
    return ids(answer.text)


def following(html: str) -> str | None:
    return next((element["href"] for element in having(html, "rel", "next")), None)


def test_rows_are_newest_first(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        made = [make_message(customer, subject=f"{number}通目").id for number in range(3)]
    page = browser.get("/messages/").text
    assert ids(page) == made[::-1]
    for row in having(page, "data-message-id"):
        assert row.tag == "tr"
        assert row["data-status"] == "delivered"
        assert f"/messages/{row['data-message-id']}" in [e.attributes.get("href") for e in row.inside]
    assert "selected" not in page.replace("data-selected", ""), "nothing is selected without being asked for"


def test_row_shows_what_became_of_it(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        make_message(customer, carrier=50, segments=3, clicks=[2, 5])
        make_message(customer, status="queued")
    _, row = having(browser.get("/messages/").text, "data-message-id")
    cells = {e["data-label"]: e.text for e in row.inside if "data-label" in e.attributes}
    assert (cells["会社"], cells["通数"], cells["クリック"]) == ("楽天モバイル", "3", "7")
    assert cells["送信者"] == "管理 花子"
    waiting, _ = having(browser.get("/messages/").text, "data-message-id")
    assert [
        e.text for e in waiting.inside if e.attributes.get("data-label") in {"通数", "クリック", "会社"}
    ] == [""] * 3


@pytest.mark.parametrize("status", list(MessageStatus))
def test_every_status_has_its_row_and_filter(
    app: Flask, browser: Browser, customer: Customer, status: MessageStatus
) -> None:
    with app.app_context():
        wanted = make_message(customer, status=status).id
        for other in MessageStatus:
            if other != status:
                make_message(customer, status=other)
    page = browser.get(f"/messages/?status={status}").text
    assert ids(page) == [wanted]
    assert words.STATUS_WORDS[status].label in page
    chosen = [e["value"] for e in read(page) if e.tag == "option" and "selected" in e.attributes]
    assert chosen == [status.value]


def test_filters(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        other = make_customer(name="髙橋 花子", name_kana="タカハシ ハナコ", mobile_number="08012345678")
        one = make_message(customer, subject="内見の件", text="明日10時").id
        two = make_message(other, subject="契約の件", text="100%確実です").id
    both = [two, one]
    assert find(browser) == both
    assert find(browser, customer_id=customer.id) == [one]
    assert find(browser, q="契約") == [two]
    assert find(browser, q="明日10時") == [one]
    assert find(browser, q="100%") == [two]
    assert find(browser, q="%") == [two]
    assert find(browser, q="の件") == both
    for typed in ("高橋", "たかはし", "5678", "080-1234-5678", "髙橋\u3000契約", "ﾀｶﾊｼ"):
        assert find(browser, q=typed) == [two], typed
    # Every word must be found.
    assert find(browser, q="高橋 内見") == []
    assert find(browser, q="高橋 無い") == []
    assert find(browser, q="内見", customer_id=other.id) == []
    assert find(browser, q="内見", status="failed") == []
    page = browser.get(f"/messages/?customer_id={other.id}&q=契約").text
    assert "髙橋 花子 様のSMS送信履歴" in page
    kept = {
        e["name"]: e.attributes.get("value")
        for e in read(page)
        if e.tag == "input" and "name" in e.attributes
    }
    assert (kept["q"], kept["customer_id"]) == ("契約", str(other.id))


def test_days_are_days_in_japan(app: Flask, browser: Browser, customer: Customer) -> None:
    midnight = datetime(2026, 11, 23, 15, tzinfo=UTC)  # the 24th begins in Japan
    with app.app_context():
        before = make_message(customer, created_at=midnight - timedelta(seconds=1)).id
        first = make_message(customer, created_at=midnight).id
        last = make_message(customer, created_at=midnight + timedelta(days=1, seconds=-1)).id
        after = make_message(customer, created_at=midnight + timedelta(days=1)).id
    day = "2026-11-24"
    assert find(browser, **{"from": day, "to": day}) == [last, first]
    assert find(browser, **{"from": day}) == [after, last, first]
    assert find(browser, to=day) == [last, first, before]
    assert find(browser, **{"from": "2026-11-25", "to": "2026-11-23"}) == []


def test_bad_filters_do_no_harm(browser: Browser, message: Message) -> None:
    days = ("2026-02-30", "0001-01-01", "9999-12-31")
    for value in ("", "x", "-1", "0", *days, str(10**30), "1e9", "\0", "１", "[]"):
        for name in ("customer_id", "status", "from", "to", "older_than", "q", "selected"):
            find(browser, **{name: value})


def test_strangers_in_the_address_are_left_alone(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        for _ in range(PAGE_SIZE + 1):
            make_message(customer)
    for name in ("endpoint", "_external", "_scheme", "_anchor", "_method", "values", "self", "x\r\ny"):
        answer = browser.client.get("/messages/", query_string={name: "https", "status": "delivered"})
        assert answer.status_code == 200, name
        assert following(answer.text) == "/messages/?status=delivered&older_than=2"


def test_pages_go_on_by_key(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        made = [make_message(customer).id for _ in range(2 * PAGE_SIZE)]
        make_message(make_customer(name="別人"))
    seen: list[int] = []
    path: str | None = f"/messages/?customer_id={customer.id}"
    while path:
        page = browser.get(path).text
        seen += ids(page)
        path = following(page)
        assert path is None or f"customer_id={customer.id}" in path
        with app.app_context():
            make_message(customer)  # what comes in meanwhile moves nothing
    assert seen == made[::-1]


def test_one_row_costs_as_many_queries_as_fifty(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        make_message(customer)
    with recorded(app) as one:
        browser.get("/messages/")
    with app.app_context():
        for _ in range(PAGE_SIZE - 1):
            make_message(make_customer(name="別人"))
    with recorded(app) as fifty:
        assert len(ids(browser.get("/messages/").text)) == PAGE_SIZE
    assert len(reads(one)) == len(reads(fifty)) <= 4


@pytest.mark.parametrize("query", ["", "?q=内見", "?status=failed", "?customer_id=1"])
def test_fragment_is_the_part_of_the_page(browser: Browser, message: Message, query: str) -> None:
    page = browser.get(f"/messages/{query}")
    part = browser.fragment(f"/messages/{query}")
    assert part.text in page.text
    assert "<html" not in part.text
    for answer in (page, part):
        assert "HX-Request" in answer.headers["Vary"]


def test_empty_history_says_what_to_do(browser: Browser) -> None:
    assert "まだSMSを送っていません。" in browser.get("/messages/").text
    assert "当てはまるSMSはありません。" in browser.get("/messages/?q=x").text


@pytest.mark.parametrize(
    ("query", "name"),
    [("status=bogus", "状態"), ("from=2026-13-01", "送信日(から)"), ("customer_id=x", "顧客")],
)
def test_a_filter_that_cannot_be_read_finds_nothing_and_is_named(
    app: Flask, browser: Browser, message: Message, query: str, name: str
) -> None:
    page = browser.get(f"/messages/?{query}").text
    assert f"絞り込みの指定が正しくありません:{name}" in page
    assert "data-message-id" not in page
