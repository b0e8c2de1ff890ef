"""The estimate beside the charge, and what charges tell about the length of a shortened link.

SMSLINK does not say how long its shortened links are. A charge narrows it down: a text of 44 characters
and one link that docomo charged as 2 parts had a link of at least 27.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from webapp.domain.segments import CARRIERS, Carrier, count_segments

POSSIBLE_LENGTHS = range(10, 101)
"""What the setting takes; the shortest URL has 10 characters."""
NARROW = 10
"""So many lengths left open, or fewer: the longest of them is near enough to be taken."""


class Outcome(StrEnum):
    """The charge beside the estimate for the carrier that it turned out to be."""

    EQUAL = "equal"
    DEARER = "dearer"
    CHEAPER = "cheaper"
    CARRIER_UNKNOWN = "carrier_unknown"
    NOT_COMPARABLE = "not_comparable"
    """Nothing was charged, or nobody knows what, or nothing was estimated."""


class Comparison(NamedTuple):
    """`estimated`: parts shown before sending; None where there is nothing to compare."""

    outcome: Outcome
    estimated: int | None

    @property
    def is_compared(self) -> bool:
        """Whether it counts in the hit rate."""
        return self.estimated is not None

    @property
    def is_miss(self) -> bool:
        """Whether the charge was another than the estimate."""
        return self.outcome in {Outcome.DEARER, Outcome.CHEAPER}


class Agreement(StrEnum):
    """Whether one length explains all charges."""

    FULL = "full"
    BY_KIND = "by_kind"
    """One for counted URLs and another for the opt-out link."""
    NEWEST_ONLY = "newest_only"
    """The newest agree; older ones do not: the provider's links were others then, or it miscounted."""


class ChargedText(NamedTuple):
    """A text that was sent, its estimate, and what it cost."""

    characters: int
    """With every link at `assumed_length`."""
    links: int
    assumed_length: int
    half_width_only: bool
    estimated: Mapping[str, int]
    carrier: Carrier
    charged: int


class Observation(NamedTuple):
    """The lengths that explain one charge."""

    lengths: range
    has_opt_out_link: bool = False


class Learned(NamedTuple):
    """What charges say together; `charges` is how many it rests on, 0 when none told anything."""

    lengths: range
    charges: int
    agreement: Agreement

    @property
    def is_exact(self) -> bool:
        """One length and no doubt; at the ends of what is possible the real one may lie beyond."""
        ends = {POSSIBLE_LENGTHS[0], POSSIBLE_LENGTHS[-1]}
        return self.agreement == Agreement.FULL and len(self.lengths) == 1 and self.lengths[0] not in ends


class Proposal(NamedTuple):
    """The length to take; `is_exact`: charges leave no other, so that estimates with it are none any more."""

    length: int
    is_exact: bool


def compare(estimated: Mapping[str, int], carrier: Carrier, charged: int | None) -> Comparison:
    """`estimated`: parts by carrier, as shown before sending."""
    if charged is None or charged < 1:
        return Comparison(Outcome.NOT_COMPARABLE, None)
    if carrier not in CARRIERS:
        return Comparison(Outcome.CARRIER_UNKNOWN, None)
    shown = estimated.get(carrier)
    if shown is None:
        return Comparison(Outcome.NOT_COMPARABLE, None)
    if charged == shown:
        return Comparison(Outcome.EQUAL, shown)
    return Comparison(Outcome.DEARER if charged > shown else Outcome.CHEAPER, shown)


def explain_charge(
    fixed_characters: int,
    links: int,
    carrier: Carrier,
    charged: int,
    *,
    alphanumeric_sender: bool = False,
    half_width_only: bool = False,
) -> range:
    """Return the lengths of a link with which a text of `fixed_characters` and `links` costs `charged` parts.

    Empty: none does. All of POSSIBLE_LENGTHS: the charge tells nothing (no links, SoftBank, a carrier
    that is not in the table).
    """
    if carrier not in CARRIERS:
        return POSSIBLE_LENGTHS

    def parts(length: int) -> int:
        # The table itself, turned round by searching it: parts never fall when a text grows.
        return count_segments(
            fixed_characters + links * length,
            carrier,
            alphanumeric_sender=alphanumeric_sender,
            half_width_only=half_width_only,
        )

    return POSSIBLE_LENGTHS[
        bisect_left(POSSIBLE_LENGTHS, charged, key=parts) : bisect_right(POSSIBLE_LENGTHS, charged, key=parts)
    ]


def explain_text(text: ChargedText) -> range:
    """The lengths of a link that explain the charge, under the contract that the estimate was made with.

    The estimate tells which one that was. Where it would have been the same under both, the charge may
    have followed either, so what lies between counts as explained.
    """
    explained = []
    for alphanumeric_sender in (False, True):
        options = {"alphanumeric_sender": alphanumeric_sender, "half_width_only": text.half_width_only}
        shown = {carrier.value: count_segments(text.characters, carrier, **options) for carrier in CARRIERS}
        if shown == text.estimated:
            fixed = text.characters - text.links * text.assumed_length
            explained.append(explain_charge(fixed, text.links, text.carrier, text.charged, **options))
    if not explained:
        return POSSIBLE_LENGTHS  # estimated by another table than today's
    explained = [lengths for lengths in explained if lengths] or explained[:1]
    return range(min(one.start for one in explained), max(one.stop for one in explained))


def learn(newest_first: Sequence[Observation]) -> Learned:
    """What is common to all observations, or as far back as they agree.

    An observation that no length explains is left out: it has another cause. Links that are longer in
    one kind of text than in the other are told apart only where the charges contradict each other;
    nobody is told too little, so the longer one counts.
    """
    told = [one for one in newest_first if one.lengths and one.lengths != POSSIBLE_LENGTHS]
    lengths, charges = _meet(told)
    if charges == len(told):
        return Learned(lengths, charges, Agreement.FULL)
    kinds = [[one for one in told if one.has_opt_out_link is kind] for kind in (True, False)]
    met = [_meet(kind) for kind in kinds]
    if all(kind and used == len(kind) for kind, (_, used) in zip(kinds, met, strict=True)):
        return Learned(*max(met, key=lambda one: one[0][-1]), Agreement.BY_KIND)
    return Learned(lengths, charges, Agreement.NEWEST_ONLY)


def propose(learned: Learned, current: int, *, is_known: bool) -> Proposal | None:
    """The length that the charges ask for; None while they agree with the setting.

    Estimates should rather be one part too many than too few, so it is the longest that explains the
    charges. While they leave a wide range open its far end would count a part too many in many texts,
    and refuse some that fit: then it is the smallest step that explains them.
    """
    lengths = learned.lengths
    if current in lengths:
        return Proposal(current, is_exact=True) if learned.is_exact and not is_known else None
    is_too_short = current < lengths[0]
    length = lengths[0] if is_too_short and len(lengths) > NARROW else lengths[-1]
    return Proposal(length, learned.is_exact)


def _meet(newest_first: Sequence[Observation]) -> tuple[range, int]:
    """The lengths common to the newest, and how many those are."""
    common = POSSIBLE_LENGTHS
    for used, one in enumerate(newest_first):
        narrower = range(max(common.start, one.lengths.start), min(common.stop, one.lengths.stop))
        if not narrower:
            return common, used
        common = narrower
    return common, len(newest_first)
