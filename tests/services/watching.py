"""Every change of a message's status, seen where it is written: in the database."""

import re
import traceback
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from webapp import services
from webapp.domain.message_status import EDGES, MessageStatus

SERVICES = Path(services.__file__).parent

_WRITES_STATUS = re.compile(r"UPDATE message SET (?:(?! WHERE ).)*\bstatus *=", re.IGNORECASE | re.DOTALL)
_INSERTS = re.compile(r"INSERT INTO message ", re.IGNORECASE)

Step = tuple[MessageStatus | None, MessageStatus]
"""Before and after; nothing before a row that is new."""


class StatusWatch:
    """Reads all statuses before and after every statement that may change one, whoever sends it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.watches_tests = False
        """Else only what the product's own code writes: a test may put a row where it wants it."""

    @property
    def strays(self) -> list[Step]:
        """What the transition table does not have."""
        return [
            (old, new)
            for old, new in self.steps
            if (new != MessageStatus.QUEUED if old is None else (old, new) not in EDGES)
        ]

    def before(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Of an execution."""
        connection.info.pop("statuses", None)
        if self._is_write(statement):
            connection.info["statuses"] = _read(connection)

    def after(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Of an execution."""
        if not self._is_write(statement) or "statuses" not in connection.info:
            return
        before = connection.info.pop("statuses")
        for message_id, status in _read(connection).items():
            old = before.get(message_id)
            if old != status:
                self.steps.append((MessageStatus(old) if old else None, MessageStatus(status)))

    def _is_write(self, statement: str) -> bool:
        is_write = _WRITES_STATUS.match(statement) or _INSERTS.match(statement)
        return bool(is_write) and (self.watches_tests or _is_called_by_the_product())


def _is_called_by_the_product() -> bool:
    return any(str(SERVICES) in frame.f_code.co_filename for frame, _line in traceback.walk_stack(None))


def _read(connection: Any) -> dict[int, str]:
    """On the same connection, and so inside its transaction."""
    cursor = connection.connection.cursor()
    cursor.execute("SELECT id, status FROM message")
    found = dict(cursor.fetchall())
    cursor.close()
    return found


watch = StatusWatch()
"""One for the process: the engine's tests listen all the time (conftest.py)."""
event.listen(Engine, "before_cursor_execute", watch.before)
event.listen(Engine, "after_cursor_execute", watch.after)
