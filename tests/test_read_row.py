"""Single reads beside the session: no transaction, the newest commit, one connection a request."""

import pytest
from flask import Flask
from sqlalchemy import bindparam, select
from sqlalchemy.exc import MultipleResultsFound

from tests.conftest import make_customer
from tests.features.queries import recorded
from webapp.extensions import db, read_row
from webapp.models import Customer

NAME = select(Customer.id, Customer.name).where(Customer.name == bindparam("name"))


def test_it_gives_plain_columns_or_none(context: Flask) -> None:
    made = make_customer(name="見つかる 人")
    row = read_row(NAME, {"name": "見つかる 人"})
    assert row is not None
    assert tuple(row) == (made.id, "見つかる 人")
    assert read_row(NAME, {"name": "いない 人"}) is None


def test_two_rows_are_a_mistake(context: Flask) -> None:
    make_customer(name="同姓 同名")
    make_customer(name="同姓 同名")
    with pytest.raises(MultipleResultsFound):
        read_row(NAME, {"name": "同姓 同名"})


def test_it_holds_no_snapshot_and_opens_no_transaction(context: Flask) -> None:
    with recorded(context) as statements:
        assert read_row(NAME, {"name": "後から 来た人"}) is None
    assert [statement.split()[0] for statement in statements] == ["SELECT"]
    make_customer(name="後から 来た人")
    assert read_row(NAME, {"name": "後から 来た人"}) is not None


def test_the_connection_goes_back_at_the_end(app: Flask) -> None:
    with app.app_context():
        held = db.engine.pool.checkedout()
        read_row(NAME, {"name": ""})
        read_row(NAME, {"name": ""})
        assert db.engine.pool.checkedout() == held + 1
    with app.app_context():
        assert db.engine.pool.checkedout() == held
