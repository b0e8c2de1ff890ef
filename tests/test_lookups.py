"""Single rows from the driver: types as the ORM gives them, no transaction, one connection a request."""

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask, g
from sqlalchemy import bindparam, select
from sqlalchemy.exc import MultipleResultsFound

from tests.conftest import make_customer
from tests.features.queries import recorded
from webapp.extensions import db, writing
from webapp.lookups import Lookup
from webapp.models import Customer, Office, Staff

BY_NAME = Lookup(select(Customer.id, Customer.name).where(Customer.name == bindparam("name")))


def test_it_gives_named_columns_or_none(context: Flask) -> None:
    made = make_customer(name="見つかる 人")
    row = BY_NAME.find(name="見つかる 人")
    assert (row.id, row.name) == (made.id, "見つかる 人")
    assert BY_NAME.find(name="いない 人") is None


def test_columns_and_parameters_are_what_they_are_to_the_orm(context: Flask) -> None:
    with writing():
        db.session.get_one(Office, 1).unit_price = Decimal("12.50")
    person = db.session.scalars(select(Staff)).one()
    lookup = Lookup(
        select(Office.unit_price, Office.has_two_way, Office.held_since, Staff.created_at)
        .select_from(Office)
        .join(Staff, Staff.created_at == bindparam("moment"))
    )
    row = lookup.find(moment=person.created_at)
    assert row.unit_price == Decimal("12.50")
    assert isinstance(row.unit_price, Decimal)
    assert row.has_two_way is False
    assert row.held_since is None
    assert row.created_at == person.created_at
    assert row.created_at.tzinfo is UTC
    assert lookup.find(moment=datetime(2001, 1, 1, tzinfo=UTC)) is None
    with pytest.raises(ValueError, match="a moment needs its offset"):
        lookup.find(moment=datetime(2001, 1, 1))  # noqa: DTZ001 - that is the mistake


def test_two_rows_are_a_mistake(context: Flask) -> None:
    make_customer(name="同姓 同名")
    make_customer(name="同姓 同名")
    with pytest.raises(MultipleResultsFound):
        BY_NAME.find(name="同姓 同名")


def test_a_forgotten_parameter_is_not_the_last_one(context: Flask) -> None:
    BY_NAME.find(name="前の 人")
    with pytest.raises(KeyError):
        BY_NAME.find()


def test_it_holds_no_snapshot_and_opens_no_transaction(context: Flask) -> None:
    with recorded(context) as statements:
        assert BY_NAME.find(name="後から 来た人") is None
    assert [statement.split()[0] for statement in statements] == ["SELECT"]
    make_customer(name="後から 来た人")
    assert BY_NAME.find(name="後から 来た人") is not None


def test_a_lost_connection_takes_its_like_along_and_the_next_look_up_has_another(context: Flask) -> None:
    BY_NAME.find(name="")
    pool = db.engine.pool
    g.lookup[2].driver_connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        BY_NAME.find(name="")
    assert db.engine.pool is not pool
    assert BY_NAME.find(name="") is None


def test_a_failed_look_up_costs_its_own_connection_alone(context: Flask) -> None:
    BY_NAME.find(name="")
    pool, failed = db.engine.pool, g.lookup[2].driver_connection
    with pytest.raises(sqlite3.Error):
        BY_NAME.find(name=object())
    assert db.engine.pool is pool
    assert BY_NAME.find(name="") is None
    assert g.lookup[2].driver_connection is not failed


def test_the_connection_goes_back_at_the_end(app: Flask) -> None:
    with app.app_context():
        held = db.engine.pool.checkedout()
        BY_NAME.find(name="")
        BY_NAME.find(name="")
        assert db.engine.pool.checkedout() == held + 1
    with app.app_context():
        assert db.engine.pool.checkedout() == held
