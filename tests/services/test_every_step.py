"""Jobs and requests killed at every single step they take: one registration, and its true state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.killing import Steps, steps
from tests.services.outbox import (
    Clock,
    ask,
    change,
    draft,
    due_now,
    in_job,
    message,
    office,
    send,
    submit,
)
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock
from webapp.domain.message_status import MessageStatus, from_provider
from webapp.extensions import db
from webapp.models import Attempt, Customer, Message, Staff
from webapp.services import (
    cancelling,
    claiming,
    holding,
    missed,
    sending,
    settlement,
    smslink_account,
    submission,
    tokens,
)
from webapp.services.office import load_office

__all__ = ["steps"]
S = MessageStatus
DELIVERY = "delivery"
RESULTS = "delivery_results"
CANCEL = "delivery/cancel"
PERSON = Staff(id=1)


@dataclass
class World:
    """Everything around one message."""

    app: Flask
    provider: SimulatorProcess
    clock: Clock
    recipient: Customer

    def arm(self, kind: str, path: str = DELIVERY, **more: Any) -> None:
        """Trouble for the next request of that kind."""
        self.provider.trouble(kind, paths=[f"/api/v1/{path}"], **more)

    def disarm(self) -> None:
        """No trouble any more."""
        self.provider.control("DELETE", "troubles")

    def cancel(self) -> None:
        """The job."""

        def work() -> None:
            with smslink_account.make_client(load_office()) as client:
                cancelling.cancel_due(client)

        in_job(self.app, work)

    def sweep(self) -> None:
        """What the job of that name finds; it rings for everything else."""
        in_job(self.app, settlement.find_stale_claims)
        in_job(self.app, missed.mark_missed)

    # How a message comes to where a job is killed over it.

    def queued(self, **values: Any) -> int:
        """To leave at once."""
        return send(self.recipient, **values)

    def to_reserve(self) -> int:
        """To be registered for later."""
        return self.queued(reserve_for=clock.now() + timedelta(hours=5))

    def unconfirmed(self, kind: str, message_id: int | None = None) -> int:
        """Nobody knows; long enough for absence to be believed."""
        message_id = message_id or self.queued()
        self.arm(kind)
        submit(self.app)
        assert message(message_id).status == S.UNCONFIRMED
        self.clock.advance(seconds=smslink_account.ABSENT_AFTER_S + 1)
        return message_id

    def sent(self) -> int:
        """On its way, and there by the time it is asked for."""
        message_id = self.queued()
        submit(self.app)
        self.provider.settle()
        due_now(message_id)
        return message_id

    def reserved(self, *, is_unwanted: bool = True) -> int:
        """At SMSLINK, to be cancelled there."""
        message_id = self.to_reserve()
        submit(self.app)
        assert message(message_id).status == S.RESERVED
        if is_unwanted:
            in_job(self.app, lambda: cancelling.request_cancel(message_id, PERSON))
        return message_id

    def held(self) -> int:
        """By a refused token."""
        message_id = self.queued()
        self.arm("error", code="ERR401002")
        submit(self.app)
        assert message(message_id).status == S.HELD
        return message_id

    def missed(self, *, is_held: bool = False) -> int:
        """Reserved for what is past by now."""
        message_id = self.to_reserve()
        message(message_id).delivery.reserved_at = clock.now() - timedelta(seconds=1)
        db.session.commit()
        if is_held:
            in_job(self.app, lambda: holding.hold_sending("ERR401002"))
        return message_id

    def changed(self, **values: Any) -> int:
        """Queued, with a row to match."""
        message_id = self.queued()
        change(message_id, **values)
        return message_id

    def stale(self) -> int:
        """Claimed by a worker that died."""
        message_id = self.queued()
        in_job(self.app, submission.claim_next)
        self.clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
        return message_id

    def known_token(self) -> int:
        """What a backup put back a moment ago looks like."""
        message_id = self.queued()
        tokens.take(f"x {message(message_id).delivery.key}-1")
        return message_id

    def unwanted(self) -> int:
        """Back in the queue with a wish to cancel."""
        return self.changed(cancel_requested_at=clock.now())

    def waited(self) -> int:
        """Longer than a message should."""
        return self.changed(created_at=clock.now() - claiming.LONG_WAIT - timedelta(seconds=1))


@dataclass(frozen=True)
class Scene:
    """A message, the job that is killed over it, the trouble meanwhile, and how it must end."""

    prepare: Callable[[World], int]
    job: Callable[[World], object]
    ends: S = S.DELIVERED
    trouble: dict[str, Any] = field(default_factory=dict)
    goes_on: bool = False
    at_least: int = 10
    """Steps there surely are: else the counting is broken."""


def _submit(world: World) -> None:
    submit(world.app)


def _ask(world: World) -> None:
    ask(world.app)


def _error(code: str, path: str = DELIVERY) -> dict[str, Any]:
    return {"kind": "error", "code": code, "path": path}


def _kind(kind: str, path: str = DELIVERY) -> dict[str, Any]:
    return {"kind": kind, "path": path}


def _scenes() -> dict[str, Scene]:
    taken = "drop_after"
    return {
        "submit": Scene(World.queued, _submit),
        "submit a reservation": Scene(World.to_reserve, _submit, S.RESERVED),
        "submit, refused": Scene(World.queued, _submit, S.REJECTED, _error("ERR400001"), goes_on=True),
        "submit, token refused": Scene(World.queued, _submit, trouble=_error("ERR401002")),
        "submit, limit": Scene(World.queued, _submit, trouble=_error("ERR400005")),
        "submit, away": Scene(World.queued, _submit, trouble=_kind("503")),
        "submit, too many": Scene(World.queued, _submit, trouble=_kind("429")),
        "submit, lost": Scene(World.queued, _submit, trouble=_kind("drop_before")),
        "submit, taken": Scene(World.queued, _submit, trouble=_kind(taken)),
        "submit, taken with an error": Scene(World.queued, _submit, trouble=_kind("500_after")),
        "submit, unreadable": Scene(World.queued, _submit, trouble=_kind("unreadable")),
        "submit what is unwanted": Scene(World.unwanted, _submit, S.CANCELLED, at_least=5),
        "submit what is missed": Scene(World.missed, _submit, S.ERROR, at_least=5),
        "submit what waited long": Scene(World.waited, _submit),
        "submit what a backup brought back": Scene(World.known_token, _submit),
        "settle what is taken": Scene(lambda world: world.unconfirmed(taken), _ask),
        "settle what is lost": Scene(lambda world: world.unconfirmed("drop_before"), _ask),
        "settle a reservation": Scene(
            lambda world: world.unconfirmed(taken, world.to_reserve()), _ask, S.RESERVED
        ),
        "settle without an answer": Scene(
            lambda world: world.unconfirmed(taken), _ask, trouble=_kind("503", RESULTS)
        ),
        "poll": Scene(World.sent, _ask),
        "poll without an answer": Scene(World.sent, _ask, trouble=_kind("unreadable", RESULTS)),
        "cancel": Scene(World.reserved, World.cancel, S.CANCELLED),
        "cancel, lost": Scene(World.reserved, World.cancel, S.CANCELLED, _kind("drop_before", CANCEL)),
        "cancel, taken": Scene(World.reserved, World.cancel, S.CANCELLED, _kind(taken, CANCEL)),
        "cancel, token refused": Scene(
            World.reserved, World.cancel, S.CANCELLED, _error("ERR401002", CANCEL)
        ),
        "cancel, refused": Scene(
            World.reserved, World.cancel, S.RESERVED, _error("ERR406003", CANCEL), goes_on=True
        ),
        "sweep a dead worker's claim": Scene(World.stale, World.sweep),
        "sweep what a hold made late": Scene(
            lambda world: world.missed(is_held=True), World.sweep, S.ERROR, at_least=5
        ),
        "resume": Scene(World.held, lambda _: holding.resume_sending(), at_least=5),
    }


SCENES = _scenes()


@pytest.fixture
def world(app, recipient, provider, moved_clock) -> World:
    office().requests_per_minute = 100_000
    db.session.commit()
    return World(app, provider, moved_clock, recipient)


@pytest.mark.parametrize("name", SCENES)
def test_killed_at_any_step_it_ends_as_if_nothing_had_happened(world: World, steps: Steps, name: str) -> None:
    scene = SCENES[name]
    number = 0
    while number == 0 or steps.has_killed:
        number += 1
        message_id = scene.prepare(world)
        world.disarm()
        if scene.trouble:
            world.arm(**scene.trouble, count=None if scene.goes_on else 1)
        with steps.killing_at(number):
            scene.job(world)
        where = (number, steps.taken[-3:])
        if not scene.goes_on:
            world.disarm()
        _run_on(world, message_id)
        _look(world, message_id, scene.ends, where)
        world.disarm()
    assert number > scene.at_least


def test_a_person_who_presses_again_has_sent_once(world: World, steps: Steps) -> None:
    """The web request killed at every step, and the same form once more."""
    number = 0
    while number == 0 or steps.has_killed:
        number += 1
        form = draft(world.recipient)
        with steps.killing_at(number):
            in_job(world.app, lambda form=form: sending.send(form, PERSON))
        in_job(world.app, lambda form=form: sending.send(form, PERSON))
        ids = db.session.scalars(
            select(Message.id).where(Message.submission_key == form.submission_key)
        ).all()
        assert len(ids) == 1
        _run_on(world, ids[0])
        _look(world, ids[0], S.DELIVERED, (number, steps.taken[-3:]))
    assert number > 10


def test_a_wish_to_cancel_is_either_there_or_not(world: World, steps: Steps) -> None:
    number = 0
    while number == 0 or steps.has_killed:
        number += 1
        message_id = world.reserved(is_unwanted=False)
        with steps.killing_at(number):
            in_job(world.app, lambda one=message_id: cancelling.request_cancel(one, PERSON))
        is_wished = message(message_id).cancel_requested_at is not None
        _run_on(world, message_id)
        _look(world, message_id, S.CANCELLED if is_wished else S.RESERVED, (number, steps.taken[-3:]))
    assert number > 5


def _run_on(world: World, message_id: int) -> None:
    """What the sweep guarantees, and an administrator who mends what held everything up."""
    for pause in (settlement.STALE_CLAIM_S + 1, smslink_account.ABSENT_AFTER_S, 60, 60):
        if _is_at_rest(message_id):
            return
        world.clock.advance(seconds=pause)
        world.sweep()
        if office().hold_reason is not None:
            in_job(world.app, holding.resume_sending)
        submit(world.app)
        world.cancel()
        world.provider.settle()
        world.clock.advance(seconds=3)
        ask(world.app)
        submit(world.app)
        world.provider.settle()
        world.clock.advance(seconds=3)
        ask(world.app)


def _is_at_rest(message_id: int) -> bool:
    row = message(message_id)
    is_left_alone = row.cancel_requested_at is None or row.cancel_refused is not None
    return S(row.status).is_final or (row.status == S.RESERVED and is_left_alone)


def _look(world: World, message_id: int, ends: S, where: object) -> None:
    row = message(message_id)
    registered = [one for one in world.provider.ledger() if row.delivery.key in one["delivery_name"]]
    assert row.status == ends, where
    assert _is_at_rest(message_id), where
    if ends in {S.DELIVERED, S.RESERVED} or row.delivery.provider_id is not None:
        (one,) = registered
        (contact,) = one["contacts"]
        assert (one["delivery_id"], from_provider(contact["status"])) == (row.delivery.provider_id, ends), (
            where
        )
    else:
        assert registered == [], where
    open_attempts = select(Attempt.id).where(
        Attempt.delivery_id == row.delivery_id, Attempt.finished_at.is_(None)
    )
    assert db.session.scalars(open_attempts).all() == [], where
    assert office().hold_reason is None or ends == S.ERROR, where
