"""HTTP connections that know whether a request left, end in bounded time and are not reused when stale.

requests alone cannot tell these apart: a TLS alert after the request was sent raises the same SSLError
as a failed handshake, and a handshake that stalls raises the same ReadTimeout as a slow answer. Here all
that fails before the first byte of a request raises Unreached, which urllib3 and requests pass through.
"""

import http.client
import http.cookiejar
import io
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from webapp.smslink.errors import Reason

TOTAL_FACTOR = 2
"""An answer, headers and all, may take this many read time-outs from the moment we wait for it."""


class Unreached(Exception):
    """No connection was made, so nothing was sent."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _BoundedStream(io.RawIOBase):
    """A socket's bytes until a deadline: a far end that drips cannot hold a worker by never pausing."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._sock = sock
        self._pause = sock.gettimeout() or 0.0
        self._deadline = time.monotonic() + TOTAL_FACTOR * self._pause

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, self._pause))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # http.client gives the socket the read time-out just before it makes the response.
        self.fp = io.BufferedReader(_BoundedStream(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _BoundedResponse
    idle_since: float | None = None

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError, http.client.HTTPException, ValueError) as error:
            reason = self._sort_failure(error)
        else:
            return
        # Outside the handler: the error below names host and address, and must not travel as context.
        raise Unreached(reason)

    def _sort_failure(self, error: Exception) -> Reason:
        if isinstance(error, NameResolutionError):
            return Reason.NAME_UNRESOLVED
        if isinstance(error, ssl.SSLError | ssl.CertificateError):
            return Reason.TLS_FAILED
        if self.sock is None:
            # urllib3 makes every failed connection a kind of time-out, for the sake of old callers.
            is_late = isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError)
            return Reason.CONNECT_TIMEOUT if is_late else Reason.NOT_REACHABLE
        # The far end took the connection and failed at what follows: TLS, or a proxy's CONNECT.
        return Reason.NOT_REACHABLE if self._tunnel_host else Reason.TLS_FAILED


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    """Notes when a connection falls idle, and does not reuse it when that was long ago."""

    ConnectionCls = _Connection
    max_idle_s = 0.0

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        idle_since = getattr(connection, "idle_since", None)
        if idle_since is not None and time.monotonic() - idle_since > self.max_idle_s:
            # Closed, not discarded: urllib3 opens it again at the next request.
            connection.close()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def __init__(self, max_idle_s: float) -> None:
        self._max_idle_s = max_idle_s
        # Never repeat by ourselves: whether a POST may be repeated is for the caller to find out.
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.max_idle_s = self._max_idle_s
        return pool


class _Session(requests.Session):
    def get_redirect_target(self, resp: object) -> None:
        """No redirect is ever prepared: it would carry the token to wherever the far end points."""


def open_session(headers: Mapping[str, str], *, max_idle_s: float) -> requests.Session:
    """Open a session that repeats nothing, follows nothing and keeps no cookies.

    Proxies and certificate bundles of the environment (HTTPS_PROXY, REQUESTS_CA_BUNDLE) hold.
    """
    session = _Session()
    session.headers.update(headers)
    # An auth that does nothing keeps requests from looking for the host in ~/.netrc.
    session.auth = lambda request: request
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(max_idle_s))
    return session


def _hide_queries(record: logging.LogRecord) -> bool:
    """Cut the query, which holds telephone numbers, from what urllib3 logs."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.split("?")[0] if isinstance(arg, str) else arg for arg in record.args)
    return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_hide_queries)
