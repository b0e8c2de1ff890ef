"""02: the contract, the day a number was obtained, and numbers that changed hands."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import requests

    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

CHANGED, UNJUDGED = "09003333001", "09003333002"
CHANGED_DAYS = 180


def days_ago(days: int) -> str:
    today: date = datetime.now(tz=timezone(timedelta(hours=9))).date()
    return (today - timedelta(days=days)).isoformat()


def safe_deliver(simulator: SimulatorProcess, *contacts: dict[str, str]) -> requests.Response:
    body = {"text_message": "ご案内です。", "contacts": list(contacts)}
    return simulator.call("POST", "api/v1/safe_delivery", json=body)


def test_it_needs_a_contract_of_its_own(simulator: SimulatorProcess) -> None:
    answer = safe_deliver(simulator, {"phone_number": "09012345678", "acquired_on": days_ago(1)})

    assert (answer.status_code, answer.json()["code"]) == (403, "ERR403003")
    assert simulator.ledger() == []


@pytest.mark.parametrize(
    "acquired_on", [None, "", "2026/01/01", "20260101", "2026-02-30", "2026-1-1", "昨日"]
)
def test_it_rejects_a_bad_day(simulator: SimulatorProcess, acquired_on: str | None) -> None:
    simulator.options(safe_delivery=True)
    bad = {"phone_number": "09012345678"} | ({} if acquired_on is None else {"acquired_on": acquired_on})
    good = {"phone_number": "09001111101", "acquired_on": days_ago(0)}

    answer = safe_deliver(simulator, bad, good)

    assert [one["result_code"] for one in answer.json()["contacts"]] == ["RST200011", "RST200001"]
    first = simulator.results()["contacts"][0]
    assert (first["status"], first["detail"]) == (700, "DTL000018")


def test_it_rejects_a_day_ahead_and_a_request_of_nothing_else(simulator: SimulatorProcess) -> None:
    simulator.options(safe_delivery=True)

    answer = safe_deliver(simulator, {"phone_number": "09012345678", "acquired_on": days_ago(-1)})

    assert [detail["code"] for detail in answer.json()["details"]] == ["ERR400001_010"]


@pytest.mark.parametrize(
    ("number", "days", "expected"),
    [
        ("09012345678", 700, (200, "DTL000001")),
        (CHANGED, CHANGED_DAYS + 1, (900, "DTL000019")),
        (CHANGED, CHANGED_DAYS - 1, (200, "DTL000001")),
        (UNJUDGED, 1, (900, "DTL000020")),
    ],
)
def test_it_does_not_send_to_a_number_that_changed_hands(
    simulator: SimulatorProcess, number: str, days: int, expected: tuple[int, str]
) -> None:
    simulator.options(safe_delivery=True)
    safe_deliver(simulator, {"phone_number": number, "acquired_on": days_ago(days)})
    simulator.settle()

    [contact] = simulator.results()["contacts"]

    assert (contact["status"], contact["detail"]) == expected


def test_plain_delivery_reaches_such_a_number(simulator: SimulatorProcess) -> None:
    simulator.deliver(contacts=[{"phone_number": CHANGED}, {"phone_number": UNJUDGED}])
    simulator.settle()

    assert {one["status"] for one in simulator.results()["contacts"]} == {200}
