"""Products started for one test each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.product import Product

Start = Callable[..., Product]


@pytest.fixture
def start_product(tmp_path: Path) -> Iterator[Start]:
    """`make run` in a folder of its own; words by name are more variables."""
    started = []

    def start(**variables: str) -> Product:
        started.append(Product(tmp_path / "data", **variables))
        return started[-1]

    yield start
    for product in started:
        product.close()
