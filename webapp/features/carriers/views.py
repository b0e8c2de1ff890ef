"""文字数と通数: the table the estimate is made from."""

from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, render_template

from webapp.domain.segments import (
    CARRIERS,
    MAX_CHARACTERS,
    TABLE_DATE,
    Carrier,
    count_segments,
    part_sizes,
)
from webapp.services.office import load_office
from webapp.ui.words import CARRIER_LABELS

blueprint = Blueprint("carriers", __name__)

Ranges = list[tuple[int, int]]
"""From and to, for one part, two parts and so on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The table in a sentence: one part up to `first`, then a part for each `following` characters."""

    first: int
    following: list[tuple[list[str], int]]
    """Labels of carriers and their figure; no labels where it is the same for all of them."""
    always_one: list[str]


@dataclass(frozen=True, slots=True)
class PartTable:
    """A row for each number of parts: the lengths it takes by carrier, None where it takes none."""

    title: str
    rule: Rule
    rows: list[tuple[int, list[tuple[int, int] | None]]]


@blueprint.get("/carriers")
def table() -> str:
    """How many characters each carrier takes as how many parts, computed from the rules of the contract."""
    office = load_office()
    alphanumeric = office.has_alphanumeric_sender
    tables = [_table("全角の文字がある場合" if alphanumeric else "", alphanumeric=alphanumeric)]
    if alphanumeric:
        tables.append(_table("すべて半角の場合", alphanumeric=True, half_width=True))
    return render_template(
        "carriers/table.html",
        labels=[CARRIER_LABELS[carrier.value] for carrier in CARRIERS],
        tables=tables,
        alphanumeric=alphanumeric,
        table_date=TABLE_DATE,
    )


def _table(title: str, *, alphanumeric: bool, half_width: bool = False) -> PartTable:
    columns = [_ranges(carrier, alphanumeric=alphanumeric, half_width=half_width) for carrier in CARRIERS]
    most = max(map(len, columns))
    return PartTable(
        title,
        _rule(alphanumeric=alphanumeric, half_width=half_width),
        [
            (parts, [ranges[parts - 1] if parts <= len(ranges) else None for ranges in columns])
            for parts in range(1, most + 1)
        ],
    )


def _rule(*, alphanumeric: bool, half_width: bool) -> Rule:
    sizes = {
        CARRIER_LABELS[carrier.value]: part_sizes(
            carrier, alphanumeric_sender=alphanumeric, half_width_only=half_width
        )
        for carrier in CARRIERS
    }
    labels: dict[int, list[str]] = {}
    for label, size in sizes.items():
        if size.following is not None:
            labels.setdefault(size.following, []).append(label)
    return Rule(
        first=min(size.first for size in sizes.values()),
        following=[
            ([] if len(same) == len(sizes) else same, following) for following, same in labels.items()
        ],
        always_one=[label for label, size in sizes.items() if size.following is None],
    )


def _ranges(carrier: Carrier, *, alphanumeric: bool, half_width: bool) -> Ranges:
    def parts(length: int) -> int:
        return count_segments(length, carrier, alphanumeric_sender=alphanumeric, half_width_only=half_width)

    same = (list(lengths) for _, lengths in groupby(range(1, MAX_CHARACTERS + 1), key=parts))
    return [(lengths[0], lengths[-1]) for lengths in same]
