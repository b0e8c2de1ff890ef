"""One limit of requests a minute for all workers together."""

import subprocess
import sys
import time

import pytest
from flask import Flask, g

from tests.conftest import make_customer, rung
from tests.servers import RedisServer
from tests.services.outbox import ask, due_now, environment, in_job, send, submit
from tests.smslink.simulator_server import PROJECT, SimulatorProcess
from webapp import queue
from webapp.extensions import db
from webapp.services import pace, results, smslink_account, submission
from webapp.services.office import load_office

# Two workers on two machines, which begin together and take as much as they are given.
WORKER = """
import sys, time
from webapp import create_app
from webapp.services import pace
from webapp.services.office import load_office
app = create_app()
with app.app_context():
    office = load_office()
    print("ready", flush=True)
    time.sleep(max(0.0, float(sys.stdin.readline()) - time.time()))
    taken = 0
    for _ in range(4000):
        if pace.take(office, pace.CANCEL_SHARE) is None:
            pace.count_request(office)
            taken += 1
    print(taken, flush=True)
"""


def _limit(requests: int) -> None:
    load_office().requests_per_minute = requests
    db.session.commit()


def _use(requests: int, share: float) -> int:
    """How many of so many requests are allowed."""
    office = load_office()
    made = 0
    for _request in range(requests):
        if pace.take(office, share) is None:
            pace.count_request(office)
            made += 1
    return made


def _counted(redis_server: RedisServer) -> int:
    with redis_server.connect() as connection:
        return sum(connection.llen(key) for key in connection.keys("LIMITS*smslink*"))


def test_it_allows_so_many_requests_and_says_how_long_to_wait(context: Flask) -> None:
    _limit(5)
    assert _use(9, pace.CANCEL_SHARE) == 5
    wait = pace.take(load_office(), pace.CANCEL_SHARE)
    assert wait is not None
    assert 50 < wait.total_seconds() <= 60


@pytest.mark.parametrize(("limit", "shares"), [(120, (96, 18, 6)), (5, (4, 0, 1)), (1, (1, 0, 0))])
def test_a_send_finds_room_when_questions_have_used_theirs_and_a_cancel_when_sends_have(
    context: Flask, limit: int, shares: tuple[int, int, int]
) -> None:
    _limit(limit)
    order = (pace.QUESTION_SHARE, pace.SEND_SHARE, pace.CANCEL_SHARE)
    assert tuple(_use(200, share) for share in order) == shares


def test_two_processes_together_stay_within_the_limit(
    app: Flask, context: Flask, provider: SimulatorProcess, redis_server: RedisServer
) -> None:
    _limit(4000)
    db.session.remove()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment(app, provider),
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    begin = f"{time.time() + 0.2}\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(begin)
        process.stdin.flush()
    taken = [int(process.communicate(timeout=30)[0]) for process in processes]
    assert sum(taken) == 4000
    assert min(taken) > 0  # they were at it at the same time
    assert _counted(redis_server) == 4000


def test_what_is_taken_and_not_used_is_kept_for_the_next_call(
    context: Flask, redis_server: RedisServer
) -> None:
    office = load_office()
    for _look in range(3):
        assert pace.take(office, pace.QUESTION_SHARE) is None
    assert _counted(redis_server) == 1
    pace.count_request(office)
    pace.count_request(office)  # nothing was taken for this one
    assert _counted(redis_server) == 2
    assert "request_is_taken" not in g


def test_every_request_is_counted_once_and_nothing_else_is(
    app: Flask, context: Flask, provider: SimulatorProcess, redis_server: RedisServer
) -> None:
    submit(app)
    ask(app)
    assert _counted(redis_server) == 0  # there was nothing to do
    sent = [send(make_customer()) for _ in range(3)]
    provider.trouble("drop_after", paths=["/api/v1/delivery"])
    submit(app)
    due_now(*sent)
    ask(app)
    in_job(app, smslink_account.check_connection)
    made = len(provider.control("GET", "requests")["requests"])
    assert made == 3 + 2 + 1
    assert _counted(redis_server) == made


def test_it_allows_everything_while_redis_is_away(context: Flask, redis_server: RedisServer) -> None:
    _limit(1)
    assert _use(1, pace.SEND_SHARE) == 1
    redis_server.stop()
    try:
        assert _use(2, pace.SEND_SHARE) == 2
    finally:
        redis_server.start()


def test_sending_stops_at_the_limit_without_an_attempt_and_rings_again(
    context: Flask, provider: SimulatorProcess, redis_server: RedisServer
) -> None:
    customer = make_customer()
    for number in range(4):
        send(customer, f"{number}通目です。")
    _limit(4)
    with redis_server.connect() as connection:
        connection.delete(*connection.keys("rq:*"))

    assert submission.submit_due() == 3  # the last is a cancel's

    assert len(provider.ledger()) == 3
    assert rung(redis_server, queue.SEND) == []  # later, not at once
    with redis_server.connect() as connection:
        assert connection.zcard("rq:scheduled:send") == 1
    assert not results.may_ask()
