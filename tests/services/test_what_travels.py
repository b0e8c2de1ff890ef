"""What is counted is what travels: from the draft to the bytes on a socket, counted there by other rules."""

import json
import re
import threading
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import make_customer, make_staff
from tests.services.outbox import message, office, send, submit
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.models import Customer
from webapp.services import RefusedByRule, estimates

LINK = 25
MAX = 660
OPT_OUT = "{{配信停止URL}}"
URLS = (
    "https://a.example/bukken/22?room=305",
    "http://b.jp",
    "https://c.example/x_(y)#z",
    "http://d.example/",
)
NAMES = ("山田 太郎", "か\u3099ん太", "髙﨑 塚", "Rene\u0301e Müller")


class Recorder(HTTPServer):
    """Accepts every registration, and keeps its bytes as they came off the socket."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        now = "2026-11-24T10:00:00+09:00"
        contact = {"contact_id": 1, "phone_number": "", "result_code": "RST200001", "result_message": ""}
        answer = {"delivery_id": uuid.uuid4().hex, "accepted_at": now, "reserved_at": now}
        content = json.dumps(answer | {"contacts": [contact], "click_count_urls": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def recorder(app: Flask) -> Iterator[Recorder]:
    """The provider of this application."""
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        app.config["CONFIGURATION"] = replace(
            app.config["CONFIGURATION"], smslink_api_domain=server.url, smslink_token=uuid.uuid4().hex
        )
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def people(context: Flask, recorder: Recorder) -> list[Customer]:
    """Customers whose names are not easy, each with somebody in charge."""
    office().requests_per_minute = 100_000
    db.session.commit()
    person = make_staff("sato", "佐々木 健一郎")
    return [make_customer(name=name, staff_id=person.id) for name in NAMES]


# The rules once more, as design.md tells them, without a line of the product's.


def as_it_leaves(body: str, values: dict[str, str]) -> str:
    """Filled, composed, with CRLF, without blank lines at its ends."""
    filled = re.sub(r"\[\[%(.+?)%\]\]", lambda mark: values.get(mark[1], mark[0]), body)
    composed: list[str] = []
    for character in filled:
        joined = unicodedata.normalize("NFC", composed[-1] + character) if composed else ""
        takes = "\u3099\u309a" if composed and "\u3041" <= composed[-1] <= "\u30fe" else "\u0301\u0302"
        if len(joined) == 1 and character in takes:
            composed[-1] = joined
        else:
            composed.append(character)
    lines = re.split(r"\r\n|\r|\n", "".join(composed))
    shown = [number for number, line in enumerate(lines) if line.strip(" \t\u3000")]
    return "\r\n".join(lines[shown[0] : shown[-1] + 1]) if shown else ""


def links_of(text: str) -> list[str]:
    """URLs that stand by themselves between half-width spaces and line breaks."""
    return [word for word in re.split(r"[ \r\n]+", text) if re.fullmatch(r"https?://[!-z~]+", word)]


def merged(registration: dict[str, Any]) -> tuple[str, int]:
    """What the phone shows with links as typed, and the characters SMSLINK charges for it."""
    text, urls = registration["text_message"], 0
    contact = registration["contacts"][0]
    typed = text
    for mark in ("insertion_url1", "insertion_url2"):
        if mark in contact:
            assert text.count("{{" + mark + "}}") == 1
            typed = typed.replace("{{" + mark + "}}", contact[mark])
            text = text.replace("{{" + mark + "}}", "")
            urls += 1
    if registration["click_count"]:
        assert not urls
        assert 1 <= len(links_of(text)) <= 2
        for link in links_of(text):
            text, urls = text.replace(link, "", 1), urls + 1
    opt_outs = text.count(OPT_OUT)
    return typed, len(text.replace(OPT_OUT, "")) + LINK * (urls + opt_outs)


PIECES = st.sampled_from(
    [
        *("内見の", "ご案内です。", "a", "ｱ", "塚", "か\u3099", "e\u0301", "\ufa10", "あ" * 66, "x" * 70),
        *(" ", "\u3000", "\t", "\n", "\r\n", "\r", "\n\n", " \u3000\r\n"),
        *("[[%氏名%]]", "[[%会社名%]]", "[[%担当者%]]", OPT_OUT),
        *(f" {url} " for url in URLS),
        *(f"\n{url}\r\n" for url in URLS),
        f"地図{URLS[0]}",
    ]
)
BODIES = st.lists(PIECES, min_size=1, max_size=14).map("".join)


@settings(max_examples=60)
@given(BODIES, st.sampled_from(range(len(NAMES))), st.booleans())
def test_what_is_counted_is_what_travels(app, context, recorder, people, body, who, count_clicks) -> None:
    customer, before = db.session.merge(people[who]), len(recorder.bodies)
    values = {"氏名": customer.name, "会社名": "みなと不動産", "担当者": "佐々木 健一郎"}
    prepared = estimates.estimate_draft(body, customer.id, count_clicks=count_clicks).prepared
    text = as_it_leaves(body, values)
    counted = links_of(text)[:2] if count_clicks else []
    charge = len(text) + sum(LINK - len(link) for link in [*counted, *[OPT_OUT] * text.count(OPT_OUT)])
    if not text or body.count(OPT_OUT) > 1 or max(charge, len(text)) > MAX:
        with pytest.raises(RefusedByRule):
            send(customer, body, count_clicks=count_clicks)
        assert submit(app) == 0
        assert len(recorder.bodies) == before
        return

    message_id = send(customer, body, count_clicks=count_clicks)
    assert submit(app) == 1
    (sent,) = recorder.bodies[before:]
    registration = json.loads(sent.decode("utf-8"))
    typed, charged = merged(registration)
    row = message(message_id)
    assert row.status == MessageStatus.SENDING, row.reason
    assert registration["text_message"] == prepared.registered_text == row.delivery.text_message
    assert typed == text == prepared.text == row.text
    assert len(typed) == prepared.registered_characters <= MAX
    assert charged == charge == prepared.characters == row.characters <= MAX


@pytest.mark.parametrize(
    ("body", "count_clicks", "text_message", "insertions", "charged"),
    [
        ("\r\n\u3000\n[[%氏名%]]様\r明日\n \t", False, "がん太様\r\n明日", [], 8),
        (f"{URLS[0]}\n{URLS[1]}", True, f"{URLS[0]}\r\n{URLS[1]}", [], 25 + 2 + 25),
        (
            f"{URLS[0]}\n{URLS[1]}\n{URLS[2]}",
            True,
            "{{insertion_url1}}\r\n{{insertion_url2}}\r\n" + URLS[2],
            [URLS[0], URLS[1]],
            25 + 2 + 25 + 2 + 25,
        ),
        (f"停止 {OPT_OUT}", False, f"停止 {OPT_OUT}", [], 3 + 25),
    ],
)
def test_it_travels_as_written_here(
    app, context, recorder, people, body, count_clicks, text_message, insertions, charged
) -> None:
    message_id = send(db.session.merge(people[1]), body, count_clicks=count_clicks)
    submit(app)
    registration = json.loads(recorder.bodies[0])
    (contact,) = registration["contacts"]
    assert registration["text_message"] == text_message
    assert [contact[name] for name in sorted(contact) if name.startswith("insertion")] == insertions
    assert registration["click_count"] is (count_clicks and not insertions)
    assert merged(registration)[1] == message(message_id).characters == charged
