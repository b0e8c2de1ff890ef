"""The job that fetches replies: only with the contract, and briefly, since the sweep waits behind it."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.receive import fetch_receptions
from tests.conftest import MOBILE
from tests.services.outbox import counts, office, requests
from webapp import queue
from webapp.extensions import db, writing
from webapp.models import Interaction, Reception
from webapp.services import receiving, settlement, smslink_account
from webapp.services.office import lock_office

pytestmark = pytest.mark.usefixtures("in_process")


def use_contract(provider, *, ours: bool, theirs: bool) -> None:
    provider.options(two_way=theirs)
    provider.control("POST", "receptions", {"phone_number": MOBILE, "message": "はい"})
    with writing():
        lock_office().has_two_way = ours


def test_with_the_contract_replies_are_fetched_once(recipient, provider) -> None:
    use_contract(provider, ours=True, theirs=True)
    fetch_receptions()
    fetch_receptions()
    row = db.session.scalars(select(Reception)).one()
    assert (row.message, row.customer_id) == ("はい", recipient.id)
    assert len(db.session.scalars(select(Interaction)).all()) == 1


def test_without_the_contract_nothing_is_asked(app, recipient, provider) -> None:
    use_contract(provider, ours=False, theirs=True)
    before = counts(app)
    fetch_receptions()
    assert counts(app) == before
    assert requests(provider, "receptions") == []


def test_without_a_connection_nothing_is_asked(app, recipient, provider) -> None:
    use_contract(provider, ours=True, theirs=True)
    app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], smslink_token=None)
    fetch_receptions()
    assert requests(provider, "receptions") == []
    assert office().hold_reason is None


def test_it_leaves_no_connection_behind(recipient, provider) -> None:
    use_contract(provider, ours=True, theirs=True)
    db.session.remove()
    fetch_receptions()
    assert db.engine.pool.checkedout() == 0
    provider.trouble("503", count=None)
    fetch_receptions()
    assert db.engine.pool.checkedout() == 0


def test_the_sweep_does_not_wait_long_for_it() -> None:
    call_s = smslink_account.CONNECT_TIMEOUT_S + 2 * receiving.READ_TIMEOUT_S
    longest = receiving.GOES_ON_FOR + timedelta(seconds=call_s)
    assert longest < timedelta(seconds=queue.JOB_TIMEOUT_S)
    # A dead worker's claim is found within a minute all the same, if this job is before the next sweep.
    assert settlement.STALE_CLAIM_S + 15 + longest.total_seconds() < 60
