"""The text as the recipient will see it, cut into pieces, each with what becomes of it."""

import re
from enum import StrEnum
from typing import NamedTuple

from webapp.domain.body import to_crlf, trim_blank_lines
from webapp.domain.estimate import MAX_COUNTED_URLS
from webapp.domain.links import find_urls
from webapp.domain.placeholders import OPT_OUT_MARK

_OPT_OUT = re.compile(f"({re.escape(OPT_OUT_MARK)})")


class Kind(StrEnum):
    """What a piece of a text is to the recipient."""

    TEXT = "text"
    COUNTED = "counted"
    """A URL that arrives shortened, its clicks counted."""
    UNCOUNTED = "uncounted"
    """A URL beyond the two that are counted: it arrives as typed."""
    LINK = "link"
    """A URL where no clicks are counted."""
    TOUCHING = "touching"
    """A URL that touches other text and will be no link."""
    OPT_OUT = "opt_out"


class Piece(NamedTuple):
    """A run of characters of one kind."""

    text: str
    kind: Kind


class Trimmed(NamedTuple):
    """Blank lines, of spaces and tabs too, that do not travel."""

    leading: int
    trailing: int


def cut_in_pieces(text: str, *, count_clicks: bool) -> tuple[Piece, ...]:
    """Cut a prepared text; the pieces joined are the text itself."""
    pieces: list[Piece] = []
    position = counted = 0
    for url in find_urls(text):
        if not url.recognised:
            kind = Kind.TOUCHING
        elif not count_clicks:
            kind = Kind.LINK
        else:
            counted += 1
            kind = Kind.COUNTED if counted <= MAX_COUNTED_URLS else Kind.UNCOUNTED
        pieces += _cut_opt_out(text[position : url.start])
        pieces.append(Piece(url.text, kind))
        position = url.end
    return (*pieces, *_cut_opt_out(text[position:]))


def count_trimmed(body: str) -> Trimmed:
    """How many lines are trimmed from what was typed; none of a text that is blank altogether."""
    typed = to_crlf(body)
    kept = trim_blank_lines(typed)
    if not kept:
        return Trimmed(0, 0)
    leading = typed.count("\n", 0, typed.index(kept))
    return Trimmed(leading, typed.count("\n") - kept.count("\n") - leading)


def _cut_opt_out(text: str) -> list[Piece]:
    if OPT_OUT_MARK not in text:
        return [Piece(text, Kind.TEXT)] if text else []
    pieces = _OPT_OUT.split(text)
    return [Piece(piece, Kind.OPT_OUT if piece == OPT_OUT_MARK else Kind.TEXT) for piece in pieces if piece]
