"""A problem of a text as it is shown: the sentence, and where there is one, the click that mends it."""

from dataclasses import dataclass, replace

from webapp.domain.placeholders import placeholder_mark
from webapp.domain.refusals import Reason, Refusal
from webapp.ui.words import sentence


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """`replace` becomes `by` in the whole text when `label` is clicked (static/js/insert.js).

    `asks`: nobody sends it without being asked (static/js/confirm.js).
    """

    text: str
    replace: str = ""
    by: str = ""
    label: str = ""
    kind: str = "error"
    asks: bool = False


def show_warning(warning: Refusal) -> ShownProblem:
    """What does not keep a text from leaving; a blank to fill in is asked about in any case."""
    return replace(show_problem(warning), kind="warning", asks=warning.reason == Reason.BLANK_LEFT)


def show_problem(refusal: Refusal) -> ShownProblem:
    """The sentence with its remedy; what stands in a value has none here, but on the card."""
    detail = refusal.detail
    text = sentence(refusal)
    if refusal.reason in {Reason.CHARACTER_UNSENDABLE, Reason.CHARACTER_INVISIBLE}:
        if detail.get("placeholder"):
            return ShownProblem(text)
        character = chr(int(str(detail["code_point"]).removeprefix("U+"), 16))
        by = str(detail.get("suggestion", ""))
        return ShownProblem(text, character, by, f"「{by}」に置き換える" if by.strip() else "削除する")
    if refusal.reason == Reason.PLACEHOLDER_UNKNOWN:
        suggestion = detail.get("suggestion")
        if suggestion:
            mark = placeholder_mark(str(suggestion))
            return ShownProblem(text, str(detail["mark"]), mark, f"{mark} に置き換える")
        return ShownProblem(text, str(detail["mark"]), "", "削除する")
    if refusal.reason == Reason.MARK_FOREIGN and not detail.get("placeholder"):
        return ShownProblem(text, str(detail["mark"]), "", "削除する")
    if refusal.reason == Reason.URL_TOUCHES_TEXT:
        before, url, after = str(detail["before"]), str(detail["url"]), str(detail["after"])
        spaced = f"{before}{' ' if before else ''}{url}{' ' if after else ''}{after}"
        return ShownProblem(text, f"{before}{url}{after}", spaced, "前後にスペースを入れる")
    return ShownProblem(text)
