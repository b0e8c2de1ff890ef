"""What was charged beside what was estimated, and the length of shortened links that follows from it."""

from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import select

from webapp.domain.charge import (
    ChargedText,
    Comparison,
    Learned,
    Observation,
    Outcome,
    Proposal,
    compare,
    explain_text,
    learn,
    propose,
)
from webapp.domain.estimate import arrives_half_width
from webapp.domain.message_status import MessageStatus
from webapp.domain.placeholders import OPT_OUT_MARK
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.segments import Carrier
from webapp.extensions import db, writing
from webapp.models import Message, Office
from webapp.services import RefusedByRule
from webapp.services.estimates import CARRIER_BY_CODE
from webapp.services.office import lock_office

log = structlog.get_logger(__name__)

RECENT = 200
"""So many delivered messages are looked at."""
SHOWN_MISSES = 5


class HitRate(NamedTuple):
    """How many of the messages that could be compared were charged as estimated."""

    compared: int
    hits: int

    @property
    def percent(self) -> int:
        """Rounded, but 100 and 0 only where it is all or nothing."""
        if self.hits in {0, self.compared}:
            return 100 if self.hits else 0
        return min(99, max(1, round(100 * self.hits / self.compared)))


class MessageCharge(NamedTuple):
    """One message's charge beside its estimate."""

    comparison: Comparison
    is_by_length: bool
    """Another length of its shortened links would explain the difference."""


class Miss(NamedTuple):
    """A message that was charged otherwise than estimated, with both figures."""

    message: Message
    estimated: int
    charged: int


@dataclass(frozen=True, slots=True)
class Review:
    """What the recent messages say: all of them, those with shortened links, and the newest misses."""

    rate: HitRate
    rate_with_links: HitRate
    misses: list[Miss]
    learned: Learned
    proposal: Proposal | None


def review_charges(office: Office) -> Review:
    """One query. Test sends count as well: they are charged like any other."""
    recent = db.session.scalars(
        select(Message)
        .where(Message.status == MessageStatus.DELIVERED, Message.segments.is_not(None))
        .order_by(Message.id.desc())
        .limit(RECENT)
    ).all()
    compared = [(row, found) for row in recent if (found := _compare(row)).is_compared]
    observations = [_observe(row) for row in recent if row.shortened_links]
    learned = learn(observations)
    return Review(
        rate=_rate(compared),
        rate_with_links=_rate([(row, found) for row, found in compared if row.shortened_links]),
        misses=[
            Miss(row, found.estimated or 0, row.segments or 0) for row, found in compared if found.is_miss
        ][:SHOWN_MISSES],
        learned=learned,
        proposal=propose(learned, office.shortened_url_length, is_known=office.shortened_url_is_known),
    )


def accept_proposal(length: int) -> None:
    """Take the length that the charges ask for; raises RefusedByRule when they ask for another by now."""
    with writing():
        office = lock_office()
        proposal = review_charges(office).proposal
        if proposal is None or proposal.length != length:
            raise RefusedByRule([Refusal(Reason.PROPOSAL_CHANGED, "length")])
        office.shortened_url_length = proposal.length
        office.shortened_url_is_known = proposal.is_exact
    log.info("shortened_url_length_accepted", length=proposal.length, is_exact=proposal.is_exact)


def compare_charge(message: Message) -> MessageCharge:
    """What the message's page says about its parts."""
    comparison = _compare(message)
    is_by_length = comparison.is_miss and bool(message.shortened_links and _observe(message).lengths)
    return MessageCharge(comparison, is_by_length)


def _compare(message: Message) -> Comparison:
    return compare(message.estimated_segments, _carrier(message), message.segments)


def _carrier(message: Message) -> Carrier:
    return CARRIER_BY_CODE.get(message.carrier or 0, Carrier.UNKNOWN)


def _rate(compared: list[tuple[Message, Comparison]]) -> HitRate:
    return HitRate(len(compared), sum(found.outcome == Outcome.EQUAL for _, found in compared))


def _observe(message: Message) -> Observation:
    lengths = explain_text(
        ChargedText(
            characters=message.characters,
            links=message.shortened_links or 0,
            assumed_length=message.shortened_url_length or 0,
            half_width_only=arrives_half_width(message.text),
            estimated=message.estimated_segments,
            carrier=_carrier(message),
            charged=message.segments or 0,
        )
    )
    return Observation(lengths, OPT_OUT_MARK in message.text)
