"""When the provider is asked again."""

from datetime import timedelta

import pytest

from tests.conftest import rung
from tests.services.outbox import (
    ask,
    attempts,
    change,
    due_now,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.services import holding, results

S = MessageStatus
URL = "https://example.jp/bukken/1"


@pytest.fixture
def on_its_way(app, recipient, provider) -> int:
    """Accepted, with a counted URL and an opt-out link."""
    message_id = send(recipient, f"{URL}\n{{{{配信停止URL}}}}", count_clicks=True)
    submit(app)
    return message_id


def test_the_pauses_grow_to_a_minute(app, on_its_way, moved_clock) -> None:
    asked_after = []
    found = message(on_its_way)
    for checks in range(10):
        found.checks = checks
        asked_after.append((results.next_check(found, clock.now()) - clock.now()).total_seconds())
    rounded = [round(pause) for pause in asked_after]
    assert rounded == [3, 5, 10, 20, 40, 60, 60, 60, 60, 60]


def test_what_does_not_move_for_a_day_is_asked_for_hourly(app, on_its_way) -> None:
    found = message(on_its_way)
    found.checks = 50
    sent = found.created_at
    for hours, pause in ((23, timedelta(seconds=60)), (25, timedelta(hours=1)), (400, timedelta(hours=1))):
        now = sent + timedelta(hours=hours)
        assert results.next_check(found, now) == now + pause
    # A reservation's day begins with its time.
    found.delivery.reserved_at = sent + timedelta(hours=24)
    now = sent + timedelta(hours=25)
    assert results.next_check(found, now) == now + timedelta(seconds=60)


def test_a_reservation_is_asked_for_once_it_is_due(app, on_its_way) -> None:
    found = message(on_its_way)
    now = clock.now()
    found.status = S.RESERVED
    found.delivery.reserved_at = now + timedelta(days=3)
    assert results.next_check(found, now) == now + timedelta(days=3, seconds=1)
    assert results.next_check(found, now + timedelta(days=4)) < now + timedelta(days=4, seconds=61)


@pytest.mark.parametrize(
    ("since", "longest"),
    [
        (timedelta(seconds=1), timedelta(seconds=60)),
        (timedelta(minutes=9), timedelta(seconds=60)),
        (timedelta(hours=23), timedelta(minutes=10)),
        (timedelta(days=2), timedelta(hours=1)),
        (timedelta(days=29), timedelta(days=1)),
    ],
)
def test_clicks_are_followed_ever_more_rarely(app, on_its_way, since, longest) -> None:
    found = message(on_its_way)
    now = clock.now()
    found.status, found.settled_at, found.checks = S.DELIVERED, now - since, 50
    assert timedelta(0) < results.next_check(found, now) - now <= longest


def test_after_thirty_days_nobody_asks(app, on_its_way, provider, moved_clock) -> None:
    provider.settle()
    due_now(on_its_way)
    ask(app)
    rounds = 0
    while (due := message(on_its_way).next_check_at) is not None:
        if moved_clock.ahead < timedelta(days=3):
            moved_clock.ahead = timedelta(days=3)
        else:
            moved_clock.advance(days=1, seconds=1)
        assert due < clock.now()
        ask(app)
        rounds += 1
    assert timedelta(days=30) <= moved_clock.ahead <= timedelta(days=32)
    assert rounds >= 27


def test_a_message_without_its_delivery_at_the_provider_is_never_asked_for(app, recipient, provider) -> None:
    message_id = send(recipient)
    due_now(message_id)
    ask(app)
    assert requests(provider, "delivery_results") == []
    assert attempts(message_id) == []


def test_ringing_for_what_is_due(app, on_its_way, redis_server, monkeypatch) -> None:
    with redis_server.connect() as connection:
        connection.flushall()
    change(on_its_way, next_check_at=clock.now() + timedelta(minutes=5))
    in_job(app, results.ring_if_due)
    in_job(app, results.ring_for_next)
    assert rung(redis_server, queue.SWEEP) == []
    due_now(on_its_way)
    in_job(app, results.ring_if_due)
    in_job(app, results.ring_if_due)
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]
    later: list[object] = []
    monkeypatch.setattr(queue, "ring_poll", lambda at=None: later.append(at) or True)
    due_at = clock.now() + timedelta(seconds=30)
    change(on_its_way, next_check_at=due_at)
    in_job(app, results.ring_for_next)
    assert later == [due_at]


def test_a_question_takes_along_what_is_due_within_two_seconds(app, recipient, provider) -> None:
    now = clock.now()
    due, soon, first, later = (send(recipient) for _ in range(4))
    submit(app)
    change(due, next_check_at=now, checks=1)
    change(soon, next_check_at=now + timedelta(seconds=1.9), checks=1)
    # The first question about a message comes when most have arrived.
    change(first, next_check_at=now + timedelta(seconds=1.9), checks=0)
    change(later, next_check_at=now + timedelta(seconds=30), checks=1)
    ask(app)
    assert len(requests(provider, "delivery_results")) == 1
    assert [message(one).checks for one in (due, soon, first, later)] == [2, 2, 0, 1]
    # From then on they are asked for together.
    assert message(due).next_check_at == message(soon).next_check_at


def test_nothing_due_is_nothing_asked_however_soon_something_is(app, recipient, provider) -> None:
    message_id = send(recipient)
    submit(app)
    change(message_id, next_check_at=clock.now() + timedelta(seconds=1.5), checks=1)
    assert ask(app)
    assert requests(provider, "delivery_results") == []


def test_a_question_over_the_limit_pauses_everybody(
    app, on_its_way, recipient, provider, moved_clock
) -> None:
    waiting = send(recipient)
    due_now(on_its_way)
    provider.trouble("429", paths=["/api/v1/delivery_results"])
    assert not ask(app)
    ends_in = (office().paused_until - clock.now()).total_seconds()
    assert 0.5 < ends_in < 4
    due_now(on_its_way)
    assert (submit(app), ask(app)) == (0, False)
    assert len(provider.control("GET", "requests")["requests"]) == 2
    moved_clock.advance(seconds=ends_in)
    assert submit(app) == 1
    assert ask(app)
    assert message(waiting).status == S.SENDING
    assert (office().paused_until, office().failures_in_a_row) == (None, 0)


def test_the_poll_is_rung_for_the_end_of_a_pause(app, context, monkeypatch) -> None:
    rung_for: list[object] = []
    monkeypatch.setattr(queue, "ring_poll", lambda at=None: rung_for.append(at) or True)
    holding.pause_sending(30)
    assert not results.may_ask()
    assert rung_for == [office().paused_until]
