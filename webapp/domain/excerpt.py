"""What a text is recognised by in a list: the words with which it says something of its own."""

import re

_KEY = re.compile(r"\[\[%(.*?)%\]\]")
# How nearly every text begins: 「[[%氏名%]]様」, 「[[%会社名%]]の[[%担当者%]]です。」
_ADDRESSING = re.compile(
    r"(?:\s*{key}\s*(?:様|さま|御中|(?:の\s*{key}\s*)?です)[\s、。]+)*".format(key=r"\[\[%[^%]*%\]\]")
)
_AUTOMATIC_SUBJECT = re.compile(r"20\d{12}")
TITLE_LENGTH = 30


def excerpt(body: str, length: int, *, filled: str | None = None) -> str:
    """The beginning of `body` in one line, without the address that every text begins with.

    Keys are shown by their names; with `filled`, the text that `body` became, by their values.
    """
    address = _ADDRESSING.match(body)
    own = body[address.end() :] if address else body
    if not own.strip():
        own = body
    shown = _KEY.sub(r"\1", own) if filled is None else _find(own, filled)
    words = " ".join(shown.split())
    return words if len(words) <= length else f"{words[:length]}…"


def title(subject: str, body: str, text: str) -> str:
    """The subject; where nobody wrote one, and it is a moment as a number, how the text begins."""
    if not _AUTOMATIC_SUBJECT.fullmatch(subject):
        return subject
    return excerpt(body, TITLE_LENGTH, filled=text) or subject


def _find(own: str, filled: str) -> str:
    """Where `own` stands in the filled text: at the words before its first key and its first line break."""
    words = _KEY.split(own.strip(), maxsplit=1)[0].splitlines()
    return filled[max(0, filled.find(words[0])) :] if words else filled
