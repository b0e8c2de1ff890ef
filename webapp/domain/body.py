"""The body's characters: composing, line breaks, trimming, and what SMSLINK would refuse."""

import re
import unicodedata
from typing import NamedTuple

# Spaces in names below are what the provider trims, and U+3000, which Japanese keyboards type.
_BLANK = " \t\u3000\r\n"

# One scan (0.5 us for 200 characters) lets almost every text pass all the slower looks below. It matches
# what needs none of them: no combining mark, control, format character, private use, surrogate, non-BMP.
_ORDINARY = re.compile(
    "[\t\n\r -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u200a\u2010-\u2027\u202f-\u205f\u2070-\u3098\u309b-\ud7ff"
    "\uf900-\ufdcf\ufdf0-\ufdff\ufe10-\ufefe\uff00-\uffef]*",
)
# Kana with the combining voiced marks (the half-width marks U+FF9E/U+FF9F are characters of their own), and
# Latin letters with combining accents. U+212A and U+212B stay out: NFC would rewrite the letter itself.
_CLUSTER = re.compile(
    "[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fd\u30fe][\u3099\u309a]+"
    "|[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff][\u0300-\u036f]+",
)
# Controls, surrogates and non-BMP. VT, FF, NEL, U+2028 and U+2029 break lines in some programs and not in
# others: they are refused rather than turned into something the writer did not see.
#
# What people see as one picture is one finding: a flag, a picture with its variation, skin colour or tags,
# and whatever joiners tie to it; a kanji with the selector of its variant. The text beside it is not touched.
_WIDE = "[\U00010000-\U0010ffff]"
_SYMBOL = "[\u2190-\u2bff]"
_MARKS = "[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]*"
_JOINED = f"(?:\u200d(?:(?:{_WIDE}|{_SYMBOL}){_MARKS})?)*"
_UNSENDABLE = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    f"|{_WIDE}{_MARKS}{_JOINED}"
    f"|{_SYMBOL}\ufe0f?(?:\u200d{_SYMBOL}\ufe0f?)*(?:[\U0001f3fb-\U0001f3ff]|\u200d{_WIDE}){_MARKS}{_JOINED}"
    "|[^\\s\ufe00-\ufe0f\U00010000-\U0010ffff][\U000e0100-\U000e01ef]+"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]",
)
_INVISIBLE = re.compile(
    f"{_SYMBOL}\ufe0f?(?:\u200d{_SYMBOL}\ufe0f?)+|[0-9#*]\ufe0f\u20e3"
    "|[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]",
)
# Private use (外字 of one PC), the replacement character, noncharacters.
_MAY_NOT_SHOW = re.compile("[\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff]")
_LINE_BREAK = re.compile("\r\n|\r|\n")


class Unsendable(NamedTuple):
    """One character, or what is seen as one, found in a text; `line` and `column` (a code point) from 1."""

    character: str
    name: str
    line: int
    column: int


def is_ordinary(text: str) -> bool:
    """Whether composing and the three finders below have nothing to do."""
    return _ORDINARY.fullmatch(text) is not None


def compose_marks(text: str) -> str:
    """Join kana and voiced marks, Latin letters and accents; NFC on the whole would rewrite 塚 and 神."""
    return _CLUSTER.sub(lambda cluster: unicodedata.normalize("NFC", cluster[0]), text)


def to_crlf(text: str) -> str:
    """Turn every CRLF, CR and LF into CRLF, as the provider does."""
    if "\r" in text:
        if text.count("\r\n") == text.count("\r") == text.count("\n"):
            return text  # what browsers post
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n") if "\n" in text else text


def trim_blank_lines(text: str) -> str:
    """Drop leading and trailing lines of spaces, U+3000 and tabs; indents of other lines stay."""
    core = text.strip(_BLANK)
    if len(core) == len(text) or not core:
        return core
    start = len(text) - len(text.lstrip(_BLANK))
    end = start + len(core)
    # The first line that shows something keeps its own spaces, and so does the last.
    start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    line_break = _LINE_BREAK.search(text, end)
    return text[start : line_break.start() if line_break else None]


def locate(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of the character at `offset`; line breaks are CRLF or LF."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def find_unsendable(text: str) -> tuple[Unsendable, ...]:
    """Return every character outside the BMP, control character and lone surrogate, in order."""
    return _find(_UNSENDABLE, text)


def find_invisible(text: str) -> tuple[Unsendable, ...]:
    """Return what is charged and not seen: joiners, variation selectors, direction marks."""
    # What belongs to something that cannot be sent goes with it.
    return _find(_INVISIBLE, _UNSENDABLE.sub(lambda match: " " * len(match[0]), text))


def find_doubtful(text: str) -> tuple[Unsendable, ...]:
    """Return what the recipient's telephone has no glyph for: private use, U+FFFD, noncharacters."""
    return _find(_MAY_NOT_SHOW, text)


def character_name(character: str) -> str:
    """Return the Unicode name (of the first where it is several), or the kind where Unicode gives none."""
    character = character[:1]
    kinds = {"Cc": "CONTROL CHARACTER", "Cs": "LONE SURROGATE", "Co": "PRIVATE USE CHARACTER"}
    return unicodedata.name(character, "") or kinds.get(unicodedata.category(character), "UNASSIGNED")


def shown(character: str) -> str:
    """Return `character`, or a picture of it when it cannot stand on a page itself."""
    if len(character) > 1:
        return character
    code_point = ord(character)
    if code_point <= 0x20:
        return chr(0x2400 + code_point)
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character


def _find(pattern: re.Pattern[str], text: str) -> tuple[Unsendable, ...]:
    found = []
    line, start, breaks = 1, 0, _LINE_BREAK.finditer(text)
    following = next(breaks, None)
    for match in pattern.finditer(text):
        while following is not None and following.start() < match.start():
            line, start = line + 1, following.end()
            following = next(breaks, None)
        column = match.start() - start + 1
        found.append(Unsendable(match[0], character_name(match[0]), line, column))
    return tuple(found)
