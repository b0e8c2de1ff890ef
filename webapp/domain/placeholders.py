"""固定キー: what `[[%氏名%]]` and its five sisters stand for, and the marks that belong to SMSLINK."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from webapp.domain.refusals import Reason, Refusal

PLACEHOLDERS = (
    "氏名",
    "担当者",
    "会社名",
    "オンライン接客URL",
    "ミーティングID",
    "ミーティングパスワード",
)
# SMSLINK puts the unsubscribe link here, at most once in a text.
OPT_OUT_MARK = "{{配信停止URL}}"
_OPT_OUT_BRACES = OPT_OUT_MARK.count("{")

# A key that lost one of its ends, or was typed in full width: it would reach the customer as it stands.
_UNCLOSED = re.compile("\\[\\[%|%\\]\\]|\uff3b\uff3b[%\uff05]|[%\uff05]\uff3d\uff3d")
_MAX_SHOWN = 40


class Filled(NamedTuple):
    """The text with values in place; a key that could not be filled stays as it was typed."""

    text: str
    problems: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]


def placeholder_mark(name: str) -> str:
    """Return the key as people type it."""
    return f"[[%{name}%]]"


def may_hold_marks(text: str) -> bool:
    """Whether filling could find anything; looking costs a third of filling a text without marks."""
    return "%" in text or "{" in text or "\uff05" in text


def fill(body: str, values: Mapping[str, str | None]) -> Filled:
    """Put `values` (by placeholder name) into `body`, once: what a value contains is never filled again.

    Problems: no value, an unknown key, `{{…}}` other than the unsubscribe mark (typed, or brought in by
    a value: SMSLINK would expand it), the unsubscribe mark more than once.
    """
    text, used, problems, warnings = _fill_placeholders(body, values)
    if "{" in text:
        problems += _check_marks(body, text, used)
    return Filled(text, tuple(problems), tuple(warnings))


def _fill_placeholders(
    body: str, values: Mapping[str, str | None]
) -> tuple[str, dict[str, str], list[Refusal], list[Refusal]]:
    pieces: list[str] = []  # typed and filled in turn
    used: dict[str, str] = {}
    empty: list[str] = []
    unknown: list[str] = []
    position = 0
    for start, end in _spans(body, "[[%", "%]]"):
        mark = body[start:end]
        name = mark[3:-3]
        value = values.get(name) if name in PLACEHOLDERS else None
        if name not in PLACEHOLDERS:
            unknown.append(name)
        elif value is None or not value.strip():
            empty.append(name)
            value = None
        else:
            used[name] = value
        pieces += body[position:start], mark if value is None else value
        position = end
    pieces.append(body[position:])
    text = "".join(pieces)
    problems = _refuse_empty(empty) + _refuse_unknown(unknown)
    return text, used, problems, _warn_of_lookalikes(pieces[::2], used)


def _refuse_empty(names: list[str]) -> list[Refusal]:
    return [
        Refusal(Reason.PLACEHOLDER_EMPTY, "body", {"placeholder": name, "count": names.count(name)})
        for name in dict.fromkeys(names)
    ]


def _warn_of_lookalikes(typed: list[str], used: Mapping[str, str]) -> list[Refusal]:
    warnings = [
        Refusal(Reason.PLACEHOLDER_IN_VALUE, "body", {"placeholder": name})
        for name, value in used.items()
        if "[[%" in value and "%]]" in value
    ]
    rest = "\n".join(typed)
    if "%" in rest or "\uff05" in rest:
        warnings += [
            Refusal(Reason.PLACEHOLDER_UNCLOSED, "body", {"mark": mark, "count": count})
            for mark, count in Counter(_UNCLOSED.findall(rest)).items()
        ]
    return warnings


def _refuse_unknown(names: list[str]) -> list[Refusal]:
    problems = []
    for name, count in Counter(names).items() if names else ():
        mark = _shorten(placeholder_mark(name))
        detail: dict[str, str | int] = {"placeholder": _shorten(name), "mark": mark, "count": count}
        # Finding what is near costs the square of the length: no key is near a longer name than this.
        plain = unicodedata.normalize("NFKC", name[:_MAX_SHOWN]).strip()
        near = difflib.get_close_matches(plain, PLACEHOLDERS, n=1, cutoff=0.5)
        if near:
            detail["suggestion"] = near[0]
        problems.append(Refusal(Reason.PLACEHOLDER_UNKNOWN, "body", detail))
    return problems


def _check_marks(body: str, text: str, used: Mapping[str, str]) -> list[Refusal]:
    if text.count("{") == body.count("{") == _OPT_OUT_BRACES and OPT_OUT_MARK in body:
        return []
    typed = Counter(_marks(body))
    problems: list[Refusal] = []
    for mark, count in Counter(_marks(text)).items():
        if mark != OPT_OUT_MARK or count > typed[mark]:
            detail: dict[str, str | int] = {"mark": _shorten(mark), "count": count}
            if count > typed[mark]:
                # It came in through a value, whole or where the value meets the text.
                brought = [name for name, value in used.items() if "{" in value or "}" in value]
                if brought:
                    detail["placeholder"] = brought[0]
            problems.append(Refusal(Reason.MARK_FOREIGN, "body", detail))
        elif count > 1:
            problems.append(Refusal(Reason.OPT_OUT_REPEATED, "body", {"mark": mark, "count": count}))
    return problems


def _marks(text: str) -> Iterator[str]:
    return (text[start:end] for start, end in _spans(text, "{{", "}}"))


def _spans(text: str, opening: str, closing: str) -> Iterator[tuple[int, int]]:
    """Yield where `opening … closing` stands; plain searching stays linear on `{{{{{{…` too."""
    end = 0
    while (start := text.find(opening, end)) >= 0:
        closed = text.find(closing, start + len(opening))
        if closed < 0:
            return
        end = closed + len(closing)
        yield start, end


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
