"""URLs in a text, and which of them SMSLINK recognises."""

import re
from typing import NamedTuple

# The characters of RFC 3986: anything else (。, 」, kanji, quotes, {) ends a URL and thereby touches it.
_AFTER_SCHEME = re.compile(r"[\w\-.~:/?#\[\]@!$&'()*+,;=%]*", re.ASCII)
_SCHEME_END = "://"
_LONGEST_SCHEME = len("https")
_BOUNDARIES = " \r\n"


class Url(NamedTuple):
    """A URL at text[start:end]; `recognised`: a half-width space, line break or end of text on both sides."""

    text: str
    start: int
    end: int
    recognised: bool


def find_urls(text: str) -> tuple[Url, ...]:
    """Return the URLs of `text` in order; a tab or a full-width space beside one counts as touching."""
    urls = []
    position = 0
    while (mid := text.find(_SCHEME_END, position)) >= 0:
        position = host = mid + len(_SCHEME_END)
        before = text[max(0, mid - _LONGEST_SCHEME) : mid].lower()
        if not before.endswith(("https", "http")):
            continue
        start = mid - (5 if before == "https" else 4)
        # The pattern matches the empty string too, so there is always an end.
        position = end = _AFTER_SCHEME.match(text, host).end()  # type: ignore[union-attr]
        ends_free = end == len(text) or text[end] in _BOUNDARIES
        if ends_free and not text[host : host + 1].isalnum():
            # A scheme without a host is talk about URLs, not one.
            continue
        starts_free = start == 0 or text[start - 1] in _BOUNDARIES
        urls.append(Url(text[start:end], start, end, starts_free and ends_free))
    return tuple(urls)
