"""The log carries ids; no text, name, number or token, whatever goes wrong."""

import json
import logging
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tests.conftest import FIELD_KEY, make_customer
from tests.services.outbox import environment, send, submit
from tests.smslink.simulator_server import PROJECT
from webapp import clock
from webapp.extensions import db
from webapp.models import Attempt, Message
from webapp.services import customers

SECRET_WORDS = ("鈴木 秘書", "秘密の内見", "極秘の件名", "09001111103", "example.jp")

# A whole send with every trouble, as a worker's process of its own writes it.
SCRIPT = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from webapp import create_app
from datetime import timedelta
from webapp.services import cancelling, rechecking, results, settlement, smslink_account, submission
from webapp.services.office import load_office
rechecking.AHEAD = timedelta(days=1)
settlement._absent_at = lambda message, attempt: attempt.started_at  # the first answer decides
smslink_account.READ_TIMEOUT_S = 0.3
app = create_app()
for _ in range(12):
    with app.app_context():
        submission.submit_due()
        settlement.STALE_CLAIM_S = -1
        settlement.find_stale_claims()
        from webapp import clock
        from webapp.extensions import db
        from webapp.models import Message, Office
        db.session.query(Message).update({"next_check_at": clock.now()})
        db.session.query(Office).update({"paused_until": None, "hold_reason": None})
        db.session.commit()
        with smslink_account.make_client(load_office()) as client:
            rechecking.ask_due(client)
            rechecking.withdraw_unwanted()
            cancelling.cancel_due(client)
            results.check_due(client)
            settlement.settle_due(client)
        smslink_account.check_connection()
"""
OF_AN_ATTEMPT = {"submitting", "accepted", "not_sent", "outcome_unknown", "refused", "adopted", "absent"}
TROUBLES = ("429", "503", "drop_before", "drop_after", "stall_after", "500_after", "unreadable")


def test_a_send_through_every_trouble_logs_ids_alone(app, context, provider) -> None:
    moved = make_customer(name="鈴木 秘書", mobile_number="09001111103")
    customer = make_customer(name="鈴木 秘書", mobile_number="09001111103")
    body = "秘密の内見です。\nhttps://example.jp/a"
    words = {"body": body, "subject": "極秘の件名"}
    reserved = [send(moved, **words, reserve_for=clock.now() + timedelta(hours=2)) for _ in range(2)]
    submit(app)
    customers.archive_customer(moved.id, archived=True)
    ids = [*reserved, *(send(customer, **words) for _ in range(len(TROUBLES) + 2))]
    for kind in TROUBLES:
        provider.trouble(kind, seconds=0.6, paths=["/api/v1/delivery"])
    for code in ("ERR400001", "ERR401002"):
        provider.trouble("error", code=code, paths=["/api/v1/delivery"])
    # One withdrawn reservation is cancelled, the other is not; the questions have their troubles as well.
    provider.trouble("error", code="ERR406003", paths=["/api/v1/delivery/cancel"])
    for kind in ("503", "unreadable"):
        provider.trouble(kind, count=2, paths=["/api/v1/delivery_results"])
    db.session.remove()
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment(app, provider),
        cwd=PROJECT,
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]
    logged = {line["event"] for line in events}
    assert logged >= OF_AN_ATTEMPT | {"withdrawn", "cancel_refused", "cancelled", "recheck_failed"}
    assert {line["message_id"] for line in events if "message_id" in line} == set(ids)
    made = dict(
        db.session.execute(
            select(Attempt.id, Message.id).join(Message, Message.delivery_id == Attempt.delivery_id)
        ).all()
    )
    for line in events:
        if line["event"] in OF_AN_ATTEMPT:
            assert made[line["attempt_id"]] == line["message_id"], line
    # Nothing of an attempt is left out: its beginning, and what came of it.
    begun = [line["attempt_id"] for line in events if line["event"] == "submitting"]
    ended = {line["attempt_id"] for line in events if line["event"] in OF_AN_ATTEMPT - {"submitting"}}
    assert len(begun) == len(set(begun)) > len(ids)
    assert set(begun) <= ended
    for secret in (*SECRET_WORDS, provider.token, FIELD_KEY):
        assert secret not in run.stderr, secret
        assert secret not in run.stdout


def test_an_error_of_the_database_names_no_values(app, context, recipient) -> None:
    row = db.session.get_one(Message, send(recipient, "秘密の内見"))
    row.staff_id = 4711
    row.recipient_name = "鈴木 秘書"
    with pytest.raises(SQLAlchemyError) as error:
        db.session.commit()
    db.session.rollback()
    assert "鈴木" not in str(error.value)
    assert "hidden" in str(error.value)
    assert logging.getLogger("sqlalchemy.engine").level in {logging.NOTSET, logging.WARNING}
