"""gunicorn's configuration for the web processes: a worker gets a connection once something was said on it.

Browsers open connections ahead of need. A sync worker that accepts one waits for its first byte, and a few
open tabs would hold all workers up.
"""

import socket
from typing import Any

# How long the kernel keeps a silent connection before it hands it over all the same.
SILENT_S = 60


def when_ready(server: Any) -> None:  # noqa: ANN401 - gunicorn's Arbiter
    """Once the listening sockets are open, before any worker has them."""
    option = getattr(socket, "TCP_DEFER_ACCEPT", None)  # Linux alone
    for listener in server.LISTENERS:
        if option is not None and listener.sock.family in {socket.AF_INET, socket.AF_INET6}:
            listener.sock.setsockopt(socket.IPPROTO_TCP, option, SILENT_S)
