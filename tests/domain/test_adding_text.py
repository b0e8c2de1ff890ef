"""Adding text never lowers what is charged; the ways in which it can are named, every one of them."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from webapp.domain.estimate import MAX_TYPED, LengthRules, estimate_segments, prepare_text
from webapp.domain.placeholders import OPT_OUT_MARK

VALUES = {"氏名": "林", "会社名": "みなと不動産販売株式会社 本店", "担当者": "𠮷田"}
BLANKS = " \t\u3000\r\n"
LONG, SHORT = "https://a.example/bukken/22?room=305&floor=3", "http://b.jp"


def charge(text, *, count_clicks=False, length=25):
    """Characters as charged."""
    rules = LengthRules(shortened_url_length=length)
    return prepare_text(text, VALUES, count_clicks=count_clicks, rules=rules).characters


def parts(text, *, count_clicks, alphanumeric):
    """Parts by carrier."""
    rules = LengthRules(alphanumeric_sender=alphanumeric)
    prepared = prepare_text(text, VALUES, count_clicks=count_clicks, rules=rules)
    return [row.segments for row in estimate_segments(prepared, rules)]


def is_mark(character):
    """A combining accent or voiced mark: it may become one with what stands before it."""
    return "\u0300" <= character <= "\u036f" or character in {"\u3099", "\u309a"}


def meets_a_mark(piece, after):
    """Whether a mark comes to stand behind another character than before."""
    return any(is_mark(text[0]) for text in (piece + after, after) if text)


def cuts_off_blanks(before, piece, after):
    """Whether a line break parts the first or the last line that shows something from its outer blanks."""
    if not {"\r", "\n"} & set(piece):
        return False
    indent = before.replace("\r", "\n").rpartition("\n")[2]
    tail = after.replace("\r", "\n").partition("\n")[0]
    return bool((not before.strip(BLANKS) and indent) or (not after.strip(BLANKS) and tail))


TOKENS = st.sampled_from(
    [
        *("あ", "a", "。", "塚", "\ufa10", "か", "\u3099", "ﾞ", "e", "\u0301", "\u0323", "\u0304"),
        *("l", " ", "\u3000", "\t", "\n", "\r\n", "\r", "あ" * 60, "b" * 66, "𠮷"),
        *("[[%氏名%]]", "[[%会社名%]]", "[[%ミーティングID%]]", OPT_OUT_MARK),
    ]
)  # fmt: skip
URLS = st.sampled_from([LONG, SHORT, f" {LONG} ", f"\n{SHORT}\n", "http", "://", "https://"])
TEXTS = st.lists(TOKENS, max_size=12).map("".join)
TEXTS_WITH_URLS = st.lists(TOKENS | URLS, max_size=12).map("".join)


@settings(max_examples=300)
@given(TEXTS, TEXTS, TEXTS)
def test_text_added_anywhere_never_lowers_the_charge(before, piece, after):
    assume(not meets_a_mark(piece, after))
    assume(not cuts_off_blanks(before, piece, after))
    for length in (1, 25):
        # The mark of the unsubscribe link is whole wherever it stands, so a length of any kind adds up.
        assert charge(before + piece + after, length=length) >= charge(before + after, length=length)


@given(TEXTS, TEXTS)
def test_at_either_end_blanks_and_line_breaks_are_no_exception(text, piece):
    if not meets_a_mark(piece, ""):
        assert charge(text + piece) >= charge(text)
    if not meets_a_mark(piece, text):
        assert charge(piece + text) >= charge(text)


@given(TEXTS, TEXTS, TEXTS)
def test_a_line_break_takes_blanks_alone(before, piece, after):
    assume(not meets_a_mark(piece, after))
    lost = charge(before + after) - charge(before + piece + after)
    indent = before.replace("\r", "\n").rpartition("\n")[2] if not before.strip(BLANKS) else ""
    tail = after.replace("\r", "\n").partition("\n")[0] if not after.strip(BLANKS) else ""
    assert lost <= len(indent) + len(tail)


@settings(max_examples=300)
@given(TEXTS_WITH_URLS, TEXTS_WITH_URLS, TEXTS_WITH_URLS, st.booleans())
def test_with_the_same_counted_links_the_charge_never_falls(before, piece, after, count_clicks):
    assume(not meets_a_mark(piece, after))
    assume(not cuts_off_blanks(before, piece, after))
    rules = LengthRules()
    old, new = (
        prepare_text(text, VALUES, count_clicks=count_clicks, rules=rules)
        for text in (before + after, before + piece + after)
    )
    assert new.registered_characters >= old.registered_characters
    if new.counted_urls == old.counted_urls:
        assert new.characters >= old.characters


WORDS = st.lists(
    st.sampled_from(
        ["あ", "ab", LONG, SHORT, f"地図{LONG}", f"{SHORT}。", "か\u3099", "[[%会社名%]]", "い" * 65]
    )
)
GAPS = st.sampled_from([" ", "\n", "\r\n"])


@settings(max_examples=300)
@given(WORDS, WORDS, WORDS, GAPS, st.integers(0, 60), st.booleans())
def test_what_stands_apart_never_lowers_the_charge_whatever_links_it_brings(
    before, piece, after, gap, length, count_clicks
):
    old, new = gap.join(before + after), gap.join(before + piece + after)
    assert charge(new, count_clicks=count_clicks, length=length) >= charge(
        old, count_clicks=count_clicks, length=length
    )


@given(WORDS, WORDS, WORDS, GAPS, st.booleans(), st.booleans())
def test_nor_the_parts_of_any_carrier(before, piece, after, gap, count_clicks, alphanumeric):
    options = {"count_clicks": count_clicks, "alphanumeric": alphanumeric}
    old = parts(gap.join(before + after), **options)
    new = parts(gap.join(before + piece + after), **options)
    assert all(more >= fewer for more, fewer in zip(new, old, strict=True))


@pytest.mark.parametrize(
    ("before", "piece", "after", "options"),
    [
        # A key is completed: its value is shorter than what was typed so far.
        ("[[%氏名%]", "]", "", {}),
        ("[[%", "氏名", "%]]", {}),
        # A URL is set free and counted, is broken in two, or comes to touch text.
        ("地図", " ", LONG, {"count_clicks": True}),
        ("http://", " ", "b.jp", {"count_clicks": True}),
        (SHORT, "。", "", {"count_clicks": True}),
        # Marks become one character with the letter they find.
        ("", "e", "\u0302\u0301", {}),
        ("l", "\u0323", "\u0304", {}),
        # A line break leaves outer blanks on a line of their own, which is trimmed.
        (" \u3000", "\n", "あ", {}),
        ("あ", "\n", "  ", {}),
        # The unsubscribe mark is completed, where the office's links are shorter than it.
        ("{{配信停止URL}", "}", "", {"length": 5}),
        # Nobody looks into a text of this length any more: what it shows is what was typed.
        ("[[%会社名%]]" * (MAX_TYPED // 9), "あ" * 9, "", {}),
    ],
)
def test_these_are_the_ways_in_which_it_falls(before, piece, after, options):
    assert charge(before + piece + after, **options) < charge(before + after, **options)
