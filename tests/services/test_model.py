"""The whole engine as a model: any events in any order, over the real services, jobs and rows.

Whatever happened, no message is registered twice, no status leaves the table, and nothing waits that
neither a time nor a person will move. At the end the trouble stops and Redis comes back empty: then the
sweep alone must bring every message to what the provider's ledger says of it.

MODEL_EXAMPLES asks for more runs, and other ones each time (`make chaos`).
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select

from jobs import cancel, poll, replay, submit, worker
from tests.conftest import make_customer
from tests.services import outbox
from tests.services.model_provider import KINDS, ModelClient, ModelProvider, Trouble
from tests.services.outbox import Killed
from webapp import clock, queue
from webapp.config import Configuration
from webapp.domain.message_status import EDGES, FINAL, MessageStatus, from_provider
from webapp.extensions import db
from webapp.models import Staff
from webapp.services import RefusedByRule, cancelling, holding, sending, smslink_account

S = MessageStatus
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
STEP_S = 5
SWEEP_EVERY = timedelta(seconds=15)
RESUMED_BY = timedelta(seconds=60)
SETTLED_BY = timedelta(seconds=420)
"""Left behind, looked for during UNKNOWN_SETTLE_S, absent, sent again, asked for: in the worst order."""
LONGEST_WAIT = timedelta(seconds=61)
JOBS: dict[str, Callable[[], None]] = {
    queue.SUBMIT_JOB: submit.submit_due,
    queue.CANCEL_JOB: cancel.cancel_due,
    queue.POLL_JOB: poll.check_due,
}
EVENTS = ("submit", "poll", "cancel", "sweep", "resume", "wish")
LOG_OF_MOVES = """
CREATE TABLE moved (message_id INTEGER, old TEXT, new TEXT);
CREATE TRIGGER log_moves AFTER UPDATE OF status ON message WHEN old.status <> new.status
BEGIN INSERT INTO moved VALUES (new.id, old.status, new.status); END;
"""

kinds = st.sampled_from([*KINDS, *["ok"] * 4])
quick = st.builds(
    Trouble,
    kinds,
    st.sampled_from([0.0, 2.0, 14.0]),
    st.lists(st.sampled_from(EVENTS), max_size=2).map(tuple),
)
# So slow that the sweep takes its worker for dead before the answer comes.
slow = st.builds(Trouble, kinds, st.just(34.0), st.sampled_from(EVENTS).map(lambda first: (first, "sweep")))
troubles = st.one_of(quick, slow)


class Office:
    """One office with its database, its processes and its provider; emptied before every run."""

    def __init__(self, app: Flask, file: Path) -> None:
        self.app = app
        self.provider = ModelProvider()
        self.rung: dict[str, datetime] = {}
        self.rows = sqlite3.connect(file, isolation_level=None)
        self.rows.row_factory = sqlite3.Row
        self.rows.executescript(LOG_OF_MOVES)
        with app.app_context():
            self.customers = [make_customer(), make_customer(mobile_number="09001111103")]
            self.author = db.session.scalars(select(Staff).limit(1)).one()

    def empty(self) -> None:
        for table in ("interaction", "message", "attempt", "delivery", "moved"):
            self.rows.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        self.rows.execute(
            "UPDATE office SET hold_reason = NULL, held_since = NULL, paused_until = NULL,"
            " failures_in_a_row = 0, last_contact_at = NULL, requests_per_minute = 1000000"
        )
        self.provider = ModelProvider(elsewhere=self.happen)
        ModelClient.provider = self.provider
        self.rung.clear()

    def now(self) -> datetime:
        return self.provider.now

    def sleep(self, seconds: float) -> None:
        self.provider.advance(seconds)

    def ring(self, _queue: str, job: str, at: datetime | None) -> bool:
        at = at or self.now()
        self.rung[job] = min(at, self.rung.get(job, at))
        return True

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """As another process does it: in a session of its own, which a kill ends anywhere."""
        try:
            with self.app.app_context():
                return work(*arguments)
        except Killed:
            return None

    def happen(self, name: str) -> None:
        happenings = {
            "submit": submit.submit_due,
            "poll": poll.check_due,
            "cancel": cancel.cancel_due,
            "sweep": replay.sweep,
            "resume": holding.resume_sending,
            "wish": self._wish_for_the_latest,
        }
        self.run(happenings[name])

    def wish(self, message_id: int) -> None:
        with suppress(RefusedByRule):
            self.run(cancelling.request_cancel, message_id, self.author)

    def _wish_for_the_latest(self) -> None:
        (latest,) = self.rows.execute("SELECT max(id) FROM message").fetchone()
        if latest is not None:
            self.wish(latest)

    def messages(self) -> list[sqlite3.Row]:
        return self.rows.execute(
            "SELECT m.*, d.key, d.reserved_at, d.provider_id FROM message m JOIN delivery d"
            " ON d.id = m.delivery_id ORDER BY m.id"
        ).fetchall()

    def has(self, *statuses: str) -> bool:
        return any(row["status"] in statuses for row in self.messages())

    def hold_reason(self) -> str | None:
        return str(self.rows.execute("SELECT hold_reason FROM office").fetchone()[0] or "") or None


def moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None


class Engine(RuleBasedStateMachine):
    """The events of an office's day, and of its worst ones."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office = office
        self.provider = office.provider
        office.empty()
        self.provider = office.provider
        self.drafts: list[tuple[sending.Draft, int]] = []

    # What people do.

    @rule(who=st.integers(0, 1), minutes=st.sampled_from([None, None, 5, 25, 90]))
    def send(self, who: int, minutes: int | None) -> None:
        reserve_for = self.office.now() + timedelta(minutes=minutes) if minutes else None
        draft = outbox.draft(self.office.customers[who], reserve_for=reserve_for)
        accepted = self.office.run(sending.send, draft, self.office.author)
        self.drafts.append((draft, accepted.message.id))

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 9))
    def post_again(self, which: int) -> None:
        draft, message_id = self.drafts[which % len(self.drafts)]
        assert self.office.run(sending.send, draft, self.office.author).message.id == message_id

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 9))
    def wish_to_cancel(self, which: int) -> None:
        self.office.wish(self.drafts[which % len(self.drafts)][1])

    @precondition(lambda self: self.provider.ledger)
    @rule(which=st.integers(0, 9))
    def cancel_in_the_providers_console(self, which: int) -> None:
        one = self.provider.ledger[which % len(self.provider.ledger)]
        if self.provider.can_cancel(one):
            one.canceled_at = self.office.now()

    @precondition(lambda self: self.office.has("held"))
    @rule()
    def resume(self) -> None:
        self.office.happen("resume")

    # What processes do: each of them at any time, twice, and into any trouble.

    @precondition(lambda self: self.office.has("queued"))
    @rule(met=st.lists(troubles, min_size=1, max_size=3), fate=st.sampled_from([200, 200, 900, 700]))
    def submit(self, met: list[Trouble], fate: int) -> None:
        self.provider.fate = fate
        self._meet(met, "submit")

    @precondition(lambda self: self.office.has("unconfirmed", "sending", "reserved"))
    @rule(met=st.lists(troubles, max_size=2))
    def poll(self, met: list[Trouble]) -> None:
        self._meet(met, "poll")

    @precondition(lambda self: self.office.has("reserved"))
    @rule(met=st.lists(troubles, max_size=2))
    def cancel(self, met: list[Trouble]) -> None:
        self._meet(met, "cancel")

    @precondition(lambda self: self.office.has("submitting"))
    @rule()
    def sweep(self) -> None:
        self.office.happen("sweep")

    def _meet(self, met: list[Trouble], event_name: str) -> None:
        self.provider.next_calls = list(met)
        self.office.happen(event_name)
        self.provider.next_calls = []

    @rule(seconds=st.sampled_from([1, 3, 10, 26, 40, 61, 130, 600]))
    def time_passes(self, seconds: int) -> None:
        self.provider.advance(seconds)

    @precondition(lambda self: self.office.has(*FINAL))
    @rule(status=st.sampled_from([None, 50, 100, 150, 200, 300, 700, 900]))
    def what_has_ended_is_told_otherwise(self, status: int | None) -> None:
        self.provider.says_after_the_end = status
        self.provider.told_end = {
            row["provider_id"] for row in self.office.messages() if row["status"] in FINAL
        }

    # What must hold, whatever happened.

    @invariant()
    def nothing_is_registered_twice(self) -> None:
        keys = [one.key for one in self.provider.ledger]
        assert len(keys) == len(set(keys))

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        moves = self.office.rows.execute("SELECT DISTINCT old, new FROM moved").fetchall()
        assert {(row["old"], row["new"]) for row in moves} <= set(EDGES)

    @invariant()
    def what_never_left_is_not_at_the_provider(self) -> None:
        at_provider = {one.key for one in self.provider.ledger if one.status(self.office.now()) < 300}
        for row in self.office.messages():
            if row["status"] in {S.CANCELLED, S.REJECTED, S.ERROR}:
                assert row["key"] not in at_provider, dict(row)

    @invariant()
    def everything_waits_for_a_time_or_a_person(self) -> None:
        now, is_held = self.office.now(), self.office.hold_reason() is not None
        for row in self.office.messages():
            status, next_check = S(row["status"]), moment(row["next_check_at"])
            if status == S.QUEUED:
                assert moment(row["next_attempt_at"]) < now + LONGEST_WAIT, dict(row)
            elif status == S.SUBMITTING:
                assert row["claimed_at"] is not None, dict(row)
            elif status == S.HELD:
                assert is_held, dict(row)
            elif status == S.UNCONFIRMED:
                assert next_check is not None, dict(row)
                assert next_check < now + LONGEST_WAIT, dict(row)
            elif status in {S.RESERVED, S.SENDING}:
                assert row["provider_id"] is not None, dict(row)
                assert next_check is not None, dict(row)
                assert next_check < max(moment(row["reserved_at"]) or now, now) + LONGEST_WAIT, dict(row)

    # The end: no more trouble, Redis comes back empty, and cron alone rings.

    def teardown(self) -> None:
        self.provider.next_calls = []
        self.provider.says_after_the_end = None
        self.office.happen("resume")
        self.office.rung.clear()
        began = next_sweep = self.office.now()
        while any(row["status"] not in FINAL for row in self.office.messages()):
            if self.office.now() >= next_sweep:
                self.office.happen("sweep")
                next_sweep += SWEEP_EVERY
            self._run_what_is_rung()
            if self._waits_for_reserved_times_alone():
                self._skip_to_the_first_reservation()
                began = next_sweep = self.office.now()
            else:
                self.provider.advance(STEP_S)
            waited = self.office.now() - began
            assert waited < SETTLED_BY, [dict(row) for row in self.office.messages()]
            if waited >= RESUMED_BY:
                self._check_that_work_resumed(began)
        self._compare_with_the_ledger()

    def _run_what_is_rung(self) -> None:
        for _ in range(20):
            due = [job for job, at in self.office.rung.items() if at <= self.office.now()]
            if not due:
                return
            for job in due:
                del self.office.rung[job]
                self.office.run(JOBS[job])

    def _check_that_work_resumed(self, began: datetime) -> None:
        for row in self.office.messages():
            claimed_at = moment(row["claimed_at"])
            assert row["status"] != S.SUBMITTING or claimed_at > began, dict(row)
            assert row["status"] != S.UNCONFIRMED or row["checks"] > 0, dict(row)

    def _waits_for_reserved_times_alone(self) -> bool:
        live = [row for row in self.office.messages() if row["status"] not in FINAL]
        return bool(live) and all(
            row["status"] == S.RESERVED and moment(row["reserved_at"]) > self.office.now() for row in live
        )

    def _skip_to_the_first_reservation(self) -> None:
        waiting = [row for row in self.office.messages() if row["status"] == S.RESERVED]
        first = min(moment(row["reserved_at"]) for row in waiting)
        self.provider.advance((first - self.office.now()).total_seconds())

    def _compare_with_the_ledger(self) -> None:
        truth = {one.key: from_provider(one.status(self.office.now())) for one in self.provider.ledger}
        for row in self.office.messages():
            if row["key"] in truth:
                assert row["status"] == truth[row["key"]], (dict(row), truth[row["key"]])
            else:
                assert row["status"] in {S.CANCELLED, S.REJECTED, S.ERROR}, dict(row)
        self.every_move_is_in_the_table()
        self.nothing_is_registered_twice()
        unfinished = self.office.rows.execute("SELECT * FROM attempt WHERE outcome IS NULL").fetchall()
        assert [dict(row) for row in unfinished] == []


@pytest.fixture
def configuration(configuration: Configuration) -> Configuration:
    """With a provider that no packet reaches, and the time for look-ups that the product ships with."""
    return replace(
        configuration, smslink_api_domain="http://127.0.0.1:1/", smslink_token="model", unknown_settle_s=120
    )


@pytest.fixture
def office(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with app.app_context():
        engine = db.engine
    # Nobody pulls the plug of this machine here; each commit would wait for its disk.
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    engine.dispose()
    one = Office(app, tmp_path / "sms.sqlite3")
    monkeypatch.setattr(clock, "now", one.now)
    monkeypatch.setattr(queue, "_ring", one.ring)
    monkeypatch.setattr(worker, "application", lambda: app)
    monkeypatch.setattr(poll, "time", SimpleNamespace(sleep=one.sleep))
    monkeypatch.setattr(smslink_account, "SmslinkClient", ModelClient)
    yield one
    one.rows.close()


def test_no_order_of_events_loses_doubles_or_sticks(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(
        lambda: Engine(office),
        settings=settings(
            max_examples=EXAMPLES or 100,
            stateful_step_count=25,
            deadline=None,
            derandomize=not EXAMPLES,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
