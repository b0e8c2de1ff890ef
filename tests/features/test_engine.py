"""The engine as a person sees it: what waits and what is alive, with the action each needs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue, Worker
from rq.cron import CronScheduler
from rq.serializers import JSONSerializer

from tests.conftest import Browser, rung
from tests.features.markup import by_id, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import everything, make_message
from tests.servers import RedisServer
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock, queue
from webapp.domain.message_status import LIVE, MessageStatus
from webapp.extensions import db, writing
from webapp.features.engine.words import LABELS
from webapp.models import Attempt, Customer, Message, Office
from webapp.services import engine, smslink_account
from webapp.services.engine import Line, Need
from webapp.ui import words


@pytest.fixture
def alive(redis_server: RedisServer) -> Iterator[None]:
    """A worker for each queue and a scheduler, as Redis knows them while they run."""
    with redis_server.connect() as connection:
        for name in (queue.SEND, queue.SWEEP):
            worker = Worker(
                [Queue(name, connection=connection, serializer=JSONSerializer)], connection=connection
            )
            worker.register_birth()
            worker.heartbeat()
        scheduler = CronScheduler(connection=connection)
        scheduler.register_birth()
        scheduler.heartbeat()
        yield


@pytest.fixture
def connected(app: Flask, provider: SimulatorProcess, alive: None) -> None:
    """All is well: the parts run, and SMSLINK is set."""
    with app.app_context():
        smslink_account.store_token(provider.url, provider.token)


def needs(html: str) -> dict[str, str]:
    """What each line asks for."""
    return {element["data-line"]: element["data-need"] for element in having(html, "data-line")}


def line(html: str, name: str) -> str:
    (found,) = having(html, "data-line", name)
    return " ".join(found.text.split())


def is_well(html: str) -> bool:
    return by_id(html, "engine")["data-ok"] == "true"


def office(app: Flask, **columns: object) -> None:
    with app.app_context(), writing():
        row = db.session.get_one(Office, 1)
        for name, value in columns.items():
            setattr(row, name, value)


def test_all_is_well(browser: Browser, connected: None) -> None:
    page = browser.get("/engine").text
    assert set(needs(page)) == set(Line)
    assert set(needs(page).values()) == {Need.NOTHING}
    assert is_well(page)
    assert "正常に動いています" in page
    assert not having(page, "action", "/engine/resume")
    for part in (Line.SENDER, Line.ASKER, Line.SCHEDULER):
        assert ":" in line(page, part)  # when it was last heard of


def test_page_equals_fragment_and_asks_again(browser: Browser, connected: None) -> None:
    page, part = browser.get("/engine"), browser.fragment("/engine")
    root = by_id(part.text, "engine")
    assert (root["hx-get"], root["hx-trigger"]) == ("/engine", "every 5s")
    assert part.text.strip() in page.text
    for answer in (page, part):
        assert "HX-Request" in answer.headers["Vary"]
    assert 'http-equiv="refresh"' in page.text


def test_what_waits_is_counted_with_the_oldest(
    app: Flask, browser: Browser, customer: Customer, connected: None
) -> None:
    now = clock.now()
    with app.app_context():
        for status in MessageStatus:
            for minutes in (0, 30):
                moment = now - timedelta(seconds=10, minutes=minutes if status == "held" else 0)
                make_message(
                    customer,
                    status=status,
                    created_at=now - timedelta(minutes=minutes),
                    next_attempt_at=now,
                    claimed_at=moment,
                    unconfirmed_since=moment,
                )
    page = browser.get("/engine").text
    assert not is_well(page)
    for status in (*LIVE, MessageStatus.HELD, MessageStatus.RESERVED):
        assert words.STATUS_WORDS[status].label in line(page, status)
        assert "2件" in line(page, status)
        (link,) = having(page, "href", f"/messages/?status={status}")
        assert link.text == words.STATUS_WORDS[status].label
    found = needs(page)
    assert [name for name, need in found.items() if need == Need.GOES_ON] == [
        "queued",
        "submitting",
        "unconfirmed",
        "reserved",
        "sending",
    ]
    assert found["held"] == Need.MEND


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"status": "queued", "next_attempt_at": timedelta(minutes=-2)}, "queued"),
        ({"status": "submitting", "claimed_at": timedelta(minutes=-2)}, "submitting"),
        ({"status": "unconfirmed", "unconfirmed_since": timedelta(minutes=-11)}, "unconfirmed"),
        ({"status": "reserved", "cancel_requested_at": timedelta(minutes=-2)}, "cancelling"),
        ({"status": "sending", "created_at": timedelta(hours=-25)}, "overdue"),
    ],
)
def test_what_stands_still_is_said_with_what_to_do(
    app: Flask, browser: Browser, staff_browser: Browser, customer: Customer, connected: None,
    columns: dict[str, object], name: str,
) -> None:  # fmt: skip
    now = clock.now()
    moments = {key: now + value if isinstance(value, timedelta) else value for key, value in columns.items()}
    with app.app_context():
        make_message(customer, **moments)
    page = browser.get("/engine").text
    assert [key for key, need in needs(page).items() if Need(need).is_trouble] == [name]
    assert needs(page)[name] == (Need.LOOK if name == "overdue" else Need.STANDS_STILL)
    assert "要確認" in line(page, name)
    assert not is_well(page)
    if name != "overdue":
        assert "サーバーを再起動してください" in line(page, name)
        assert "管理者に知らせてください" in line(staff_browser.get("/engine").text, name)


def test_a_long_queue_that_moves_is_no_trouble(
    app: Flask, browser: Browser, customer: Customer, connected: None
) -> None:
    """At the pace of the contract a thousand messages take eight minutes."""
    now = clock.now()
    with app.app_context():
        for _ in range(3):
            message = make_message(customer, status="queued", next_attempt_at=now - timedelta(minutes=5))
        with writing():
            db.session.add(
                Attempt(delivery_id=message.delivery_id, number=1, started_at=now - timedelta(seconds=20))
            )
    page = browser.get("/engine").text
    assert needs(page)["queued"] == Need.GOES_ON
    assert is_well(page)


def test_hold_is_ended_with_one_click_by_an_administrator(
    app: Flask, browser: Browser, customer: Customer, connected: None, redis_server: RedisServer
) -> None:
    office(app, hold_reason="ERR401002", held_since=clock.now())
    with app.app_context():
        make_message(customer, status="held", reason="ERR401002")
        make_message(customer, status="queued")
    page = browser.get("/engine").text
    found = needs(page)
    assert (found["held"], found["smslink"], found["queued"]) == (Need.MEND, Need.MEND, Need.UNTIL_RESUMED)
    assert "トークンキーが正しくありません" in line(page, "smslink")
    with redis_server.connect() as connection:
        connection.delete(f"rq:queue:{queue.SEND}")
    assert having(page, "action", "/engine/resume")
    assert browser.post("/engine/resume").location == "/engine"
    with app.app_context():
        assert db.session.get_one(Office, 1).hold_reason is None
        assert db.session.get_one(Message, 1).status == "queued"
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    page = browser.get("/engine").text
    assert "送信を再開しました" in page
    assert is_well(page)


def test_pause_says_until_when(app: Flask, browser: Browser, customer: Customer, connected: None) -> None:
    office(app, paused_until=clock.now() + timedelta(seconds=50), failures_in_a_row=3)
    with app.app_context():
        make_message(customer, status="queued", next_attempt_at=clock.now() - timedelta(minutes=5))
    page = browser.get("/engine").text
    for name in ("queued", "smslink"):
        assert needs(page)[name] == Need.UNTIL_PAUSE_ENDS
        assert "自動でもう一度試します" in line(page, name)
    browser.post("/engine/resume")
    with app.app_context():
        row = db.session.get_one(Office, 1)
        assert (row.paused_until, row.failures_in_a_row) == (None, 0)
    office(app, paused_until=clock.now() - timedelta(seconds=1))
    assert needs(browser.get("/engine").text)["smslink"] == Need.NOTHING


def test_what_only_waits_is_no_trouble(app: Flask, browser: Browser, connected: None) -> None:
    office(app, paused_until=clock.now() + timedelta(seconds=50))
    page = browser.get("/engine").text
    assert "待っています" in page
    assert "要確認" not in page
    assert not is_well(page)


def test_staff_see_it_and_change_nothing(app: Flask, staff_browser: Browser, connected: None) -> None:
    office(app, hold_reason="ERR401002", held_since=clock.now())
    page = staff_browser.get("/engine").text
    assert needs(page)["smslink"] == Need.MEND
    assert "管理者に知らせてください" in line(page, "smslink")
    assert not having(page, "action", "/engine/resume")
    assert 'href="/settings' not in page
    with app.app_context():
        before = everything()
    assert "権限がありません" in staff_browser.post("/engine/resume", 403).text
    with app.app_context():
        assert everything() == before


def test_parts_that_do_not_run_are_named(
    app: Flask, browser: Browser, staff_browser: Browser, customer: Customer, redis_server: RedisServer
) -> None:
    """As after a start of the web server alone."""
    with app.app_context():
        make_message(customer, status="queued")
    page = browser.get("/engine").text
    found = needs(page)
    assert found["redis"] == Need.NOTHING
    assert found["sender"] == found["asker"] == found["scheduler"] == Need.RESTART
    assert found["smslink"] == Need.CONFIGURE
    assert found["queued"] == Need.UNTIL_ENGINE_RUNS
    assert "サーバーを再起動してください" in line(page, "sender")
    assert "管理者に知らせてください" in line(staff_browser.get("/engine").text, "sender")


def test_redis_away_is_a_page_too(app: Flask, browser: Browser, browser_of) -> None:
    away = browser_of(redis_url="unix:///nowhere/redis.sock").log_in()
    found = needs(away.get("/engine").text)
    assert found["redis"] == Need.RESTART
    assert {found[name] for name in ("sender", "asker", "scheduler")} == {Need.UNKNOWN}


def test_many_messages_cost_no_more_queries(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        make_message(customer, status="queued")
    with recorded(app) as one:
        browser.fragment("/engine")
    with app.app_context():
        for status in MessageStatus:
            make_message(customer, status=status)
    with recorded(app) as many:
        browser.fragment("/engine")
    assert len(reads(one)) == len(reads(many)) <= 5


def test_it_is_one_glance_away(browser: Browser, staff_browser: Browser) -> None:
    for someone in (browser, staff_browser):
        assert having(someone.get("/").text, "href", "/engine")
    assert having(browser.get("/customers/").text, "href", "/engine")


def test_every_line_and_need_has_its_words(app: Flask) -> None:
    from webapp.features.engine.words import _SENTENCES

    assert set(LABELS) == set(Line)
    assert set(_SENTENCES) == set(Need)
    shown = engine.Engine((), (), "unheard_of", None, clock.now())
    for need, make in _SENTENCES.items():
        for name in Line:
            if need != Need.GOES_ON:
                for is_administrator in (True, False):
                    assert make(name, shown, is_administrator).endswith("。")


def test_a_hold_is_told_on_every_page(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    office(app, hold_reason="ERR401002", held_since=clock.now())
    pages = ("/", "/customers/", "/customers/new", "/messages/", "/sms-templates/", "/account", "/carriers",
             "/engine")  # fmt: skip
    for path in (*pages, "/settings/sms", "/settings/staff", "/settings/company", "/settings/first-steps"):
        page = browser.get(path).text
        assert "すべての送信を保留しています" in page, path
        assert "トークンキーが正しくありません" in page, path
        assert having(page, "href", "/settings/sms"), path
    for path in pages:
        page = staff_browser.get(path).text
        assert "すべての送信を保留しています" in page, path
        assert "管理者が設定を直すと送られます" in page, path
        assert 'href="/settings' not in page, path
    assert "すべての送信を保留しています" in browser.get("/nowhere", 404).text
    office(app, hold_reason=None)
    for path in pages:
        assert "保留しています" not in "".join(e.text for e in read(browser.get(path).text) if e.tag == "p")


def test_a_stranger_is_told_nothing_of_a_hold(app: Flask, anonymous: Browser) -> None:
    office(app, hold_reason="ERR401002", held_since=clock.now())
    assert "保留" not in anonymous.get("/login").text
