"""04 and 09: filters, pages and the validation of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]


def refused(simulator: SimulatorProcess, path: str) -> list[str]:
    answer = simulator.call("GET", f"api/v1/{path}")
    assert answer.status_code == 400, answer.text
    return [detail["code"].removeprefix("ERR40000") for detail in answer.json()["details"]]


def numbers(simulator: SimulatorProcess, query: str) -> list[str]:
    return [one["phone_number"] for one in simulator.results(query)["contacts"]]


@pytest.mark.parametrize("name", ["delivery_id[]", "delivery_id", "delivery_id%5B%5D"])
def test_it_reads_both_spellings_of_an_array(simulator: SimulatorProcess, name: str) -> None:
    ids = [simulator.deliver().json()["delivery_id"] for _ in range(3)]

    found = simulator.results(f"{name}={ids[0]}&{name}={ids[2]}")

    assert found["total"] == 2
    assert [one["delivery_id"] for one in found["contacts"]] == [ids[0], ids[2]]


def test_it_filters_by_number_however_it_is_written(simulator: SimulatorProcess) -> None:
    simulator.deliver(contacts=[{"phone_number": "090-1234-5678"}, {"phone_number": "09001111101"}])

    assert numbers(simulator, "phone_number[]=09012345678") == ["090-1234-5678"]
    assert numbers(simulator, "phone_number[]=090-0111-1101") == ["09001111101"]
    assert numbers(simulator, "phone_number[]=08099999999") == []


def test_it_filters_by_status(simulator: SimulatorProcess) -> None:
    simulator.deliver(contacts=[{"phone_number": "09001111101"}, {"phone_number": "09001111201"}])
    simulator.settle()
    simulator.deliver(reserved_at=simulator.later(3600), contacts=[{"phone_number": "09012345678"}])

    assert numbers(simulator, "status[]=200") == ["09001111101"]
    assert numbers(simulator, "status[]=50&status[]=900") == ["09001111201", "09012345678"]
    assert simulator.results("status[]=300") == {"total": 0, "contacts": []}


def test_it_filters_by_reserved_time(simulator: SimulatorProcess) -> None:
    simulator.deliver(contacts=[{"phone_number": "09001111101"}])
    simulator.deliver(contacts=[{"phone_number": "09001111102"}], reserved_at=simulator.later(3600))
    later = quote(simulator.later(600))
    recent = quote(simulator.later(-5))

    assert numbers(simulator, f"reserved_from={recent}&reserved_to={later}") == ["09001111101"]
    assert numbers(simulator, f"reserved_from={later}") == ["09001111102"]
    assert numbers(simulator, f"reserved_to={later}&phone_number[]=09001111102") == []


def test_it_gives_pages_and_the_total_of_all(simulator: SimulatorProcess) -> None:
    listed = [f"0901234567{last}" for last in range(5)]
    simulator.deliver(contacts=[{"phone_number": number} for number in listed])

    page = simulator.results("offset=1&limit=2")

    assert page["total"] == 5
    assert [one["phone_number"] for one in page["contacts"]] == listed[1:3]
    assert simulator.results("offset=9") == {"total": 5, "contacts": []}


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("offset=-1", ["1_024"]),
        ("limit=10001", ["1_025"]),
        ("offset=-1&limit=99999", ["1_024", "1_025"]),
        ("offset=a", ["1"]),
        ("limit=99999999999999999999", ["1"]),
        ("status[]=x", ["1"]),
        ("reserved_from=2026-11-24T10:00:00%2B09:00&reserved_to=2026-11-24T10:00:00%2B09:00", ["1_027"]),
        ("reserved_from=2026-11-25T10:00:00%2B09:00&reserved_to=2026-11-24T10:00:00%2B09:00", ["1_027"]),
        # A plus sign that was not encoded is a space.
        ("reserved_from=2026-11-24T10:00:00+09:00", ["1"]),
        ("&".join("delivery_id[]=a" for _ in range(51)), ["1_004"]),
        ("&".join("phone_number[]=a" for _ in range(51)), ["1_004"]),
        ("deliveryId=a", ["2"]),
        ("offset[]=1", ["2"]),
    ],
)
def test_it_refuses_bad_queries(simulator: SimulatorProcess, query: str, codes: list[str]) -> None:
    assert refused(simulator, f"delivery_results?{query}") == codes


def test_it_takes_50_ids(simulator: SimulatorProcess) -> None:
    delivery_id = simulator.deliver().json()["delivery_id"]

    assert simulator.results("&".join([f"delivery_id[]={delivery_id}"] * 50))["total"] == 1


def test_it_stops_a_search_that_finds_too_much(simulator: SimulatorProcess) -> None:
    simulator.options(search_limit=1)
    for _ in range(2):
        simulator.deliver()

    answer = simulator.call("GET", "api/v1/delivery_results")

    assert (answer.status_code, answer.json()["code"]) == (400, "ERR400004")
    assert simulator.results(f"reserved_from={quote(simulator.later(-60))}")["total"] == 2


def receptions(simulator: SimulatorProcess, query: str = "") -> dict[str, Any]:
    answer = simulator.call("GET", f"api/v1/receptions?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_it_has_no_receptions_without_the_two_way_contract(simulator: SimulatorProcess) -> None:
    simulator.control("POST", "receptions", {"phone_number": "09012345678", "message": "はい"})

    assert receptions(simulator) == {"total": 0, "receptions": []}


def test_it_lists_receptions_in_order(simulator: SimulatorProcess) -> None:
    simulator.options(two_way=True)
    for message in ("一", "二", "三"):
        simulator.control("POST", "receptions", {"phone_number": "090-0111-1102", "message": message})

    body = receptions(simulator, "offset=1&limit=1")

    assert body["total"] == 3
    [reception] = body["receptions"]
    assert list(reception) == [
        *("reception_id", "short_code", "phone_number", "carrier", "message", "occurred_at", "noticed")
    ]
    assert (reception["phone_number"], reception["carrier"], reception["message"]) == (
        "09001111102",
        10,
        "二",
    )
    assert receptions(simulator, "noticed=false")["total"] == 3
    assert receptions(simulator, "noticed=true")["total"] == 0


def test_it_lists_receptions_by_day(simulator: SimulatorProcess) -> None:
    simulator.options(two_way=True)
    simulator.control("POST", "receptions", {"phone_number": "09001111102", "message": "昨日"})
    day = simulator.later(0)[:10]
    simulator.advance(timedelta(days=1).total_seconds())

    assert receptions(simulator)["total"] == 0
    assert receptions(simulator, f"occurred_on={day}")["total"] == 1
    old, new = simulator.later(-36 * 86_400)[:10], simulator.later(86_400)[:10]
    assert refused(simulator, f"receptions?occurred_on={old}") == ["1_222"]
    assert refused(simulator, f"receptions?occurred_on={new}") == ["1_222"]
    assert refused(simulator, "receptions?occurred_on=today&noticed=1") == ["1", "1"]


def test_the_answering_number_answers_once_for_each_sms(simulator: SimulatorProcess) -> None:
    simulator.options(two_way=True)
    for _ in range(2):
        simulator.deliver(contacts=[{"phone_number": "09007010001"}])
    assert receptions(simulator)["total"] == 0
    simulator.settle()

    assert receptions(simulator)["total"] == 2
    assert receptions(simulator)["total"] == 2
    [first, _] = receptions(simulator)["receptions"]
    assert (first["phone_number"], first["carrier"]) == ("09007010001", 10)
    assert len(first["message"]) <= 70
