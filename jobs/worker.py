"""The RQ worker of this product (`rq worker -w jobs.worker.FastWorker`), and the application jobs run in."""

import logging
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from flask import Flask
from redis.client import Pipeline
from rq import Worker, worker_registration
from rq.job import Job

from webapp import create_app

MONITORING_INTERVAL_S = 3
JOB_MODULES = ("jobs.submit", "jobs.cancel", "jobs.poll", "jobs.replay", "jobs.receive")

P = ParamSpec("P")
T = TypeVar("T")


@cache
def application() -> Flask:
    """The one application of this process; a forked work-horse inherits it."""
    return create_app()


def in_application(job: Callable[P, T]) -> Callable[P, T]:
    """Run a job inside the application's context; its database session ends with it."""

    @wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with application().app_context():
            return job(*args, **kwargs)

    return run


class FastWorker(Worker):
    """Notices a killed worker within seconds: RQ's own pauses take over ten minutes.

    A job that seems dead runs again; every job of ours claims its rows first, so that does no harm.
    """

    # An idle worker waits this long at most before it tries Redis again.
    max_connection_wait_time = 5

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - RQ's own signature
        """Make the application before the first fork, so that no job waits for it."""
        kwargs.update(worker_ttl=20, maintenance_interval=5, job_monitoring_interval=MONITORING_INTERVAL_S)
        super().__init__(*args, **kwargs)
        application()
        # Imported before the fork as well: a job starts at once, and runs the code the worker began with.
        for name in JOB_MODULES:
            import_module(name)
        # RQ logs the start of every job at INFO; ours log what they did.
        logging.getLogger("rq.worker").setLevel(logging.WARNING)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Register again when Redis has lost its memory: with RQ's own heartbeat alone nobody lists us."""
        if pipeline is None and not self.connection.sismember(self.redis_workers_keys, self.key):
            with self.connection.pipeline() as birth:
                birth.hset(self.key, mapping=self.serialize())
                worker_registration.register(self, birth)
                birth.execute()
        super().heartbeat(timeout, pipeline)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds after which a job without a heartbeat counts as abandoned."""
        return MONITORING_INTERVAL_S * 10
