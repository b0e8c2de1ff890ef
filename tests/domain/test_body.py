"""Composing, line breaks, trimming, and the characters that cannot travel."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.body import (
    Unsendable,
    character_name,
    compose_marks,
    find_doubtful,
    find_invisible,
    find_unsendable,
    is_ordinary,
    locate,
    shown,
    to_crlf,
    trim_blank_lines,
)

anything = st.text(st.characters(codec=None))
lines = st.lists(st.sampled_from(["あ", "a", " ", "\u3000", "\t", "\n", "\r\n", "\r", "\u00a0"])).map("".join)


@pytest.mark.parametrize(
    ("text", "composed"),
    [
        ("\u304b\u3099", "が"),
        ("\u30cf\u309a", "パ"),
        ("\u30a6\u3099", "ヴ"),
        ("\u309d\u3099", "ゞ"),
        ("e\u0301", "é"),
        ("o\u0302\u0301", "ố"),
        ("A\u030a", "Å"),
        ("\u304b\u309a", "\u304b\u309a"),
        ("\u304b\u3099\u3099", "が\u3099"),
        ("\u3099か", "\u3099か"),
        ("x\u3099", "x\u3099"),
        ("ﾊﾞﾟ", "ﾊﾞﾟ"),
        ("\ufa10\ufa19\u3099", "\ufa10\ufa19\u3099"),
        ("\ufa10本\ufa19谷か\u3099", "\ufa10本\ufa19谷が"),
        ("\u212b\u0301", "\u212b\u0301"),
        ("①㈱Ａ", "①㈱Ａ"),
    ],
)
def test_it_composes_marks_and_nothing_else(text, composed):
    assert compose_marks(text) == composed


@given(anything)
def test_composing_is_stable_and_leaves_everything_but_its_clusters(text):
    composed = compose_marks(text)
    assert compose_marks(composed) == composed
    assert len(composed) <= len(text)
    assert unicodedata.normalize("NFD", composed) == unicodedata.normalize("NFD", text)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0xFAFF, codec="utf-8")))
def test_no_kanji_is_ever_rewritten(text):
    assert compose_marks(text) == text


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\r\nb"])
def test_every_line_break_becomes_crlf(text):
    assert to_crlf(text) == "a\r\nb"


def test_other_separators_are_not_turned_into_line_breaks():
    text = "a\x0bb\x0cc\x85d\u2028e\u2029f"
    assert to_crlf(text) == text


@given(lines)
def test_crlf_is_stable(text):
    once = to_crlf(text)
    assert to_crlf(once) == once
    assert once.count("\n") == once.count("\r") == once.count("\r\n")


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [
        ("", ""),
        (" \u3000\t\r\n \n", ""),
        ("   ", ""),
        ("a", "a"),
        ("\r\n \r\na\r\n\u3000\r\n", "a"),
        ("\n  a  \n", "  a  "),
        ("\r\u3000a\r", "\u3000a"),
        ("  a", "  a"),
        ("a  ", "a  "),
        ("a\n\nb\n", "a\n\nb"),
        ("\u00a0\na", "\u00a0\na"),
    ],
)
def test_it_trims_blank_lines_and_keeps_indents(text, trimmed):
    assert trim_blank_lines(text) == trimmed


@given(lines)
def test_trimming_agrees_with_dropping_lines_one_by_one(text):
    kept = to_crlf(text).split("\r\n")
    while kept and not kept[0].strip(" \t\u3000"):
        kept.pop(0)
    while kept and not kept[-1].strip(" \t\u3000"):
        kept.pop()
    assert trim_blank_lines(to_crlf(text)) == "\r\n".join(kept)


def test_it_names_what_cannot_be_sent_and_where():
    text = "一\r\n二\U00020bb7\n\r\x00三\ud800"
    assert find_unsendable(text) == (
        Unsendable("\U00020bb7", "CJK UNIFIED IDEOGRAPH-20BB7", 2, 2),
        Unsendable("\x00", "CONTROL CHARACTER", 4, 1),
        Unsendable("\ud800", "LONE SURROGATE", 4, 3),
    )


def test_exactly_controls_surrogates_separators_and_the_upper_planes_are_unsendable():
    for code_point in range(0x11000):
        character = chr(code_point)
        kind = unicodedata.category(character)
        refused = code_point > 0xFFFF or (kind in {"Cc", "Cs", "Zl", "Zp"} and character not in "\t\r\n")
        assert bool(find_unsendable(character)) is refused, hex(code_point)


def test_ordinary_means_that_the_slower_looks_find_nothing():
    for code_point in range(0x10100):
        character = chr(code_point)
        is_special = bool(
            find_unsendable(character)
            or find_invisible(character)
            or find_doubtful(character)
            or 0x300 <= code_point <= 0x36F
            or character in "\u3099\u309a"
        )
        assert is_ordinary(f"あ{character}い") is not is_special, hex(code_point)


@given(anything)
def test_an_ordinary_text_needs_nothing(text):
    if is_ordinary(text):
        assert compose_marks(text) == text
        assert not find_unsendable(text) + find_invisible(text) + find_doubtful(text)


def test_joiners_and_selectors_are_legal_but_not_seen():
    assert [one.character for one in find_invisible("❤\ufe0f\u200d")] == ["\ufe0f", "\u200d"]
    assert not find_unsendable("❤\ufe0f\u200d")


def test_private_use_may_not_show():
    assert [one.name for one in find_doubtful("\ue000\ufffd\uffff")] == [
        "PRIVATE USE CHARACTER",
        "REPLACEMENT CHARACTER",
        "UNASSIGNED",
    ]


@pytest.mark.parametrize(
    ("character", "picture"),
    [
        ("\x00", "␀"),
        ("\x1b", "␛"),
        ("\x7f", "\ufffd"),
        ("\ud800", "\ufffd"),
        ("\u2028", "\ufffd"),
        ("𠮷", "𠮷"),
    ],
)
def test_what_cannot_stand_on_a_page_gets_a_picture(character, picture):
    assert shown(character) == picture
    assert character_name(character)


@given(lines.map(to_crlf), st.data())
def test_locating_agrees_with_splitting(text, data):
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset].split("\n")
    assert locate(text, offset) == (len(before), len(before[-1]) + 1)
