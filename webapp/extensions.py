"""The Flask extensions, made once, and how a unit of work begins and ends."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect, same_origin
from htmx_flask import Htmx
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    TypeDecorator,
    event,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

Written = TypeVar("Written")


class Base(DeclarativeBase):
    """Every constraint has a name, so that migrations can change it on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CsrfProtection(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's own; a token that it has accepted for a session is not unsigned by this process again."""

    _MOST_KNOWN = 2048
    # Ours have 91 characters. A signature may be padded with nonsense and holds: that is not worth keeping.
    _LONGEST_KNOWN = 128

    def __init__(self) -> None:
        super().__init__()
        self._accepted: set[tuple[str, str]] = set()

    def _get_csrf_token(self) -> str | None:
        """Of the form, or of htmx; there are no other places."""
        return request.form.get("csrf_token") or request.headers.get("X-CSRFToken")

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - Flask-WTF's signature
        """Let pass what it knows, and leave all else to Flask-WTF."""
        if request.endpoint is None or request.method not in current_app.config["WTF_CSRF_METHODS"]:
            return
        token = self._get_csrf_token() or ""
        pair = (session.get("csrf_token", ""), token)
        try:
            if pair in self._accepted and _comes_from_here():
                g.csrf_valid = True
                return
            super().protect(apply_exemptions)
        except ValueError:  # a Referer that is no address
            self._error_response("The referrer header is no address.")
        if g.get("csrf_valid") and len(token) <= self._LONGEST_KNOWN:
            if len(self._accepted) >= self._MOST_KNOWN:
                self._accepted.clear()
            self._accepted.add(pair)


def _comes_from_here() -> bool:
    return not request.is_secure or same_origin(request.referrer or "", f"https://{request.host}/")


# expire_on_commit off: a row read before a commit (the logged-in person, say) stays readable
# after it without another query. Whoever decides by a row reads it inside `writing()`.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
csrf = CsrfProtection()
htmx = Htmx()
limiter = Limiter(key_func=get_remote_address, default_limits=[])
LIMITED = "auth"
"""The blueprint that alone has limits: others would not be counted (tests/test_routes.py)."""

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept as UTC; SQLite would drop the offset. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the database holds, as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def writing() -> Iterator[None]:
    """One unit that writes: everything inside is committed together, or nothing is.

    On SQLite it takes the write lock at its first statement: a read that turns into a write
    later fails at once with "database is locked" when somebody else wrote in between.
    """
    db.session.commit()  # ends the read before it; nothing may be pending here
    db.session.connection(execution_options={"sqlite_write": True})
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def write_once(write: Callable[[], Written]) -> Written:
    """What `write` finds or writes, as one unit; asked again when another request wrote the same just then.

    That happens only on a database that lets both begin; `write` looks before it writes.
    """
    try:
        with writing():
            return write()
    except IntegrityError:
        with writing():
            return write()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - any DBAPI's connection
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # the transaction begins in the event below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        is_write = connection.get_execution_options().get("sqlite_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def init_app(app: Flask) -> None:
    """Bind all of them to an application."""
    _bind_limiter(app)
    db.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)


def _bind_limiter(app: Flask) -> None:
    """Before the others: the hooks that stand there afterwards are its own, and go where its limits are."""
    limiter.init_app(app)
    all_hooks: tuple[dict[Any, list[Any]], ...] = (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    )
    for hooks in all_hooks:
        hooks[LIMITED] = hooks.pop(None)
