"""Killed workers, late answers, two that believe the same: one truth, one registration."""

import dataclasses
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.services.outbox import (
    Killed,
    ask,
    attempts,
    due_now,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import attempts as recording
from webapp.services import claiming, holding, settlement, smslink_account, submission
from webapp.smslink.client import SmslinkClient
from webapp.smslink.wire import Registration

S = MessageStatus
LONG_AGO_S = smslink_account.ABSENT_AFTER_S + 1


def die(*_: object, **__: object) -> None:
    raise Killed


def die_after(original):
    def run(*args, **kwargs):
        original(*args, **kwargs)
        raise Killed

    return run


# Where the worker dies, how to make it, and what the provider holds at that moment.
POINTS = {
    "before the claim is committed": (claiming, "_record_attempt", die_after, 0),
    "after the claim": (submission, "submit", lambda _: die, 0),
    "after the call, before the record": (recording, "record", lambda _: die, 1),
    "while the record is written": (recording, "finish", die_after, 1),
    "after the record": (recording, "record", die_after, 1),
    "before the contact is noted": (holding, "note_contact", lambda _: die, 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_anywhere_leaves_exactly_one_registration(
    app, recipient, provider, moved_clock, point
) -> None:
    module, name, replace, held = POINTS[point]
    message_id = send(recipient)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, replace(getattr(module, name)))
        with pytest.raises(Killed):
            submit(app)
    assert len(provider.ledger()) == held
    moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
    in_job(app, settlement.find_stale_claims)
    for _ in range(4):
        moved_clock.advance(seconds=30)
        submit(app)
        provider.settle()
        ask(app)
    assert len(provider.ledger()) == 1
    assert message(message_id).status == S.DELIVERED
    assert {outcome for _number, outcome, _reason in attempts(message_id)} <= {
        "accepted",
        "adopted",
        "absent",
    }


@pytest.mark.parametrize("point", ["_send_again", "_adopt"])
def test_a_look_up_killed_before_its_record_is_made_again(
    app, recipient, provider, moved_clock, point
) -> None:
    provider.trouble("drop_after" if point == "_adopt" else "drop_before", paths=["/api/v1/delivery"])
    message_id = send(recipient)
    submit(app)
    moved_clock.advance(seconds=LONG_AGO_S)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, point, die)
        with pytest.raises(Killed):
            ask(app)
    assert message(message_id).status == S.UNCONFIRMED
    for _ in range(3):
        moved_clock.advance(seconds=30)
        ask(app)
        submit(app)
        provider.settle()
    assert message(message_id).status == S.DELIVERED
    assert len(provider.ledger()) == 1


@dataclasses.dataclass
class LateWorker:
    """A worker thought dead: its claim, and the call it will still finish."""

    app: object
    client: SmslinkClient
    claim: claiming.Claim

    def call(self) -> bool:
        return in_job(self.app, lambda: submission.submit(self.claim, self.client))


@pytest.fixture
def late(app, recipient, provider, moved_clock):
    message_id = send(recipient)
    claim = in_job(app, submission.claim_next)
    client = smslink_account.make_client(office())
    db.session.remove()
    moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
    assert in_job(app, settlement.find_stale_claims) == 1
    assert message(message_id).status == S.UNCONFIRMED
    # Its call was under way all the time: only the answer is late.
    claim = dataclasses.replace(claim, call_before=moved_clock.now() + timedelta(days=1))
    yield message_id, LateWorker(app, client, claim)
    client.close()


def test_a_late_acceptance_is_taken(late, provider) -> None:
    message_id, worker = late
    worker.call()
    assert message(message_id).status == S.SENDING
    assert message(message_id).delivery.provider_id == provider.ledger()[0]["delivery_id"]
    assert attempts(message_id) == [(1, "accepted", None)]


def test_a_late_acceptance_of_what_was_adopted_changes_nothing(app, late, provider, monkeypatch) -> None:
    message_id, worker = late
    record = recording.record

    def adopt_first(*args, **kwargs):
        due_now(message_id)
        ask(app)
        return record(*args, **kwargs)

    monkeypatch.setattr(recording, "record", adopt_first)
    worker.call()
    row = message(message_id)
    assert row.status in {S.SENDING, S.DELIVERED}
    assert row.delivery.provider_id == provider.ledger()[0]["delivery_id"]
    assert len(provider.ledger()) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("ERR401002", S.HELD), ("ERR400001", S.REJECTED), ("ERR400005", S.QUEUED), ("ERR429001", S.QUEUED)],
)
def test_a_late_refusal_is_taken_and_nobody_asks_any_more(late, provider, code, status) -> None:
    message_id, worker = late
    provider.trouble("error", code=code)
    worker.call()
    row = message(message_id)
    assert (row.status, row.reason, row.next_check_at) == (status, code, None)


def test_a_late_time_out_keeps_the_look_up_going(late, provider) -> None:
    message_id, worker = late
    before = message(message_id)
    since, reason = before.unconfirmed_since, before.reason
    provider.trouble("drop_before")
    worker.call()
    row = message(message_id)
    assert (row.status, row.unconfirmed_since, row.reason) == (S.UNCONFIRMED, since, reason)


def test_an_answer_to_an_attempt_that_has_a_successor_moves_nothing(app, late, provider, moved_clock) -> None:
    message_id, worker = late
    moved_clock.advance(seconds=LONG_AGO_S)
    ask(app)
    assert message(message_id).status == S.QUEUED
    second = in_job(app, submission.claim_next)
    with capture_logs() as logs:
        worker.call()
    row = message(message_id)
    assert (row.status, row.delivery.provider_id) == (S.SUBMITTING, None)
    # What happened is kept, and said aloud: this registration is one too many.
    assert attempts(message_id) == [(1, "accepted", None), (2, None, None)]
    assert ("late_answer", "error") in {(line["event"], line["log_level"]) for line in logs}
    assert second.attempt_number == 2


def test_a_late_time_out_of_an_earlier_attempt_leaves_the_later_one_alone(
    app, late, provider, moved_clock
) -> None:
    message_id, worker = late
    moved_clock.advance(seconds=LONG_AGO_S)
    ask(app)
    in_job(app, submission.claim_next)
    provider.trouble("drop_before")
    worker.call()
    assert message(message_id).status == S.SUBMITTING
    assert attempts(message_id) == [(1, "absent", None), (2, None, None)]


def test_two_sweeps_that_find_it_absent_send_it_again_once(app, late, provider, moved_clock) -> None:
    message_id, worker = late
    moved_clock.advance(seconds=LONG_AGO_S)
    attempt_id = worker.claim.attempt_id
    in_job(app, lambda: settlement._send_again(message_id, attempt_id))
    # The next attempt is unknown in its turn before the slower sweep writes what it found.
    provider.trouble("drop_after", paths=["/api/v1/delivery"])
    submit(app)
    assert message(message_id).status == S.UNCONFIRMED
    in_job(app, lambda: settlement._send_again(message_id, attempt_id))
    assert message(message_id).status == S.UNCONFIRMED
    due_now(message_id)
    ask(app)
    assert attempts(message_id) == [(1, "absent", None), (2, "adopted", None)]
    assert len(provider.ledger()) == 1


def test_a_fresh_claim_is_not_stale(app, recipient, provider) -> None:
    message_id = send(recipient)
    in_job(app, submission.claim_next)
    assert in_job(app, settlement.find_stale_claims) == 0
    assert message(message_id).status == S.SUBMITTING


def test_a_claim_made_anew_since_it_was_found_stale_is_left_alone(app, late, provider, moved_clock) -> None:
    message_id, worker = late
    provider.trouble("429")
    worker.call()
    moved_clock.advance(seconds=60)
    second = in_job(app, submission.claim_next)
    assert not in_job(
        app, lambda: recording.record_unknown(message_id, worker.claim.attempt_id, "worker_lost")
    )
    assert message(message_id).status == S.SUBMITTING
    assert second.attempt_number == 2


def test_the_registration_holds_nothing_of_the_session(app, recipient, provider) -> None:
    send(recipient)
    claim = in_job(app, submission.claim_next)
    assert isinstance(claim.registration, Registration)
    assert recipient.mobile_number not in repr(claim)
    assert requests(provider, "delivery") == []
