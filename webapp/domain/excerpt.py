"""What a text is recognised by in a list: the words with which it says something of its own."""

import re

_KEY = re.compile(r"\[\[%(.*?)%\]\]")
# What stands between the keys of an address: 「[[%氏名%]]様」, 「[[%会社名%]]の[[%担当者%]]です。」
_ADDRESSING = re.compile(r"(?:の|です|様|さま|御中|[\s、。])*")
_AUTOMATIC_SUBJECT = re.compile(r"20\d{12}")
TITLE_LENGTH = 30


def excerpt(body: str, length: int, *, filled: str | None = None) -> str:
    """The beginning of `body` in one line, without the lines that every text begins with.

    Keys are shown by their names; with `filled`, the text that `body` became, by their values.
    """
    lines = _lines(body)
    own = next((index for index, line in enumerate(lines) if not _is_addressing(line)), 0)
    shown = _lines(filled) if filled is not None else [_KEY.sub(r"\1", line) for line in lines]
    words = " ".join(" ".join(shown[own if len(shown) == len(lines) else 0 :]).split())
    return words if len(words) <= length else f"{words[:length]}…"


def title(subject: str, body: str, text: str) -> str:
    """The subject; where nobody wrote one, and it is the moment of sending as a number, the text's beginning."""
    if not _AUTOMATIC_SUBJECT.fullmatch(subject):
        return subject
    return excerpt(body, TITLE_LENGTH, filled=text) or subject


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _is_addressing(line: str) -> bool:
    rest, keys = _KEY.subn("", line)
    return keys > 0 and _ADDRESSING.fullmatch(rest) is not None
