"""What a page shows of an estimate: the problems in words, and the text as it arrives."""

from collections.abc import Sequence
from typing import Any

from webapp.domain.estimate import PreparedText
from webapp.domain.preview import count_trimmed, cut_in_pieces
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.segments import MAX_CHARACTERS
from webapp.ui.remedies import mend_all, show_problem, show_warning

MAX_SHOWN = 20
"""Problems shown at once; a pasted page of nonsense has thousands."""


def describe_estimate(
    body: str, prepared: PreparedText, refusals: Sequence[Refusal], *, count_clicks: bool
) -> dict[str, Any]:
    """The arguments of templates/macros/estimate.html, but for the figures and the price."""
    # Nothing typed yet is no mistake to point at.
    is_blank = not body.strip()
    shown = [refusal for refusal in refusals if not (is_blank and refusal.reason == Reason.BODY_EMPTY)]
    return {
        "max_characters": MAX_CHARACTERS,
        "refusals": refusals,
        "problem_count": len(shown),
        "problems": [show_problem(refusal) for refusal in shown[:MAX_SHOWN]],
        "mend_all": mend_all(refusals),
        "warnings": [show_warning(warning) for warning in prepared.warnings[:MAX_SHOWN]],
        "pieces": cut_in_pieces(prepared.text, count_clicks=count_clicks),
        "trimmed": count_trimmed(body),
    }
