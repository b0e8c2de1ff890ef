"""The transition table: complete, explained, and no order of events leads out of a final state."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text, update

from tests.services.outbox import change, in_job, message, send
from tests.services.test_results import told
from tests.services.watching import watch
from webapp import clock
from webapp.domain.message_status import (
    EDGES,
    FINAL,
    LIVE,
    NEEDS_A_PERSON,
    MessageStatus,
    from_provider,
    may_become,
    sources_of,
)
from webapp.extensions import db, writing
from webapp.models import Attempt, Message
from webapp.services import (
    attempts,
    cancelling,
    holding,
    missed,
    results,
    settlement,
    smslink_account,
    submission,
)
from webapp.services.office import load_office
from webapp.smslink.client import SmslinkClient
from webapp.ui.words import STATUS_WORDS

S = MessageStatus
STATES = st.sampled_from(list(S))
UNREGISTERED = {S.QUEUED, S.SUBMITTING, S.UNCONFIRMED, S.HELD, S.ERROR}
BEGUN = {S.QUEUED, S.SUBMITTING, S.UNCONFIRMED, S.HELD}


def test_every_edge_has_a_sentence_and_two_ends() -> None:
    for (old, new), sentence in EDGES.items():
        assert old != new
        assert len(sentence) > 5, (old, new)


def test_every_state_is_reached_from_the_first_and_reaches_an_end() -> None:
    reached, ending = {S.QUEUED}, set(FINAL)
    for _ in S:
        reached |= {new for old, new in EDGES if old in reached}
        ending |= {old for old, new in EDGES if new in ending}
    assert reached == ending == set(S)


def test_final_states_have_no_way_out() -> None:
    assert not [edge for edge in EDGES if edge[0] in FINAL]
    assert {status for status in S if status.is_final} == FINAL
    assert not FINAL & LIVE
    assert set(S) >= NEEDS_A_PERSON
    for final in FINAL:
        assert [new for new in S if may_become(final, new)] == [final]


def test_what_is_at_the_provider_never_comes_back_to_the_queue() -> None:
    for old in (S.RESERVED, S.SENDING):
        assert not {new for new in S if may_become(old, new)} & (BEGUN | {S.ERROR})


def test_only_a_claim_leads_into_submitting() -> None:
    assert sources_of(S.SUBMITTING) == {S.QUEUED}


def test_whatever_the_provider_says_of_what_is_unknown_can_be_adopted() -> None:
    said = [from_provider(code) for code in (50, 100, 200, 300, 700, 900)]
    assert all(status is not None and may_become(S.UNCONFIRMED, status) for status in said)
    assert from_provider(None) is None
    assert from_provider(150) is None


def test_every_state_has_its_words() -> None:
    assert set(STATUS_WORDS) == set(S)


class AnyOrder(RuleBasedStateMachine):
    """Events as they may come: claims, answers of every kind, late ones, results, a person's cancel."""

    @initialize()
    def begin(self) -> None:
        self.message = Message(status=S.QUEUED, clicks=[], checks=0, text="あ")
        self.ended: MessageStatus | None = None
        self.seen_at_provider = False

    def _move(self, new: MessageStatus) -> None:
        if may_become(S(self.message.status), new):
            self.message.status = new

    @rule(new=STATES)
    def event(self, new: MessageStatus) -> None:
        self._move(new)

    @rule(code=st.sampled_from([50, 100, 200, 300, 700, 900, 150, None]), clicks=st.integers(0, 3))
    def result(self, code: int | None, clicks: int) -> None:
        if self.message.status in {S.QUEUED, S.SUBMITTING, S.HELD, S.ERROR}:
            return  # nothing is asked about these
        before = sum(self.message.clicks)
        results.apply_result(self.message, told(status=code, shorten_url1_click_count=clicks))
        assert sum(self.message.clicks) >= before

    @rule()
    def cancel(self) -> None:
        if self.message.status in sources_of(S.CANCELLED):
            self._move(S.CANCELLED)

    @rule()
    def time_out(self) -> None:
        self._move(S.UNCONFIRMED)

    @invariant()
    def what_has_ended_stays(self) -> None:
        status = S(self.message.status)
        if self.ended is not None:
            assert status == self.ended
        if status.is_final:
            self.ended = status
        if status in {S.RESERVED, S.SENDING, S.DELIVERED, S.FAILED}:
            self.seen_at_provider = True
        if self.seen_at_provider:
            assert status not in BEGUN | {S.ERROR}


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_whoever_writes_a_status_is_seen(app, recipient, monkeypatch) -> None:
    """The tests of this folder all end with the question whether the product's code made other steps."""
    message_id = send(recipient)
    change(message_id, status=S.FAILED)
    change(message_id, status=S.QUEUED)
    assert watch.steps == [(None, S.QUEUED)]
    monkeypatch.setattr(watch, "watches_tests", True)
    row = message(message_id)
    row.status = S.DELIVERED
    db.session.commit()
    db.session.execute(update(Message).values(status=S.HELD, reason="x"))
    db.session.execute(text("UPDATE message SET reason = 'y', status='reserved'"))
    db.session.commit()
    steps = [(S.QUEUED, S.DELIVERED), (S.DELIVERED, S.HELD), (S.HELD, S.RESERVED)]
    assert watch.steps[1:] == watch.strays == steps
    watch.steps.clear()


@pytest.mark.parametrize("wished", [False, True])
def test_jobs_among_messages_of_every_state_take_edges_alone(
    app, recipient, provider, moved_clock, wished
) -> None:
    """What moves rows by the dozen must leave those of other states alone."""
    now = clock.now()
    ids = {}
    for late in (False, True):
        for state in S:
            message_id = send(recipient, reserve_for=now + timedelta(hours=2))
            delivery = message(message_id).delivery
            delivery.provider_id = str(message_id) if state not in UNREGISTERED else None
            delivery.reserved_at = now + timedelta(seconds=60 if late else 7200)
            db.session.add(Attempt(delivery_id=delivery.id, number=1, started_at=now))
            db.session.commit()
            change(
                message_id,
                status=state,
                claimed_at=now,
                next_check_at=now,
                cancel_requested_at=now if wished else None,
            )
            ids[message_id] = state
    moved_clock.advance(minutes=2)

    def with_client(work: Callable[[SmslinkClient], object]) -> None:
        with smslink_account.make_client(load_office()) as client:
            work(client)

    for job in (
        lambda: holding.hold_sending("ERR401002"),
        missed.mark_missed,
        holding.resume_sending,
        settlement.find_stale_claims,
        lambda: with_client(results.check_due),
        lambda: with_client(settlement.settle_due),
        lambda: with_client(cancelling.cancel_due),
        submission.submit_due,
        lambda: [with_client(settlement.settle_due), submission.submit_due()],
    ):
        in_job(app, job)
        moved_clock.advance(seconds=smslink_account.ABSENT_AFTER_S + 1)
    assert len({old for old, _new in watch.steps if old}) >= 4
    assert watch.strays == []
    assert {message(one).status == state for one, state in ids.items() if state.is_final} == {True}


@pytest.mark.parametrize("old", list(S))
def test_the_database_moves_along_the_table_and_nowhere_else(app, recipient, old) -> None:
    message_id = send(recipient)
    for new in S:
        change(message_id, status=old)

        def move(new: MessageStatus = new) -> bool:
            with writing():
                return attempts.move(message_id, new)

        moved = in_job(app, move)
        assert moved == ((old, new) in EDGES), (old, new)
        assert message(message_id).status == (new if moved else old)
