"""The simulator as a process of its own, under the server it is meant for, and a client for its control API.

`simulator` is one process for a whole test module, reset before every test; `own_simulator` starts one
for a single test, which may kill it.

Loaded as a plugin by the simulator's tests and imported by others first, which pytest would warn of:
PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers import find_free_port

TOKEN = "3f2c9a54-0b1d-4c57-9d8e-7a6b5c4d3e2f"
PROJECT = Path(__file__).resolve().parents[2]
START_S = 20.0
HEADERS = {"Accept": "application/json", "Content-Type": "application/json", "token": TOKEN}


class SimulatorProcess:
    """gunicorn with the simulator on a free port; `url` ends with a slash."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.token = TOKEN
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        # A proxy of the machine has nothing to do with a loopback address.
        self._session.trust_env = False

    def start(self) -> None:
        """Starts it, also again on the same port and data, and waits until it answers."""
        environment = {
            **os.environ,
            "SIMULATOR_DATA": str(self.data),
            "SIMULATOR_TOKEN": TOKEN,
            "SIMULATOR_OPTIONS": '{"delay_s": 0.3, "requests_per_minute": 100000}',
            **self._environment,
        }
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "1", "--threads", "8"),
                *("--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", "--graceful-timeout", "1"),
                "webapp.smslink.simulator:create_app()",
            ],
            cwd=PROJECT,
            env=environment,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                self.control("GET", "state")
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        pytest.fail("the simulator did not start")

    def kill(self) -> None:
        """Ends it at once, worker and all, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in order."""
        self._end(signal.SIGTERM)
        self._session.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(10)
        self._process = None

    def control(self, method: str, name: str, body: dict[str, object] | None = None) -> Any:
        """One call of the control API; a fault is an AssertionError."""
        answer = self._session.request(method, f"{self.url}simulator/{name}", json=body, timeout=10)
        assert answer.ok, f"{name}: {answer.text}"
        return answer.json()

    def reset(self) -> None:
        """An empty simulator."""
        self.control("POST", "reset", {})

    def trouble(self, kind: str, count: int | None = 1, **more: object) -> None:
        """Arms trouble for the next `count` requests (None: until cleared); `paths`, `seconds`, `code`."""
        self.control("POST", "troubles", {"kind": kind, "count": count, **more})

    def options(self, **values: object) -> None:
        """Changes options of the contract."""
        self.control("POST", "options", values)

    def advance(self, seconds: float) -> None:
        """Moves its clock on."""
        self.control("POST", "clock", {"advance_s": seconds})

    def later(self, seconds: float) -> str:
        """An instant by its clock, as the wire writes it."""
        now = datetime.fromisoformat(self.control("GET", "state")["now"])
        return (now + timedelta(seconds=seconds)).isoformat()

    def ledger(self) -> list[dict[str, Any]]:
        """Every registration accepted, oldest first."""
        deliveries: list[dict[str, Any]] = self.control("GET", "ledger")["deliveries"]
        return deliveries

    def contacts(self) -> list[dict[str, Any]]:
        """The contacts of all registrations, oldest first."""
        return [contact for delivery in self.ledger() for contact in delivery["contacts"]]

    def call(self, method: str, path: str, **request: Any) -> requests.Response:
        """One request to the API with good headers; `headers` are laid over them."""
        headers = HEADERS | request.pop("headers", {})
        request.setdefault("timeout", 10)
        request.setdefault("allow_redirects", False)
        return self._session.request(method, f"{self.url}{path}", headers=headers, **request)

    def deliver(self, **fields: object) -> requests.Response:
        """01, of a short text to one number unless `fields` say otherwise."""
        body = {"text_message": "内見のご案内です。", "contacts": [{"phone_number": "09001111102"}], **fields}
        return self.call("POST", "api/v1/delivery", json=body)

    def results(self, query: str = "") -> dict[str, Any]:
        """04, with the query as written."""
        answer = self.call("GET", f"api/v1/delivery_results?{query}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def settle(self) -> None:
        """Waits for what was sent at once to become final."""
        self.advance(1)


@pytest.fixture(scope="module")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """One process for the module."""
    process = SimulatorProcess(tmp_path_factory.mktemp("simulator") / "simulator.sqlite3")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def simulator(simulator_process: SimulatorProcess) -> SimulatorProcess:
    """That process, empty."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A process of this test alone."""
    process = SimulatorProcess(tmp_path / "simulator.sqlite3")
    process.start()
    yield process
    process.stop()
