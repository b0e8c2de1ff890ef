"""The engine's fixtures: a clock that can be moved, and customers."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from tests.conftest import make_customer
from tests.services.outbox import Clock
from webapp import clock
from webapp.models import Customer

settings.register_profile(
    "services",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("services")


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
