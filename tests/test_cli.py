"""The administrator's commands."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import FIELD_KEY, Browser, make_configuration
from tests.features.rows import everything
from tests.servers import RedisServer
from tests.smslink.simulator_server import SimulatorProcess
from webapp import cli, create_app
from webapp.config import Configuration
from webapp.extensions import db
from webapp.models import Customer, Office, SmsTemplate, Staff
from webapp.services import customers
from webapp.services.customers import CustomerValues
from webapp.services.starter_templates import STARTERS
from webapp.smslink.wire import PRODUCTION_DOMAIN, SANDBOX_DOMAIN

TOKEN = "6f1c2f0e-0000-4000-8000-secretsecret"


def run(app: Flask, *arguments: str, status: int = 0, given: str | None = None) -> Result:
    result = app.test_cli_runner().invoke(args=arguments, input=given)
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def fresh(tmp_path: Path, redis_server: RedisServer) -> Iterator[Callable[..., Flask]]:
    """Applications on an empty folder, before anything was migrated."""
    opened: list[Flask] = []

    def open_app(**changes: Any) -> Flask:
        folder = tmp_path / "fresh"
        folder.mkdir(exist_ok=True)
        configuration: Configuration = make_configuration(folder, redis_server.url)
        opened.append(create_app(replace(configuration, **changes), TESTING=True))
        cli.register(opened[-1])
        return opened[-1]

    yield open_app
    for app in opened:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def prepared(app: Flask) -> str | None:
    """Run `prepare`; the administrator's password when there is a new one."""
    answer = json.loads(run(app, "prepare").stdout.splitlines()[-1])
    assert answer["administrator"]["login_id"] == "admin"
    password: str | None = answer["administrator"]["password"]
    return password


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_prepare_makes_a_product_that_can_be_used(fresh: Callable[..., Flask]) -> None:
    app = fresh()
    password = prepared(app)
    assert password
    assert len(password) >= 16
    assert (count(app, Staff), count(app, Customer), count(app, Office)) == (1, 0, 1)
    assert count(app, SmsTemplate) == len(STARTERS)
    browser = Browser(app.test_client())
    browser.get("/login")
    browser.post("/login", login_id="admin", password=password)
    assert browser.get("/", 303).location == "/account", "a random password must be changed"


def test_prepare_again_changes_nothing(fresh: Callable[..., Flask]) -> None:
    app = fresh()
    prepared(app)
    with app.app_context():
        before = everything()
    assert prepared(app) is None
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize("at_once", [1, 1000])
def test_prepare_lets_old_cards_be_found_by_their_building(
    fresh: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(customers, "RENEWED_AT_ONCE", at_once)
    app = fresh()
    prepared(app)
    with app.app_context():
        old = customers.create_customer(
            CustomerValues("山田 太郎", "09012345678", property_name="コーポ港", room="203")
        )
        customers.create_customer(CustomerValues("小林 誠", "09012345679"))
        old.search_text = "山田太郎 09012345678"
        db.session.commit()
        before = everything()
    prepared(app)
    with app.app_context():
        assert [card.name for card in customers.search_customers("こーぽ港203").customers] == ["山田 太郎"]
        db.session.get_one(Customer, old.id).search_text = "山田太郎 09012345678"
        db.session.commit()
        assert everything() == before  # nothing else was written, the moment of the last change neither


def test_given_password_is_used_once_and_needs_no_change(
    fresh: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh()
    monkeypatch.setenv("ADMIN_PASSWORD", "a given password")
    assert prepared(app) is None
    Browser(app.test_client()).log_in(password="a given password").get("/")
    monkeypatch.setenv("ADMIN_PASSWORD", "another password")
    prepared(app)
    Browser(app.test_client()).log_in(password="a given password")


@pytest.mark.parametrize("given", ["nine char", "x" * 257])
def test_given_password_is_as_long_as_any(
    fresh: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    app = fresh()
    monkeypatch.setenv("ADMIN_PASSWORD", given)
    output = run(app, "prepare", status=os.EX_CONFIG).output
    assert "ADMIN_PASSWORD は10文字から256文字の間で" in output
    assert given not in output
    assert count(app, Staff) == 0
    # Of an office that has its people it is not read any more.
    monkeypatch.setenv("ADMIN_PASSWORD", "ten characters")
    prepared(app)
    monkeypatch.setenv("ADMIN_PASSWORD", given)
    prepared(app)


def test_prepare_loads_sample_data_with_the_simulator_only(
    fresh: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "http://127.0.0.1:9/"
    monkeypatch.setenv("SIMULATOR_TOKEN", TOKEN)
    plain = fresh()
    prepared(plain)
    assert count(plain, Customer) == 0
    app = fresh(smslink_api_domain=address, simulator_url=address)
    prepared(app)
    customers = count(app, Customer)
    assert customers >= 8
    with app.app_context():
        office = db.session.get_one(Office, 1)
        assert office.company_name == "みなと不動産株式会社"
        assert office.token_encrypted
        assert Fernet(FIELD_KEY).decrypt(office.token_encrypted).decode() == TOKEN
        db.session.delete(db.session.get_one(Customer, 1))
        db.session.commit()
    prepared(app)
    assert count(app, Customer) == customers - 1
    monkeypatch.setenv("ADMIN_PASSWORD", "unused")
    assert count(app, Staff) == 3


def test_sample_data_can_be_used(
    fresh: Callable[..., Flask], provider: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_TOKEN", provider.token)
    monkeypatch.setenv("ADMIN_PASSWORD", "a given password")
    app = fresh(smslink_api_domain=provider.url, simulator_url=provider.url)
    prepared(app)
    assert "接続できました" in run(app, "smslink", "check").output
    browser = Browser(app.test_client()).log_in(password="a given password")
    for number in range(1, count(app, Customer) + 1):
        browser.get(f"/customers/{number}")
        browser.get(f"/customers/{number}/edit")
        browser.get(f"/customers/{number}/messages/new")


def test_demo_load_is_for_the_simulator(app: Flask) -> None:
    assert "模擬環境" in run(app, "demo", "load", status=1).output
    assert count(app, Customer) == 0


def test_demo_load_leaves_an_office_with_customers_alone(
    fresh: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_TOKEN", TOKEN)
    address = "http://127.0.0.1:9/"
    app = fresh(smslink_api_domain=address, simulator_url=address)
    prepared(app)
    customers = count(app, Customer)
    assert "読み込みませんでした。" in run(app, "demo", "load").output
    assert count(app, Customer) == customers


def test_staff_create(app: Flask) -> None:
    output = run(app, "staff", "create", "--login-id", "Sato", "--name", "佐藤 健一").output
    password = output.strip().removeprefix("最初のパスワード: ")
    with app.app_context():
        person = db.session.scalars(select(Staff).where(Staff.login_id == "sato")).one()
        assert (person.name, person.role, person.must_change_password) == ("佐藤 健一", "staff", True)
    browser = Browser(app.test_client())
    browser.get("/login")
    browser.post("/login", login_id="sato", password=password)


def test_staff_create_asks_for_what_is_missing(app: Flask) -> None:
    run(app, "staff", "create", "--administrator", given="chief\n管理 次郎\n")
    with app.app_context():
        assert db.session.scalars(select(Staff).where(Staff.login_id == "chief")).one().is_administrator


@pytest.mark.parametrize(
    ("login_id", "words"),
    [
        ("ADMIN", "すでに使われています。"),
        ("佐藤", "半角の英数字"),
        ("a b", "半角の英数字"),
        ("", "半角の英数字"),
    ],
)
def test_staff_create_refuses_in_words(app: Flask, login_id: str, words: str) -> None:
    result = run(app, "staff", "create", "--login-id", login_id, "--name", "x", status=1)
    assert words in result.output
    assert count(app, Staff) == 1


def test_staff_reset_password(app: Flask, browser: Browser) -> None:
    output = run(app, "staff", "reset-password", "ADMIN").output
    password = output.strip().removeprefix("新しいパスワード: ")
    browser.get("/", 303)
    browser.get("/login")
    browser.post("/login", login_id="admin", password=password)
    assert browser.get("/", 303).location == "/account"
    assert (
        "「nobody」のスタッフはいません。" in run(app, "staff", "reset-password", "nobody", status=1).output
    )


def test_smslink_configure_reads_the_token_from_standard_input(app: Flask) -> None:
    result = run(app, "smslink", "configure", given=f"{TOKEN}\n")
    assert TOKEN not in result.output
    with app.app_context():
        office = db.session.get_one(Office, 1)
        assert office.api_domain == PRODUCTION_DOMAIN
        assert office.token_encrypted
        assert Fernet(FIELD_KEY).decrypt(office.token_encrypted).decode() == TOKEN
    run(app, "smslink", "configure", "--domain", SANDBOX_DOMAIN, given=TOKEN)
    with app.app_context():
        assert db.session.get_one(Office, 1).api_domain == SANDBOX_DOMAIN


@pytest.mark.parametrize("given", ["", "\n", "トークン\n", "a b\n"])
def test_smslink_configure_refuses_what_is_no_token(app: Flask, given: str) -> None:
    assert "トークンキー" in run(app, "smslink", "configure", status=1, given=given).output
    with app.app_context():
        assert db.session.get_one(Office, 1).token_encrypted is None


def test_smslink_configure_knows_two_hosts(app: Flask) -> None:
    run(app, "smslink", "configure", "--domain", "https://evil.example/", status=2, given=TOKEN)


def test_smslink_check(app: Flask, provider: SimulatorProcess) -> None:
    assert "接続できました。" in run(app, "smslink", "check").output
    provider.trouble("error", code="ERR401002")
    result = run(app, "smslink", "check", status=1)
    assert "トークンキーが正しくありません。" in result.output


def test_smslink_check_without_settings(app: Flask) -> None:
    assert "未設定" in run(app, "smslink", "check", status=1).output
