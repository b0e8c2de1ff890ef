"""What a page shows of an estimate: the problems in words, and the text as it arrives."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from markupsafe import Markup

from webapp.domain.estimate import CarrierEstimate, PreparedText
from webapp.domain.preview import count_trimmed, cut_in_pieces
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.segments import Carrier
from webapp.ui.htmx import render_macro
from webapp.ui.remedies import mend_all, show_problem, show_warning

MAX_SHOWN = 20
"""Problems shown at once; a pasted page of nonsense has thousands."""


# Lengths, prices and carriers of an office: the same few thousand come again with every key.
_MOST_FIGURES = 8192


class Estimated(Protocol):
    """An estimate as services make it, of a message or of a template."""

    @property
    def prepared(self) -> PreparedText:
        """The text."""

    @property
    def carriers(self) -> tuple[CarrierEstimate, ...]:
        """Its parts."""

    @property
    def unit_price(self) -> Decimal | None:
        """Yen a part, when it is known."""

    @property
    def known_carrier(self) -> Carrier | None:
        """The recipient's."""


def figures(estimate: Estimated) -> Markup:
    """Characters and parts by carrier."""
    text = estimate.prepared
    return _figures(
        estimate.carriers, text.characters, text.excess, estimate.unit_price, estimate.known_carrier
    )


def brief(estimate: Estimated, problem_count: int = 0) -> Markup:
    """The same in one line, with how much there is to mend."""
    text = estimate.prepared
    return _brief(
        estimate.carriers,
        text.characters,
        text.excess,
        text.is_approximate,
        estimate.unit_price,
        estimate.known_carrier,
        problem_count,
    )


@lru_cache(_MOST_FIGURES)
def _figures(*numbers: object) -> Markup:
    return render_macro("estimate/figures.html", "figures", *numbers)


@lru_cache(_MOST_FIGURES)
def _brief(*numbers: object) -> Markup:
    return render_macro("estimate/figures.html", "brief", *numbers)


def describe_estimate(
    body: str, prepared: PreparedText, refusals: Sequence[Refusal], *, count_clicks: bool
) -> dict[str, Any]:
    """What templates/estimate/panel.html shows beside the estimate itself."""
    # Nothing typed yet is no mistake to point at.
    is_blank = not body.strip()
    shown = [refusal for refusal in refusals if not (is_blank and refusal.reason == Reason.BODY_EMPTY)]
    return {
        "refusals": refusals,
        "problem_count": len(shown),
        "problems": [show_problem(refusal) for refusal in shown[:MAX_SHOWN]],
        "mend_all": mend_all(refusals),
        "warnings": [show_warning(warning) for warning in prepared.warnings[:MAX_SHOWN]],
        "pieces": cut_in_pieces(prepared.text, count_clicks=count_clicks),
        "trimmed": count_trimmed(body),
    }
