"""The pure rules, beside a bare count and beside the npm package that people would reach for."""

import functools

from bench.figures import Figure, Goal, compare, microseconds, take_turns
from bench.peer import Peer
from bench.texts import JAPANESE, VALUES, WITH_EVERYTHING
from webapp.domain.estimate import (
    CarrierEstimate,
    LengthRules,
    estimate_characters,
    estimate_segments,
    prepare_text,
)
from webapp.domain.segments import count_characters

ROUNDS = 501
CALLS = 200
PEER_ROUNDS = 21
PEER_CALLS = 200

_RULES = LengthRules()


def count_bare(text: str) -> tuple[int, int, int]:
    """The least that gives parts by carrier: no line breaks, no first part, no SoftBank."""
    length = len(text.strip())
    return -(-length // 66), -(-length // 67), -(-length // 67)


def count(text: str) -> tuple[CarrierEstimate, ...]:
    """Counting alone: characters as charged, then parts, what is left and what to cut for four carriers."""
    return estimate_characters(count_characters(text))


def estimate(text: str) -> tuple[CarrierEstimate, ...]:
    """All of it, as page, preview and sender do it: fill, normalise, trim, links, count, hints."""
    return estimate_segments(prepare_text(text, VALUES, count_clicks=True, rules=_RULES), _RULES)


def measure(peer: Peer) -> list[Figure]:
    """Counting alone and the whole, beside the bare count and beside the peer."""
    runs = [functools.partial(microseconds, call, JAPANESE, CALLS) for call in (count_bare, count, estimate)]
    bare, counting, whole = take_turns(runs, ROUNDS)
    figures = [
        compare("count alone / bare count", "us", Goal(2), counting, bare),
        compare("whole estimate / bare count", "us", Goal(15), whole, bare),
    ]
    for name, text in (("200 characters", JAPANESE), ("key, breaks, link", WITH_EVERYTHING)):
        ours, theirs = take_turns(
            [
                functools.partial(microseconds, estimate, text, CALLS),
                functools.partial(peer.microseconds, text, PEER_CALLS),
            ],
            PEER_ROUNDS,
        )
        # Times as fast: theirs is what ours is divided into.
        figures.append(compare(f"npm peer / whole, {name}", "us", Goal(30, is_ceiling=False), theirs, ours))
    return figures
