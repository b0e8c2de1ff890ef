"""文字数と通数: the table the estimate is made from."""

from itertools import groupby

from flask import Blueprint, render_template

from webapp.domain.segments import CARRIERS, MAX_CHARACTERS, TABLE_DATE, count_segments
from webapp.services.office import load_office
from webapp.ui.words import CARRIER_LABELS

blueprint = Blueprint("carriers", __name__)


@blueprint.get("/carriers")
def table() -> str:
    """How many characters each carrier takes as how many parts, computed from the rules of the contract."""
    alphanumeric = load_office().has_alphanumeric_sender
    tables = [("", _rows(alphanumeric=alphanumeric, half_width=False))]
    if alphanumeric:
        tables.append(("すべて半角の場合", _rows(alphanumeric=True, half_width=True)))
    return render_template(
        "carriers/table.html",
        labels=[CARRIER_LABELS[carrier.value] for carrier in CARRIERS],
        tables=tables,
        table_date=TABLE_DATE,
    )


def _rows(*, alphanumeric: bool, half_width: bool) -> list[tuple[int, int, list[int]]]:
    """From, to, and parts by carrier, for every range of lengths that costs the same."""

    def parts(length: int) -> list[int]:
        return [
            count_segments(length, carrier, alphanumeric_sender=alphanumeric, half_width_only=half_width)
            for carrier in CARRIERS
        ]

    rows = []
    for counts, group in groupby(range(1, MAX_CHARACTERS + 1), key=parts):
        lengths = list(group)
        rows.append((lengths[0], lengths[-1], counts))
    return rows
