"""What can become of a call to the provider, other than an answer: refused, not sent, or unknown.

No message here holds the token, a text, a number or an address of the request.
"""

import re
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from webapp.smslink.answers import ErrorAnswer

_LISTED_CODE = re.compile(r"[A-Z]{3}[0-9]{6}(_[0-9]{3})?", re.ASCII)


class Reason(StrEnum):
    """Why a call did not give its answer."""

    # Refused
    INVALID_REQUEST = "invalid_request"
    AUTHENTICATION = "authentication"
    NOT_FOUND = "not_found"
    TOO_LATE = "too_late"
    LIMIT_REACHED = "limit_reached"
    REFUSED = "refused"
    # Not sent
    NAME_UNRESOLVED = "name_unresolved"
    NOT_REACHABLE = "not_reachable"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS_FAILED = "tls_failed"
    RATE_LIMITED = "rate_limited"
    MAINTENANCE = "maintenance"
    UNAVAILABLE = "unavailable"
    # Unknown
    READ_TIMEOUT = "read_timeout"
    CONNECTION_LOST = "connection_lost"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    SERVER_ERROR = "server_error"
    REDIRECTED = "redirected"
    UNEXPECTED_STATUS = "unexpected_status"


class InvalidSetting(ValueError):
    """A token or an address no request can be made with; `setting` is "token" or "domain"."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(setting, problem)
        self.setting = setting
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.setting}: {self.problem}"


class SmslinkError(Exception):
    """Base of the three outcomes. `status` and `answer` are None when no answer came or none was readable.

    `retry_after_s` is the provider's wish in seconds, when it utters one (none is documented).
    """

    may_have_taken_effect: ClassVar[bool] = False
    """Whether a POST may be at work all the same. A GET never harms: ask again."""

    def __init__(
        self,
        reason: Reason,
        *,
        status: int | None = None,
        answer: ErrorAnswer | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.answer = answer
        self.retry_after_s = retry_after_s

    @property
    def code(self) -> str | None:
        """The provider's code, such as ERR400001."""
        return self.answer.code if self.answer else None

    @property
    def detail_codes(self) -> tuple[str, ...]:
        """The codes of the details, such as ERR400001_010."""
        return self.answer.detail_codes if self.answer else ()

    @property
    def listed_codes(self) -> tuple[str, ...]:
        """The provider's codes, the most exact first; what does not look like a code is left out.

        They come from the far end and go to the log and the screen: free text must not.
        """
        said = (*self.detail_codes, self.code)
        return tuple(code for code in said if code and _LISTED_CODE.fullmatch(code))

    @property
    def is_temporary(self) -> bool:
        """Whether the same request can succeed later without anyone mending anything."""
        return True

    def __str__(self) -> str:
        codes = self.listed_codes[:4]
        parts = [self.reason.value, *([f"HTTP {self.status}"] if self.status else []), *codes]
        return " ".join(parts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Refused(SmslinkError):
    """A definite no: nothing was registered, cancelled or asked."""

    @property
    def is_temporary(self) -> bool:
        """Only a limit passes by itself."""
        return self.is_limit

    @property
    def is_authentication(self) -> bool:
        """The token, the allowed source address or the contract must be mended first (401, 403)."""
        return self.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

    @property
    def is_limit(self) -> bool:
        """Too many reservations or recipients are waiting at the provider: wait and try again."""
        return self.code in {"ERR400005", "ERR400006"}

    @property
    def is_source_address_refused(self) -> bool:
        """The contract does not allow the address we call from."""
        return self.code == "ERR403001"

    @property
    def is_protection_missing(self) -> bool:
        """safe_deliver without the contract for wrong-recipient protection (誤送信防止)."""
        return self.code == "ERR403003"

    @property
    def is_unknown_delivery(self) -> bool:
        """The provider knows no such delivery_id."""
        return self.code == "ERR404002"

    @property
    def is_wrong_address(self) -> bool:
        """The far end is not the API, or not this version of it: look at the API domain."""
        return self.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and not (
            self.is_unknown_delivery
        )

    @property
    def is_too_late(self) -> bool:
        """Less than 10 minutes before the reserved time: it can no longer be cancelled."""
        return self.code == "ERR406003"


class NotSent(SmslinkError):
    """Certainly without effect: the request never left, or was turned away unread. Try again later."""


class OutcomeUnknown(SmslinkError):
    """The request left and no clear answer came back. Never repeat a POST: ask the results first."""

    may_have_taken_effect: ClassVar[bool] = True
