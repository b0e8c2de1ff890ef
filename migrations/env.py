"""How Alembic reaches the application's database; run through `flask --app wsgi db …`."""

from alembic import context
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection

import webapp.models  # noqa: F401 - every table must be known
from webapp.extensions import UtcDateTime

database = current_app.extensions["migrate"].db


def render_item(type_: str, obj: object, _autogen: object) -> str | bool:
    """Write our own type as what it is in the database: migrations must not depend on today's code."""
    if type_ == "type" and isinstance(obj, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def refuse_orphans(ctx: MigrationContext, **_step: object) -> None:
    """Before a step is committed: foreign keys are not watched meanwhile, so they are checked as a whole."""
    if ctx.dialect.name != "sqlite":
        return
    orphans = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"rows that refer to nothing: {orphans[:5]}")


def migrate(connection: Connection) -> None:
    """Run what is missing, each migration in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=render_item,
        transaction_per_migration=True,
        on_version_apply=refuse_orphans,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def watch_foreign_keys(connection: Connection, *, watch: bool) -> None:
    """SQLite changes a table by making it anew and dropping the old one, which others refer to."""
    if connection.dialect.name == "sqlite":
        # On the driver's connection: inside a transaction the setting is ignored.
        connection.connection.execute(f"PRAGMA foreign_keys={'ON' if watch else 'OFF'}")


with database.engine.execution_options(sqlite_write=True).connect() as connection:
    watch_foreign_keys(connection, watch=False)
    try:
        migrate(connection)
    finally:
        connection.rollback()
        watch_foreign_keys(connection, watch=True)
