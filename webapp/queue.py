"""The doorbell: jobs are rung by name, and the rows in the database say what there is to do.

Losing a ring costs at most one sweep (jobs/schedule.py), so ringing never fails a request.
"""

import math
from datetime import UTC, datetime
from functools import cache
from uuid import uuid4

import structlog
from flask import current_app
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from webapp.config import Configuration

log = structlog.get_logger(__name__)

# What a person waits for, and what may take its time. One worker process serves one queue: RQ
# loses a popped job on kill -9 when a worker serves several.
SEND = "send"
SWEEP = "sweep"

SUBMIT_JOB = "jobs.submit.submit_due"
CANCEL_JOB = "jobs.cancel.cancel_due"
POLL_JOB = "jobs.poll.check_due"
REPLAY_JOB = "jobs.replay.sweep"
RECEIVE_JOB = "jobs.receive.fetch_receptions"
JOB_TIMEOUT_S = 180


@cache
def _connection(url: str) -> Redis:
    # The default of ten retries would hold a web request for four seconds while Redis is away.
    return Redis.from_url(
        url,
        socket_connect_timeout=1,
        socket_timeout=1,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 1),
    )


def connection() -> Redis:
    """The Redis of this application, for short calls from a request or a job."""
    configuration: Configuration = current_app.config["CONFIGURATION"]
    return _connection(configuration.redis_url)


def is_reachable() -> bool:
    """Whether Redis answers now."""
    try:
        return bool(connection().ping())
    except (RedisError, OSError):
        return False


def ring_submit(at: datetime | None = None) -> bool:
    """Ask a worker to send what is due; False when Redis is away and the sweep must do it."""
    return _ring(SEND, SUBMIT_JOB, at)


def ring_cancel(at: datetime | None = None) -> bool:
    """Ask a worker to cancel what a person wants cancelled."""
    return _ring(SEND, CANCEL_JOB, at)


def ring_poll(at: datetime | None = None) -> bool:
    """Ask a worker to fetch results that are due."""
    return _ring(SWEEP, POLL_JOB, at)


def _ring(queue_name: str, job: str, at: datetime | None) -> bool:
    try:
        queue = Queue(queue_name, connection=connection(), serializer=JSONSerializer)
        if at is not None:
            _ring_later(queue, job, at)
        elif not _is_rung(queue, job):
            job_id = f"{_id_prefix(job)}{uuid4().hex}"
            queue.enqueue(job, job_id=job_id, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600)
    except (RedisError, OSError) as error:
        log.warning("queue_unreachable", job=job, error=type(error).__name__)
        return False
    return True


def _is_rung(queue: Queue, job: str) -> bool:
    """Whether one waits that no worker has begun: it will see every row committed by now."""
    return any(job_id.startswith(_id_prefix(job)) for job_id in queue.get_job_ids())


def _id_prefix(job: str) -> str:
    return f"{job.replace('.', '-')}-"


def _ring_later(queue: Queue, job: str, at: datetime) -> None:
    """One ring a second at most for each job: a thousand messages due together need one."""
    second = math.ceil(at.timestamp())
    job_id = f"{_id_prefix(job)}{second}"
    try:
        queue.enqueue_at(
            datetime.fromtimestamp(second, UTC),
            job,
            job_id=job_id,
            unique=True,
            job_timeout=JOB_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=60,
        )
    except DuplicateJobError:
        return
