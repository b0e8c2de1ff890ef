"""Trouble on demand: what goes wrong with the next requests to the API.

Kinds: `drop_before` and `drop_after` (the connection closes without an answer, before or after the request
took effect), `stall_before` and `stall_after` (the pause of `seconds` stands before or after it),
`429`, `503`, `500_before`, `500_after`, `unreadable` (took effect, 200 with half a body), `error` (any
`code` of the provider's table, before it took effect). `stall` and `500` mean `stall_after` and
`500_before`.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, g, request

from .database import Database
from .errors import MESSAGES, ApiError

BEFORE = ("drop_before", "stall_before", "429", "503", "500_before", "error")
AFTER = ("drop_after", "stall_after", "500_after", "unreadable")
KINDS = BEFORE + AFTER
ALIASES = {"stall": "stall_after", "500": "500_before"}
CODES = {"429": "ERR429001", "503": "ERR000000", "500_before": "ERR500001"}
MAX_SECONDS = 600.0
API_PATHS = (
    "/api/v1/delivery",
    "/api/v1/safe_delivery",
    "/api/v1/delivery/cancel",
    "/api/v1/delivery_results",
    "/api/v1/receptions",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One switch: `remaining` requests (None: until cleared), at `paths` only (empty: everywhere)."""

    kind: str
    remaining: int | None = None
    paths: tuple[str, ...] = ()
    seconds: float = 0.0
    code: str = ""
    id: int = 0

    def as_json(self) -> dict[str, object]:
        """As the control API shows it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "count": self.remaining,
            "paths": list(self.paths),
            "seconds": self.seconds,
            "code": self.code,
        }


def parse_trouble(values: Mapping[str, object]) -> Trouble:
    """From `kind`, `count`, `paths`, `seconds`, `code`. ValueError says what does not fit."""
    strangers = values.keys() - {"kind", "count", "paths", "seconds", "code"}
    if strangers:
        raise ValueError(f"unknown: {', '.join(sorted(strangers))}")
    kind = str(values.get("kind", ""))
    kind = ALIASES.get(kind, kind)
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    count = values.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise ValueError("count must be 1 or more, or null until cleared")
    paths = values.get("paths") or []
    if not isinstance(paths, list) or not set(map(str, paths)) <= set(API_PATHS):
        raise ValueError(f"paths must be among {', '.join(API_PATHS)}")
    seconds = values.get("seconds", 0)
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not is_number or not 0 <= float(str(seconds)) <= MAX_SECONDS:
        raise ValueError(f"seconds must be between 0 and {MAX_SECONDS:.0f}")
    code = str(values.get("code") or "")
    if kind == "error" and code not in MESSAGES:
        raise ValueError(f"code must be one of {', '.join(MESSAGES)}")
    return Trouble(kind, count, tuple(map(str, paths)), float(str(seconds)), code)


class Troubles:
    """The switches, kept in the database; the oldest that fits a request is the one that strikes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, trouble: Trouble) -> Trouble:
        """Arms one."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO troubles (kind, remaining, paths, seconds, code) VALUES (?, ?, ?, ?, ?)",
                (trouble.kind, trouble.remaining, json.dumps(trouble.paths), trouble.seconds, trouble.code),
            )
            return self._load(int(cursor.lastrowid or 0))[0]

    def armed(self) -> list[Trouble]:
        """All, oldest first."""
        return self._load(None)

    def clear(self) -> None:
        """Disarms all."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM troubles")

    def take(self, path: str) -> Trouble | None:
        """The switch that strikes this request; its count goes down."""
        if not self.armed():
            return None
        with self._database.write() as connection:
            for trouble in self.armed():
                if not trouble.paths or path in trouble.paths:
                    connection.execute(
                        "UPDATE troubles SET remaining = remaining - 1 WHERE id = ?", (trouble.id,)
                    )
                    connection.execute("DELETE FROM troubles WHERE remaining = 0")
                    return trouble
        return None

    def _load(self, only: int | None) -> list[Trouble]:
        rows = self._database.rows("SELECT * FROM troubles WHERE ? IN (id, 0) ORDER BY id", (only or 0,))
        return [
            Trouble(
                kind=row["kind"],
                remaining=row["remaining"],
                paths=tuple(json.loads(row["paths"])),
                seconds=row["seconds"],
                code=row["code"],
                id=row["id"],
            )
            for row in rows
        ]


def strike_before(trouble: Trouble | None) -> Response | None:
    """What happens before the request takes effect; the rest is remembered for strike_after."""
    g.trouble = trouble
    if trouble is None or trouble.kind not in BEFORE:
        return None
    if trouble.kind == "drop_before":
        return _drop_connection()
    if trouble.kind == "stall_before":
        time.sleep(trouble.seconds)
        return None
    raise ApiError(CODES.get(trouble.kind) or trouble.code)


def strike_after(response: Response) -> Response:
    """What happens once it took effect and was committed."""
    trouble: Trouble | None = g.get("trouble")
    kind = trouble.kind if trouble else ""
    if kind == "drop_after":
        return _drop_connection()
    if trouble and kind == "stall_after":
        time.sleep(trouble.seconds)
    if kind == "500_after":
        error = ApiError("ERR500001")
        response.set_data(json.dumps(error.as_json(), ensure_ascii=False))
        response.status_code = error.status
    if kind == "unreadable":
        body = response.get_data()
        response.set_data(body[: len(body) // 2])
        response.status_code = 200
    return response


def _drop_connection() -> Response:
    """Shuts the client's socket down under the server, which then finds nobody to answer."""
    held = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if not isinstance(held, socket.socket):
        raise TypeError("this server does not hand out its socket: run under gunicorn or werkzeug")
    held.shutdown(socket.SHUT_RDWR)
    return Response(status=204)
