"""Redis remembers for a while which tokens have left for SMSLINK, beside the database.

A token that has left before comes from a restored backup, whose rows do not know of the call. Rows
older than this memory are looked up first anyway (claiming.py), so that losing it costs nothing.
"""

import structlog
from redis.exceptions import RedisError

from webapp import queue
from webapp.services.claiming import LONG_WAIT

log = structlog.get_logger(__name__)

REMEMBERED_FOR = 2 * LONG_WAIT


def take(delivery_name: str) -> bool:
    """Whether the token that ends this name leaves for the first time, as far as Redis knows."""
    token = delivery_name.rpartition(" ")[2]
    try:
        return bool(queue.connection().set(f"token-left:{token}", 1, nx=True, ex=REMEMBERED_FOR))
    except (RedisError, OSError) as error:
        log.warning("token_unknown", error=type(error).__name__)
        return True
