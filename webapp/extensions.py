"""The Flask extensions, made once, and how a unit of work begins and ends."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    Select,
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


# expire_on_commit off: a row read before a commit (the logged-in person, say) stays readable
# after it without another query. Whoever decides by a row reads it inside `writing()`.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(key_func=get_remote_address, default_limits=[])

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


def read_row(statement: Select[Any], values: Mapping[str, object]) -> Row[Any] | None:
    """One row of plain columns, or None, beside the session and its transaction.

    For what is asked at every keystroke: session, transaction and objects of the ORM cost four times as
    much as the answer. The connection is the request's, and goes back to the pool at its end.
    """
    if "read_connection" not in g:
        g.read_connection = db.engine.connect().execution_options(sqlite_single_reads=True)
    connection: Connection = g.read_connection
    return connection.execute(statement, values).one_or_none()


def _return_connection(_error: BaseException | None) -> None:
    connection = g.pop("read_connection", None)
    if connection is not None:
        connection.close()


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
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite" and not options.get("sqlite_single_reads"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("sqlite_write") else "BEGIN")


def init_app(app: Flask) -> None:
    """Bind all of them to an application."""
    db.init_app(app)
    app.teardown_appcontext(_return_connection)
    login_manager.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)
    limiter.init_app(app)
    # It looks for limits of all routes, of which there are none; those of one route are checked at the route.
    app.before_request_funcs[None].remove(limiter._check_request_limit)  # noqa: SLF001 - it has no switch
