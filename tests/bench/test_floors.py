"""The floors are what they claim to be: the same bytes, for the same request, with the login they say."""

import gzip

import pytest
from flask import Flask
from werkzeug.test import Client

from bench.app import BARE_HEADER, ESTIMATE_PATH, LOGIN_PATH, OPEN_PATH, Switch, make_app
from bench.fragment import GZIP_LEVEL, MOST_BYTES, TYPED, compose_script, read_rate
from bench.peer import FOLDER
from bench.rules import count, estimate
from bench.texts import JAPANESE, WITH_EVERYTHING
from tests.conftest import Browser, make_customer
from tests.features.queries import reads, recorded
from webapp.config import Configuration
from webapp.extensions import db

WRK = """Running 2s test @ http://127.0.0.1:1/
  1 threads and 8 connections
  3914 requests in 2.00s, 12.71MB read
Requests/sec:   1953.07
Transfer/sec:      6.34MB
"""


@pytest.fixture
def fragment(app: Flask, browser: Browser) -> str:
    """The real one."""
    with app.app_context():
        customer = make_customer()
    return browser.fragment(ESTIMATE_PATH, customer_id=str(customer.id), body=JAPANESE).text


@pytest.fixture
def floors(fragment: str, configuration: Configuration):
    real, bare = make_app(fragment, configuration)
    yield real, bare
    with real.app_context():
        db.session.remove()
        db.engine.dispose()


def test_every_floor_answers_the_same_bytes(floors: tuple[Flask, Flask], fragment: str) -> None:
    real, bare = floors
    browser = Browser(real.test_client()).log_in()
    fields = {"customer_id": "1", "body": JAPANESE}
    size = len(fragment.encode())
    assert len(browser.fragment(ESTIMATE_PATH, **fields).data) == size
    login = browser.fragment(LOGIN_PATH, **fields)
    assert len(login.data) == size
    assert "管理 花子" in login.text
    assert browser.fragment(OPEN_PATH, **fields).text == fragment
    assert bare.test_client().post(ESTIMATE_PATH, data=fields).text == fragment


def test_the_login_floor_asks_for_login_and_token_as_the_estimate_does(floors: tuple[Flask, Flask]) -> None:
    real, _ = floors
    for path in (LOGIN_PATH, ESTIMATE_PATH):
        assert real.test_client().post(path).status_code == 401
        assert Browser(real.test_client()).log_in().client.post(path).status_code == 400
    assert real.test_client().post(OPEN_PATH).status_code == 200


def test_the_floors_do_no_more_than_they_say(floors: tuple[Flask, Flask]) -> None:
    real, _ = floors
    browser = Browser(real.test_client()).log_in()
    with recorded(real) as statements:
        browser.fragment(LOGIN_PATH, body=JAPANESE)
    (login,) = reads(statements)
    assert "staff_session" in login
    with recorded(real) as statements:
        browser.fragment(OPEN_PATH, body=JAPANESE)
    assert not statements


def test_one_server_answers_for_both_and_only_the_estimate_has_a_stub(
    floors: tuple[Flask, Flask], fragment: str
) -> None:
    client = Client(Switch(*floors))
    marked = {BARE_HEADER: "1"}
    assert client.post(ESTIMATE_PATH, headers=marked).text == fragment
    assert client.post(ESTIMATE_PATH).status_code == 401
    assert client.get("/login", headers=marked).status_code == 200


def test_the_product_knows_no_route_of_the_benchmarks(app: Flask, browser: Browser) -> None:
    for path in (LOGIN_PATH, OPEN_PATH):
        assert browser.client.post(path, headers={"X-CSRFToken": browser.token}).status_code == 404


def test_the_answer_stays_small_on_the_wire(fragment: str) -> None:
    assert len(gzip.compress(fragment.encode(), GZIP_LEVEL)) <= MOST_BYTES


def test_the_texts_are_what_is_promised() -> None:
    assert len(JAPANESE) == 200
    assert not JAPANESE.isascii()
    assert [row.segments for row in count(JAPANESE)] == [4, 3, 3, 1]
    assert count(JAPANESE) == estimate(JAPANESE)
    # The key, two line breaks and the link all change what is charged.
    assert count(WITH_EVERYTHING) != estimate(WITH_EVERYTHING)


def test_wrk_is_read_and_a_failed_request_is_no_measurement() -> None:
    assert read_rate(WRK) == 1953.07
    for trouble in ("  Non-2xx or 3xx responses: 3914\n", "  Socket errors: connect 0, read 1\n"):
        with pytest.raises(RuntimeError, match="wrk"):
            read_rate(WRK + trouble)
    with pytest.raises(RuntimeError, match="wrk"):
        read_rate("unable to connect")


def test_wrk_sends_what_it_is_given() -> None:
    script = compose_script(["body=%E3%81%82", "body=b"], {"Cookie": "a=b", "X-CSRFToken": "t"})
    assert script.splitlines()[:5] == [
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = [[application/x-www-form-urlencoded]]',
        'wrk.headers["Cookie"] = [[a=b]]',
        'wrk.headers["X-CSRFToken"] = [[t]]',
        "local bodies = {[[body=%E3%81%82]], [[body=b]]}",
    ]
    assert [len(text) for text in TYPED] == list(range(168, 232))


def test_the_peer_is_locked_by_content_and_names_no_registry() -> None:
    import json

    lock = json.loads((FOLDER / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages["node_modules/sms-segments-calculator"]["version"] == "1.3.0"
    for one in packages.values():
        assert one["integrity"].startswith("sha512-")
        assert "resolved" not in one
