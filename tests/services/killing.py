"""Killing a job at its n-th step: every SQL statement, commit, exchange with SMSLINK, and ring is one.

The points are not listed anywhere: whoever adds a step to the code adds a point.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.services.outbox import Killed
from webapp import queue
from webapp.extensions import db
from webapp.services import pace, tokens
from webapp.smslink.client import SmslinkClient


class Steps:
    """Counts while it listens, and kills at `die_at`; the dead take no further step."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._die_at = 0
        self._is_listening = False

    @property
    def has_killed(self) -> bool:
        """Whether the last job came as far as that."""
        return len(self.taken) == self._die_at

    @contextmanager
    def killing_at(self, number: int) -> Iterator[None]:
        """Listen inside; the death itself goes no further."""
        self.taken.clear()
        self._die_at, self._is_listening = number, True
        try:
            yield
        except Killed:
            assert self.has_killed
            db.session.remove()
            db.engine.dispose()  # a dead process's connections end, and what they had begun with them
        finally:
            self._is_listening = False

    def step(self, name: str) -> None:
        """About to do it."""
        if not self._is_listening:
            return
        if self.has_killed:
            raise Killed
        self.taken.append(name)
        if self.has_killed:
            raise Killed

    def around(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        """A step before the call and one after it, when its effect is there and nobody knows."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self.step(f"before {name}")
            answer = original(*args, **kwargs)
            self.step(f"after {name}")
            return answer

        return run


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """On everything a job does outside its own memory."""
    counted = Steps()

    def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.step(" ".join(statement.split()[:3]))

    def commit(_connection: Any) -> None:
        counted.step("commit")

    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", commit)
    for owner, name in (
        (SmslinkClient, "_exchange"),
        (queue, "_ring"),
        (tokens, "take"),
        (pace, "count_request"),
        (pace, "take"),
    ):
        monkeypatch.setattr(owner, name, counted.around(getattr(owner, name), name))
    yield counted
    event.remove(Engine, "before_cursor_execute", execute)
    event.remove(Engine, "commit", commit)
