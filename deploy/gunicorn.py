"""gunicorn's configuration for the web processes: no worker waits for a browser that says nothing.

Browsers open connections ahead of need, and a sync worker waits for what it has accepted. So a worker is
given a connection once something was said on it, and drops it when nothing more comes for a while.
"""

import socket
import struct
from typing import Any

# How long the kernel keeps a silent connection before it hands it over all the same.
SILENT_S = 60
# How long a worker waits for the next piece of a request, or for a piece of the answer to be taken.
PIECE_S = 5


def when_ready(server: Any) -> None:  # noqa: ANN401 - gunicorn's Arbiter
    """Once the listening sockets are open, before any worker has them; connections inherit what they have."""
    patience = struct.pack("@ll", PIECE_S, 0)
    defer = getattr(socket, "TCP_DEFER_ACCEPT", None)  # Linux alone
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        if defer is not None and listener.sock.family in {socket.AF_INET, socket.AF_INET6}:
            listener.sock.setsockopt(socket.IPPROTO_TCP, defer, SILENT_S)
