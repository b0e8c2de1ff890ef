"""What the product does. Services own the transaction; they know neither HTTP nor forms."""

from collections.abc import Iterable

from webapp.domain.refusals import Refusal


class RefusedByRule(Exception):
    """A rule says no. The refusals name the field and the reason; the edge has the words."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(", ".join(refusal.reason for refusal in self.refusals))
