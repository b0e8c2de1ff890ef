"""A problem of a text as it is shown: the sentence, and where there are some, the clicks that mend it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from webapp.domain.placeholders import placeholder_mark
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.template import needs_meeting
from webapp.ui.words import sentence

REMOVE = "削除する"
_CHARACTERS = {Reason.CHARACTER_UNSENDABLE, Reason.CHARACTER_INVISIBLE}


@dataclass(frozen=True, slots=True)
class Remedy:
    """One click: in the whole text the first of each pair becomes the second (static/js/insert.js)."""

    label: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """What is wrong, and what can be done about it; the first remedy is the better one.

    `asks`: nobody sends it without being asked (static/js/confirm.js).
    """

    text: str
    remedies: tuple[Remedy, ...] = ()
    kind: str = "error"
    asks: bool = False


def show_warning(warning: Refusal) -> ShownProblem:
    """What does not keep a text from leaving; a blank to fill in is asked about in any case."""
    return replace(show_problem(warning), kind="warning", asks=warning.reason == Reason.BLANK_LEFT)


def show_problem(refusal: Refusal) -> ShownProblem:
    """The sentence with its remedies; what stands in a value has none here, but on the card."""
    return ShownProblem(sentence(refusal), tuple(_remedies(refusal)))


def mend_all(refusals: Iterable[Refusal]) -> Remedy | None:
    """One click for all characters that cannot be sent; None where there are fewer than two."""
    pairs = tuple(
        _remedies(refusal)[0].pairs[0]
        for refusal in refusals
        if refusal.reason == Reason.CHARACTER_UNSENDABLE and _remedies(refusal)
    )
    return Remedy("送れない文字をまとめて直す", pairs) if len(pairs) > 1 else None


def _remedies(refusal: Refusal) -> list[Remedy]:
    detail = refusal.detail
    placeholder = str(detail.get("placeholder", ""))
    if refusal.reason in _CHARACTERS and not placeholder:
        seen = "".join(chr(int(one.removeprefix("U+"), 16)) for one in str(detail["code_point"]).split())
        return _replace(seen, str(detail.get("suggestion", "")), "「{}」に置き換える")
    if refusal.reason == Reason.PLACEHOLDER_UNKNOWN:
        suggestion = str(detail.get("suggestion", ""))
        return _replace(
            str(detail["mark"]), placeholder_mark(suggestion) if suggestion else "", "{} に置き換える"
        )
    if refusal.reason == Reason.PLACEHOLDER_EMPTY and needs_meeting(placeholder_mark(placeholder)):
        return _replace(placeholder_mark(placeholder))
    if refusal.reason == Reason.MARK_FOREIGN and not placeholder:
        return _replace(str(detail["mark"]))
    if refusal.reason in {Reason.URL_TOUCHES_TEXT, Reason.OPT_OUT_TOUCHES_TEXT}:
        before, after = str(detail["before"]), str(detail["after"])
        link = str(detail["url" if refusal.reason == Reason.URL_TOUCHES_TEXT else "mark"])
        spaced = f"{before}{' ' if before else ''}{link}{' ' if after else ''}{after}"
        return [Remedy("前後にスペースを入れる", ((f"{before}{link}{after}", spaced),))]
    return []


def _replace(seen: str, by: str = "", label: str = "") -> list[Remedy]:
    """Put the suggestion in its place where there is one (a line break is none to read), or remove it."""
    remove = Remedy(REMOVE, ((seen, ""),))
    if not by:
        return [remove]
    return [Remedy(label.format(by) if by.strip() else "改行に置き換える", ((seen, by),)), remove]
