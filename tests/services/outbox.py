"""What the tests of the engine share: drafts, jobs in a session of their own, and looking at rows afresh."""

import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from flask import Flask, has_app_context
from sqlalchemy import select

from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock
from webapp.config import Configuration
from webapp.extensions import db
from webapp.models import Attempt, Customer, Message, Office, Staff
from webapp.models.office import OFFICE_ID
from webapp.services import results, sending, settlement, smslink_account, submission
from webapp.services.office import load_office
from webapp.services.sending import Draft

Answer = TypeVar("Answer")
BODY = "内見のご案内です。土曜の10時にお待ちしています。"


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


class Clock:
    """Our clock, ahead of the real one."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **distance: float) -> None:
        """As timedelta takes it."""
        self.ahead += timedelta(**distance)


def draft(customer: Customer, body: str = BODY, **values: Any) -> Draft:
    """A draft with a submission key of its own."""
    return Draft(
        **{
            "customer_id": customer.id,
            "subject": "内見",
            "body": body,
            "count_clicks": False,
            "submission_key": uuid.uuid4().hex,
        }
        | values
    )


def send(customer: Customer, body: str = BODY, **values: Any) -> int:
    """Put a message in the outbox; its id."""
    sender = db.session.scalars(select(Staff).limit(1)).one()
    return sending.send(draft(customer, body, **values), sender).message.id


def in_job(app: Flask, work: Callable[[], Answer]) -> Answer:
    """As a worker does it: in a context, and so a session, of its own."""
    if has_app_context():
        db.session.remove()
    with app.app_context():
        return work()


def submit(app: Flask) -> int:
    """One submit job."""
    return in_job(app, submission.submit_due)


def ask(app: Flask) -> bool:
    """One round of results and look-ups, without waiting."""

    def work() -> bool:
        with smslink_account.make_client(load_office()) as client:
            return results.check_due(client) and settlement.settle_due(client)

    return in_job(app, work)


def message(message_id: int) -> Message:
    """The row as it is now."""
    db.session.rollback()
    return db.session.get_one(Message, message_id, populate_existing=True)


def office() -> Office:
    """The row as it is now."""
    db.session.rollback()
    return db.session.get_one(Office, OFFICE_ID, populate_existing=True)


def attempts(message_id: int) -> list[tuple[int, str | None, str | None]]:
    """Number, outcome and reason of each attempt."""
    found = db.session.scalars(
        select(Attempt)
        .where(Attempt.delivery_id == message(message_id).delivery_id)
        .order_by(Attempt.number)
        .execution_options(populate_existing=True)
    )
    return [(attempt.number, attempt.outcome, attempt.reason) for attempt in found]


def change(message_id: int, **values: Any) -> None:
    """Put a row where a test wants it."""
    row = message(message_id)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.commit()


def due_now(*message_ids: int) -> None:
    """Bring the next question forward."""
    for message_id in message_ids:
        change(message_id, next_check_at=clock.now() - timedelta(seconds=1))


def requests(provider: SimulatorProcess, path: str) -> list[dict[str, Any]]:
    """The requests of one kind that reached the simulator."""
    return [
        one for one in provider.control("GET", "requests")["requests"] if one["path"] == f"/api/v1/{path}"
    ]


def wait_for(is_so: Callable[[], object], seconds: float = 15) -> None:
    """Until something has come true in another process."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def environment(app: Flask, provider: SimulatorProcess) -> dict[str, str]:
    """What a process of ours is started with."""
    configuration: Configuration = app.config["CONFIGURATION"]
    return {
        **os.environ,
        "DATA_DIR": str(configuration.data_dir),
        "DATABASE_URL": configuration.database_url,
        "REDIS_URL": configuration.redis_url,
        "SECRET_KEY": configuration.secret_key,
        "FIELD_KEY": configuration.field_keys[0],
        "SMSLINK_API_DOMAIN": provider.url,
        "SMSLINK_TOKEN": provider.token,
        "SIMULATOR_URL": provider.url,
        "UNKNOWN_SETTLE_S": str(configuration.unknown_settle_s),
    }


def counts(app: Flask) -> dict[str, int]:
    """Rows by table."""
    with app.app_context():
        return {
            table.name: db.session.scalar(db.select(db.func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }
