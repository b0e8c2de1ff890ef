"""Trouble on demand, over real connections, and what survives a kill."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.serving import make_server

from webapp.smslink.simulator import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

DELIVERY = "/api/v1/delivery"


@pytest.mark.parametrize(("kind", "registered"), [("drop_before", 0), ("drop_after", 1)])
def test_it_drops_the_connection(simulator: SimulatorProcess, kind: str, registered: int) -> None:
    simulator.trouble(kind)

    with pytest.raises(requests.ConnectionError):
        simulator.deliver()

    assert len(simulator.ledger()) == registered
    assert simulator.deliver().status_code == 200


@pytest.mark.parametrize(("kind", "registered"), [("stall_before", 0), ("stall_after", 1)])
def test_it_stalls(simulator: SimulatorProcess, kind: str, registered: int) -> None:
    simulator.trouble(kind, seconds=1.0)
    slow = threading.Thread(target=simulator.deliver)
    started = time.monotonic()
    slow.start()
    time.sleep(0.5)

    assert len(simulator.ledger()) == registered

    slow.join(10)
    assert time.monotonic() - started >= 1.0
    assert len(simulator.ledger()) == 1


def test_a_stalled_request_is_registered_even_when_nobody_waits(simulator: SimulatorProcess) -> None:
    simulator.trouble("stall_before", seconds=0.6)

    with pytest.raises(requests.ReadTimeout):
        simulator.call(
            "POST",
            "api/v1/delivery",
            json={"text_message": "a", "contacts": [{"phone_number": "09001111101"}]},
            timeout=0.2,
        )

    assert simulator.ledger() == []
    deadline = time.monotonic() + 5
    while not simulator.ledger() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(simulator.ledger()) == 1


@pytest.mark.parametrize(
    ("kind", "status", "code", "registered"),
    [
        ("429", 429, "ERR429001", 0),
        ("503", 503, "ERR000000", 0),
        ("500_before", 500, "ERR500001", 0),
        ("500_after", 500, "ERR500001", 1),
    ],
)
def test_it_answers_with_an_error(
    simulator: SimulatorProcess, kind: str, status: int, code: str, registered: int
) -> None:
    simulator.trouble(kind, 2)

    answers = [simulator.deliver() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["code"] == code
    assert list(answers[0].json()) == ["code", "message", "details"]
    assert len(simulator.ledger()) == 2 * registered + 1


@pytest.mark.parametrize("code", ["ERR401002", "ERR403001", "ERR400005", "ERR400006", "ERR406003"])
def test_it_answers_with_any_code_until_cleared(simulator: SimulatorProcess, code: str) -> None:
    simulator.trouble("error", None, code=code)

    assert [simulator.deliver().json()["code"] for _ in range(3)] == [code] * 3

    simulator.control("DELETE", "troubles")
    assert simulator.deliver().status_code == 200
    assert len(simulator.ledger()) == 1


def test_it_gives_an_unreadable_answer_that_took_effect(simulator: SimulatorProcess) -> None:
    simulator.trouble("unreadable")

    answer = simulator.deliver()

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert len(simulator.ledger()) == 1


def test_trouble_keeps_to_its_paths_and_the_oldest_strikes_first(simulator: SimulatorProcess) -> None:
    simulator.trouble("503", 1, paths=["/api/v1/delivery_results"])
    simulator.trouble("429", 1, paths=[DELIVERY])
    simulator.trouble("500", 1, paths=[DELIVERY])

    assert [simulator.deliver().status_code for _ in range(3)] == [429, 500, 200]
    assert simulator.call("GET", "api/v1/delivery_results").status_code == 503
    assert simulator.control("GET", "state")["troubles"] == []


def test_a_request_that_is_refused_for_its_headers_uses_no_trouble_up(simulator: SimulatorProcess) -> None:
    simulator.trouble("503")

    assert simulator.call("GET", "api/v1/delivery_results", headers={"token": "x"}).status_code == 401
    assert simulator.call("GET", "api/v1/unknown").status_code == 404
    assert simulator.call("GET", "api/v1/delivery_results").status_code == 503


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("troubles", {"kind": "fire"}),
        ("troubles", {"kind": "503", "count": 0}),
        ("troubles", {"kind": "503", "paths": ["/"]}),
        ("troubles", {"kind": "stall", "seconds": -1}),
        ("troubles", {"kind": "error", "code": "ERR1"}),
        ("troubles", {"kind": "503", "counts": 1}),
        ("options", {"unknown": 1}),
        ("options", {"two_way": "yes"}),
        ("options", {"delay_s": -1}),
        ("clock", {"advance_s": "1"}),
        ("clock", {}),
        ("receptions", {"phone_number": "09012345678", "message": "あ" * 71}),
        ("receptions", {"phone_number": "03", "message": "あ"}),
    ],
)
def test_the_control_api_says_what_does_not_fit(
    simulator: SimulatorProcess, name: str, body: dict[str, Any]
) -> None:
    answer = requests.post(f"{simulator.url}simulator/{name}", json=body, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_kill_loses_nothing_that_was_answered_for(own_simulator: SimulatorProcess) -> None:
    accepted = [own_simulator.deliver().json()["delivery_id"] for _ in range(5)]
    own_simulator.options(two_way=True)
    own_simulator.advance(100)
    own_simulator.trouble("503", 3)
    before = own_simulator.control("GET", "state")

    own_simulator.kill()
    with pytest.raises(requests.ConnectionError):
        own_simulator.deliver()
    own_simulator.start()

    after = own_simulator.control("GET", "state")
    assert [delivery["delivery_id"] for delivery in own_simulator.ledger()] == accepted
    assert before | {"now": ""} == after | {"now": ""}


def test_a_kill_in_the_midst_leaves_whole_registrations(own_simulator: SimulatorProcess) -> None:
    answered: list[str] = []
    contacts = [{"phone_number": f"0901234{number:04}"} for number in range(2000)]

    def send() -> None:
        while True:
            answered.append(own_simulator.deliver(contacts=contacts).json()["delivery_id"])

    def send_until_killed() -> None:
        with suppress(requests.RequestException):
            send()

    sender = threading.Thread(target=send_until_killed)
    sender.start()
    time.sleep(1)
    own_simulator.kill()
    sender.join(10)
    own_simulator.start()

    ledger = own_simulator.ledger()
    assert answered
    assert {delivery["delivery_id"] for delivery in ledger} >= set(answered)
    assert {len(delivery["contacts"]) for delivery in ledger} == {2000}


def test_the_environment_presets_a_new_file_and_a_reset(tmp_path: Path) -> None:
    environment = {
        "SIMULATOR_DATA": str(tmp_path / "simulator.sqlite3"),
        "SIMULATOR_OPTIONS": '{"two_way": true}',
        "SIMULATOR_TROUBLES": '[{"kind": "503", "count": 2}]',
    }
    client = create_app(environment).test_client()
    client.delete("/simulator/troubles")

    again = create_app(environment).test_client()
    kept = again.get("/simulator/state").get_json()
    fresh = again.post("/simulator/reset", json={}).get_json()

    assert (kept["options"]["two_way"], kept["troubles"]) == (True, [])
    assert (fresh["options"]["two_way"], len(fresh["troubles"])) == (True, 1)


def test_it_drops_connections_under_werkzeug_too() -> None:
    server = make_server("127.0.0.1", 0, create_app({"SIMULATOR_TOKEN": "t"}), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        requests.post(f"{url}/simulator/troubles", json={"kind": "drop_before", "count": 1}, timeout=5)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/api/v1/receptions", headers={"token": "t"}, timeout=5)
        answer = requests.get(f"{url}/api/v1/receptions", headers={"token": "t"}, timeout=5)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert answer.json() == {"total": 0, "receptions": []}
