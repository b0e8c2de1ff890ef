"""Single characters: named, counted, placed where they can be mended, with something to write instead."""

import unicodedata

import pytest

from webapp.domain.characters import check_characters
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.replacements import REPLACEMENTS, suggest


def test_one_refusal_per_character_with_all_its_places():
    problems, warnings = check_characters("\U0001f600あ\nい\U00020bb7\U0001f600", {})
    assert problems == (
        Refusal(
            Reason.CHARACTER_UNSENDABLE,
            "body",
            {
                "character": "\U0001f600",
                "code_point": "U+1F600",
                "name": "GRINNING FACE",
                "count": 2,
                "line": 1,
                "column": 1,
                "positions": "1:1 2:3",
                "suggestion": "(^^)",
            },
        ),
        Refusal(
            Reason.CHARACTER_UNSENDABLE,
            "body",
            {
                "character": "\U00020bb7",
                "code_point": "U+20BB7",
                "name": "CJK UNIFIED IDEOGRAPH-20BB7",
                "count": 1,
                "line": 2,
                "column": 2,
                "positions": "2:2",
                "suggestion": "吉",
            },
        ),
    )
    assert not warnings


def test_a_character_in_a_value_is_placed_within_that_value():
    values = {"氏名": "山\U00020bb7", "会社名": "\U00020bb7商店", "担当者": None}
    problems, _ = check_characters("[[%氏名%]]\n[[%担当者%]]", values)
    (problem,) = problems
    assert problem.detail["placeholder"] == "氏名"
    assert (problem.detail["line"], problem.detail["column"]) == (1, 2)


def test_positions_are_told_ten_at_most():
    (problem,) = check_characters("\U0001f600" * 1000, {})[0]
    assert problem.detail["count"] == 1000
    assert problem.detail["positions"].split()[-1] == "1:10"


def test_what_cannot_stand_on_a_page_is_told_by_a_picture():
    problems, _ = check_characters("\x00\ud800", {})
    assert [(one.detail["character"], one.detail["code_point"]) for one in problems] == [
        ("␀", "U+0000"),
        ("\ufffd", "U+D800"),
    ]


def test_invisible_and_private_characters_are_only_warned_of():
    problems, warnings = check_characters("❤\ufe0f\ue000", {})
    assert not problems
    assert [one.reason for one in warnings] == [Reason.CHARACTER_INVISIBLE, Reason.CHARACTER_MAY_NOT_SHOW]


@pytest.mark.parametrize(
    ("character", "suggestion"),
    [
        ("\U00020bb7", "吉"),
        ("\U0001f4de", "☎"),
        ("\U0001f64f", ""),
        ("\U0001f600", "(^^)"),
        ("\U0001d400", "A"),
        ("\U0001f202", "サ"),
        ("\U0002f800", "丽"),
        ("\U0002f803", ""),
        ("\u2028", "\n"),
        ("\x0b", "\n"),
        ("\x00", ""),
        ("\ue000", ""),
    ],
)
def test_it_suggests(character, suggestion):
    assert suggest(character) == suggestion


def test_every_suggestion_can_be_sent():
    for code_point in (*range(0x10000, 0x20000), *range(0x2F800, 0x2FA20), *map(ord, REPLACEMENTS)):
        suggestion = suggest(chr(code_point))
        assert all(ord(part) <= 0xFFFF and unicodedata.category(part) != "Cs" for part in suggestion)
