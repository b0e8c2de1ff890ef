"""The doorbell: by name, as JSON, once where once is enough, and harmless when Redis is away."""

import dataclasses
import os
import signal
import time
from datetime import timedelta
from importlib import import_module

import pytest
import rq.cron
from rq import Queue
from rq.registry import ScheduledJobRegistry
from rq.serializers import JSONSerializer

import jobs.schedule
from jobs.worker import JOB_MODULES
from tests.conftest import rung
from tests.servers import RedisServer
from webapp import clock, queue

NAMES = [value for name, value in vars(queue).items() if name.endswith("_JOB")]


def resolve(name: str) -> object:
    module, function = name.rsplit(".", 1)
    return getattr(import_module(module), function)


@pytest.mark.parametrize("name", NAMES)
def test_every_job_name_resolves(name) -> None:
    assert callable(resolve(name))


def test_what_cron_enqueues_resolves_and_how_often() -> None:
    registered = rq.cron._job_data_registry
    assert {one["queue_name"] for one in registered} == {queue.SWEEP}
    for one in registered:
        assert resolve(f"{one['func'].__module__}.{one['func'].__qualname__}") is one["func"]
        assert one["job_timeout"] == queue.JOB_TIMEOUT_S
    every_s = {f"{one['func'].__module__}.{one['func'].__qualname__}": one["interval"] for one in registered}
    assert every_s == {
        queue.REPLAY_JOB: jobs.schedule.SWEEP_EVERY_S,
        queue.RECEIVE_JOB: jobs.schedule.RECEIVE_EVERY_S,
    }
    assert 15 <= every_s[queue.REPLAY_JOB] <= 30
    assert every_s[queue.RECEIVE_JOB] == 60


def test_a_worker_imports_every_job_before_it_forks() -> None:
    assert {name.rsplit(".", 1)[0] for name in NAMES} == set(JOB_MODULES)


def test_a_ring_is_a_json_job_by_name(context, redis_server) -> None:
    assert queue.ring_submit()
    assert queue.ring_poll()
    with redis_server.connect() as connection:
        for queue_name, name in ((queue.SEND, queue.SUBMIT_JOB), (queue.SWEEP, queue.POLL_JOB)):
            (job,) = Queue(queue_name, connection=connection, serializer=JSONSerializer).jobs
            assert (job.func_name, job.args, job.kwargs) == (name, [], {})
            assert (job.timeout, job.result_ttl, job.origin) == (queue.JOB_TIMEOUT_S, 0, queue_name)
            assert connection.hget(job.key, "data").startswith(b"x\x9c")  # zlib; inside it is JSON
            assert job.serializer is JSONSerializer


def test_a_ring_that_nobody_has_heard_yet_is_enough(context, redis_server) -> None:
    for _ in range(20):
        assert queue.ring_submit()
        assert queue.ring_poll()
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    assert rung(redis_server, queue.SWEEP) == [queue.POLL_JOB]
    with redis_server.connect() as connection:
        # A worker has begun: what is committed from now on it may not see.
        connection.lpop(f"rq:queue:{queue.SEND}")
    assert queue.ring_submit()
    assert rung(redis_server) == [queue.SUBMIT_JOB]


def test_ringing_later_is_once_a_second(context, redis_server) -> None:
    at = clock.now().replace(microsecond=200_000) + timedelta(seconds=30)
    for milliseconds in (0, 1, 300, 700):
        assert queue.ring_submit(at + timedelta(milliseconds=milliseconds))
    assert queue.ring_submit(at + timedelta(seconds=1))
    assert rung(redis_server) == []
    with redis_server.connect() as connection:
        registry = ScheduledJobRegistry(queue.SEND, connection=connection, serializer=JSONSerializer)
        times = sorted(registry.get_scheduled_time(job_id) for job_id in registry.get_job_ids())
    assert times == [at.replace(microsecond=0) + timedelta(seconds=distance) for distance in (1, 2)]


def test_a_redis_that_is_away_is_quick_and_harmless(app, context) -> None:
    for url in ("unix:///nowhere.sock?db=0", "redis://127.0.0.1:9/0"):
        app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], redis_url=url)
        for ring in (queue.ring_submit, queue.ring_poll, lambda: queue.ring_submit(clock.now())):
            began = time.monotonic()
            assert not ring()
            # A person waits meanwhile: two attempts, refused at once. By redis-py's default it takes 4 s.
            assert time.monotonic() - began < 1.5
        assert not queue.is_reachable()


def test_a_redis_that_hangs_does_not_hold_a_request_long(app, context) -> None:
    with RedisServer() as server:
        app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], redis_url=server.url)
        assert queue.ring_submit()
        assert queue.is_reachable()
        os.kill(server._process.pid, signal.SIGSTOP)
        began = time.monotonic()
        assert not queue.ring_submit()
        # Two attempts of a second each and the pause between them.
        assert time.monotonic() - began < 3
        os.kill(server._process.pid, signal.SIGCONT)
        assert queue.ring_submit()


def test_a_redis_that_comes_back_empty_is_rung_again(app, context) -> None:
    with RedisServer() as server:
        app.config["CONFIGURATION"] = dataclasses.replace(app.config["CONFIGURATION"], redis_url=server.url)
        assert queue.ring_submit()
        server.stop()
        assert not queue.ring_submit()
        server.start()
        with server.connect() as connection:
            connection.flushall()
        assert queue.ring_submit()
        assert rung(server) == [queue.SUBMIT_JOB]
