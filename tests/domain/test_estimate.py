"""A text on its way from the form to the wire, and what it costs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.estimate import LengthRules, estimate_segments, prepare_text
from webapp.domain.placeholders import OPT_OUT_MARK, PLACEHOLDERS
from webapp.domain.refusals import Reason
from webapp.domain.segments import CARRIERS, count_characters

RULES = LengthRules()
ALPHANUMERIC = LengthRules(alphanumeric_sender=True)
A, B, C = "https://a.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "http://b.example", "https://c.example/?x=1"


def prepare(body, values=None, *, count_clicks=False, rules=RULES):
    return prepare_text(body, values or {}, count_clicks=count_clicks, rules=rules)


def segments_of(body, rules=RULES, **options):
    prepared = prepare(body, rules=rules, **options)
    return [estimate.segments for estimate in estimate_segments(prepared, rules)]


def reasons(refusals):
    return [refusal.reason for refusal in refusals]


@pytest.mark.parametrize(
    ("characters", "segments"),
    [
        (0, [0, 0, 0, 0]),
        (70, [1, 1, 1, 1]),
        (71, [2, 2, 2, 1]),
        (132, [2, 2, 2, 1]),
        (133, [3, 2, 2, 1]),
        (134, [3, 2, 2, 1]),
        (135, [3, 3, 3, 1]),
        (198, [3, 3, 3, 1]),
        (199, [4, 3, 3, 1]),
        (201, [4, 3, 3, 1]),
        (202, [4, 4, 4, 1]),
        (660, [10, 10, 10, 1]),
        (661, [11, 10, 10, 1]),
    ],
)
def test_the_vectors_of_the_design(characters, segments):
    prepared = prepare("あ" * characters)
    estimates = estimate_segments(prepared, RULES)
    assert [estimate.carrier for estimate in estimates] == list(CARRIERS)
    assert [estimate.segments for estimate in estimates] == segments
    assert prepared.characters == prepared.registered_characters == characters
    assert prepared.is_sendable is (1 <= characters <= 660)


def test_rows_say_what_is_left_and_what_to_cut():
    docomo, au, rakuten, softbank = estimate_segments(prepare("あ" * 133), RULES)
    assert (docomo.left, docomo.to_cut) == (65, 1)
    assert (au.left, au.to_cut) == (rakuten.left, rakuten.to_cut) == (1, 63)
    assert (softbank.left, softbank.to_cut) == (527, None)


def test_an_empty_text_is_a_problem_of_its_own():
    for body in ("", " \u3000\n\t\n"):
        prepared = prepare(body)
        assert reasons(prepared.problems) == [Reason.BODY_EMPTY]
        assert (prepared.text, prepared.characters, prepared.is_sendable) == ("", 0, False)


def test_too_long_tells_the_numbers():
    (problem,) = prepare("あ" * 672).problems
    assert problem.detail == {
        "limit": 660,
        "characters": 672,
        "charged": 672,
        "registered": 672,
        "excess": 12,
    }


def test_trimming_comes_before_counting():
    prepared = prepare("\n \u3000\n  " + "あ" * 656 + "\n い\n\n\t")
    assert prepared.text == "  " + "あ" * 656 + "\r\n い"
    assert prepared.characters == 662
    assert prepare("\n" * 700 + "あ").characters == 1


def test_the_order_of_the_rules():
    # Filled before composed: the mark comes from the text, the kana from the name. Filled before trimmed.
    prepared = prepare("[[%会社名%]]\n[[%氏名%]]\u3099様", {"氏名": "\ufa10か", "会社名": "\u3000\nX"})
    assert prepared.text == "X\r\n\ufa10が様"
    assert prepared.characters == 6
    assert prepared.is_sendable


def test_lengths_are_those_after_filling():
    assert prepare("[[%氏名%]]", {"氏名": "あ" * 661}).problems[0].reason == Reason.BODY_TOO_LONG
    assert prepare("[[%ミーティングパスワード%]]" + "あ" * 650, {"ミーティングパスワード": "x"}).is_sendable


def test_characters_outside_the_plane_are_refused_after_filling():
    prepared = prepare("[[%氏名%]]様\U0001f600", {"氏名": "\U00020bb7田"})
    assert reasons(prepared.problems) == [Reason.CHARACTER_UNSENDABLE] * 2
    assert [problem.detail.get("placeholder") for problem in prepared.problems] == [None, "氏名"]
    assert not prepared.is_sendable


def test_a_value_that_is_not_used_is_not_judged():
    assert prepare("こんにちは\ufe0f", {"氏名": "\U00020bb7田"}).is_sendable


def test_without_click_counting_no_url_is_shortened():
    prepared = prepare(f"{A} {B} {C}")
    assert prepared.characters == prepared.registered_characters == len(f"{A} {B} {C}")
    assert (prepared.click_count, prepared.counted_urls, prepared.uncounted_urls) == (False, (), ())
    assert not prepared.is_approximate


@pytest.mark.parametrize(
    ("body", "counted"), [(f"見る {A} ", (A,)), (f"{A}\n{B}", (A, B)), (f"{B} {B}", (B, B))]
)
def test_up_to_two_urls_travel_with_click_count(body, counted):
    prepared = prepare(body, count_clicks=True)
    assert prepared.click_count
    assert prepared.counted_urls == counted
    assert prepared.registered_text == prepared.text
    assert (prepared.insertion_urls, prepared.uncounted_urls) == ((), ())
    typed = sum(map(len, counted))
    assert prepared.characters == prepared.registered_characters - typed + 25 * len(counted)
    assert prepared.is_approximate


@pytest.mark.parametrize(
    ("body", "count_clicks", "links"),
    [
        ("本文", True, 0),
        (f"見る {A} ", False, 0),
        (f"見る {A} ", True, 1),
        (f"{A}\n{B}\n{C}", True, 2),
        (OPT_OUT_MARK, False, 1),
        (f"{A}\n{B}\n{OPT_OUT_MARK}", True, 3),
    ],
)
def test_a_length_seen_in_charges_is_no_estimate_any_more(body, count_clicks, links):
    known = LengthRules(27, shortened_url_is_known=True)
    prepared = prepare(body, count_clicks=count_clicks, rules=known)
    assert prepared.shortened_links == links
    assert not prepared.is_approximate
    guessed = prepare(body, count_clicks=count_clicks, rules=LengthRules(27))
    assert guessed.is_approximate is (links > 0)
    assert guessed._replace(is_approximate=False) == prepared


def test_with_more_the_first_two_are_merged_and_the_rest_stays():
    prepared = prepare(f"一 {A}\n二 {B} 三 {C}\n四 {B} 終", count_clicks=True)
    assert not prepared.click_count
    assert prepared.insertion_urls == prepared.counted_urls == (A, B)
    assert prepared.uncounted_urls == (C, B)
    assert (
        prepared.registered_text
        == f"一 {{{{insertion_url1}}}}\r\n二 {{{{insertion_url2}}}} 三 {C}\r\n四 {B} 終"
    )
    assert prepared.text == f"一 {A}\r\n二 {B} 三 {C}\r\n四 {B} 終"
    assert prepared.characters == len(prepared.text) - len(A) - len(B) + 50
    assert prepared.is_sendable


def test_the_same_url_three_times_is_three():
    prepared = prepare(f"{B} {B} {B}", count_clicks=True)
    assert prepared.registered_text == f"{{{{insertion_url1}}}} {{{{insertion_url2}}}} {B}"
    assert prepared.uncounted_urls == (B,)


def test_counting_without_urls_asks_for_nothing():
    prepared = prepare("こんにちは", count_clicks=True)
    assert not prepared.click_count
    assert not prepared.is_approximate


def test_a_url_that_touches_text_is_told_and_not_counted():
    prepared = prepare(f"詳しくは\n こちら{A}。\n {B} {C}です", count_clicks=True)
    assert prepared.touching_urls == (A, C)
    assert prepared.counted_urls == (B,)
    assert [warning.detail for warning in prepared.warnings] == [
        {"url": A, "before": "ら", "after": "。", "line": 2, "column": 5},
        {"url": C, "before": "", "after": "で", "line": 3, "column": 2 + len(B) + 1},
    ]
    assert prepared.is_sendable


@pytest.mark.parametrize(
    ("body", "before", "after"), [(f"見{A} 次", "見", ""), (f"{A}\u3000", "", "\u3000"), (f"「{A}", "「", "")]
)
def test_only_the_side_that_touches_is_told(body, before, after):
    (warning,) = prepare(body + "終", count_clicks=True).warnings if after else prepare(body).warnings
    assert (warning.detail["before"], warning.detail["after"]) == (before, after)


def test_a_url_from_a_value_counts_like_a_typed_one():
    prepared = prepare("[[%オンライン接客URL%]] ", {"オンライン接客URL": A}, count_clicks=True)
    assert prepared.counted_urls == (A,)


def test_the_unsubscribe_link_is_always_shortened():
    prepared = prepare(f"停止 {OPT_OUT_MARK}", rules=LengthRules(shortened_url_length=30))
    assert prepared.has_opt_out_link
    assert prepared.characters == 3 + 30
    assert prepared.registered_characters == 3 + len(OPT_OUT_MARK)
    assert prepared.is_approximate


def test_the_limit_holds_for_both_lengths():
    # Typed too long, charged short enough.
    prepared = prepare("あ" * 620 + f" {A}", count_clicks=True)
    assert prepared.characters == 646
    assert reasons(prepared.problems) == [Reason.BODY_TOO_LONG]
    assert prepared.problems[0].detail["characters"] == prepared.registered_characters == 671
    # Typed short enough, charged too long.
    prepared = prepare("あ" * 640 + f" {B}", count_clicks=True)
    assert prepared.registered_characters == 657
    assert reasons(prepared.problems) == [Reason.BODY_TOO_LONG]
    assert prepared.problems[0].detail["characters"] == prepared.characters == 666


def test_foreign_marks_stop_the_send():
    prepared = prepare("{{insertion_url1}}", count_clicks=True)
    assert reasons(prepared.problems) == [Reason.MARK_FOREIGN]
    assert reasons(prepare("[[%氏名%]]", {"氏名": "{{insertion_item1}}"}).problems) == [Reason.MARK_FOREIGN]


def test_the_alphabetic_sender_doubles_what_is_all_half_width():
    assert segments_of("a" * 140, ALPHANUMERIC) == [1, 1, 1, 1]
    assert segments_of("a" * 141, ALPHANUMERIC) == [2, 2, 2, 2]
    assert segments_of("a" * 268, ALPHANUMERIC) == [2, 2, 2, 2]
    assert segments_of("a" * 269, ALPHANUMERIC) == [3, 3, 3, 3]
    assert segments_of("あ" + "a" * 70, ALPHANUMERIC) == [2, 2, 2, 2]
    assert segments_of("a" * 134 + "あ", ALPHANUMERIC) == [3, 3, 3, 3]
    assert segments_of("a\n" * 46 + "b", ALPHANUMERIC) == [1, 1, 1, 1]
    assert segments_of("a" * 100 + f" {OPT_OUT_MARK}", ALPHANUMERIC) == [1, 1, 1, 1]
    assert segments_of("a" * 140) == [3, 3, 3, 1]


tokens = st.sampled_from(
    [
        "あ", "a", " ", "\u3000", "\t", "\n", "\r\n", "\r", "か", "\u3099", "ﾞ", "e", "\u0301",
        "\ufa10", "\U00020bb7", "\x00", "\ud800", "\u2028", "\ufe0f", "\ue000", "。", A, B, C,
        "https://", "{", "{{", "}}", OPT_OUT_MARK, "[[%", "%]]", "[[%氏名%]]", "[[%会社名%]]", "[[%住所%]]",
        "{{insertion_url1}}", "あ" * 60,
    ]
)  # fmt: skip
bodies = st.lists(tokens, max_size=40).map("".join)
values = st.dictionaries(st.sampled_from(PLACEHOLDERS), st.none() | st.lists(tokens, max_size=5).map("".join))


@given(bodies, values, st.booleans())
def test_preparing_what_was_prepared_changes_nothing(body, filled_in, count_clicks):
    first = prepare(body, filled_in, count_clicks=count_clicks)
    second = prepare(first.text, count_clicks=count_clicks)
    assert second.text == first.text
    assert second.registered_text == first.registered_text
    assert second[2:11] == first[2:11]
    if first.is_sendable and not reasons(first.warnings).count(Reason.PLACEHOLDER_IN_VALUE):
        assert second.problems == ()


@given(bodies, values, st.booleans(), st.booleans())
def test_what_holds_of_every_prepared_text(body, filled_in, count_clicks, alphanumeric):
    rules = LengthRules(shortened_url_length=25, alphanumeric_sender=alphanumeric)
    prepared = prepare(body, filled_in, count_clicks=count_clicks, rules=rules)
    text = prepared.text
    assert prepared.registered_characters == count_characters(text) == len(text)
    assert text == text.strip("\r\n")
    assert re.sub("\r\n", "", text).count("\n") == 0
    assert len(prepared.counted_urls) <= 2
    assert prepared.click_count is (bool(prepared.counted_urls) and not prepared.insertion_urls)
    assert prepared.insertion_urls in {(), prepared.counted_urls}
    restored = prepared.registered_text
    for number, url in enumerate(prepared.insertion_urls, 1):
        if f"{{{{insertion_url{number}}}}}" not in text:
            restored = restored.replace(f"{{{{insertion_url{number}}}}}", url)
    if "{{insertion_url1}}" not in text:
        assert restored == text
    if prepared.is_sendable:
        assert text
        assert prepared.registered_characters <= 660
        assert prepared.characters <= 660
        assert max(map(ord, text)) <= 0xFFFF
        assert text.count(OPT_OUT_MARK) == prepared.has_opt_out_link
        text.encode()
    assert [row.carrier for row in estimate_segments(prepared, rules)] == list(CARRIERS)


@given(bodies, st.sampled_from(["あ", "a", "\n", " ", "\ufa10", "。"]))
def test_adding_a_character_that_shows_never_makes_a_text_shorter(body, more):
    # A blank end is trimmed both times, so only what shows is compared; without counting no URL shrinks.
    assert prepare(body + more).registered_characters >= prepare(body).registered_characters
