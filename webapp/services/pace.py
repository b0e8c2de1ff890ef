"""One limit of requests a minute for all workers of the office together, counted in Redis.

RQ's RateLimit caps concurrency, not a rate. To look and then to count would let every worker through
that looked at the same moment, so a request is taken in one step before anything is claimed for it.
A Redis that comes back empty forgets at most one minute: what is too much then, SMSLINK answers with
429, and everybody pauses.
"""

import math
import time
from datetime import timedelta
from functools import cache

import structlog
from flask import current_app, g
from limits.errors import StorageError
from limits.storage import RedisStorage, storage_from_string
from redis.exceptions import RedisError

from webapp.models import Office

log = structlog.get_logger(__name__)

# Each may use so much of the limit, together with what comes after it: a cancel that has minutes left
# finds room when sends have used theirs, and a send when questions have.
QUESTION_SHARE = 0.8
SEND_SHARE = 0.95
CANCEL_SHARE = 1.0

_KEY = "smslink"
_WINDOW_S = 60
_FAILURES = (StorageError, RedisError, OSError)


@cache
def _storage(url: str) -> RedisStorage:
    storage = storage_from_string(url, socket_connect_timeout=1, socket_timeout=1, wrap_exceptions=True)
    assert isinstance(storage, RedisStorage)  # noqa: S101 - the configuration knows no other
    return storage


def take(office: Office, share: float) -> timedelta | None:
    """None: a request is taken, for the next call of this job. Else how long until there is one.

    One that was taken and not made is kept for the job's next call.
    """
    if g.get("request_is_taken"):
        return None
    limit = max(1, math.floor(office.requests_per_minute * share))
    try:
        if _current().acquire_entry(_KEY, limit, _WINDOW_S):
            g.request_is_taken = True
            return None
        begun_at, _ = _current().get_moving_window(_KEY, limit, _WINDOW_S)
    except _FAILURES as error:
        log.warning("pace_unknown", error=type(error).__name__)
        return None
    return timedelta(seconds=max(0.5, begun_at + _WINDOW_S - time.time()))


def count_request(office: Office) -> None:
    """A request is about to be made: the one that was taken for it, or (a person's check) one more."""
    if g.pop("request_is_taken", False):
        return
    try:
        _current().acquire_entry(_KEY, office.requests_per_minute, _WINDOW_S)
    except _FAILURES as error:
        log.warning("pace_unknown", error=type(error).__name__)


def _current() -> RedisStorage:
    return _storage(current_app.config["RATELIMIT_STORAGE_URI"])
