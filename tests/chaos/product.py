"""The whole product as `make run` starts it, as people and as misfortune meet it."""

import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
import requests

from deploy.quickstart.processes import find_marked, read_command
from deploy.quickstart.redis_server import choose_socket, socket_url
from tests.run.launching import Launch, choose_ports

PASSWORD = "correct horse battery"
PATIENCE_S = 60.0
DELIVERY, CANCEL, RESULTS = "/api/v1/delivery", "/api/v1/delivery/cancel", "/api/v1/delivery_results"
VICTIMS = {
    # Also the forks of a worker: the work-horse and RQ's scheduler, which have its command line.
    "worker": ("rq worker", 5),
    "cron": ("rq cron", 2),
    "web": ("wsgi:app", 2),
    "redis": ("-server --port 0", 1),
}
TROUBLES: tuple[tuple[str, dict[str, object]], ...] = (
    ("drop_before", {}),
    ("drop_after", {}),
    ("stall_before", {"seconds": 4}),
    ("stall_after", {"seconds": 4}),
    ("429", {}),
    ("500_before", {}),
    ("500_after", {}),
    ("503", {}),
    ("unreadable", {}),
)
TOO_SLOW: tuple[tuple[str, dict[str, object]], ...] = (
    ("stall_before", {"seconds": 18}),  # longer than our read time-out
    ("stall_after", {"seconds": 18}),
    ("error", {"code": "ERR400005"}),
)


class Product:
    """Started with a folder and ports of its own."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        ports = choose_ports()
        self.url = f"http://127.0.0.1:{ports['PORT']}"
        self.simulator_url = f"http://127.0.0.1:{ports['SIMULATOR_PORT']}"
        self.launch = Launch(data_dir, ports | {"ADMIN_PASSWORD": PASSWORD} | variables)
        self.launch.wait_for_notice()
        self._simulator = requests.Session()
        self._simulator.trust_env = False
        self.control("POST", "options", {"requests_per_minute": 1_000_000, "delay_s": 0.5})
        with closing(self.database()) as database, database:
            database.execute("UPDATE office SET requests_per_minute = 6000")

    def control(self, method: str, name: str, body: dict[str, object] | None = None) -> Any:
        answer = self._simulator.request(
            method, f"{self.simulator_url}/simulator/{name}", json=body, timeout=30
        )
        assert answer.ok, answer.text
        return answer.json()

    def database(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.data_dir / "sms.sqlite3", timeout=15)
        connection.row_factory = sqlite3.Row
        return connection

    def rows(self, query: str) -> list[sqlite3.Row]:
        with closing(self.database()) as database:
            return database.execute(query).fetchall()

    def find(self, words: str) -> list[int]:
        return [process for process in find_marked(self.data_dir) if words in read_command(process)]

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(socket_url(choose_socket(self.data_dir, os.environ)))

    def close(self) -> None:
        self._simulator.close()
        self.launch.close()


class Person:
    """Somebody at a browser, who tries again when the page does not come."""

    def __init__(self, product: Product) -> None:
        self._url = product.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._log_in()

    def get(self, path: str) -> str:
        return self._patiently("GET", path).text

    def post(self, path: str, **fields: str) -> requests.Response:
        return self._patiently("POST", path, data=fields | {"csrf_token": self._token})

    def close(self) -> None:
        self._session.close()

    def _log_in(self) -> None:
        self._token = _find_token(self.get("/login"))
        answer = self.post("/login", login_id="admin", password=PASSWORD)
        assert answer.status_code == 303, answer.text[:500]
        self._token = _find_token(self.get("/account"))

    def _patiently(self, method: str, path: str, **request: Any) -> requests.Response:
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            with suppress(
                requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError
            ):
                answer = self._session.request(
                    method, self._url + path, timeout=15, allow_redirects=False, **request
                )
                if answer.status_code < 500:
                    return answer
            assert time.monotonic() < give_up_at, f"{method} {path} was not answered"
            time.sleep(0.2)


class Misfortune:
    """Kills processes and arms trouble, at random but by a seed, until it is stopped."""

    def __init__(self, product: Product, seed: int, *, is_long: bool) -> None:
        self._product = product
        self._seed = seed
        self._troubles = TROUBLES + (TOO_SLOW if is_long else ())
        self._over = threading.Event()
        self.met: Counter[str] = Counter()
        self.failures: list[BaseException] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Kills and troubles until the block ends; then the troubles that still wait are disarmed."""
        # Later, one that is not found is being started again.
        unknown = [name for name, (words, _weight) in VICTIMS.items() if not self._product.find(words)]
        assert unknown == [], "nothing of these would ever be killed"
        threads = [threading.Thread(target=self._go_on, args=work) for work in self._list_work()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
            self._product.control("DELETE", "troubles")
        assert not self.failures, self.failures

    def _list_work(self) -> list[tuple[Callable[[random.Random], None], random.Random, float]]:
        return [
            (self._kill, random.Random(self._seed), 1.5),
            (self._arm, random.Random(self._seed + 1), 0.7),
        ]

    def _go_on(self, strike: Callable[[random.Random], None], chance: random.Random, pause_s: float) -> None:
        try:
            while not self._over.wait(chance.uniform(0.2, 2 * pause_s)):
                strike(chance)
        except BaseException as error:  # noqa: BLE001 - told by the test, not by a thread nobody listens to
            self.failures.append(error)

    def _kill(self, chance: random.Random) -> None:
        (name,) = chance.choices(list(VICTIMS), [weight for _words, weight in VICTIMS.values()])
        if name == "redis" and chance.random() < 0.5:
            with suppress(redis.RedisError), self._product.redis() as connection:
                connection.flushall()
                self.met["redis emptied"] += 1
            return
        found = sorted(self._product.find(VICTIMS[name][0]))
        if found:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
                self.met[f"{name} killed"] += 1

    def _arm(self, chance: random.Random) -> None:
        kind, more = chance.choice(self._troubles)
        (path,) = chance.choices((DELIVERY, CANCEL, RESULTS), (6, 1, 3))
        if kind == "error":
            path = DELIVERY
        self._product.control(
            "POST", "troubles", {"kind": kind, "count": chance.randint(1, 3), "paths": [path], **more}
        )
        self.met[kind] += 1


def _find_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]
