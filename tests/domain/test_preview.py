"""The pieces of a preview: nothing added, nothing lost, and each of the kind it will be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.estimate import LengthRules, prepare_text
from webapp.domain.preview import Kind, Piece, Trimmed, count_trimmed, cut_in_pieces

PIECES = st.sampled_from(
    [
        "https://example.jp/a",
        "http://b.jp",
        " ",
        "\n",
        "。",
        "{{配信停止URL}}",
        "内見",
        "\u3000",
        "\t",
        "://",
        "{{",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS, st.booleans())
def test_pieces_joined_are_the_text(body: str, count_clicks: bool) -> None:
    text = prepare_text(body, {}, count_clicks=count_clicks, rules=LengthRules()).text
    assert "".join(piece.text for piece in cut_in_pieces(text, count_clicks=count_clicks)) == text


@given(TEXTS, st.booleans())
def test_links_are_of_the_kind_that_is_sent(body: str, count_clicks: bool) -> None:
    prepared = prepare_text(body, {}, count_clicks=count_clicks, rules=LengthRules())
    pieces = cut_in_pieces(prepared.text, count_clicks=count_clicks)

    def of(kind: Kind) -> tuple[str, ...]:
        return tuple(piece.text for piece in pieces if piece.kind == kind)

    assert of(Kind.COUNTED) == prepared.counted_urls
    assert of(Kind.UNCOUNTED) == prepared.uncounted_urls
    assert of(Kind.TOUCHING) == prepared.touching_urls
    assert bool(of(Kind.OPT_OUT)) == prepared.has_opt_out_link


def test_three_urls_of_which_two_are_counted() -> None:
    text = "https://a.jp https://b.jp\r\nhttps://c.jp を見て"
    assert [piece.kind for piece in cut_in_pieces(text, count_clicks=True)] == [
        Kind.COUNTED,
        Kind.TEXT,
        Kind.COUNTED,
        Kind.TEXT,
        Kind.UNCOUNTED,
        Kind.TEXT,
    ]
    assert cut_in_pieces("前{{配信停止URL}}後", count_clicks=False) == (
        Piece("前", Kind.TEXT),
        Piece("{{配信停止URL}}", Kind.OPT_OUT),
        Piece("後", Kind.TEXT),
    )


@pytest.mark.parametrize(
    ("body", "trimmed"),
    [
        ("本文", Trimmed(0, 0)),
        ("\n\n\u3000\n本文\n\n中\n \t", Trimmed(3, 1)),
        ("\r\n本文\r\n\r\n", Trimmed(1, 2)),
        (" \n\n", Trimmed(0, 0)),
        ("", Trimmed(0, 0)),
        ("本\n本", Trimmed(0, 0)),
        ("\n本\n本\n本\n", Trimmed(1, 1)),
    ],
)
def test_trimmed_lines(body: str, trimmed: Trimmed) -> None:
    assert count_trimmed(body) == trimmed


@given(TEXTS)
def test_trimmed_lines_are_what_is_missing(body: str) -> None:
    kept = prepare_text(body, {}, count_clicks=False, rules=LengthRules()).text
    leading, trailing = count_trimmed(body)
    if kept:
        assert leading + trailing + kept.count("\n") == body.count("\n")


def test_as_many_marks_as_a_text_holds_are_cut() -> None:
    pieces = cut_in_pieces("{{配信停止URL}}" * 2000, count_clicks=False)
    assert pieces == (Piece("{{配信停止URL}}", Kind.OPT_OUT),) * 2000
