"""Every trouble and every code of the provider has its outcome."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import rung
from tests.services.outbox import (
    attempts,
    change,
    message,
    office,
    requests,
    send,
    submit,
    wait_for,
)
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Attempt
from webapp.services import smslink_account

DELIVERY = ["/api/v1/delivery"]
S = MessageStatus


REGISTERED, ABSENT = 1, 0


@pytest.mark.parametrize(
    ("kind", "status", "reason", "outcome", "registrations"),
    [
        ("drop_before", S.UNCONFIRMED, "connection_lost", "unknown", ABSENT),
        ("drop_after", S.UNCONFIRMED, "connection_lost", "unknown", REGISTERED),
        ("stall_before", S.UNCONFIRMED, "read_timeout", "unknown", None),
        ("stall_after", S.UNCONFIRMED, "read_timeout", "unknown", REGISTERED),
        ("429", S.QUEUED, "ERR429001", "not_sent", ABSENT),
        ("503", S.QUEUED, "ERR000000", "not_sent", ABSENT),
        ("500_before", S.UNCONFIRMED, "server_error", "unknown", ABSENT),
        ("500_after", S.UNCONFIRMED, "server_error", "unknown", REGISTERED),
        ("unreadable", S.UNCONFIRMED, "unreadable", "unknown", REGISTERED),
    ],
)
def test_every_trouble_has_its_outcome(
    app, recipient, provider, redis_server, monkeypatch, kind, status, reason, outcome, registrations
) -> None:
    monkeypatch.setattr(smslink_account, "READ_TIMEOUT_S", 0.4)
    provider.trouble(kind, paths=DELIVERY, seconds=1.0)
    message_id = send(recipient)
    assert submit(app) == 1
    row = message(message_id)
    assert (row.status, row.reason) == (status, reason)
    assert attempts(message_id) == [(1, outcome, reason)]
    if registrations is not None:
        assert len(provider.ledger()) == registrations
    assert office().hold_reason is None
    if status == S.UNCONFIRMED:
        assert row.unconfirmed_since is not None
        assert timedelta(0) < row.next_check_at - row.unconfirmed_since <= timedelta(seconds=1)
        assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]
        assert office().paused_until is None
    else:
        assert office().paused_until is not None
        assert row.next_check_at is None
    if kind == "stall_before":
        wait_for(lambda: len(provider.ledger()) == REGISTERED)  # not into the next test


@pytest.mark.parametrize(
    ("code", "status", "outcome", "is_held"),
    [
        ("ERR400001", S.REJECTED, "refused", False),
        ("ERR400002", S.REJECTED, "refused", False),
        ("ERR400004", S.REJECTED, "refused", False),
        ("ERR400005", S.QUEUED, "not_sent", False),
        ("ERR400006", S.QUEUED, "not_sent", False),
        ("ERR401002", S.HELD, "refused", True),
        ("ERR403001", S.HELD, "refused", True),
        ("ERR403003", S.HELD, "refused", True),
        ("ERR404002", S.REJECTED, "refused", False),
        ("ERR404004", S.HELD, "refused", True),
        ("ERR405001", S.HELD, "refused", True),
        ("ERR406003", S.REJECTED, "refused", False),
        ("ERR415001", S.REJECTED, "refused", False),
        ("ERR429001", S.QUEUED, "not_sent", False),
        ("ERR000000", S.QUEUED, "not_sent", False),
    ],
)
def test_every_code_of_the_table_has_its_outcome(
    app, recipient, provider, code, status, outcome, is_held
) -> None:
    provider.trouble("error", code=code, paths=DELIVERY)
    message_id = send(recipient)
    submit(app)
    row = message(message_id)
    assert (row.status, row.reason, row.next_check_at) == (status, code, None)
    assert attempts(message_id) == [(1, outcome, code)]
    attempt = db.session.scalars(select(Attempt)).one()
    assert attempt.answer["body"]["code"] == code
    assert attempt.http_status == attempt.answer["status"]
    assert (row.settled_at is not None) == row.status.startswith("rejected")
    assert office().hold_reason == (code if is_held else None)
    assert provider.ledger() == []


def test_a_500_with_its_code_is_unknown(app, recipient, provider) -> None:
    provider.trouble("error", code="ERR500001", paths=DELIVERY)
    message_id = send(recipient)
    submit(app)
    assert message(message_id).status == S.UNCONFIRMED


def test_a_number_the_provider_refuses_is_rejected(app, recipient, provider) -> None:
    message_id = send(recipient)
    change(message_id, phone_number="0312345678")
    submit(app)
    row = message(message_id)
    assert (row.status, row.reason) == (S.REJECTED, "ERR400001_010")
    detail = db.session.scalars(select(Attempt)).one().answer["body"]["details"][0]
    assert detail["code"] == "ERR400001_010"


def test_what_cannot_be_written_on_the_wire_is_an_error(app, recipient, provider) -> None:
    message_id = send(recipient)
    row = message(message_id)
    row.delivery.insertion_urls = ["https://a.jp"] * 3
    db.session.commit()
    submit(app)
    assert (message(message_id).status, message(message_id).reason) == (S.ERROR, "not_writable")
    assert attempts(message_id) == [(1, "refused", "not_writable")]
    assert requests(provider, "delivery") == []


@pytest.mark.parametrize("code", ["ERR400005", "ERR400006"])
def test_a_limit_of_the_contract_waits_and_lets_the_others_go(
    app, recipient, provider, moved_clock, code
) -> None:
    first, second = send(recipient), send(recipient)
    provider.trouble("error", code=code, count=1, paths=DELIVERY)
    assert submit(app) == 2
    assert [message(one).status for one in (first, second)] == [S.QUEUED, S.SENDING]
    wait = message(first).next_attempt_at - clock.now()
    assert timedelta(seconds=10) < wait < timedelta(seconds=60)
    assert submit(app) == 0
    moved_clock.advance(seconds=60)
    assert submit(app) == 1
    assert message(first).status == S.SENDING
    assert attempts(first) == [(1, "not_sent", code), (2, "accepted", None)]
