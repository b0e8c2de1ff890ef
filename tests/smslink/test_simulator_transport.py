"""Addresses, methods, headers and the shape of every error body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

ROUTES = [
    ("POST", "api/v1/delivery"),
    ("POST", "api/v1/safe_delivery"),
    ("POST", "api/v1/delivery/cancel"),
    ("GET", "api/v1/delivery_results"),
    ("GET", "api/v1/receptions"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", ["", "wrong", "トークン"])
def test_it_refuses_a_wrong_token(simulator: SimulatorProcess, method: str, path: str, token: str) -> None:
    answer = simulator.call(method, path, headers={"token": token.encode()}, data="{}")

    assert answer.status_code == 401
    assert answer.json() == {
        "code": "ERR401002",
        "message": "認証に失敗したため、アクセスできません。",
        "details": [],
    }
    assert simulator.ledger() == []


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Accept": "text/html"},
    ],
)
def test_it_refuses_other_media_types(
    simulator: SimulatorProcess, path: str, headers: dict[str, str]
) -> None:
    answer = simulator.call("POST", path, headers=headers, data="{}")

    assert (answer.status_code, answer.json()["code"]) == (415, "ERR415001")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/plain;q=0.5"])
def test_it_takes_every_accept_that_admits_json(simulator: SimulatorProcess, accept: str) -> None:
    answer = simulator.call("GET", "api/v1/delivery_results", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [path for _, path in ROUTES])
def test_it_refuses_other_methods(simulator: SimulatorProcess, method: str, path: str) -> None:
    answer = simulator.call(method, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "ERR405001")


def test_it_refuses_a_get_where_a_post_belongs(simulator: SimulatorProcess) -> None:
    assert simulator.call("GET", "api/v1/delivery").json()["code"] == "ERR405001"
    assert simulator.call("POST", "api/v1/delivery_results", json={}).json()["code"] == "ERR405001"


@pytest.mark.parametrize("path", ["api/v1/deliveries", "api/v2/delivery", "api/v1/delivery/", "api/"])
def test_it_knows_no_other_addresses(simulator: SimulatorProcess, path: str) -> None:
    answer = simulator.call("POST", path, json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "ERR404004")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe{}", b"[" * 5000])
def test_it_refuses_a_body_that_is_no_json_object(simulator: SimulatorProcess, body: bytes) -> None:
    answer = simulator.call("POST", "api/v1/delivery", data=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "ERR400001")


def test_it_limits_the_requests_of_a_minute(simulator: SimulatorProcess) -> None:
    simulator.options(requests_per_minute=3)
    # From the start of a minute, so that none ends between the requests.
    second = int(simulator.control("GET", "state")["now"][17:19])
    simulator.advance(61 - second)

    codes = [simulator.deliver().status_code for _ in range(5)]

    assert codes == [200, 200, 200, 429, 429]
    assert simulator.deliver().json()["code"] == "ERR429001"
    assert len(simulator.ledger()) == 3
    simulator.advance(60)
    assert simulator.deliver().status_code == 200


def test_it_logs_requests_without_texts(simulator: SimulatorProcess) -> None:
    simulator.deliver()
    simulator.results()

    logged = simulator.control("GET", "requests")["requests"]

    assert [(one["method"], one["path"], one["status"]) for one in logged] == [
        ("POST", "/api/v1/delivery", 200),
        ("GET", "/api/v1/delivery_results", 200),
    ]
    assert set(logged[0]) == {"at", "method", "path", "status"}
