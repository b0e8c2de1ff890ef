"""Reserving on the compose page, and cancelling on the message's page."""

from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import Browser
from tests.features.markup import by_id
from tests.features.rows import everything
from tests.features.test_compose import path_of, written
from webapp.extensions import db
from webapp.models import Customer, Delivery, Interaction, Message

# Tuesday 24 November 2026, 17:58 in Japan
NOW = datetime(2026, 11, 24, 8, 58, tzinfo=UTC)


@pytest.fixture(autouse=True)
def the_time() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def fields(browser: Browser, customer: Customer, day: str, time: str) -> dict[str, str]:
    chosen = {"timing": "later", "scheduled_on": day, "scheduled_time": time}
    return written(browser, customer, body="内見のご案内です。", **chosen)


def reserve(browser: Browser, customer: Customer, day: str = "2026-11-25", time: str = "15:01") -> str:
    return browser.post(path_of(customer), **fields(browser, customer, day, time)).location


@pytest.mark.parametrize(
    ("day", "time", "rounded"),
    [
        ("2026-11-25", "15:01", datetime(2026, 11, 25, 6, 10, tzinfo=UTC)),
        ("2026-11-25", "15:10", datetime(2026, 11, 25, 6, 10, tzinfo=UTC)),
        ("2026-11-24", "23:55", datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
        ("2026-11-24", "17:55", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("2027-11-24", "17:50", datetime(2027, 11, 24, 8, 50, tzinfo=UTC)),
    ],
)
def test_the_time_is_rounded_up_as_smslink_does(
    app: Flask, browser: Browser, customer: Customer, day: str, time: str, rounded: datetime
) -> None:
    shown = browser.fragment("/messages/schedule", **fields(browser, customer, day, time)).text
    page = browser.get(reserve(browser, customer, day, time)).text
    with app.app_context():
        assert db.session.scalar(select(Delivery.reserved_at)) == rounded
        assert db.session.scalar(select(Interaction.kind)) == "sms_reserved"
    brief = by_id(shown, "schedule-brief").text
    assert by_id(shown, "schedule")["data-ok"] == "true"
    assert brief in page


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2026-11-24", "17:50", "2026年11月24日(火) 18:00"),
        ("2026-11-23", "23:59", "これから先の日時"),
        ("2027-11-24", "17:51", "1年以内"),
    ],
)
def test_the_limits_are_those_of_the_rounded_time(
    app: Flask, browser: Browser, customer: Customer, day: str, time: str, words: str
) -> None:
    sent = fields(browser, customer, day, time)
    shown = browser.fragment("/messages/schedule", **sent)
    assert (shown.status_code, by_id(shown.text, "schedule")["data-ok"]) == (200, "false")
    assert words in by_id(shown.text, "schedule").text
    refused = browser.post(path_of(customer), 422, **sent).text
    assert words in by_id(refused, "error-summary").text
    assert by_id(refused, "scheduled_on")["value"] == day
    assert by_id(refused, "scheduled_time")["value"] == time
    with app.app_context():
        assert not everything()["message"]


def test_the_day_is_named_with_its_holiday(browser: Browser, customer: Customer) -> None:
    shown = browser.fragment("/messages/schedule", **fields(browser, customer, "2027-01-01", "10:00")).text
    assert "2027年1月1日(金) 10:00" in by_id(shown, "schedule").text
    assert "元日" in by_id(shown, "schedule").text
    assert by_id(shown, "schedule")["data-question"] == "この内容で予約しますか?"
    assert "元日" in by_id(shown, "schedule-brief").text
    assert "2027年1月1日(金) 9:50" in by_id(shown, "schedule").text.replace("09:50", "9:50")


def test_the_same_key_for_another_time_is_refused(browser: Browser, customer: Customer) -> None:
    sent = fields(browser, customer, "2026-11-25", "15:00")
    first = browser.post(path_of(customer), **sent).location
    assert browser.post(path_of(customer), **sent).location == first
    later = sent | {"scheduled_time": "16:00"}
    assert "すでに送信を受け付けて" in browser.post(path_of(customer), 422, **later).text


def test_the_check_without_javascript_keeps_the_time(browser: Browser, customer: Customer) -> None:
    checked = browser.post(
        path_of(customer, "check"), 200, **fields(browser, customer, "2026-11-25", "15:01")
    )
    assert "2026年11月25日(水) 15:10" in checked.text
    assert ">予約する</button>" in checked.text
    edited = browser.post(path_of(customer, "edit"), 200, **fields(browser, customer, "2026-11-25", "15:01"))
    assert by_id(edited.text, "scheduled_time")["value"] == "15:01"


def test_what_is_not_registered_yet_is_cancelled_at_once(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    page = reserve(browser, customer)
    assert "配信予約をキャンセル" in browser.get(page).text
    browser.post(f"{page}/cancel")
    cancelled = browser.get(page).text
    assert by_id(cancelled, "message-result")["data-status"] == "cancelled"
    assert "キャンセル日時" in cancelled
    with app.app_context():
        before = everything()
    browser.post(f"{page}/cancel")
    assert "取り消すものはありません" in browser.get(page).text
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(("second", "is_allowed"), [(0, True), (1, False)])
def test_a_reservation_can_be_cancelled_until_ten_minutes_before(
    app: Flask,
    browser: Browser,
    customer: Customer,
    the_time: time_machine.Traveller,
    second: int,
    is_allowed: bool,
) -> None:
    page = reserve(browser, customer, "2026-11-24", "18:30")
    with app.app_context():
        db.session.scalars(select(Message)).one().status = "reserved"
        db.session.commit()
    the_time.move_to(datetime(2026, 11, 24, 9, 20, second, tzinfo=UTC))
    if not is_allowed:
        assert "10分前を過ぎたため" in by_id(browser.get(page).text, "cancel-reason").text
    browser.post(f"{page}/cancel")
    shown = browser.get(page).text
    assert ("取り消しを受け付けました" in shown) == is_allowed
    assert ("10分前を過ぎたため" in shown) == (not is_allowed)
    with app.app_context():
        row = db.session.scalars(select(Message)).one()
        assert (row.cancel_requested_at is not None) == is_allowed
