"""What the tests share: an application on a migrated database of its own, a real Redis, the simulator."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright
from rq import Queue
from rq.serializers import JSONSerializer
from werkzeug.test import TestResponse

from tests.pages import check_page
from tests.servers import RedisServer
from tests.smslink.simulator_server import SimulatorProcess
from webapp import cli, create_app, queue
from webapp.config import Configuration
from webapp.extensions import db, limiter
from webapp.models import Customer, Staff
from webapp.models.staff import Role
from webapp.services import customers, office, staff
from webapp.services.customers import CustomerValues
from webapp.services.staff import StaffValues

PASSWORD = "correct horse battery"
ADMINISTRATOR = "admin"
FIELD_KEY = Fernet.generate_key().decode()
MOBILE = "09001111102"  # docomo, delivered


def pytest_configure() -> None:
    """A shell that starts the tests in the background lets them ignore Ctrl-C, and so all that they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def make_configuration(
    folder: Path, redis_url: str, simulator: SimulatorProcess | None = None
) -> Configuration:
    """A configuration of the tests; with a simulator, its address and token."""
    return Configuration(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'sms.sqlite3'}",
        redis_url=redis_url,
        secret_key="tests",
        field_keys=(FIELD_KEY,),
        smslink_api_domain=simulator.url if simulator else None,
        smslink_token=simulator.token if simulator else None,
        simulator_url=simulator.url if simulator else None,
        simulator_public_url=None,
        unknown_settle_s=2,
        trusted_proxies=0,
    )


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database made by the migrations; every test works on a copy."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(make_configuration(folder, "unix:///nowhere"))
    cli.register(app)
    with app.app_context():
        upgrade()
        # The write-ahead log goes into the file that is copied.
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return folder / "sms.sqlite3"


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """The real Redis, empty."""
    with redis_process.connect() as connection:
        connection.flushall()
    return redis_process


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(tmp_path_factory.mktemp("simulator") / "simulator.sqlite3")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def provider(simulator_process: SimulatorProcess) -> SimulatorProcess:
    """The simulator as SMSLINK, empty and without trouble."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Debian's, or whatever CHROME_PATH names; one for all, since Playwright starts once in a process."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, names)), None)
    assert path, "no Chromium: `make test` says how to install it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with its smallest cost: a hash takes 150 ms otherwise."""
    monkeypatch.setattr(staff, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def configuration(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_database: Path, redis_server: RedisServer
) -> Configuration:
    """On a fresh database. A test that also asks for `provider` is connected to it."""
    shutil.copy(migrated_database, tmp_path / "sms.sqlite3")
    simulator = request.getfixturevalue("provider") if "provider" in request.fixturenames else None
    return make_configuration(tmp_path, redis_server.url, simulator)


@pytest.fixture
def app(configuration: Configuration) -> Iterator[Flask]:
    """The application, with one administrator."""
    application = create_app(configuration, TESTING=True, PROPAGATE_EXCEPTIONS=False)
    cli.register(application)
    limiter.reset()
    with application.app_context():
        make_staff(ADMINISTRATOR, "管理 花子", Role.ADMINISTRATOR)
        office.edit_company("みなと不動産", [])
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """Inside the application: for tests of services and jobs."""
    with app.app_context():
        yield app


def make_staff(login_id: str, name: str = "佐藤 健一", role: Role = Role.STAFF) -> Staff:
    """An account that can log in with PASSWORD."""
    return staff.create_staff(
        StaffValues(login_id, name, role, is_active=True), password=PASSWORD, must_change_password=False
    )


def make_customer(**values: Any) -> Customer:
    """A customer; 山田 太郎 with a docomo number unless said otherwise."""
    usual = {"name": "山田 太郎", "name_kana": "ヤマダ タロウ", "mobile_number": MOBILE}
    return customers.create_customer(CustomerValues(**usual | values))


def rung(url_of: RedisServer, queue_name: str = queue.SEND) -> list[str]:
    """The names of the jobs that wait in a queue."""
    with url_of.connect() as connection:
        waiting = Queue(queue_name, connection=connection, serializer=JSONSerializer)
        return [job.func_name for job in waiting.jobs]


class Browser:
    """A test client that keeps the CSRF token, and checks every page it is given."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, status: int = 200, **options: Any) -> TestResponse:
        """One page, of the status expected."""
        response = self.client.get(path, **options)
        assert response.status_code == status, (path, response.status_code, response.text[:500])
        self._look(response)
        return response

    def post(self, path: str, status: int = 303, **fields: Any) -> TestResponse:
        """One form, with the token of the last page."""
        response = self.client.post(path, data={"csrf_token": self.token, **fields})
        assert response.status_code == status, (path, response.status_code, response.text[:2000])
        self._look(response)
        return response

    def fragment(self, path: str, **fields: Any) -> TestResponse:
        """What htmx gets: a POST when there are fields, else a GET."""
        headers = {"HX-Request": "true", "X-CSRFToken": self.token}
        if fields:
            return self.client.post(path, data=fields, headers=headers)
        return self.client.get(path, headers=headers)

    def log_in(self, login_id: str = ADMINISTRATOR, password: str = PASSWORD) -> "Browser":
        """Through the form."""
        self.get("/login")
        self.post("/login", login_id=login_id, password=password)
        self.get("/account")
        return self

    def _look(self, response: TestResponse) -> None:
        if response.mimetype != "text/html" or response.status_code in range(300, 400):
            return
        if response.text.lstrip().lower().startswith("<!doctype"):
            check_page(response.text)
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
        if found:
            self.token = found.group(1)


@pytest.fixture
def anonymous(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Logged in as the administrator."""
    return Browser(app.test_client()).log_in()


@pytest.fixture
def staff_browser(app: Flask) -> Browser:
    """Logged in as staff without further rights."""
    with app.app_context():
        make_staff("sato")
    return Browser(app.test_client()).log_in("sato")


@pytest.fixture
def customer(app: Flask) -> Customer:
    with app.app_context():
        return make_customer()
