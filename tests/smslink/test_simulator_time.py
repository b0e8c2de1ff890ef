"""Reservations, statuses that move with time, and cancelling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]


def set_now(simulator: SimulatorProcess, stamp: str) -> None:
    """Turns its clock to an instant."""
    wanted = datetime.fromisoformat(stamp)
    simulator.control(
        "POST", "clock", {"offset_s": (wanted - datetime.now(tz=wanted.tzinfo)).total_seconds()}
    )


def status_of(simulator: SimulatorProcess) -> int:
    status: int = simulator.results()["contacts"][-1]["status"]
    return status


@pytest.mark.parametrize(
    ("asked", "rounded"),
    [
        ("2027-03-01T15:00:00+09:00", "2027-03-01T15:00:00+09:00"),
        ("2027-03-01T15:01:00+09:00", "2027-03-01T15:10:00+09:00"),
        ("2027-03-01T15:00:01+09:00", "2027-03-01T15:10:00+09:00"),
        ("2027-03-01T15:09+09:00", "2027-03-01T15:10:00+09:00"),
        ("2027-03-01T23:55:00+09:00", "2027-03-02T00:00:00+09:00"),
        ("2027-12-31T23:51:00+09:00", "2028-01-01T00:00:00+09:00"),
        ("2027-03-01T06:00:00Z", "2027-03-01T15:00:00+09:00"),
        ("2027-03-01T06:00:00.5+00:00", "2027-03-01T15:10:00+09:00"),
        ("2027-03-01T15:00:00", "2027-03-01T15:00:00+09:00"),
    ],
)
def test_it_rounds_up_to_ten_minutes(simulator: SimulatorProcess, asked: str, rounded: str) -> None:
    set_now(simulator, "2027-02-28T12:00:00+09:00")

    answer = simulator.deliver(reserved_at=asked)

    assert answer.json()["reserved_at"] == rounded
    assert simulator.results()["contacts"][0]["reserved_at"] == rounded


@pytest.mark.parametrize(
    ("now", "asked", "suffix"),
    [
        ("2027-03-01T15:00:30+09:00", "2027-03-01T15:00:00+09:00", "_008"),
        ("2027-03-01T15:05:00+09:00", "2027-03-01T15:04:00+09:00", "_008"),
        ("2027-03-01T15:00:00+09:00", "2028-03-01T15:00:00+09:00", None),
        ("2027-03-01T15:01:00+09:00", "2028-03-01T15:01:00+09:00", "_009"),
        ("2027-03-01T15:00:00+09:00", "2028-03-01T15:10:01+09:00", "_009"),
        ("2028-02-29T12:00:00+09:00", "2029-02-28T12:00:00+09:00", None),
        ("2028-02-29T12:00:00+09:00", "2029-02-28T12:10:00+09:00", "_009"),
    ],
)
def test_it_takes_the_future_up_to_one_year(
    simulator: SimulatorProcess, now: str, asked: str, suffix: str | None
) -> None:
    set_now(simulator, now)

    answer = simulator.deliver(reserved_at=asked)

    codes = [detail["code"] for detail in answer.json().get("details", [])]
    assert codes == ([f"ERR400001{suffix}"] if suffix else [])


def test_it_sends_at_once_when_the_time_is_empty(simulator: SimulatorProcess) -> None:
    answer = simulator.deliver(reserved_at="")

    assert answer.json()["reserved_at"] == answer.json()["accepted_at"]


def test_an_immediate_send_is_under_way_and_then_delivered(simulator: SimulatorProcess) -> None:
    simulator.options(delay_s=60)
    simulator.deliver()

    [before] = simulator.results()["contacts"]
    simulator.advance(61)
    [after] = simulator.results()["contacts"]

    assert (before["status"], before["message"], before["detail"]) == (100, "配信中", None)
    assert (before["transmission_count"], before["delivered_at"], before["carrier"]) == (None, None, 40)
    assert (after["status"], after["message"], after["detail"]) == (200, "配信成功", "DTL000001")
    assert after["detail_message"] == "端末への配信に成功"
    assert (after["transmission_count"], after["carrier"]) == (1, 10)
    sent = datetime.fromisoformat(after["reserved_at"])
    # Whole seconds on the wire: up to one is lost on either side.
    assert datetime.fromisoformat(after["delivered_at"]) - sent in {
        timedelta(seconds=60),
        timedelta(seconds=61),
    }


def test_a_reservation_waits_for_its_time(simulator: SimulatorProcess) -> None:
    simulator.options(delay_s=60)
    set_now(simulator, "2027-03-01T15:00:00+09:00")
    simulator.deliver(reserved_at="2027-03-01T15:20:00+09:00")

    seen = [status_of(simulator)]
    for now in ("15:19:50", "15:20:01", "15:20:55", "15:21:01"):
        set_now(simulator, f"2027-03-01T{now}+09:00")
        seen.append(status_of(simulator))

    assert seen == [50, 50, 100, 100, 200]


def test_it_answers_with_exactly_the_result_fields(simulator: SimulatorProcess) -> None:
    accepted = simulator.deliver(delivery_name="内見").json()
    simulator.settle()

    [contact] = simulator.results()["contacts"]

    assert contact["delivery_id"] == accepted["delivery_id"]
    assert contact["contact_id"] == accepted["contacts"][0]["contact_id"]
    assert list(contact) == [
        *("delivery_id", "contact_id", "delivery_name", "phone_number", "carrier", "reserved_at"),
        *("canceled_at", "delivered_at", "status", "message", "detail", "detail_message"),
        *("shorten_url1_click_count", "shorten_url2_click_count"),
        *("insertion_url1_click_count", "insertion_url2_click_count", "opted_out", "transmission_count"),
    ]


def cancel(simulator: SimulatorProcess, delivery_id: object) -> tuple[int, dict[str, object]]:
    answer = simulator.call("POST", "api/v1/delivery/cancel", json={"delivery_id": delivery_id})
    return answer.status_code, answer.json()


def test_it_cancels_all_contacts_until_ten_minutes_before(simulator: SimulatorProcess) -> None:
    set_now(simulator, "2027-03-01T15:00:00+09:00")
    delivery_id = simulator.deliver(
        contacts=[{"phone_number": "09001111101"}, {"phone_number": "09001111102"}],
        reserved_at="2027-03-01T15:20:00+09:00",
    ).json()["delivery_id"]
    set_now(simulator, "2027-03-01T15:09:55+09:00")

    status, body = cancel(simulator, delivery_id)

    assert status == 200
    assert list(body) == ["delivery_id", "canceled_at"]
    assert str(body["canceled_at"]).startswith("2027-03-01T15:09:5")
    set_now(simulator, "2027-03-01T16:00:00+09:00")
    contacts = simulator.results()["contacts"]
    assert [(one["status"], one["message"]) for one in contacts] == [(300, "配信取消")] * 2
    assert {one["canceled_at"] for one in contacts} == {body["canceled_at"]}


def test_it_is_too_late_to_cancel_after_that(simulator: SimulatorProcess) -> None:
    set_now(simulator, "2027-03-01T15:00:00+09:00")
    reserved = simulator.deliver(reserved_at="2027-03-01T15:20:00+09:00").json()["delivery_id"]
    immediate = simulator.deliver().json()["delivery_id"]
    set_now(simulator, "2027-03-01T15:10:01+09:00")

    for delivery_id in (reserved, immediate):
        status, body = cancel(simulator, delivery_id)
        assert (status, body["code"]) == (406, "ERR406003")
    assert {one["canceled_at"] for one in simulator.results()["contacts"]} == {None}


def test_it_cancels_once(simulator: SimulatorProcess) -> None:
    delivery_id = simulator.deliver(reserved_at=simulator.later(3600)).json()["delivery_id"]

    assert cancel(simulator, delivery_id)[0] == 200
    assert cancel(simulator, delivery_id)[0] == 406
    assert status_of(simulator) == 300


def test_it_does_not_know_other_deliveries(simulator: SimulatorProcess) -> None:
    status, body = cancel(simulator, "nothing")

    assert (status, body["code"]) == (404, "ERR404002")
    assert body["message"] == "配信「ID:nothing」が存在しません。"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ERR400001_001"),
        ({"delivery_id": ""}, "ERR400001_001"),
        ({"delivery_id": 5}, "ERR400001"),
        ({"delivery_id": "a", "id": "b"}, "ERR400002"),
    ],
)
def test_it_refuses_a_bad_cancel(simulator: SimulatorProcess, body: dict[str, object], code: str) -> None:
    answer = simulator.call("POST", "api/v1/delivery/cancel", json=body)

    assert answer.status_code == 400
    assert answer.json()["details"][0]["code"] == code
