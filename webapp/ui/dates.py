"""Days and moments as people in Japan read them."""

from datetime import date, datetime

import jpholiday

from webapp import clock
from webapp.domain.reservation import JST

_WEEKDAYS = "月火水木金土日"


def format_day(day: date | None) -> str:
    """2026年11月24日(火)."""
    if day is None:
        return ""
    return f"{day.year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def format_moment(moment: datetime | None) -> str:
    """2026年11月24日(火) 15:10."""
    if moment is None:
        return ""
    local = moment.astimezone(JST)
    return f"{format_day(local.date())} {local:%H:%M}"


def format_short_moment(moment: datetime | None) -> str:
    """11/24(火) 15:10, for tables; with the year where it is not this one."""
    if moment is None:
        return ""
    local = moment.astimezone(JST)
    year = "" if local.year == clock.today().year else f"{local.year}/"
    return f"{year}{local.month}/{local.day}({_WEEKDAYS[local.weekday()]}) {local:%H:%M}"


def format_clock_time(moment: datetime) -> str:
    """15:10."""
    return f"{moment.astimezone(JST):%H:%M}"


def holiday_name(day: date) -> str:
    """勤労感謝の日, or nothing on a working day."""
    return jpholiday.is_holiday_name(day) or ""
