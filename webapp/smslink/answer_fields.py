"""Readers for single fields of an answer: what is not as documented becomes None, never an exception."""

import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")
"""The provider's only time zone; Japan has no summer time."""

_LARGEST_INTEGER = 2**31 - 1
_HIDDEN_IN_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_TIME = datetime(2200, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)


class UnreadableAnswer(ValueError):
    """The body lacks what the answer is asked for; the message holds nothing of the body."""


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object of a UTF-8 body, whatever its Content-Type says. Raises UnreadableAnswer."""
    try:
        answer = json.loads(body.decode("utf-8-sig"), parse_constant=_read_float, parse_float=_read_float)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        # Raised out here so that no context carries a piece of the body into a log.
        message = "not a JSON object in UTF-8"
        raise UnreadableAnswer(message)
    if _HIDDEN_IN_ESCAPES.search(body):
        # Half a surrogate pair or NUL can be written in JSON but stored in no database.
        answer = _replace_unstorable(answer)
    return answer if isinstance(answer, dict) else {}


def _read_float(digits: str) -> float | None:
    """NaN and infinity (also as 1e999) are no JSON, and databases refuse them."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _replace_unstorable(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_replace_unstorable(entry) for entry in value]
    if isinstance(value, dict):
        return {str(_replace_unstorable(key)): _replace_unstorable(entry) for key, entry in value.items()}
    return value


def read_text(value: object) -> str | None:
    """A string as it is."""
    return value if isinstance(value, str) else None


def read_id(value: object) -> str | None:
    """An id as text: ids are up to 20 digits, more than a database integer or a float holds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def read_integer(value: object) -> int | None:
    """A number from 0 to 2**31-1, also when it comes as a string of digits or as 200.0."""
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_INTEGER else None


def read_flag(value: object) -> bool | None:
    """True or false."""
    return value if isinstance(value, bool) else None


def read_time(value: object) -> datetime | None:
    """ISO 8601 as an aware datetime in UTC; a time without offset is taken as JST.

    None outside the years 2000 to 2199: nothing is sent there, and sums with such times overflow.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=JST)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST_TIME <= moment < _LAST_TIME else None


def read_list(value: object) -> list[object]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def read_objects(value: object) -> list[dict[str, object]]:
    """The objects in a list; other entries are left out."""
    return [entry for entry in read_list(value) if isinstance(entry, dict)]


def read_texts(value: object) -> tuple[str, ...]:
    """The strings in a list; other entries are left out."""
    return tuple(entry for entry in read_list(value) if isinstance(entry, str))


def write_time(moment: datetime) -> str:
    """`2018-06-19T16:11:56+09:00`. ValueError when the moment is naive."""
    if moment.tzinfo is None:
        message = "a time for the provider needs a zone"
        raise ValueError(message)
    return moment.astimezone(JST).isoformat(timespec="seconds")
