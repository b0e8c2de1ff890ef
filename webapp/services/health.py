"""Which parts of the product are alive."""

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


def check_parts() -> dict[str, bool]:
    """Each part by name, and whether it works now."""
    parts = {"database": _database_answers(), "redis": False, "worker": False, "scheduler": False}
    try:
        connection = queue.connection()
        parts["redis"] = bool(connection.ping())
        served = {
            name
            for worker in Worker.all(connection=connection)
            if _is_recent(worker.last_heartbeat, WORKER_SILENT_FOR)
            for name in worker.queue_names()
        }
        parts["worker"] = {queue.SEND, queue.SWEEP} <= served
        parts["scheduler"] = any(
            _is_recent(scheduler.last_heartbeat, SCHEDULER_SILENT_FOR)
            for scheduler in CronScheduler.all(connection, cleanup=False)
        )
    except (RedisError, OSError):
        pass  # what could not be asked counts as down
    return parts


def _is_recent(moment: datetime | None, limit: timedelta) -> bool:
    if moment is None:
        return False
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return clock.now() - aware < limit


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1 FROM office"))
    except SQLAlchemyError:
        return False
    finally:
        db.session.rollback()
    return True
