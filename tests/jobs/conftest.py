"""Jobs run in the tests' own application; the processes of the product are started as in production."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from jobs import worker
from tests.conftest import make_customer
from tests.servers import RedisServer
from tests.services.outbox import Clock, environment
from tests.smslink.simulator_server import PROJECT, SimulatorProcess
from webapp import clock
from webapp.models import Customer

RQ = str(Path(sys.executable).with_name("rq"))


@pytest.fixture
def recipient(context: Flask) -> Customer:
    return make_customer()


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


@pytest.fixture
def in_process(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs called here work on the test's database."""
    monkeypatch.setattr(worker, "application", lambda: app)


class Started:
    """A process of ours with all its children."""

    def __init__(self, command: tuple[str, ...], environ: dict[str, str]) -> None:
        self._process = subprocess.Popen(command, cwd=PROJECT, env=environ, start_new_session=True)

    def kill(self) -> None:
        """At once, with the work-horse, which has a process group of its own."""
        for pid in (*_descendants(self._process.pid), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)

    def wait(self, seconds: float) -> int:
        return self._process.wait(seconds)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    found = [int(child) for child in children.split()]
    return [one for child in found for one in (*_descendants(child), child)]


Starter = Callable[..., Started]


@pytest.fixture
def start(app: Flask, provider: SimulatorProcess, redis_server: RedisServer) -> Iterator[Starter]:
    """`rq` with the arguments given, in the environment that the launcher sets."""
    started: list[Started] = []

    def run(*arguments: str) -> Started:
        process = Started((RQ, *arguments), environment(app, provider))
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()


@pytest.fixture
def start_worker(start: Starter, redis_server: RedisServer) -> Starter:
    """`rq worker` of one queue, as in production."""

    def run(queue_name: str, *more: str) -> Started:
        return start(
            *("worker", "--with-scheduler", "-S", "json", "-w", "jobs.worker.FastWorker", "-P", "."),
            *("-u", redis_server.url, *more, queue_name),
        )

    return run
