"""How Alembic reaches the application's database; run through `flask --app wsgi db …`."""

from alembic import context
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


def migrate(connection: Connection) -> None:
    """Run what is missing, each migration in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=render_item,
        transaction_per_migration=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


with database.engine.execution_options(sqlite_write=True).connect() as connection:
    migrate(connection)
