"""Templates: all compile, none has what the Content-Security-Policy refuses, all assets exist."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import meta

from webapp.config import REPOSITORY

TEMPLATES = sorted((REPOSITORY / "templates").rglob("*.html"))
NAMES = [str(path.relative_to(REPOSITORY / "templates")) for path in TEMPLATES]


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("simulator/")])
def test_template_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_nothing_inline(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)", source), "an inline script"
    assert not re.search(r"<style", source)
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source), "an inline handler"
    assert not re.search(r"hx-on|hx-vals\s*=\s*[\"']js:|hx-vars|javascript:", source)
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", source), "unescaped text"


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_every_posting_form_has_its_token(path: Path) -> None:
    if "simulator" in path.parts:
        return  # a program of its own, without accounts
    source = path.read_text()
    for form in re.findall(r"<form\b.*?</form>", source, re.DOTALL):
        if re.search(r"method=\"post\"", form):
            assert "csrf()" in form


def test_everything_a_template_names_exists(app: Flask) -> None:
    for name, path in zip(NAMES, TEMPLATES, strict=True):
        source = path.read_text()
        for asset in re.findall(r"asset\(['\"]([^'\"]+)['\"]\)", source):
            assert (REPOSITORY / "static" / asset).is_file(), (name, asset)
        for endpoint in re.findall(r"url_for\(['\"]([\w.]+)['\"]", source):
            if not name.startswith("simulator/"):
                assert endpoint in app.view_functions, (name, endpoint)
        for other in meta.find_referenced_templates(app.jinja_env.parse(source)):
            assert other in NAMES, (name, other)


def test_every_template_is_used(app: Flask) -> None:
    sources = [path.read_text() for path in TEMPLATES]
    sources += [path.read_text() for path in (REPOSITORY / "webapp").rglob("*.py")]
    for name in NAMES:
        stem = name.removeprefix("simulator/")
        assert any(name in source or stem in source for source in sources) or name.startswith("errors/"), name
