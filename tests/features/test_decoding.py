"""Posted Japanese is decoded in one step, and into exactly what the library makes of it."""

from io import BytesIO
from urllib.parse import quote_plus

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.formparser import FormDataParser

from tests.conftest import Browser
from webapp.ui.decoding import FormParser

FORM = "application/x-www-form-urlencoded"
# Whole characters, halves of them, bytes that are none, and what a form is made of.
_PIECES = (
    "%E3%81%82 %e3%81%82 %E3%81 %82 %F0%9F%98%80 %ED%A0%80 %FF %C3%A9 %C0%80 % %2 %26 %3D %25 %2B %00 %0D%0A "
    "+ & = a あ %zz ; %E3%81%82%E3"
)
PIECES = st.sampled_from(_PIECES.split())


def parsed(parser: type[FormDataParser], body: bytes) -> list[tuple[str, str]]:
    _, form, files = parser().parse(BytesIO(body), FORM, len(body), {})
    assert not files
    return list(form.items(multi=True))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_it_reads_what_the_library_reads(body: str) -> None:
    assert parsed(FormParser, body.encode()) == parsed(FormDataParser, body.encode())


@given(st.binary(max_size=60))
def test_it_reads_any_bytes_as_the_library_does(body: bytes) -> None:
    assert parsed(FormParser, body) == parsed(FormDataParser, body)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_what_was_typed_comes_through(fields: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return quote_plus(text, errors="surrogatepass")

    body = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields.items())
    assert parsed(FormParser, body.encode()) == list(fields.items())


def test_the_product_uses_it_and_still_knows_htmx(app: Flask, browser: Browser) -> None:
    with app.test_request_context("/", method="POST", data={"body": "あ"}, headers={"HX-Request": "true"}):
        from htmx_flask import request

        assert request.form_data_parser_class is FormParser
        assert request.form["body"] == "あ"
        assert request.htmx
