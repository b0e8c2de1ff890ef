"""Starts `make run` for a test and leaves nothing of it behind."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.run.launching import Launch


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launch]]:
    """Start `make run` with a folder and ports of its own; words by name are more variables."""
    launches = []
    ports = {"PORT": str(_free_port()), "SIMULATOR_PORT": str(_free_port())}

    def start(**variables: str) -> Launch:
        launches.append(Launch(Path(variables.pop("DATA_DIR", str(tmp_path / "data"))), ports | variables))
        return launches[-1]

    yield start
    for started in launches:
        started.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
