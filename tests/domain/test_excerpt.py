"""What a text is recognised by in a list."""

import pytest

from webapp.domain.excerpt import TITLE_LENGTH, excerpt, title

GREETING = "[[%氏名%]]様\n[[%会社名%]]の[[%担当者%]]です。\n"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("明日10時です。", "明日10時です。"),
        (GREETING + "内見は\n明日です。", "内見は 明日です。"),
        ("[[%氏名%]] 様\r\n\r\n担当の[[%担当者%]]です。", "担当の担当者です。"),
        ("[[%氏名%]]様、明日10時です。", "明日10時です。"),
        ("[[%氏名%]]様\n[[%担当者%]]です。明日10時です。", "明日10時です。"),
        ("[[%氏名%]]様の件です。", "氏名様の件です。"),
        ("[[%オンライン接客URL%]] からどうぞ。", "オンライン接客URL からどうぞ。"),
        (GREETING, "氏名様 会社名の担当者です。"),
        ("様\n明日です。", "様 明日です。"),
        ("", ""),
        (" \n", ""),
        ("あ" * 41, "あ" * 40 + "…"),
        ("あ" * 40, "あ" * 40),
    ],
)
def test_it_begins_where_the_text_says_something_of_its_own(body: str, shown: str) -> None:
    assert excerpt(body, 40) == shown


def test_it_shows_the_values_of_what_was_sent() -> None:
    body = GREETING + "担当の[[%担当者%]]が伺います。"
    text = "森 陽子様\nみなとの佐藤です。\n担当の佐藤が伺います。"
    assert excerpt(body, 40, filled=text) == "担当の佐藤が伺います。"
    # Where what follows the address is a value itself, the text is shown from its beginning.
    assert excerpt(GREETING + "[[%担当者%]]が伺います。", 10, filled=text) == "森 陽子様 みなとの…"
    assert (
        excerpt("明日です。\r\n鍵は管理室です。", 40, filled="明日です。\n鍵は管理室です。")
        == "明日です。 鍵は管理室です。"
    )
    assert excerpt(GREETING, 40, filled="森 陽子様\nみなとの佐藤です。") == "森 陽子様 みなとの佐藤です。"


@pytest.mark.parametrize(
    "subject", ["", "内見", "2026年", "2026112410000", "202611241000000", "19991124100000"]
)
def test_subject_that_somebody_wrote_is_the_title(subject: str) -> None:
    assert title(subject, "明日です。", "明日です。") == subject


def test_number_for_a_subject_gives_way_to_the_text() -> None:
    number = "20261124120000"
    assert title(number, GREETING + "明日です。", "森様\nみなとの佐藤です。\n明日です。") == "明日です。"
    assert title(number, "", "") == number
    assert title(number, "あ" * 50, "あ" * 50) == "あ" * TITLE_LENGTH + "…"
