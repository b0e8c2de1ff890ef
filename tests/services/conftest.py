"""The engine's fixtures: a clock that can be moved, and customers."""

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from tests.conftest import make_customer
from tests.services.outbox import Clock
from tests.services.watching import watch
from webapp import clock
from webapp.models import Customer

settings.register_profile(
    "services",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("services")


@pytest.fixture(autouse=True)
def only_edges() -> Iterator[None]:
    """Whatever a test does: every status that was written is a step of the transition table."""
    watch.steps.clear()
    yield
    assert watch.strays == []


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Ours alone; the simulator keeps its own."""
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


@pytest.fixture
def recipient(context: Flask) -> Customer:
    """A customer with a docomo number that receives."""
    return make_customer()
