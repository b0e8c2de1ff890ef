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
    ("seen", "suggestion"),
    [
        ("🙇\u200d♂\ufe0f", ""),  # a man bowing
        ("🙇🏽\u200d♀\ufe0f", ""),
        ("👨\u200d👩\u200d👧\u200d👦", ""),  # a family
        ("👁\ufe0f\u200d🗨\ufe0f", ""),
        ("❤\ufe0f\u200d🔥", "❤"),  # begins with what can be sent
        ("⛹🏽\u200d♂\ufe0f", "⛹"),
        ("☝🏽", "☝"),
        ("👍🏽", ""),
        ("😀\ufe0f", "(^^)"),
        ("🇯🇵", ""),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ""),  # England
        ("葛\U000e0100", "葛"),  # the variant of a name
        ("𠮷\U000e0101", "吉"),
    ],
)
def test_what_is_seen_as_one_is_one_problem(seen, suggestion):
    problems, warnings = check_characters(f"あ{seen}い{seen}", {})
    (problem,) = problems
    assert (problem.detail["character"], problem.detail["count"]) == (seen, 2)
    assert problem.detail["code_point"] == " ".join(f"U+{ord(one):04X}" for one in seen)
    assert problem.detail["suggestion"] == suggestion
    assert warnings == ()


def test_pictures_side_by_side_are_several():
    problems, _ = check_characters("🇯🇵🇺🇸😀👍👍🏽", {})
    assert [one.detail["character"] for one in problems] == ["🇯🇵", "🇺🇸", "😀", "👍", "👍🏽"]


@pytest.mark.parametrize(
    ("seen", "suggestion"), [("⛹\ufe0f\u200d♂\ufe0f", "⛹"), ("1\ufe0f\u20e3", "1"), ("\ufe0f", "")]
)
def test_a_sequence_that_can_be_sent_is_one_warning(seen, suggestion):
    problems, (warning,) = check_characters(f"❤{seen}", {})
    assert problems == ()
    assert (warning.reason, warning.detail["character"]) == (Reason.CHARACTER_INVISIBLE, seen)
    assert warning.detail["suggestion"] == suggestion


@pytest.mark.parametrize("text", ["𠮷\u200dあ", "あ\u200dい", "あ🏽い", "😀あ", "あ😀", "い\ufe0f😀"])
def test_ordinary_text_beside_it_is_left_alone(text):
    problems, warnings = check_characters(text, {})
    for one in (*problems, *warnings):
        points = one.detail["code_point"].replace("U+", "").split()
        seen = "".join(chr(int(point, base=16)) for point in points)
        assert not set(seen) & set("あい")
        text = text.replace(seen, "")
    assert text in {"あ", "い", "あい"}


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
