"""One limit of requests a minute for all workers of the office together, counted in Redis.

RQ's RateLimit caps concurrency, not a rate. A Redis that comes back empty forgets at most one
minute: what is too much then, SMSLINK answers with 429, and sending pauses.
"""

from datetime import timedelta
from functools import cache

import structlog
from flask import current_app
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from webapp import clock
from webapp.models import Office

log = structlog.get_logger(__name__)

SWEEP_SHARE = 0.8
"""Results may use this much of the limit; the rest waits for what a person sends."""
_NAMESPACE = "smslink"


@cache
def _limiter(url: str) -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(
        storage_from_string(url, socket_connect_timeout=1, socket_timeout=1, wrap_exceptions=True)
    )


def count_request(office: Office) -> None:
    """A request is about to be made."""
    try:
        _current().hit(_limit(office), _NAMESPACE)
    except (StorageError, RedisError, OSError) as error:
        log.warning("pace_unknown", error=type(error).__name__)


def time_to_wait(office: Office, *, is_urgent: bool) -> timedelta | None:
    """None: a request may be made now. Else how long until the next one may."""
    limit = _limit(office)
    kept_back = 0 if is_urgent else round(limit.amount * (1 - SWEEP_SHARE))
    try:
        reset_at, remaining = _current().get_window_stats(limit, _NAMESPACE)
    except (StorageError, RedisError, OSError) as error:
        log.warning("pace_unknown", error=type(error).__name__)
        return None
    if remaining > kept_back:
        return None
    return timedelta(seconds=max(0.5, reset_at - clock.now().timestamp()))


def _limit(office: Office) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(office.requests_per_minute)


def _current() -> MovingWindowRateLimiter:
    return _limiter(current_app.config["RATELIMIT_STORAGE_URI"])
