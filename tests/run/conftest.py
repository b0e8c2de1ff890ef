"""Starts `make run` for a test and leaves nothing of it behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.run.launching import Launch, choose_ports


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launch]]:
    """Start `make run` with a folder and ports of its own; words by name are more variables."""
    launches = []
    ports = choose_ports()

    def start(**variables: str) -> Launch:
        launches.append(Launch(Path(variables.pop("DATA_DIR", str(tmp_path / "data"))), ports | variables))
        return launches[-1]

    yield start
    for started in launches:
        started.close()
