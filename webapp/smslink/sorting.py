"""Sorts a failed call into one of the three outcomes, by whether a POST may have taken effect."""

import http.client
from dataclasses import dataclass
from http import HTTPStatus

from urllib3.exceptions import DecodeError, ReadTimeoutError

from webapp.smslink.answer_fields import UnreadableAnswer
from webapp.smslink.answers import ErrorAnswer, read_error
from webapp.smslink.errors import NotSent, OutcomeUnknown, Reason, Refused, SmslinkError

_TURNED_AWAY_AT_THE_DOOR = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""Statuses that are a definite no even without SMSLINK's error body, say from a proxy or a firewall: they
judge who asks, where and in which form, before anyone acts on what is asked. Others (400, 408, 409, 499)
also come from an intermediary that lost its own connection after it had passed the request on."""

_REFUSALS: dict[int, Reason] = {
    HTTPStatus.BAD_REQUEST: Reason.INVALID_REQUEST,
    HTTPStatus.UNAUTHORIZED: Reason.AUTHENTICATION,
    HTTPStatus.FORBIDDEN: Reason.AUTHENTICATION,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
}

_LONGEST_PAUSE_S = 3600


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer as it came. `body` None: it broke off or grew too large, and `trouble` says which."""

    status: int
    body: bytes | None
    trouble: Reason | None = None
    retry_after: str | None = None


def sort_answer(exchange: Exchange) -> SmslinkError:
    """The outcome of an answer that is no success, or a success whose body cannot be used."""
    status = exchange.status
    answer = _read_error(exchange)
    retry_after_s = _read_pause(exchange.retry_after)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotSent(Reason.RATE_LIMITED, status=status, answer=answer, retry_after_s=retry_after_s)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        is_maintenance = answer is not None and answer.code == "ERR000000"
        reason = Reason.MAINTENANCE if is_maintenance else Reason.UNAVAILABLE
        return NotSent(reason, status=status, answer=answer, retry_after_s=retry_after_s)
    if _is_refusal(status, answer):
        return Refused(_name_refusal(status, answer), status=status, answer=answer)
    return OutcomeUnknown(_name_doubt(exchange), status=status, answer=answer, retry_after_s=retry_after_s)


def _read_error(exchange: Exchange) -> ErrorAnswer | None:
    if exchange.body is None or exchange.status < HTTPStatus.BAD_REQUEST:
        return None
    try:
        return read_error(exchange.status, exchange.body)
    except UnreadableAnswer:
        return None


def _is_refusal(status: int, answer: ErrorAnswer | None) -> bool:
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    if answer is None:
        return status in _TURNED_AWAY_AT_THE_DOOR
    # The service itself said no; a time-out (408) is not a no.
    return status != HTTPStatus.REQUEST_TIMEOUT


def _name_refusal(status: int, answer: ErrorAnswer | None) -> Reason:
    if answer is not None and answer.code in {"ERR400005", "ERR400006"}:
        return Reason.LIMIT_REACHED
    if answer is not None and answer.code == "ERR406003":
        return Reason.TOO_LATE
    return _REFUSALS.get(status, Reason.REFUSED)


def _name_doubt(exchange: Exchange) -> Reason:
    if exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reason.SERVER_ERROR
    if HTTPStatus.MULTIPLE_CHOICES <= exchange.status < HTTPStatus.BAD_REQUEST:
        return Reason.REDIRECTED
    if exchange.trouble is not None:
        return exchange.trouble
    return Reason.UNREADABLE if exchange.status < HTTPStatus.BAD_REQUEST else Reason.UNEXPECTED_STATUS


def _read_pause(retry_after: str | None) -> int | None:
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return min(int(retry_after[:6]), _LONGEST_PAUSE_S)


def name_failure(error: BaseException) -> Reason:
    """Why no whole answer came, once the request had left."""
    chain = _unwrap(error)
    if any(isinstance(one, TimeoutError | ReadTimeoutError) for one in chain):
        return Reason.READ_TIMEOUT
    if any(isinstance(one, ConnectionError | http.client.IncompleteRead) for one in chain):
        return Reason.CONNECTION_LOST
    # DecodeError: not the compression it claims. HTTPException: not HTTP at all.
    if any(isinstance(one, DecodeError | http.client.HTTPException) for one in chain):
        return Reason.UNREADABLE
    return Reason.CONNECTION_LOST


def _unwrap(error: BaseException) -> list[BaseException]:
    """The error and all inside it: requests wraps urllib3's errors, those the socket's, each its own way."""
    found = [error]
    for one in found:
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        # Extends the list while it is walked.
        found += [new for new in inner if isinstance(new, BaseException) and new not in found]
    return found
