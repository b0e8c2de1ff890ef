"""Instants as the provider writes and rounds them: epoch seconds inside, JST ISO 8601 on the wire."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9))
GRID_S = 600
CANCEL_LIMIT_S = 600
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def to_wire(instant: float | None) -> str | None:
    """`2018-06-19T16:11:56+09:00`; fractions of a second are cut off."""
    return None if instant is None else datetime.fromtimestamp(int(instant), JST).isoformat()


def from_wire(text: str) -> float:
    """Epoch seconds of an ISO 8601 date and time; without an offset it is JST. ValueError otherwise."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=JST)).timestamp()


def parse_day(text: str) -> date:
    """`yyyy-MM-dd`, nothing else. ValueError otherwise."""
    if _DAY.fullmatch(text) is None:
        raise ValueError(text)
    return date.fromisoformat(text)


def today(now: float) -> date:
    """The day it is in Japan."""
    return datetime.fromtimestamp(now, JST).date()


def day_bounds(day: date) -> tuple[float, float]:
    """First instant of the day in Japan and of the next one."""
    start = datetime(day.year, day.month, day.day, tzinfo=JST).timestamp()
    return start, start + 86_400


def round_up(instant: float) -> int:
    """The 10-minute grid point at or after the instant (JST is whole hours from UTC, so the grid agrees)."""
    return int(-(-instant // GRID_S) * GRID_S)


def one_year_after(now: float) -> float:
    """Same date and time next year; 29 February becomes the 28th."""
    moment = datetime.fromtimestamp(now, JST)
    try:
        return moment.replace(year=moment.year + 1).timestamp()
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28).timestamp()


def default_name(now: float) -> str:
    """The name of a delivery registered without one: yyyyMMddHHmmss."""
    return datetime.fromtimestamp(now, JST).strftime("%Y%m%d%H%M%S")


def to_words(stamp: str) -> str:
    """An ISO 8601 instant as people read it: 11月24日(火) 15:10."""
    moment = datetime.fromisoformat(stamp)
    return f"{moment.month}月{moment.day}日({'月火水木金土日'[moment.weekday()]}) {moment:%H:%M}"
