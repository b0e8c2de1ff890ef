"""The web server as it is started: silent connections hold nobody up."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.gunicorn import PIECE_S
from deploy.quickstart.programs import compose_web
from deploy.quickstart.settings import REPOSITORY
from tests.servers import find_free_port


@pytest.fixture
def address() -> Iterator[str]:
    """A program of ours that needs no database, under the product's server."""
    address = f"127.0.0.1:{find_free_port()}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = compose_web(address, "webapp.smslink.simulator:create_app()")
    process = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | {"PATH": path})
    try:
        deadline = time.monotonic() + 30
        while not _answers(address, 1):
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_silent_connections_hold_nobody_up(address: str) -> None:
    # As browsers open them ahead of need.
    silent = [_connect(address) for _ in range(3 * _count_workers(address))]
    # Handed over, they would hold each worker three times in turn, PIECE_S each.
    assert _answers(address, 2 * PIECE_S)
    # Whoever speaks at last is heard.
    silent[0].sendall(f"GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
    silent[0].settimeout(10)
    assert silent[0].recv(8) == b"HTTP/1.1"
    for connection in silent:
        connection.close()


def test_whoever_stops_in_the_middle_is_dropped(address: str) -> None:
    begun = [_connect(address) for _ in range(_count_workers(address))]
    for connection in begun:
        connection.sendall(b"G")
    # gunicorn itself would kill them after 30 seconds, with what else they have begun.
    assert _answers(address, 3 * PIECE_S)
    for connection in begun:
        connection.settimeout(10)
        assert connection.recv(1) == b""
        connection.close()


def _connect(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)))


def _count_workers(address: str) -> int:
    command = compose_web(address, "wsgi:app")
    return int(command[command.index("--workers") + 1])


def _answers(address: str, timeout: float) -> bool:
    try:
        requests.get(f"http://{address}/", timeout=timeout)
    except requests.RequestException:
        return False
    return True
