"""Texts: trimming, counting, marks, links and parts, written from the provider's page alone.

A text is kept as typed and, per recipient, as pieces: `("text", …)` or `(kind, url)` for a link, where kind
is one of LINK_KINDS. A link counts at its charged length; how it looks on a phone depends on the host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MAX_CHARACTERS = 660
LINK_KINDS = ("shorten1", "shorten2", "insertion1", "insertion2", "opt_out")
OPT_OUT_MARK = "{{配信停止URL}}"
Piece = tuple[str, str]

_MARK = re.compile(r"\{\{([^{}\r\n]*)\}\}")
_ITEM = re.compile(r"insertion_item[1-5]")
_URL_MARK = re.compile(r"insertion_url[12]")
_URL = re.compile(r"(?:(?<=[ \n])|\A)https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+(?=[ \r\n]|\Z)")
_HTTP_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

# Parts: (characters in the first, characters each of several holds); SoftBank knows one part only.
_PARTS = {10: (70, 66), 20: (70, 67), 50: (70, 67), 40: (70, 66)}
_SOFTBANK = 30


def prepare(typed: str) -> str:
    """CRLF for every line break, then outer lines of nothing but tabs and spaces cut off."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip(" \t")]
    return "\r\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def has_wide_characters(text: str) -> bool:
    """Whether anything lies outside the Basic Multilingual Plane (lone surrogates included)."""
    return any(ord(character) > 0xFFFF or 0xD800 <= ord(character) <= 0xDFFF for character in text)


def is_item_clean(value: str) -> bool:
    """Whether a merge item holds only characters that can be sent within a line."""
    return not has_wide_characters(value) and all(character >= " " for character in value)


def is_http_url(value: str) -> bool:
    """Whether a value is a whole http or https URL."""
    return _HTTP_URL.fullmatch(value) is not None


def find_marks(text: str) -> list[str]:
    """The names within {{…}}, in order, repeated ones again."""
    return [match[1] for match in _MARK.finditer(text)]


def sort_marks(text: str) -> tuple[list[str], list[str], int, list[str]]:
    """Item marks, URL marks, how many opt-out marks, and names that mean nothing."""
    items: list[str] = []
    urls: list[str] = []
    strangers: list[str] = []
    opt_outs = 0
    for name in find_marks(text):
        if _ITEM.fullmatch(name):
            items.append(name)
        elif _URL_MARK.fullmatch(name):
            urls.append(name)
        elif "{{" + name + "}}" == OPT_OUT_MARK:
            opt_outs += 1
        else:
            strangers.append(name)
    return items, urls, opt_outs, strangers


def find_urls(text: str) -> list[str]:
    """URLs with a half-width space, a line break or an end of the text on both sides."""
    return [match[0] for match in _URL.finditer(text)]


def typed_length(text: str) -> int:
    """Length with every merge mark (not the opt-out link's) at nothing: the least any merging can give."""
    kept = _MARK.sub(lambda match: match[0] if match[0] == OPT_OUT_MARK else "", text)
    return len(kept)


def merge(text: str, values: Mapping[str, str], *, count_clicks: bool) -> list[Piece]:
    """The text of one recipient. `values`: insertion_item1… and insertion_url1…; absent ones are empty."""
    pieces: list[Piece] = []
    position = 0
    spots: list[tuple[int, int, str, str]] = []
    if count_clicks:
        for number, match in enumerate(_URL.finditer(text), start=1):
            spots.append((match.start(), match.end(), f"shorten{number}", match[0]))
    for match in _MARK.finditer(text):
        name = match[1]
        if match[0] == OPT_OUT_MARK:
            spots.append((match.start(), match.end(), "opt_out", ""))
        elif _URL_MARK.fullmatch(name):
            url = values.get(name, "")
            kind = f"insertion{name[-1]}" if url else "text"
            spots.append((match.start(), match.end(), kind, url))
        else:
            spots.append((match.start(), match.end(), "text", values.get(name, "")))
    for start, end, kind, value in sorted(spots):
        pieces.append(("text", text[position:start]))
        pieces.append((kind, value))
        position = end
    pieces.append(("text", text[position:]))
    return [piece for piece in pieces if piece != ("text", "")]


def charged_length(pieces: Sequence[Piece], url_length: int, opt_out_length: int) -> int:
    """Characters as charged: links at their fixed lengths, everything else one each (CRLF is two)."""
    lengths = dict.fromkeys(LINK_KINDS, url_length) | {"opt_out": opt_out_length}
    return sum(lengths.get(kind, len(value)) for kind, value in pieces)


def is_half_width(pieces: Sequence[Piece]) -> bool:
    """Whether everything is printable ASCII and line breaks (links are); a tab is taken as dearer."""
    typed = "".join(value for kind, value in pieces if kind == "text")
    return typed.isascii() and typed.replace("\r", "").replace("\n", "").isprintable()


def count_parts(
    characters: int, carrier: int, *, alphanumeric: bool = False, half_width: bool = False
) -> int:
    """通 as charged. With the alphanumeric sender all carriers count alike, twice as much when half-width."""
    if characters <= 0:
        return 0
    if alphanumeric:
        first, each = (140, 134) if half_width else (70, 67)
    elif carrier == _SOFTBANK:
        return 1
    else:
        first, each = _PARTS[carrier]
    return 1 if characters <= first else -(-characters // each)
