"""SMS送信設定: the connection, the token nobody reads again, notification, the contract."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select

from tests.conftest import FIELD_KEY, Browser, rung
from tests.features.markup import by_id, error_at, form_with, read
from tests.features.rows import everything, make_message
from tests.servers import RedisServer
from tests.smslink.simulator_server import SimulatorProcess
from webapp import queue
from webapp.extensions import db, writing
from webapp.models import Customer, Message, Office
from webapp.services import holding, smslink_account
from webapp.smslink.wire import PRODUCTION_DOMAIN, SANDBOX_DOMAIN

TOKEN = "6f1c2f0e-0000-4000-8000-secretsecret"
PATH = "/settings/sms"


def shown(browser: Browser) -> dict[str, str]:
    return form_with(browser.get(PATH).text, "api_domain")


def stored(app: Flask) -> Office:
    with app.app_context():
        return db.session.scalars(select(Office)).one()


def save(browser: Browser, status: int = 303, **changes: str) -> str:
    return browser.post(PATH, status, **shown(browser) | changes).text


def test_page_of_a_new_office_is_good_as_it_stands(app: Flask, browser: Browser) -> None:
    fields = shown(browser)
    assert fields == {
        "api_domain": PRODUCTION_DOMAIN,
        "token": "",
        "show_results": "y",
        "notification_emails": "",
        "confirm_before_sending": "y",
        "unit_price": "",
        "shortened_url_length": "25",
        "requests_per_minute": "120",
    }
    save(browser)
    assert stored(app).api_domain == PRODUCTION_DOMAIN
    assert stored(app).token_encrypted is None
    assert shown(browser) == fields


def test_both_hosts_are_named_at_the_field(browser: Browser) -> None:
    text = browser.get(PATH).text
    assert f"本番は {PRODUCTION_DOMAIN} 、検証環境は {SANDBOX_DOMAIN} です。" in text
    assert "固定" not in text.replace("固定電話", "")


def test_every_setting_is_kept(app: Flask, browser: Browser) -> None:
    changes = {
        "api_domain": SANDBOX_DOMAIN,
        "notify_by_email": "y",
        "notification_emails": "a@example.jp; b@example.jp",
        "has_two_way": "y",
        "has_fixed_number": "y",
        "has_alphanumeric_sender": "y",
        "has_safe_delivery": "y",
        "unit_price": "9.5",
        "shortened_url_length": "30",
        "requests_per_minute": "60",
    }
    save(browser, **changes)
    office = stored(app)
    for name in (
        "notify_by_email",
        "has_two_way",
        "has_fixed_number",
        "has_alphanumeric_sender",
        "has_safe_delivery",
    ):
        assert getattr(office, name) is True
    assert office.notification_emails == ["a@example.jp", "b@example.jp"]
    assert (office.unit_price, office.shortened_url_length, office.requests_per_minute) == (
        Decimal("9.5"),
        30,
        60,
    )
    assert shown(browser) | {"unit_price": "9.5"} == shown(browser) | changes | {"token": ""}
    # A check box that is off sends nothing.
    fields = {name: value for name, value in shown(browser).items() if value != "y"}
    browser.post(PATH, **fields)
    office = stored(app)
    assert not any(
        getattr(office, name)
        for name in (
            "show_results",
            "notify_by_email",
            "confirm_before_sending",
            "has_two_way",
            "has_safe_delivery",
        )
    )


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "http://api.smslink.jp/",
        "https://api.smslink.jp.evil.example/",
        "https://api.smslink.jp@evil.example/",
        "https://api.smslink.jp:8443/",
        "https://api.smslink.jp/x",
        "https://api.smslink.jp/?",
        "https://evil.example/",
        "http://127.0.0.1:8001/",
        "api.smslink.jp",
        "https://аpi.smslink.jp/",
    ],
)
def test_token_goes_to_the_provider_only(app: Flask, browser: Browser, domain: str) -> None:
    with app.app_context():
        before = everything()
    page = save(browser, 422, api_domain=domain, token=TOKEN)
    assert error_at(page, "api_domain")
    assert form_with(page, "api_domain")["api_domain"] == domain
    assert TOKEN not in page
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(
    "domain", [PRODUCTION_DOMAIN, SANDBOX_DOMAIN, PRODUCTION_DOMAIN.rstrip("/"), f" {SANDBOX_DOMAIN}\t"]
)
def test_both_hosts_of_the_provider_are_taken(app: Flask, browser: Browser, domain: str) -> None:
    save(browser, api_domain=domain)
    assert stored(app).api_domain == f"{domain.strip().rstrip('/')}/"


def test_token_is_written_and_never_read_again(
    app: Flask, browser: Browser, configuration: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    save(browser, token=f" {TOKEN}\n")
    encrypted = stored(app).token_encrypted
    assert encrypted
    assert Fernet(FIELD_KEY).decrypt(encrypted.encode()).decode() == TOKEN
    # Left empty it stays.
    save(browser, token="", unit_price="10")
    assert stored(app).token_encrypted == encrypted
    save(browser, 422, token="", unit_price="x")
    page = browser.get(PATH).text
    assert "登録済み" in page
    assert by_id(page, "token").attributes.get("value", "") == ""
    browser.post("/settings/sms/check")
    pages = [
        browser.get(rule.rule).text
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and rule.endpoint not in {"auth.log_in", "auth.return_to_account", "health.readyz"}
    ]
    assert len(pages) >= 12
    assert not [page for page in pages if TOKEN in page]
    with app.app_context():
        db.session.remove()
    files = list(Path(configuration.data_dir).glob("sms.sqlite3*"))
    assert files
    assert not [file for file in files if TOKEN.encode() in file.read_bytes()]
    assert TOKEN not in "".join(capfd.readouterr())


@pytest.mark.parametrize("token", ["トークン", "a b", "a\r\nX: y", "a\0b", "x" * 201])
def test_token_that_cannot_travel_is_refused(app: Flask, browser: Browser, token: str) -> None:
    page = save(browser, 422, token=token)
    assert error_at(page, "token")
    assert form_with(page, "api_domain")["token"] == ""
    assert stored(app).token_encrypted is None


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("a@example.jp", ["a@example.jp"]),
        ("a@example.jp;b@example.jp", ["a@example.jp", "b@example.jp"]),
        (" a@example.jp ; b@example.jp ; ", ["a@example.jp", "b@example.jp"]),
        ("a@example.jp；b@example.jp", ["a@example.jp", "b@example.jp"]),
        (";".join(f"a{n}@example.jp" for n in range(5)), [f"a{n}@example.jp" for n in range(5)]),
    ],
)
def test_up_to_five_addresses(app: Flask, browser: Browser, typed: str, addresses: list[str]) -> None:
    save(browser, notify_by_email="y", notification_emails=typed)
    assert stored(app).notification_emails == addresses


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "メール通知を利用するには、通知先メールアドレスを入力してください。"),
        (" ; ", "メール通知を利用するには、通知先メールアドレスを入力してください。"),
        ("a@example.jp;wrong;b@example.jp", "「wrong」はメールアドレスの形が正しくありません。"),
        ("a@example.jp,b@example.jp", "「a@example.jp,b@example.jp」は"),
        ("a@example.jp b@example.jp", "「a@example.jp b@example.jp」は"),
        ("a@", "「a@」は"),
        ("<b>@example.jp", "「<b>@example.jp」は"),
        ("a@example.jp\r\nBcc: x@example.jp", "制御文字"),
        (";".join(f"a{n}@example.jp" for n in range(6)), "メールアドレスは5つまでです(現在6つ)。"),
    ],
)
def test_wrong_address_is_named(app: Flask, browser: Browser, typed: str, words: str) -> None:
    page = save(browser, 422, notify_by_email="y", notification_emails=typed)
    assert words in error_at(page, "notification_emails")
    kept = form_with(page, "api_domain")
    assert kept["notify_by_email"] == "y"
    if "\n" not in typed:
        assert kept["notification_emails"] == typed.strip()
    assert stored(app).notify_by_email is False


def test_without_notification_no_address_is_needed(app: Flask, browser: Browser) -> None:
    save(browser, notification_emails="")
    save(browser, notification_emails="a@example.jp")
    assert stored(app).notification_emails == ["a@example.jp"]
    assert "wrong" in error_at(save(browser, 422, notification_emails="wrong"), "notification_emails")


def test_numbers_that_are_none_are_refused(app: Flask, browser: Browser) -> None:
    fields = shown(browser)
    with app.app_context():
        before = everything()
    for name, values in {
        "unit_price": ("x", "-1", "10000", "NaN", "Infinity", "1e9", "1,5"),
        "shortened_url_length": ("", "x", "9", "101", "25.5", "-25", "9" * 30, "NaN"),
        "requests_per_minute": ("", "x", "0", "6001", "1.5", "9" * 5000),
    }.items():
        for value in values:
            page = browser.post(PATH, 422, **fields | {name: value}).text
            error = error_at(page, name)
            assert error, (name, value[:20])
            assert not error.isascii()
            assert form_with(page, name)[name] == value
    with app.app_context():
        assert everything() == before


def test_numbers_in_full_width_are_numbers(app: Flask, browser: Browser) -> None:
    save(browser, unit_price="９．５", shortened_url_length="３０", requests_per_minute="６０")
    office = stored(app)
    assert (office.unit_price, office.shortened_url_length, office.requests_per_minute) == (
        Decimal("9.5"),
        30,
        60,
    )


def flashed(browser: Browser) -> str:
    (flashes,) = [e for e in read(browser.get(PATH).text) if e.attributes.get("class") == "flashes"]
    return " ".join(flashes.text.split())


def test_check_tells_that_all_is_well(browser: Browser, provider: SimulatorProcess) -> None:
    browser.get(PATH)
    assert browser.post(f"{PATH}/check").location == PATH
    assert flashed(browser) == "SMSLINKに接続できました。送信できる状態です。"
    assert provider.ledger() == [], "the check sends nothing"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"kind": "error", "code": "ERR401002"}, "トークンキーが正しくありません。"),
        ({"kind": "error", "code": "ERR403001"}, "IPアドレスがSMSLINKで許可されていません。"),
        ({"kind": "503"}, "メンテナンス中です。"),
        ({"kind": "429"}, "呼び出し回数の上限です。"),
        ({"kind": "500"}, "エラーが起きた"),
        ({"kind": "drop_before"}, "SMSLINKとの通信が途中で切れました。"),
        ({"kind": "unreadable"}, "SMSLINKの返事を読み取れませんでした。"),
        ({"kind": "error", "code": "ERR404004"}, "APIドメインを確認してください。"),
    ],
)
def test_check_says_in_words_what_is_wrong(
    browser: Browser, provider: SimulatorProcess, trouble: dict[str, str], words: str
) -> None:
    # The client asks again where a GET was merely dropped.
    provider.trouble(**trouble, count=None)
    try:
        browser.get(PATH)
        browser.post(f"{PATH}/check")
    finally:
        provider.control("DELETE", "troubles")
    text = flashed(browser)
    assert text.startswith("接続できませんでした。")
    assert words in text
    assert "ERR" not in text


def test_check_with_a_wrong_token(browser_of: Callable[..., Browser], provider: SimulatorProcess) -> None:
    browser = browser_of(smslink_token="wrong").log_in()
    browser.post(f"{PATH}/check")
    assert "トークンキーが正しくありません。" in flashed(browser)


def test_check_of_what_does_not_answer(
    browser_of: Callable[..., Browser], provider: SimulatorProcess
) -> None:
    browser = browser_of(smslink_api_domain="http://127.0.0.1:1/").log_in()
    browser.post(f"{PATH}/check")
    assert "SMSLINKにつながりません。" in flashed(browser)
    browser = browser_of(smslink_api_domain="http://no-such-host.invalid/").log_in()
    browser.post(f"{PATH}/check")
    assert "名前を解決できません。" in flashed(browser)


def test_check_without_settings(app: Flask, browser: Browser) -> None:
    browser.post(f"{PATH}/check")
    assert "未設定です。" in flashed(browser)


def test_check_when_the_key_has_changed(browser: Browser, browser_of: Callable[..., Browser]) -> None:
    save(browser, token=TOKEN)
    other = browser_of(field_keys=(Fernet.generate_key().decode(),)).log_in()
    other.post(f"{PATH}/check")
    assert "復号できません" in flashed(other)
    # A new key in front of the old one reads what the old one wrote.
    rotated = browser_of(field_keys=(Fernet.generate_key().decode(), FIELD_KEY))
    with rotated.client.application.app_context():
        assert smslink_account.connection(db.session.get_one(Office, 1)).token == TOKEN


def test_environment_wins_and_says_so(browser_of: Callable[..., Browser], provider: SimulatorProcess) -> None:
    page = browser_of(smslink_token="from-outside").log_in().get(PATH).text
    assert "環境変数 SMSLINK_API_DOMAIN" in page
    assert provider.url in page
    assert "環境変数 SMSLINK_TOKEN" in page
    assert "from-outside" not in page


def hold(app: Flask, customer: Customer) -> None:
    with app.app_context():
        holding.hold_sending("ERR401002")
        make_message(customer, status="held", reason="ERR401002")
        make_message(customer, status="failed", reason="x")


def states(app: Flask) -> list[tuple[str, str | None]]:
    with app.app_context():
        return [(row.status, row.reason) for row in db.session.scalars(select(Message).order_by(Message.id))]


def test_resuming_sends_what_was_held(
    app: Flask, browser: Browser, customer: Customer, redis_server: RedisServer
) -> None:
    hold(app, customer)
    page = browser.get(PATH).text
    assert "すべての送信を保留しています" in page
    assert "トークンキーが正しくありません。" in page
    browser.post(f"{PATH}/resume")
    assert "送信を再開しました。" in flashed(browser)
    assert states(app) == [("queued", None), ("failed", "x")]
    assert stored(app).hold_reason is None
    assert queue.SUBMIT_JOB in rung(redis_server)
    assert "すべての送信を保留しています" not in browser.get("/").text


def test_a_connection_that_works_again_resumes(
    app: Flask, browser: Browser, customer: Customer, provider: SimulatorProcess
) -> None:
    hold(app, customer)
    browser.post(f"{PATH}/check")
    assert states(app) == [("queued", None), ("failed", "x")]


def test_a_check_that_fails_leaves_the_hold(app: Flask, browser: Browser, customer: Customer) -> None:
    hold(app, customer)
    browser.post(f"{PATH}/check")
    assert states(app)[0] == ("held", "ERR401002")
    assert stored(app).hold_reason == "ERR401002"


def test_a_new_token_resumes(app: Flask, browser: Browser, customer: Customer) -> None:
    hold(app, customer)
    save(browser, token=TOKEN)
    assert states(app)[0] == ("queued", None)


def test_hold_for_an_unknown_code_is_shown_all_the_same(app: Flask, browser: Browser) -> None:
    with app.app_context(), writing():
        db.session.get_one(Office, 1).hold_reason = "ERR999999"
    for path in (PATH, "/"):
        assert "すべての送信を保留しています" in browser.get(path).text
