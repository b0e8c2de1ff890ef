"""Refusals and warnings for single characters, each told where the person can mend it."""

from collections.abc import Callable, Mapping

from webapp.domain.body import Unsendable, find_doubtful, find_invisible, find_unsendable, shown
from webapp.domain.placeholders import PLACEHOLDERS, placeholder_mark
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.replacements import suggest

_MAX_POSITIONS = 10


def check_characters(
    body: str, values: Mapping[str, str | None]
) -> tuple[tuple[Refusal, ...], tuple[Refusal, ...]]:
    """Return problems and warnings for the typed body and for each value it uses, in that order.

    One refusal per character and place. Detail: character (fit to show), code_point ("U+20BB7", several of
    them apart by spaces where they are seen as one), name, count, line and column of the first, positions
    ("1:3 2:5", the first ten), suggestion ("": leave it out), and placeholder when it stands in a value:
    lines and columns then count within that value.
    """
    places: list[tuple[str, str]] = [("", body)]
    places += [
        (name, value)
        for name in PLACEHOLDERS
        if (value := values.get(name)) and placeholder_mark(name) in body
    ]
    problems: list[Refusal] = []
    warnings: list[Refusal] = []
    for placeholder, text in places:
        problems += _group(Reason.CHARACTER_UNSENDABLE, find_unsendable, placeholder, text)
        warnings += _group(Reason.CHARACTER_INVISIBLE, find_invisible, placeholder, text)
        warnings += _group(Reason.CHARACTER_MAY_NOT_SHOW, find_doubtful, placeholder, text)
    return tuple(problems), tuple(warnings)


def _group(
    reason: Reason, find: Callable[[str], tuple[Unsendable, ...]], placeholder: str, text: str
) -> list[Refusal]:
    found: dict[str, list[Unsendable]] = {}
    for one in find(text):
        found.setdefault(one.character, []).append(one)
    return [_refuse(reason, placeholder, same) for same in found.values()]


def _refuse(reason: Reason, placeholder: str, same: list[Unsendable]) -> Refusal:
    first = same[0]
    detail: dict[str, str | int] = {
        "character": shown(first.character),
        "code_point": " ".join(f"U+{ord(one):04X}" for one in first.character),
        "name": first.name,
        "count": len(same),
        "line": first.line,
        "column": first.column,
        "positions": " ".join(f"{one.line}:{one.column}" for one in same[:_MAX_POSITIONS]),
        "suggestion": suggest(first.character),
    }
    if placeholder:
        detail["placeholder"] = placeholder
    return Refusal(reason, "body", detail)
