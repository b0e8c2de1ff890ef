"""文字数と通数: the table the estimate is made from."""

from flask import Blueprint, render_template

from webapp.domain.segments import CARRIERS, MAX_CHARACTERS, TABLE_DATE, count_segments
from webapp.ui.words import CARRIER_LABELS

blueprint = Blueprint("carriers", __name__)


@blueprint.get("/carriers")
def table() -> str:
    """How many characters each carrier takes as how many parts, computed from the rules."""
    rows = []
    start = 1
    for length in range(1, MAX_CHARACTERS + 1):
        counts = [count_segments(length, carrier) for carrier in CARRIERS]
        following = [count_segments(length + 1, carrier) for carrier in CARRIERS]
        if length == MAX_CHARACTERS or following != counts:
            rows.append((start, length, counts))
            start = length + 1
    return render_template(
        "carriers/table.html",
        labels=[CARRIER_LABELS[carrier.value] for carrier in CARRIERS],
        rows=rows,
        table_date=TABLE_DATE,
    )
