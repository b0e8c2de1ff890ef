"""The migrations make what the models describe, forwards and back; SQLite runs as it must."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.conftest import make_configuration
from webapp import cli, clock, create_app
from webapp.extensions import Base, db, writing
from webapp.models import Office, StaffSession

CUSTOMER_TEXTS = [
    "name",
    "name_kana",
    "honorific",
    "organisation",
    "mobile_number",
    "landline_number",
    "email",
    "kind",
    "state",
    "property_name",
    "room",
    "note",
    "search_text",
]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without tables, in its context."""
    app = create_app(make_configuration(tmp_path, "unix:///nowhere"))
    cli.register(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_models_equal_migrations(empty: Flask) -> None:
    upgrade()
    check()
    assert tables() == set(Base.metadata.tables)


def test_there_and_back(empty: Flask) -> None:
    upgrade()
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    upgrade()
    check()


def test_rows_outlive_the_second_migration(empty: Flask) -> None:
    """SQLite must not copy a table that others refer to: it would drop it first."""
    upgrade(revision="0001")
    now = clock.now().isoformat()
    rows: dict[str, dict[str, object]] = {
        "staff": {"login_id": "a", "name": "a", "role": "staff", "password_hash": "x"}
        | {"must_change_password": False, "is_active": True, "created_at": now},
        "customer": dict.fromkeys(CUSTOMER_TEXTS, "") | {"created_at": now, "updated_at": now},
        "delivery": {
            "key": "k",
            "subject": "s",
            "text_message": "t",
            "insertion_urls": "[]",
            "click_count": 0,
        },
        "message": {"delivery_id": 1, "customer_id": 1, "staff_id": 1, "checks": 0, "status": "delivered"}
        | dict.fromkeys(("submission_key", "recipient_name", "phone_number", "body", "text"), "x")
        | {"characters": 1, "estimated_segments": "{}", "clicks": "[]"}
        | {"created_at": now, "next_attempt_at": now},
        "interaction": {"customer_id": 1, "message_id": 1, "kind": "sms_sent", "subject": "s"}
        | {"occurred_at": now},
    }
    with db.engine.begin() as connection:
        for table, row in rows.items():
            columns = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} (id, {columns}) VALUES (1, {values})"), row)  # noqa: S608
    for step in (upgrade, lambda: downgrade(revision="0001"), upgrade):
        step()
        with db.engine.connect() as connection:
            assert (
                connection.scalar(
                    text("SELECT count(*) FROM message JOIN interaction ON message_id = message.id")
                )
                == 1
            )
    check()


def test_office_exists_from_the_first_migration_on(empty: Flask) -> None:
    upgrade()
    office = db.session.get_one(Office, 1)
    assert (office.requests_per_minute, office.shortened_url_length) == (120, 25)
    assert office.confirm_before_sending
    assert office.show_results
    assert not office.notify_by_email


def test_every_constraint_has_a_name() -> None:
    for table in Base.metadata.sorted_tables:
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name


def test_sqlite_runs_as_it_must(context: Flask) -> None:
    with db.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 15000}


def test_foreign_keys_hold(context: Flask) -> None:
    now = clock.now()
    nobodys = StaffSession(token_hash="x", staff_id=999, created_at=now, expires_at=now)
    with pytest.raises(IntegrityError), writing():
        db.session.add(nobodys)


def test_a_unit_that_writes_locks_at_once_and_a_read_never_does(context: Flask) -> None:
    other = create_engine(context.config["SQLALCHEMY_DATABASE_URI"], connect_args={"timeout": 0})
    with other.connect() as rival:
        rival.exec_driver_sql("PRAGMA busy_timeout=0")
        db.session.get_one(Office, 1)
        rival.rollback()
        with writing():
            with pytest.raises(OperationalError, match="locked"):
                rival.execution_options(sqlite_write=True).exec_driver_sql("BEGIN IMMEDIATE")
            rival.rollback()
    other.dispose()
