"""Servers of the tests: a free port, and the embedded Redis's own binary on a socket of its own."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from deploy.quickstart.redis_server import find_server


def find_free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class RedisServer:
    """A server that can be stopped and started again, with or without its data."""

    def __init__(self) -> None:
        # Short: a unix socket's path may have about a hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="sms-redis-"))
        self.url = f"unix://{self.folder / 'redis.sock'}?db=0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                str(find_server()),
                *("--port", "0", "--unixsocket", str(self.folder / "redis.sock")),
                *("--dir", str(self.folder), "--save", "", "--appendonly", "yes"),
            ],
            stdout=subprocess.DEVNULL,
        )
        connection = self.connect()
        deadline = time.monotonic() + 10
        while True:
            try:
                connection.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "Redis did not start"
                time.sleep(0.02)
            else:
                break
        connection.close()

    def stop(self) -> None:
        """Kill it: what a power cut leaves is what its append-only file holds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def connect(self) -> redis.Redis:
        """A connection of the tests' own."""
        return redis.Redis.from_url(self.url)
