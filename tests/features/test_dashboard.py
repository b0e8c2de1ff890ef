"""Today: what needs a person, what was sent, what it cost."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.conftest import Browser
from tests.features.markup import read
from tests.features.queries import reads, recorded
from tests.features.rows import make_message
from webapp import clock
from webapp.domain.message_status import NEEDS_A_PERSON, MessageStatus
from webapp.extensions import db, writing
from webapp.models import Customer, Office


def figures(html: str) -> dict[str, str]:
    (listed,) = [element for element in read(html) if element.attributes.get("class") == "figures"]
    terms = [element.text for element in listed.inside if element.tag == "dt"]
    return dict(zip(terms, [e.text for e in listed.inside if e.tag == "dd"], strict=True))


def waiting(html: str) -> str:
    return next(e.text for e in read(html) if e.attributes.get("aria-labelledby") == "waiting-title")


def test_new_office_is_shown_where_to_begin(browser: Browser) -> None:
    page = browser.get("/").text
    assert figures(page) == {"今日の送信": "0件", "今日届いたもの": "0件", "今月の通数": "0通"}
    assert "対応が必要なSMSはありません。" in page
    assert "まだSMSを送っていません。" in page


def test_figures_of_today_and_this_month(app: Flask, customer: Customer) -> None:
    now = datetime(2026, 11, 24, 3, tzinfo=UTC)
    with time_machine.travel(now, tick=False), app.app_context():
        make_message(customer, segments=2, delivered_at=now)
        make_message(customer, status="sending")
        make_message(customer, segments=3, created_at=datetime(2026, 11, 23, 14, 59, tzinfo=UTC))
        make_message(customer, segments=5, created_at=datetime(2026, 10, 31, 14, 59, tzinfo=UTC))
        make_message(customer, segments=7, created_at=datetime(2026, 10, 31, 15, 0, tzinfo=UTC))
        with writing():
            db.session.get_one(Office, 1).unit_price = 9.5
    with time_machine.travel(now):
        page = Browser(app.test_client()).log_in().get("/").text
    assert "2026年11月24日(火)" in page
    assert figures(page) == {
        "今日の送信": "2件",
        "今日届いたもの": "1件",
        "今月の通数": "12通",
        "今月の費用(概算)": "114円",
    }


def test_what_leaves_today_is_counted_by_its_time(app: Flask, customer: Customer) -> None:
    now = datetime(2026, 11, 24, 3, tzinfo=UTC)
    today, tomorrow = datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)
    october = datetime(2026, 10, 1, tzinfo=UTC)
    with time_machine.travel(now, tick=False), app.app_context():
        for values, reserved_at in (
            ({"status": "reserved"}, today),
            ({"status": "reserved", "created_at": october}, today),
            ({"status": "failed", "segments": 1}, None),
            # None of today's: it leaves tomorrow or never, or was for the sender alone.
            ({"status": "reserved"}, tomorrow),
            ({"status": "cancelled"}, today),
            ({"status": "cancelled"}, None),
            ({"status": "rejected"}, None),
            ({"status": "error"}, None),
            ({"customer_id": None, "segments": 2, "delivered_at": now}, None),
            ({"segments": 4, "created_at": october}, None),
        ):
            message = make_message(customer, **values)
            with writing():
                message.delivery.reserved_at = reserved_at
    with time_machine.travel(now):
        page = Browser(app.test_client()).log_in().get("/").text
    assert figures(page) == {"今日の送信": "3件", "今日届いたもの": "0件", "今月の通数": "3通"}
    assert "11/25(水) 00:00" in page


def test_what_needs_a_person_stands_first(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        for status in MessageStatus:
            make_message(customer, status=status, subject=f"件名{status}")
    page = browser.get("/").text
    shown = waiting(page)
    assert f"{len(NEEDS_A_PERSON)}件" in shown
    for status in MessageStatus:
        assert (f"件名{status}" in shown) == (status in NEEDS_A_PERSON)


@pytest.mark.parametrize(
    ("status", "is_shown"), [("sending", True), ("reserved", True), ("delivered", False)]
)
def test_what_does_not_move_for_a_day_waits_for_a_person(
    app: Flask, browser: Browser, customer: Customer, status: str, *, is_shown: bool
) -> None:
    day = timedelta(hours=24, minutes=1)
    with app.app_context():
        now = clock.now()
        make_message(customer, status=status, subject="件名古い", created_at=now - day)
        make_message(customer, status=status, subject="件名新しい", created_at=now - timedelta(hours=23))
        for subject, reserved_at in (("件名これから", now + day), ("件名過ぎた", now - day)):
            planned = make_message(
                customer, status=status, subject=subject, created_at=now - timedelta(days=30)
            )
            with writing():
                planned.delivery.reserved_at = reserved_at
    page = browser.get("/").text
    assert ("件名古い" in waiting(page)) == ("件名過ぎた" in waiting(page)) == is_shown
    assert ("2件" in waiting(page)) == is_shown
    assert "件名新しい" not in waiting(page)
    assert "件名これから" not in waiting(page)


def test_many_messages_cost_no_more_queries(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        make_message(customer, status="failed")
    with recorded(app) as one:
        browser.get("/")
    with app.app_context():
        for _ in range(30):
            make_message(customer, status="failed")
    with recorded(app) as many:
        page = browser.get("/").text
    assert "31件" in waiting(page)
    assert len(reads(one)) == len(reads(many)) <= 8
