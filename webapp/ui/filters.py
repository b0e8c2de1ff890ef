"""How values look to people: times in Japan, numbers with hyphens, yen."""

from collections.abc import Sequence
from decimal import Decimal

from flask import Flask
from markupsafe import Markup, escape

from webapp.domain.estimate import CarrierEstimate
from webapp.domain.phone import format_number, is_deliverable
from webapp.domain.segments import MAX_CHARACTERS
from webapp.ui import words
from webapp.ui.dates import format_day, format_moment, format_short_moment
from webapp.ui.estimates import brief, figures


def format_yen(amount: Decimal | int | None) -> str:
    """1,234円; whole yen without a fraction."""
    if amount is None:
        return ""
    whole = amount == int(amount)
    return f"{int(amount):,}円" if whole else f"{amount:,.1f}円"


def segment_range(carriers: Sequence[CarrierEstimate]) -> tuple[int, int]:
    """The fewest parts and the most."""
    segments = [row.segments for row in carriers]
    return min(segments), max(segments)


def as_lines(text: str) -> Markup:
    """The text with its line breaks, escaped."""
    if "\n" not in text:
        return escape(text)
    return Markup("<br>").join(escape(line) for line in text.replace("\r\n", "\n").split("\n"))


def register_filters(app: Flask) -> None:
    """Make them known to the templates."""
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        short_moment=format_short_moment,
        yen=format_yen,
        phone=format_number,
        is_deliverable=is_deliverable,
        as_lines=as_lines,
        segment_range=segment_range,
        figures=figures,
        brief=brief,
        sentence=words.sentence,
        explain=words.explain,
        carrier_label=words.carrier_label,
        link_lengths=words.link_lengths,
    )
    app.jinja_env.globals.update(words=words, max_characters=MAX_CHARACTERS)
