"""The SMSLINK HTTP client: one method a call, and every failure sorted into refused, not sent or unknown."""

import http.client
import ipaddress
import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from webapp.smslink.errors import InvalidSetting, NotSent, OutcomeUnknown, Reason, SmslinkError
from webapp.smslink.sorting import Exchange, name_failure, sort_answer
from webapp.smslink.transport import Unreached, open_session
from webapp.smslink.wire import (
    JST,
    Accepted,
    Canceled,
    ReceptionsPage,
    ReceptionsQuery,
    Registration,
    ResultsPage,
    ResultsQuery,
    UnreadableAnswer,
    read_accepted,
    read_canceled,
    read_receptions,
    read_results,
)

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""After decompression; a full page of 10,000 results is about 8 MiB."""

_CHUNK_BYTES = 64 * 1024
_VISIBLE_ASCII = re.compile(r"[!-~]+", re.ASCII)
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
_CHECK_QUERY = ResultsQuery(
    reserved_from=datetime(2020, 1, 1, 0, 0, tzinfo=JST),
    reserved_to=datetime(2020, 1, 1, 0, 10, tzinfo=JST),
    limit=1,
)
"""Cheap, harmless, and without a clock: ten minutes of the past."""

Query = list[tuple[str, str]]
Answer = TypeVar("Answer")


class SmslinkClient:
    """Calls to one contract. Connections are kept between calls; threads may share a client.

    Every call raises Refused, NotSent or OutcomeUnknown (errors.py). `read_timeout` bounds each pause of
    an answer and, twice over, the whole of it. Connections idle for more than `max_idle` seconds are not
    reused: one that the far end has just closed would turn a POST into an unknown outcome.
    `before_request` is called before each HTTP request; what it raises goes through unsorted.
    """

    def __init__(
        self,
        domain: str,
        token: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        max_idle: float = 15.0,
        before_request: Callable[[], None] | None = None,
    ) -> None:
        """InvalidSetting for a domain or a token no request can be made with."""
        self.domain = _check_domain(domain)
        self._token = _check_token(token)
        self._timeout = (connect_timeout, read_timeout)
        self._max_idle = max_idle
        self._before_request = before_request
        # requests does not by itself spare loopback addresses the proxy of the environment.
        host = urlsplit(self.domain).hostname or ""
        self._proxies = {"no_proxy": host} if _is_loopback(host) else {}
        self._open()

    def __repr__(self) -> str:
        return f"SmslinkClient({self.domain!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections. The client stays usable."""
        self._session.close()

    def deliver(self, registration: Registration) -> Accepted:
        """Register a delivery (01)."""
        return self._register("api/v1/delivery", registration.to_json())

    def safe_deliver(self, registration: Registration) -> Accepted:
        """Register with wrong-recipient protection (02); every contact needs `acquired_on`."""
        return self._register("api/v1/safe_delivery", registration.to_json(is_protected=True))

    def cancel(self, delivery_id: str) -> Canceled:
        """Cancel a reservation (03), until 10 minutes before its time."""
        exchange = self._exchange("POST", "api/v1/delivery/cancel", body={"delivery_id": delivery_id})
        return _read(exchange, lambda body: read_canceled(body, delivery_id))

    def fetch_results(self, query: ResultsQuery) -> ResultsPage:
        """One page of delivery results (04)."""
        exchange = self._exchange("GET", "api/v1/delivery_results", query=query.to_pairs())
        return _read(exchange, read_results)

    def fetch_receptions(self, query: ReceptionsQuery | None = None) -> ReceptionsPage:
        """One page of received messages (09), today's by default; empty without a two-way contract."""
        query = query or ReceptionsQuery()
        exchange = self._exchange("GET", "api/v1/receptions", query=query.to_pairs())
        return _read(exchange, read_receptions)

    def check(self) -> None:
        """Make one harmless call; return when the provider knows the token, else raise what is wrong."""
        self.fetch_results(_CHECK_QUERY)

    def _register(self, path: str, body: dict[str, object]) -> Accepted:
        return _read(self._exchange("POST", path, body=body), read_accepted)

    def _open(self) -> None:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "sms-karte",
            "token": self._token,
        }
        self._session = open_session(headers, max_idle_s=self._max_idle)
        self._process_id = os.getpid()

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: dict[str, object] | None = None,
    ) -> Exchange:
        """One HTTP request and its answer, of any status. Raises NotSent or OutcomeUnknown without one."""
        data = None if body is None else _encode(body)
        if self._process_id != os.getpid():
            # Forked: a connection shared with the parent could bring us the parent's answer.
            self._open()
        if self._before_request is not None:
            self._before_request()
        try:
            response = self._session.request(
                method,
                self.domain + path,
                params=query,
                data=data,
                timeout=self._timeout,
                proxies=dict(self._proxies),
                allow_redirects=False,
                stream=True,
            )
        except Unreached as unreached:
            failure: SmslinkError = NotSent(unreached.reason)
        except requests.exceptions.InvalidProxyURL:
            failure = NotSent(Reason.NOT_REACHABLE)
        except _FAILURES as error:
            failure = OutcomeUnknown(name_failure(error))
        else:
            with response:
                return _receive(response)
        # Outside the handlers: the causes hold the request, with token and text, and must not travel along.
        raise failure


def _receive(response: requests.Response) -> Exchange:
    """Read the body within its bounds. The status stands even when the body breaks off."""
    pieces: list[bytes] = []
    size = 0
    body: bytes | None = None
    trouble: Reason | None = None
    try:
        for piece in response.iter_content(_CHUNK_BYTES):
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                trouble = Reason.TOO_LARGE
                break
            pieces.append(piece)
        else:
            body = b"".join(pieces)
    except _FAILURES as error:
        trouble = name_failure(error)
    return Exchange(response.status_code, body, trouble, response.headers.get("Retry-After"))


def _read(exchange: Exchange, read: Callable[[bytes], Answer]) -> Answer:
    if HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES and exchange.body is not None:
        try:
            return read(exchange.body)
        except UnreadableAnswer:
            pass
    raise sort_answer(exchange)


def _encode(body: dict[str, object]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        pass
    # Outside the handler: a UnicodeEncodeError carries the whole text.
    message = "half a surrogate pair in a text cannot be sent"
    raise ValueError(message)


def _check_token(token: str) -> str:
    if not _VISIBLE_ASCII.fullmatch(token):
        raise InvalidSetting("token", "must be visible ASCII characters, without spaces or line breaks")
    return token


def _check_domain(domain: str) -> str:
    """The address with a slash at its end."""
    if not _VISIBLE_ASCII.fullmatch(domain):
        raise InvalidSetting("domain", "must be visible ASCII characters, without spaces or line breaks")
    try:
        parts = urlsplit(domain)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidSetting("domain", "must be an address such as https://api.smslink.jp/")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidSetting("domain", "must hold no user, query or fragment")
    return domain.rstrip("/") + "/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
