"""How values look to people: times in Japan, numbers with hyphens, yen."""

import re
from datetime import date, datetime
from decimal import Decimal

from flask import Flask
from markupsafe import Markup, escape

from webapp.domain.phone import format_number
from webapp.domain.reservation import JST
from webapp.ui import words

_WEEKDAYS = "月火水木金土日"
_URL = re.compile(r"https?://[^\s<>\"']+")


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
    """11/24(火) 15:10, for tables; the year stands where it is another one."""
    if moment is None:
        return ""
    local = moment.astimezone(JST)
    return f"{local.month}/{local.day}({_WEEKDAYS[local.weekday()]}) {local:%H:%M}"


def format_yen(amount: Decimal | int | None) -> str:
    """1,234円; whole yen without a fraction."""
    if amount is None:
        return ""
    whole = amount == int(amount)
    return f"{int(amount):,}円" if whole else f"{amount:,.1f}円"


def as_lines(text: str) -> Markup:
    """The text with its line breaks, escaped."""
    return Markup("<br>").join(escape(line) for line in text.replace("\r\n", "\n").split("\n"))


def register_filters(app: Flask) -> None:
    """Make them known to the templates."""
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        short_moment=format_short_moment,
        yen=format_yen,
        phone=format_number,
        as_lines=as_lines,
        sentence=words.sentence,
        explain=words.explain,
        carrier_label=words.carrier_label,
    )
    app.jinja_env.globals.update(words=words)
