"""What the screens' tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Browser
from tests.features.rows import make_message
from webapp import create_app
from webapp.config import Configuration
from webapp.extensions import db
from webapp.models import Customer, Message


@pytest.fixture
def message(app: Flask, customer: Customer) -> Message:
    """A delivered message to 山田 太郎."""
    with app.app_context():
        return make_message(customer)


@pytest.fixture
def browser_of(app: Flask, configuration: Configuration) -> Iterator[Callable[..., Browser]]:
    """A browser on the same database under another configuration, not logged in."""
    with ExitStack() as opened:

        def open_browser(**changes: Any) -> Browser:
            other = create_app(replace(configuration, **changes), TESTING=True, PROPAGATE_EXCEPTIONS=False)

            def close() -> None:
                with other.app_context():
                    db.session.remove()
                    db.engine.dispose()

            opened.callback(close)
            return Browser(other.test_client())

        yield open_browser
