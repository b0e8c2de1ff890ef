"""From what was typed to what travels, in the order of the rules for text, and what it will cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypedDict

from webapp.domain.body import compose_marks, is_ordinary, locate, to_crlf, trim_blank_lines
from webapp.domain.characters import check_characters
from webapp.domain.links import Url, find_urls
from webapp.domain.placeholders import OPT_OUT_MARK, fill, may_hold_marks
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.segments import (
    CARRIERS,
    MAX_CHARACTERS,
    Carrier,
    characters_left,
    characters_to_cut,
    count_characters,
    count_segments,
    is_half_width,
)

# SMSLINK counts the clicks of two URLs in a text, whichever way they travel.
MAX_COUNTED_URLS = 2
# Far beyond what can be sent: longer texts are counted and refused, and no rule looks at them.
MAX_TYPED = 5_000
# What templates leave open for the person to fill in (●月●日).
BLANK_MARK = "●"
_INSERTION_MARKS = ("{{insertion_url1}}", "{{insertion_url2}}")
_APART = frozenset({" ", "\n", "\r"})
_NO_URLS: tuple[tuple[Url, ...], tuple[Url, ...], tuple[Url, ...]] = ((), (), ())


@dataclass(frozen=True, slots=True)
class LengthRules:
    """The office's settings that decide a length: characters of a shortened URL, the contract's option."""

    shortened_url_length: int = 25
    alphanumeric_sender: bool = False
    shortened_url_is_known: bool = False
    """Seen from charges: what is counted with it is no estimate any more."""


class _Options(TypedDict):
    alphanumeric_sender: bool
    half_width_only: bool


class PreparedText(NamedTuple):
    """A text ready to travel, or the problems that keep it from travelling.

    `text` is what the recipient's text is made from, `registered_text` what goes out as text_message.
    `characters` is charged (counted URLs and the unsubscribe link at shortened length),
    `registered_characters` is `text` as it stands; neither may exceed 660.
    """

    text: str
    registered_text: str
    insertion_urls: tuple[str, ...]
    click_count: bool
    counted_urls: tuple[str, ...]
    uncounted_urls: tuple[str, ...]
    touching_urls: tuple[str, ...]
    has_opt_out_link: bool
    characters: int
    registered_characters: int
    is_approximate: bool
    problems: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]

    @property
    def is_sendable(self) -> bool:
        """Whether it could be sent as it stands; an empty text has a problem too."""
        return not self.problems

    @property
    def excess(self) -> int:
        """How many characters are too many; 0 for a text that fits."""
        return max(0, self.characters - MAX_CHARACTERS, self.registered_characters - MAX_CHARACTERS)

    @property
    def shortened_links(self) -> int:
        """How many links are charged at their shortened length."""
        return len(self.counted_urls) + self.has_opt_out_link


class CarrierEstimate(NamedTuple):
    """One row: parts charged, characters left in the last of them, characters to cut to save one."""

    carrier: Carrier
    segments: int
    left: int
    to_cut: int | None


def prepare_text(
    body: str, values: Mapping[str, str | None], *, count_clicks: bool, rules: LengthRules
) -> PreparedText:
    """Fill, compose, break lines, trim, check and count `body`; `values` by placeholder name."""
    if len(body) > MAX_TYPED:
        return _refuse_unread(body)
    problems: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]
    text, problems, warnings = fill(body, values) if may_hold_marks(body) else (body, (), ())
    ordinary = is_ordinary(text)
    if not ordinary:
        text = compose_marks(text)
    text = trim_blank_lines(to_crlf(text))
    if not text:
        problems += (Refusal(Reason.BODY_EMPTY, "body"),)
    if not ordinary:
        refused, doubtful = check_characters(body, values)
        problems, warnings = problems + refused, warnings + doubtful

    if BLANK_MARK in text:
        warnings += (
            Refusal(Reason.BLANK_LEFT, "body", {"mark": BLANK_MARK, "count": text.count(BLANK_MARK)}),
        )

    counted, uncounted, touching = _sort_urls(text, count_clicks=count_clicks) if ":" in text else _NO_URLS
    if touching:
        warnings += tuple(_warn_of_touching(text, url) for url in touching)

    opt_outs = text.count(OPT_OUT_MARK) if "{" in text else 0
    if opt_outs:
        warnings += _warn_of_touching_opt_out(text)
    registered = charged = len(text)  # CRLF by now: each line break is two already
    if counted or opt_outs:
        charged += rules.shortened_url_length * (len(counted) + opt_outs)
        charged -= sum(url.end - url.start for url in counted) + len(OPT_OUT_MARK) * opt_outs
    if registered > MAX_CHARACTERS or charged > MAX_CHARACTERS:
        problems += (_refuse_length(charged, registered),)

    # With more than two URLs the provider refuses click_count; merged URLs are counted all the same.
    inserted = counted if uncounted else ()
    return PreparedText(
        text,
        _put_insertion_marks(text, inserted) if inserted else text,
        _texts(inserted) if inserted else (),
        bool(counted) and not uncounted,
        _texts(counted) if counted else (),
        _texts(uncounted) if uncounted else (),
        _texts(touching) if touching else (),
        opt_outs > 0,
        charged,
        registered,
        (bool(counted) or opt_outs > 0) and not rules.shortened_url_is_known,
        problems,
        warnings,
    )


def _refuse_unread(body: str) -> PreparedText:
    """A text so long that only its length matters; a pasted file must not hold the server up."""
    length = count_characters(body)
    problems = (_refuse_length(length, length),)
    return PreparedText("", "", (), False, (), (), (), False, length, length, False, problems, ())


def estimate_segments(prepared: PreparedText, rules: LengthRules) -> tuple[CarrierEstimate, ...]:
    """Return four rows in the order of CARRIERS; a text that is too long is counted all the same."""
    if not rules.alphanumeric_sender:
        return estimate_characters(prepared.characters)
    half_width = arrives_half_width(prepared.text)
    return estimate_characters(prepared.characters, alphanumeric_sender=True, half_width_only=half_width)


def arrives_half_width(text: str) -> bool:
    """The unsubscribe link arrives as a URL, so its Japanese mark does not make the text full-width."""
    return is_half_width(text.replace(OPT_OUT_MARK, ""))


@lru_cache(maxsize=2048)  # 661 lengths, three columns of the table
def estimate_characters(
    characters: int, *, alphanumeric_sender: bool = False, half_width_only: bool = False
) -> tuple[CarrierEstimate, ...]:
    """Return the rows of a length."""
    options: _Options = {"alphanumeric_sender": alphanumeric_sender, "half_width_only": half_width_only}
    return tuple(
        CarrierEstimate(
            carrier,
            count_segments(characters, carrier, **options),
            characters_left(characters, carrier, **options),
            characters_to_cut(characters, carrier, **options),
        )
        for carrier in CARRIERS
    )


def _sort_urls(text: str, *, count_clicks: bool) -> tuple[tuple[Url, ...], tuple[Url, ...], tuple[Url, ...]]:
    """Return counted, uncounted (only when counting is asked for) and touching URLs."""
    urls = find_urls(text)
    touching = tuple(url for url in urls if not url.recognised)
    if not count_clicks:
        return (), (), touching
    recognised = tuple(url for url in urls if url.recognised)
    return recognised[:MAX_COUNTED_URLS], recognised[MAX_COUNTED_URLS:], touching


def _texts(urls: tuple[Url, ...]) -> tuple[str, ...]:
    return tuple(url.text for url in urls)


def _put_insertion_marks(text: str, urls: tuple[Url, ...]) -> str:
    pieces: list[str] = []
    position = 0
    for url, mark in zip(urls, _INSERTION_MARKS, strict=True):
        pieces += text[position : url.start], mark
        position = url.end
    return "".join([*pieces, text[position:]])


def _warn_of_touching(text: str, url: Url) -> Refusal:
    return Refusal(
        Reason.URL_TOUCHES_TEXT, "body", {"url": url.text, **_surroundings(text, url.start, url.end)}
    )


def _warn_of_touching_opt_out(text: str) -> tuple[Refusal, ...]:
    """The link that SMSLINK puts in its place runs together with what touches the mark."""
    start = text.index(OPT_OUT_MARK)
    around = _surroundings(text, start, start + len(OPT_OUT_MARK))
    if not around["before"] and not around["after"]:
        return ()
    return (Refusal(Reason.OPT_OUT_TOUCHES_TEXT, "body", {"mark": OPT_OUT_MARK, **around}),)


def _surroundings(text: str, start: int, end: int) -> dict[str, str | int]:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    line, column = locate(text, start)
    return {
        "before": "" if before in _APART else before,
        "after": "" if after in _APART else after,
        "line": line,
        "column": column,
    }


def _refuse_length(charged: int, registered: int) -> Refusal:
    longer = max(charged, registered)
    return Refusal(
        Reason.BODY_TOO_LONG,
        "body",
        {
            "limit": MAX_CHARACTERS,
            "characters": longer,
            "charged": charged,
            "registered": registered,
            "excess": longer - MAX_CHARACTERS,
        },
    )
