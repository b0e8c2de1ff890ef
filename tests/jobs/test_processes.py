"""Stock RQ processes with the real Redis and the simulator, and what is left when one is killed."""

import pytest
from rq import Queue, Worker
from rq.cron import CronScheduler
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from jobs.poll import check_due
from jobs.replay import sweep
from tests.conftest import rung
from tests.services.outbox import attempts, message, send, wait_for
from webapp import queue
from webapp.domain.message_status import MessageStatus
from webapp.services import health, settlement

S = MessageStatus


def failed(redis_server, queue_name: str) -> list[str]:
    with redis_server.connect() as connection:
        registry = FailedJobRegistry(queue_name, connection=connection, serializer=JSONSerializer)
        return list(registry.get_job_ids())


def test_stock_workers_carry_a_message_to_its_end(recipient, provider, redis_server, start_worker) -> None:
    start_worker(queue.SEND)
    start_worker(queue.SWEEP)
    message_id = send(recipient, "https://example.jp/a", count_clicks=True)
    wait_for(lambda: message(message_id).status == S.DELIVERED, 30)
    assert message(message_id).segments == 1
    assert attempts(message_id) == [(1, "accepted", None)]
    provider.trouble("503", count=1)
    second = send(recipient)
    # The retry comes by RQ's scheduler, without any sweep.
    wait_for(lambda: message(second).status == S.DELIVERED, 15)
    assert [outcome for _number, outcome, _reason in attempts(second)] == ["not_sent", "accepted"]
    assert len(provider.ledger()) == 2
    assert failed(redis_server, queue.SEND) == failed(redis_server, queue.SWEEP) == []
    with redis_server.connect() as connection:
        assert {name for one in Worker.all(connection=connection) for name in one.queue_names()} == {
            queue.SEND,
            queue.SWEEP,
        }


def test_redis_that_lost_its_memory_knows_idle_workers_again(
    app, recipient, provider, redis_server, start, start_worker
) -> None:
    start_worker(queue.SEND)
    start_worker(queue.SWEEP)
    start("cron", "-u", redis_server.url, "-P", ".", "jobs.schedule")
    wait_for(lambda: all(health.check_parts().values()), 30)
    with redis_server.connect() as connection:
        connection.flushall()
        assert not health.check_parts()["worker"]
        wait_for(lambda: all(health.check_parts().values()), 20)
        assert all(connection.ttl(key) > 0 for key in Worker.all_keys(connection=connection))
    message_id = send(recipient)
    wait_for(lambda: message(message_id).status == S.DELIVERED, 20)


def test_cron_enqueues_what_a_json_worker_reads(recipient, redis_server, start, start_worker) -> None:
    cron = start("cron", "-u", redis_server.url, "-P", ".", "jobs.schedule")
    wait_for(lambda: rung(redis_server, queue.SWEEP) == [queue.REPLAY_JOB, queue.RECEIVE_JOB], 20)
    assert cron.is_running
    with redis_server.connect() as connection:
        for job in Queue(queue.SWEEP, connection=connection, serializer=JSONSerializer).jobs:
            assert (job.args, job.kwargs, job.result_ttl) == ([], {}, 0)
            assert 0 < connection.ttl(job.key) <= 120
        connection.delete(f"rq:queue:{queue.SEND}")
    cron.kill()
    # The ring of this send is lost with Redis' memory; the sweep finds the row.
    send(recipient)
    with redis_server.connect() as connection:
        connection.delete(f"rq:queue:{queue.SEND}")
    assert start_worker(queue.SWEEP, "--burst").wait(30) == 0
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    assert failed(redis_server, queue.SWEEP) == []


def test_two_crons_send_nothing_twice_and_one_goes_on_alone(
    recipient, provider, redis_server, start, start_worker, monkeypatch
) -> None:
    monkeypatch.setattr(queue, "ring_submit", lambda: False)  # cron alone brings these to a worker
    crons = [start("cron", "-u", redis_server.url, "-P", ".", "jobs.schedule") for _ in range(2)]
    with redis_server.connect() as connection:
        wait_for(lambda: len(CronScheduler.all(connection, cleanup=False)) == 2, 30)
    sent = [send(recipient) for _ in range(20)]
    start_worker(queue.SEND)
    start_worker(queue.SWEEP)
    wait_for(lambda: all(message(one).status == S.DELIVERED for one in sent), 60)
    crons[0].kill()
    late = send(recipient)
    wait_for(lambda: message(late).status == S.DELIVERED, 60)
    assert len(provider.ledger()) == 21
    assert {len(attempts(one)) for one in (*sent, late)} == {1}
    assert failed(redis_server, queue.SEND) == failed(redis_server, queue.SWEEP) == []


@pytest.mark.parametrize("kind", ["stall_after", "stall_before"])
@pytest.mark.usefixtures("in_process")
def test_a_worker_killed_in_mid_call_leaves_one_registration(
    recipient, provider, start_worker, moved_clock, kind
) -> None:
    provider.trouble(kind, seconds=3, paths=["/api/v1/delivery"])
    worker = start_worker(queue.SEND)
    message_id = send(recipient)
    if kind == "stall_after":
        wait_for(provider.ledger, 30)
    else:
        wait_for(lambda: not provider.control("GET", "state")["troubles"], 30)
    worker.kill()
    assert message(message_id).status == S.SUBMITTING
    assert attempts(message_id) == [(1, None, None)]
    wait_for(provider.ledger)  # it takes what it has read, also from the dead
    moved_clock.advance(seconds=settlement.STALE_CLAIM_S + 1)
    sweep()
    assert message(message_id).status == S.UNCONFIRMED
    provider.settle()
    check_due()
    assert message(message_id).status == S.DELIVERED
    assert attempts(message_id) == [(1, "adopted", None)]
    assert len(provider.ledger()) == 1
