"""Which URLs SMSLINK will recognise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.links import find_urls


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/b?c=d&e=%E3%81%82#f",
        "http://a.example",
        "HTTPS://A.example/",
        "見る https://a.example/ です",
        "見る\nhttps://a.example/\rです",
        "見る\r\nhttps://a.example/\r\nです",
        "https://192.0.2.1:8080/~x/(y)/[z]!$'*,;@+-._=",
        "https://a.example/?u=https://b.example/",
    ],
)
def test_it_recognises(text):
    (url,) = find_urls(text)
    assert url.recognised
    assert text[url.start : url.end] == url.text
    assert url.text.lower().startswith("http")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("こちらhttps://a.example/", "https://a.example/"),
        ("https://a.example/です", "https://a.example/"),
        ("https://a.example/。", "https://a.example/"),
        ("https://a.example/、", "https://a.example/"),
        ("「https://a.example/」", "https://a.example/"),
        ("\u3000https://a.example/", "https://a.example/"),
        ("https://a.example/\u3000", "https://a.example/"),
        ("https://a.example/\t", "https://a.example/"),
        ("\thttps://a.example/", "https://a.example/"),
        ("(https://a.example/)", "https://a.example/)"),
        ("xhttps://a.example/", "https://a.example/"),
        ('"https://a.example/"', "https://a.example/"),
        ("https://a.example/{{配信停止URL}}", "https://a.example/"),
        ("https://日本.example/", "https://"),
        ("URL：http://a.example/ ", "http://a.example/"),
    ],
)
def test_a_url_that_touches_something_is_not_recognised(text, url):
    (found,) = find_urls(text)
    assert found.text == url
    assert not found.recognised


@pytest.mark.parametrize(
    "text", ["", "a.example", "ftp://a.example", "https:", "https://", "http:// a", "://", "p://a"]
)
def test_it_is_no_url(text):
    assert find_urls(text) == ()


def test_the_same_url_twice_is_two():
    assert [url.start for url in find_urls("http://a.example http://a.example")] == [0, 17]


pieces = st.sampled_from(
    ["https://a.example/", "http://b.example", "://", "http", "s", " ", "\r\n", "あ", "\u3000", "。"]
)


@given(st.lists(pieces).map("".join))
def test_urls_stand_apart_and_keep_their_boundaries(text):
    end = 0
    for url in find_urls(text):
        assert end <= url.start < url.end
        assert text[url.start : url.end] == url.text
        assert url.text.startswith(("http://", "https://"))
        before, after = text[: url.start], text[url.end :]
        free = (not before or before[-1] in " \n") and (not after or after[0] in " \r")
        assert url.recognised is free
        end = url.end
