"""What a request says to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from webapp.extensions import db


@contextmanager
def recorded(app: Flask) -> Iterator[list[str]]:
    """Every statement executed meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def reads(statements: list[str]) -> list[str]:
    """The queries alone, without what begins and ends a transaction."""
    return [statement for statement in statements if statement.lstrip().upper().startswith("SELECT")]


def writes(statements: list[str]) -> list[str]:
    """Whatever could change the database; BEGIN IMMEDIATE announces it."""
    harmless = ("SELECT", "PRAGMA", "COMMIT", "ROLLBACK")
    return [
        statement
        for statement in statements
        if not statement.lstrip().upper().startswith(harmless) and statement.strip() != "BEGIN"
    ]
