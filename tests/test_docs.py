"""What people must be able to look up: variables, settings, commands, words."""

import re

import pytest
from flask import Flask
from wtforms.fields.core import UnboundField

from tests import drawings
from webapp.config import REPOSITORY
from webapp.domain.message_status import EDGES, MessageStatus
from webapp.features.settings.forms import CompanyForm, SmslinkForm
from webapp.ui.words import STATUS_WORDS

# The word list of the design: a concept's Japanese name and its name in the code.
WORDS = [
    ("顧客", "customer"),
    ("顧客カルテ", "customer"),
    ("担当者", "staff"),
    ("スタッフ", "staff"),
    ("雛形", "sms_template"),
    ("固定キー", "placeholder"),
    ("本文", "body"),
    ("件名", "subject"),
    ("通", "segment"),
    ("通数", "segments"),
    ("配信", "delivery"),
    ("テスト送信", "test send"),
    ("宛先", "message"),
    ("メッセージ", "message"),
    ("予約", "reservation"),
    ("配信予定日時", "reserved_at"),
    ("送信履歴", "history"),
    ("接客履歴", "interaction"),
    ("予定", "appointment"),
    ("オンライン接客", "online meeting"),
    ("同意", "consent"),
    ("配信停止", "opt_out"),
]
READ = re.compile(
    r"(?:env|environ)(?:\.get\(|\[)\s*\"([A-Z_]+)\"|_(?:required|whole_number|domain)\(env, \"([A-Z_]+)\""
)


def documents() -> str:
    """README.md and everything in docs/."""
    paths = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    return "\n".join(path.read_text() for path in paths)


def variables() -> list[str]:
    """The environment variables that the product reads; the simulator has a page of its own for its."""
    sources = [path for path in (REPOSITORY / "webapp").rglob("*.py") if "simulator" not in path.parts]
    sources += (REPOSITORY / "deploy" / "quickstart").glob("*.py")
    found = {name for path in sources for match in READ.findall(path.read_text()) for name in match if name}
    return sorted(found - {"PATH", "HOME", "TERM", "XDG_RUNTIME_DIR", "FLASK_RUN_FROM_CLI"})


def test_variables_are_found() -> None:
    assert set(variables()) >= {
        "DATA_DIR",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "FIELD_KEY",
        "SMSLINK_API_DOMAIN",
        "SMSLINK_TOKEN",
        "SIMULATOR_URL",
        "UNKNOWN_SETTLE_S",
        "TRUSTED_PROXIES",
        "ADMIN_PASSWORD",
    }


@pytest.mark.parametrize("name", [*variables(), "PORT", "WORKERS"])
def test_every_variable_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", documents())


@pytest.mark.parametrize("form", [SmslinkForm, CompanyForm])
def test_every_setting_is_documented(form: type) -> None:
    text = documents()
    fields = {name: field for name, field in vars(form).items() if isinstance(field, UnboundField)}
    assert fields
    missing = [name for name, field in fields.items() if name not in text and field.args[0] not in text]
    assert not missing


def test_every_script_has_its_line() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    scripts = {path.name for path in (REPOSITORY / "static" / "js").glob("*.js")}
    cells = " ".join(re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE))
    named = set(re.findall(r"[\w-]+\.js", cells))
    assert named == scripts - {"simulator.js"}  # a program of its own


@pytest.mark.parametrize(("word", "code"), WORDS)
def test_every_word_is_in_the_glossary(word: str, code: str) -> None:
    lines = (REPOSITORY / "docs" / "glossary.md").read_text().splitlines()
    together = [line for line in lines if word in line and re.search(rf"\b{re.escape(code)}", line)]
    assert together, f"{word} with {code} on one line"


def test_every_command_is_documented(app: Flask) -> None:
    text = documents()
    for group in ("staff", "smslink", "demo"):
        commands = getattr(app.cli.commands[group], "commands", {})
        assert commands
        for name in commands:
            assert f"{group} {name}" in text
    for target in ("make run", "make test", "make chaos", "make bench", "make lint"):
        assert target in text


def test_no_document_leads_nowhere() -> None:
    for path in (REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)


def test_what_is_drawn_from_the_code_is_as_the_code() -> None:
    text = drawings.PATH.read_text()
    assert drawings.drawn(text) == text, "python -m tests.drawings writes it anew"


def test_a_drawing_that_differs_is_noticed() -> None:
    text = drawings.PATH.read_text()
    for old, new in (("    queued --> held\n", ""), ("| `held` | 保留 | SMSLINKの", "| `held` | 保留 | ")):
        assert old in text
        assert drawings.drawn(text.replace(old, new, 1)) == text


def test_every_edge_and_state_is_drawn() -> None:
    diagram, states = drawings.draw_diagram(), drawings.list_states()
    for old, new in EDGES:
        assert f"{old} --> {new}\n" in diagram
    for status in MessageStatus:
        assert f"| `{status}` | {STATUS_WORDS[status].label} | {STATUS_WORDS[status].explanation} |" in states


@pytest.mark.parametrize("status", list(MessageStatus))
def test_every_state_is_explained(status: MessageStatus) -> None:
    """By hand, in the first table: what it means, and what a person does."""
    text = drawings.PATH.read_text().split("<!--")[0]
    rows = re.findall(
        rf"^\| `{status}` \| {STATUS_WORDS[status].label} \| (.+) \| (.+) \|$", text, re.MULTILINE
    )
    assert len(rows) == 1
