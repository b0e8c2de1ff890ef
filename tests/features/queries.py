"""What a request says to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, has_app_context
from sqlalchemy import event

from webapp.extensions import db


@contextmanager
def recorded(app: Flask) -> Iterator[list[str]]:
    """Every statement executed meanwhile, as SQLite itself tells it: whoever asked, and by whatever way."""
    statements: list[str] = []
    traced: list[Any] = []

    def trace(connection: Any, *_more: Any) -> None:
        connection.set_trace_callback(statements.append)
        traced.append(connection)

    with app.app_context():
        engine = db.engine
    if has_app_context():
        # Before the others: the connection that this context's session may hold already.
        trace(db.session.connection().connection.driver_connection)
    event.listen(engine, "checkout", trace)
    try:
        yield statements
    finally:
        event.remove(engine, "checkout", trace)
        for connection in traced:
            connection.set_trace_callback(None)


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
