"""Filling the six keys, once, and every mark that must not reach SMSLINK."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.placeholders import OPT_OUT_MARK, PLACEHOLDERS, fill, placeholder_mark
from webapp.domain.refusals import Reason, Refusal

VALUES = {
    "氏名": "山田太郎",
    "担当者": "佐藤",
    "会社名": "みどり不動産",
    "オンライン接客URL": "https://zoom.example/j/1",
    "ミーティングID": "123 456",
    "ミーティングパスワード": "pa%ss",
}
fragments = st.lists(
    st.sampled_from(
        ["[[%", "%]]", "{{", "}}", "{", "}", "氏名", "配信停止URL", "[[%氏名%]]", OPT_OUT_MARK, "あ", "%"]
    )
).map("".join)


def test_it_fills_all_six():
    filled = fill("".join(map(placeholder_mark, PLACEHOLDERS)), VALUES)
    assert filled == ("".join(VALUES.values()), (), ())


def test_a_text_without_keys_is_itself():
    assert fill("100％ 50% こんにちは", {}) == ("100％ 50% こんにちは", (), ())
    assert fill("こんにちは", {}) == ("こんにちは", (), ())


@pytest.mark.parametrize("value", [None, "", " \u3000\n"])
def test_a_key_without_value_is_named_and_stays(value):
    filled = fill("[[%氏名%]]様 [[%氏名%]]", {"氏名": value})
    assert filled.text == "[[%氏名%]]様 [[%氏名%]]"
    assert filled.problems == (
        Refusal(Reason.PLACEHOLDER_EMPTY, "body", {"placeholder": "氏名", "count": 2}),
    )
    assert fill("[[%氏名%]]", {}).problems[0].reason == Reason.PLACEHOLDER_EMPTY


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        (" 氏名 ", "氏名"),
        ("ミーティングＩＤ", "ミーティングID"),
        ("会社", "会社名"),
        ("住所", None),
        ("", None),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(name, suggestion):
    filled = fill(f"[[%{name}%]]", VALUES | {name: "x"})
    assert filled.text == f"[[%{name}%]]"
    detail = {"placeholder": name, "mark": f"[[%{name}%]]", "count": 1}
    if suggestion:
        detail["suggestion"] = suggestion
    assert filled.problems == (Refusal(Reason.PLACEHOLDER_UNKNOWN, "body", detail),)


def test_a_long_unknown_key_is_shortened_in_the_detail():
    detail = fill("[[%" + "あ" * 100_000 + "%]]", {}).problems[0].detail
    assert len(detail["placeholder"]) == len(detail["mark"]) == 40
    assert detail["mark"].endswith("…")


@pytest.mark.parametrize(
    ("body", "mark"),
    [("[[%氏名]]様", "[[%"), ("氏名%]]", "%]]"), ("［［％氏名％］］", "［［％"), ("［［%氏名", "［［%")],
)
def test_a_broken_key_is_warned_of(body, mark):
    filled = fill(body, VALUES)
    assert filled.text == body
    assert not filled.problems
    assert filled.warnings[0] == Refusal(Reason.PLACEHOLDER_UNCLOSED, "body", {"mark": mark, "count": 1})


def test_a_key_left_open_before_another_is_refused_whole():
    filled = fill("[[%氏名 様\n[[%会社名%]]", VALUES)
    assert filled.problems[0].detail["placeholder"] == "氏名 様\n[[%会社名"


@pytest.mark.parametrize(
    "mark", ["{{insertion_item1}}", "{{insertion_url1}}", "{{ 配信停止URL }}", "{{}}", "{{a\nb}}"]
)
def test_marks_of_the_provider_are_refused_by_name(mark):
    filled = fill(f"あ{mark}い{mark}", {})
    assert filled.text == f"あ{mark}い{mark}"
    assert filled.problems == (Refusal(Reason.MARK_FOREIGN, "body", {"mark": mark, "count": 2}),)


def test_the_unsubscribe_mark_is_welcome_once():
    assert fill(f"停止 {OPT_OUT_MARK}", {}) == (f"停止 {OPT_OUT_MARK}", (), ())
    assert not fill(f"[[%氏名%]] {OPT_OUT_MARK}", VALUES).problems
    assert not fill(f"{{[[%氏名%]]}} {OPT_OUT_MARK}", VALUES).problems
    assert fill(f"{OPT_OUT_MARK} {OPT_OUT_MARK}", {}).problems == (
        Refusal(Reason.OPT_OUT_REPEATED, "body", {"mark": OPT_OUT_MARK, "count": 2}),
    )


def test_a_value_is_not_filled_again():
    filled = fill("[[%氏名%]]", {"氏名": "[[%会社名%]]", "会社名": "みどり"})
    assert filled.text == "[[%会社名%]]"
    assert not filled.problems
    assert filled.warnings == (Refusal(Reason.PLACEHOLDER_IN_VALUE, "body", {"placeholder": "氏名"}),)


def test_a_key_made_of_two_values_is_not_filled():
    assert fill("[[%氏名%]][[%会社名%]]", {"氏名": "[[%担当", "会社名": "者%]]"}).text == "[[%担当者%]]"


@pytest.mark.parametrize("name", ["{{insertion_item1}}", OPT_OUT_MARK, "a{{b}}c"])
def test_a_mark_in_a_value_is_refused_with_the_key_that_brought_it(name):
    problem = fill("[[%会社名%]] [[%氏名%]]", VALUES | {"氏名": name}).problems[0]
    assert problem.reason == Reason.MARK_FOREIGN
    assert problem.detail["placeholder"] == "氏名"


def test_a_mark_made_where_a_value_meets_the_text_is_refused():
    problem = fill("{[[%氏名%]]", {"氏名": "{insertion_item1}}"}).problems[0]
    assert problem.detail == {"mark": "{{insertion_item1}}", "count": 1, "placeholder": "氏名"}
    problem = fill("{{insertion_[[%氏名%]]}}", {"氏名": "item1"}).problems[0]
    assert problem.detail == {"mark": "{{insertion_item1}}", "count": 1}


def test_braces_that_form_no_mark_pass():
    assert not fill("{a} {{b } }", {}).problems
    assert not fill("[[%氏名%]]様", {"氏名": "{{山田"}).problems


def test_searching_stays_linear():
    for body in ("{" * 200_000, "[[%" * 60_000, "}}" + "{{" * 100_000, "%]]" * 60_000):
        fill(body, VALUES)


@given(fragments, fragments)
def test_no_text_with_a_foreign_mark_passes(body, name):
    filled = fill(body, {"氏名": name})
    if not filled.problems:
        left = filled.text.replace(OPT_OUT_MARK, "\n", 1)
        start = left.find("{{")
        assert start < 0 or "}}" not in left[start + 2 :]
        assert fill(filled.text, {}).text == filled.text
