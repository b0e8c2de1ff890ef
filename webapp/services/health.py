"""Which parts of the product are alive."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from rq import Worker
from rq.cron import CronScheduler
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock, queue
from webapp.extensions import db

SCHEDULER_SILENT_FOR = timedelta(seconds=90)
WORKER_SILENT_FOR = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Processes:
    """What Redis knows of the processes that work beside the web server; nothing while it is away."""

    is_redis_alive: bool = False
    workers: dict[str, datetime] = field(default_factory=dict)
    """By queue, when one that serves it was last heard of."""
    scheduler_at: datetime | None = None

    def has_worker(self, queue_name: str) -> bool:
        """Whether somebody serves that queue now."""
        return _is_recent(self.workers.get(queue_name), WORKER_SILENT_FOR)

    @property
    def has_scheduler(self) -> bool:
        """Whether `rq cron` runs now."""
        return _is_recent(self.scheduler_at, SCHEDULER_SILENT_FOR)


def check_parts() -> dict[str, bool]:
    """Each part by name, and whether it works now."""
    found = look_at_processes()
    return {
        "database": _database_answers(),
        "redis": found.is_redis_alive,
        "worker": found.has_worker(queue.SEND) and found.has_worker(queue.SWEEP),
        "scheduler": found.has_scheduler,
    }


def look_at_processes() -> Processes:
    """As Redis tells it now; what could not be asked counts as down."""
    connection = queue.connection()
    workers: dict[str, datetime] = {}
    try:
        connection.ping()
        for worker in Worker.all(connection=connection):
            if (seen_at := _aware(worker.last_heartbeat)) is not None:
                workers |= {name: max(seen_at, workers.get(name, seen_at)) for name in worker.queue_names()}
        seen = [_aware(one.last_heartbeat) for one in CronScheduler.all(connection, cleanup=False)]
    except (RedisError, OSError):
        return Processes()
    return Processes(True, workers, max(filter(None, seen), default=None))


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _is_recent(moment: datetime | None, limit: timedelta) -> bool:
    return moment is not None and clock.now() - moment < limit


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1 FROM office"))
    except SQLAlchemyError:
        return False
    finally:
        db.session.rollback()
    return True
