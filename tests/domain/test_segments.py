"""Characters and parts against a table written out by hand, for every length the form can meet."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import segments
from webapp.domain.estimate import LengthRules, estimate_segments, prepare_text
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

# The last length of each number of parts, written out: nothing here is computed by the code under test.
ENDS = {
    Carrier.DOCOMO: (70, 132, 198, 264, 330, 396, 462, 528, 594, 660, 726),
    Carrier.AU: (70, 134, 201, 268, 335, 402, 469, 536, 603, 670),
    Carrier.RAKUTEN: (70, 134, 201, 268, 335, 402, 469, 536, 603, 670),
    Carrier.SOFTBANK: (100_000,),
    Carrier.UNKNOWN: (70, 132, 198, 264, 330, 396, 462, 528, 594, 660, 726),
}
ALPHANUMERIC_ENDS = (70, 134, 201, 268, 335, 402, 469, 536, 603, 670)
HALF_WIDTH_ENDS = (140, 268, 402, 536, 670)
LENGTHS = range(MAX_CHARACTERS + 2)
OPTIONS = (
    {},
    {"alphanumeric_sender": True},
    {"alphanumeric_sender": True, "half_width_only": True},
    {"half_width_only": True},
)


def parts_by_hand(characters, ends):
    return 0 if not characters else next(part for part, end in enumerate(ends, 1) if characters <= end)


def ends_of(carrier, options):
    if not options.get("alphanumeric_sender"):
        return ENDS[carrier]
    return HALF_WIDTH_ENDS if options.get("half_width_only") else ALPHANUMERIC_ENDS


@pytest.mark.parametrize(
    ("characters", "parts"),
    [
        (0, (0, 0, 0, 0)),
        (1, (1, 1, 1, 1)),
        (70, (1, 1, 1, 1)),
        (71, (2, 2, 2, 1)),
        (132, (2, 2, 2, 1)),
        (133, (3, 2, 2, 1)),
        (134, (3, 2, 2, 1)),
        (135, (3, 3, 3, 1)),
        (198, (3, 3, 3, 1)),
        (199, (4, 3, 3, 1)),
        (201, (4, 3, 3, 1)),
        (202, (4, 4, 4, 1)),
        (660, (10, 10, 10, 1)),
    ],
)
def test_the_vectors_of_the_design(characters, parts):
    assert tuple(count_segments(characters, carrier) for carrier in CARRIERS) == parts


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("carrier", Carrier)
def test_every_length_agrees_with_the_literal_table(carrier, options):
    for characters in LENGTHS:
        expected = parts_by_hand(characters, ends_of(carrier, options))
        assert count_segments(characters, carrier, **options) == expected, characters


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("carrier", Carrier)
def test_more_characters_are_never_fewer_parts(carrier, options):
    counts = [count_segments(characters, carrier, **options) for characters in LENGTHS]
    assert counts == sorted(counts)
    # Nor does a part hold more than the one before, or cost more than one.
    assert {more - fewer for fewer, more in pairwise(counts)} == {0, 1}


@pytest.mark.parametrize(("one", "half_width"), [("あ", False), ("a", True), ("\n", True), ("ｱ", False)])
@pytest.mark.parametrize("alphanumeric", [True, False])
def test_every_length_through_the_whole_of_the_rules(one, half_width, alphanumeric):
    rules = LengthRules(alphanumeric_sender=alphanumeric)
    for characters in LENGTHS:
        # A line break is two characters, and at an end it would be trimmed.
        text = one * characters
        if one == "\n":
            text = "a" + "\n" * ((characters - 2) // 2) + ("bb" if characters % 2 else "b")
            if characters < 2:
                continue
        prepared = prepare_text(text, {}, count_clicks=False, rules=rules)
        assert prepared.characters == prepared.registered_characters == characters
        assert prepared.is_sendable is (1 <= characters <= MAX_CHARACTERS)
        options = {"alphanumeric_sender": alphanumeric, "half_width_only": half_width}
        for row in estimate_segments(prepared, rules):
            assert row.segments == parts_by_hand(characters, ends_of(row.carrier, options)), characters


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("carrier", Carrier)
def test_what_is_left_is_exact(carrier, options):
    for characters in range(1, MAX_CHARACTERS + 1):
        left = characters_left(characters, carrier, **options)
        end = characters + left
        assert count_segments(end, carrier, **options) == count_segments(characters, carrier, **options)
        if end < MAX_CHARACTERS:
            assert (
                count_segments(end + 1, carrier, **options)
                == count_segments(characters, carrier, **options) + 1
            )
        else:
            assert end == MAX_CHARACTERS


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("carrier", Carrier)
def test_what_to_cut_saves_a_part_and_not_one_character_less_does(carrier, options):
    for characters in range(MAX_CHARACTERS + 100):
        to_cut = characters_to_cut(characters, carrier, **options)
        parts = count_segments(characters, carrier, **options)
        if parts <= 1:
            assert to_cut is None
            continue
        assert to_cut > 0
        assert count_segments(characters - to_cut, carrier, **options) == parts - 1
        assert count_segments(characters - to_cut + 1, carrier, **options) == parts


def test_an_empty_text_has_the_whole_first_part_before_it():
    assert [characters_left(0, carrier) for carrier in CARRIERS] == [70, 70, 70, 660]
    assert characters_left(0, Carrier.AU, alphanumeric_sender=True, half_width_only=True) == 140


def test_nothing_is_left_beyond_the_limit_and_parts_go_on_counting():
    for carrier in CARRIERS:
        assert characters_left(660, carrier) == 0
        assert characters_left(700, carrier) == 0
    assert characters_left(655, Carrier.AU) == 5
    assert [count_segments(661, carrier) for carrier in CARRIERS] == [11, 10, 10, 1]


def test_the_table_says_its_date_and_its_order():
    assert segments.TABLE_DATE.isoformat() == "2025-07-01"
    assert [carrier.value for carrier in CARRIERS] == ["docomo", "au", "rakuten", "softbank"]
    assert set(segments.PART_SIZES) == set(Carrier)


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0),
        ("あ", 1),
        ("ｶﾞ", 2),
        ("\u304b\u3099", 2),
        ("a\nb", 4),
        ("a\rb", 4),
        ("a\r\nb", 4),
        ("\n\r", 4),
        ("\r\r\n\n", 6),
        ("\u2028\t", 2),
        ("\U00020bb7", 1),
    ],
)
def test_it_counts_characters(text, characters):
    assert count_characters(text) == characters


@given(st.lists(st.sampled_from(["あ", "a", "\n", "\r\n", "\r", " "])))
def test_characters_agree_with_counting_one_by_one(pieces):
    text = "".join(pieces)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert count_characters(text) == sum(2 if character == "\n" else 1 for character in plain)


@given(st.text(), st.text())
def test_appending_never_makes_a_text_shorter(text, more):
    assert count_characters(text + more) >= count_characters(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        (" ~\r\n\n\r", True),
        ("a\tb", False),
        ("a\x7f", False),
        ("¥", False),
        ("ｱ", False),
        ("Ａ", False),
        ("é", False),
    ],
)
def test_half_width_is_printable_ascii_and_line_breaks(text, expected):
    assert is_half_width(text) is expected
