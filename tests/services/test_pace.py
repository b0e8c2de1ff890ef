"""One limit of requests a minute for all workers together."""

from flask import Flask

from tests.conftest import make_customer, rung
from tests.servers import RedisServer
from tests.services.outbox import send
from tests.smslink.simulator_server import SimulatorProcess
from webapp import queue
from webapp.extensions import db
from webapp.services import pace, results, submission
from webapp.services.office import load_office


def _limit(requests: int) -> None:
    load_office().requests_per_minute = requests
    db.session.commit()


def test_it_allows_so_many_requests_and_says_how_long_to_wait(context: Flask) -> None:
    _limit(5)
    office = load_office()
    for _request in range(5):
        assert pace.time_to_wait(office, is_urgent=True) is None
        pace.count_request(office)
    wait = pace.time_to_wait(office, is_urgent=True)
    assert wait is not None
    assert 50 < wait.total_seconds() <= 60


def test_what_a_person_sends_finds_room_when_results_have_used_theirs(context: Flask) -> None:
    _limit(5)
    office = load_office()
    for _request in range(4):
        pace.count_request(office)
    assert pace.time_to_wait(office, is_urgent=False) is not None
    assert pace.time_to_wait(office, is_urgent=True) is None


def test_it_allows_everything_while_redis_is_away(context: Flask, redis_server: RedisServer) -> None:
    _limit(1)
    office = load_office()
    pace.count_request(office)
    redis_server.stop()
    try:
        pace.count_request(office)
        assert pace.time_to_wait(office, is_urgent=True) is None
    finally:
        redis_server.start()


def test_sending_stops_at_the_limit_without_an_attempt_and_rings_again(
    context: Flask, provider: SimulatorProcess, redis_server: RedisServer
) -> None:
    customer = make_customer()
    for number in range(4):
        send(customer, f"{number}通目です。")
    _limit(3)
    with redis_server.connect() as connection:
        connection.delete(*connection.keys("rq:*"))

    assert submission.submit_due() == 3

    assert len(provider.ledger()) == 3
    assert rung(redis_server, queue.SEND) == []  # later, not at once
    with redis_server.connect() as connection:
        assert connection.zcard("rq:scheduled:send") == 1
    assert not results.may_ask()
