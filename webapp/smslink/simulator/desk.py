"""What the page shows: the latest conversations, what is reserved, the e-mails and the armed troubles."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from . import mails, phone, results
from .database import Row
from .timing import to_wire
from .trouble import API_PATHS, Trouble
from .wire import Service

MAX_PHONES = 24
MAX_BUBBLES = 40
MAX_ARRIVALS = 600
MAX_WAITING = 30
MAX_MAILS = 30
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
KIND_WORDS = {
    "drop_before": "受け付ける前に切断",
    "drop_after": "受け付けた後に切断(応答なし)",
    "stall_before": "受け付ける前に待たせる",
    "stall_after": "受け付けた後、応答を待たせる",
    "429": "回数の上限(429)",
    "503": "メンテナンス中(503)",
    "500_before": "システムエラー(500・受け付けない)",
    "500_after": "システムエラー(500・受け付けた後)",
    "unreadable": "読めない応答(受け付けた後)",
    "error": "エラーコードを指定",
}
_PATH_NAMES = ("配信登録", "誤送信防止の配信登録", "予約キャンセル", "配信結果", "受信一覧")
PATH_WORDS = dict(zip(API_PATHS, _PATH_NAMES, strict=True))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text; with `address` it is a link."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One SMS that arrived, or one the customer wrote."""

    at: float
    is_reply: bool
    spans: tuple[Span, ...]
    notes: tuple[str, ...] = ()

    @property
    def stamp(self) -> str:
        """ISO 8601."""
        return to_wire(self.at) or ""


@dataclass(slots=True)
class Phone:
    """A number with its conversation, newest first."""

    number: str
    carrier: str
    is_opted_out: bool = False
    bubbles: list[Bubble] = field(default_factory=list)

    @property
    def shown_number(self) -> str:
        """090-1234-5678."""
        return show_number(self.number)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reserved SMS before its time."""

    number: str
    at: float
    name: str

    @property
    def stamp(self) -> str:
        """ISO 8601."""
        return to_wire(self.at) or ""


@dataclass(frozen=True, slots=True)
class Desk:
    """All of the page that moves."""

    phones: list[Phone]
    waiting: list[Waiting]
    mails: list[mails.Mail]
    troubles: list[Trouble]
    now: str
    is_two_way: bool


def show_number(number: str) -> str:
    """With hyphens after the third and the seventh digit."""
    return f"{number[:3]}-{number[3:7]}-{number[7:]}"


def build_desk(found: Service) -> Desk:
    """As things stand now."""
    now = found.contract.now()
    results.add_due_replies(found.database, now)
    return Desk(
        phones=_list_phones(found, now),
        waiting=_list_waiting(found, now),
        mails=mails.list_mails(found.database, now)[:MAX_MAILS],
        troubles=found.troubles.armed(),
        now=to_wire(now) or "",
        is_two_way=found.contract.options().two_way,
    )


def _list_phones(found: Service, now: float) -> list[Phone]:
    latest = (
        " WHERE d.seq IN"
        " (SELECT seq FROM deliveries WHERE final_at <= :now ORDER BY final_at DESC, seq DESC LIMIT :shown)"
    )
    newest_first = " WHERE status = 200 ORDER BY final_at DESC, contact_id DESC LIMIT :shown"
    arrivals = "SELECT * FROM (" + results.CONTACT_STATES + latest + ")" + newest_first  # noqa: S608
    values = {"now": now, "shown": MAX_ARRIVALS}
    found_bubbles = [
        (row["number"], _read_sms(found, row)) for row in found.database.rows(arrivals, values)
    ] + [
        (row["number"], Bubble(row["occurred_at"], is_reply=True, spans=(Span(row["message"]),)))
        for row in found.database.rows(
            "SELECT * FROM receptions WHERE occurred_at <= :now ORDER BY reception_id DESC LIMIT :shown",
            values,
        )
    ]
    opted_out = {row["number"] for row in found.database.rows("SELECT number FROM opt_outs")}
    phones: dict[str, Phone] = {}
    # A reply in the same second as the SMS it answers is the newer of the two.
    found_bubbles.sort(key=lambda pair: (pair[1].at, pair[1].is_reply), reverse=True)
    for number, bubble in found_bubbles:
        if number not in phones:
            if len(phones) == MAX_PHONES:
                continue
            carrier = phone.CARRIER_NAMES[phone.carrier_of(number)]
            phones[number] = Phone(number, carrier, is_opted_out=number in opted_out)
        if len(phones[number].bubbles) < MAX_BUBBLES:
            phones[number].bubbles.append(bubble)
    return list(phones.values())


def _read_sms(found: Service, row: Row) -> Bubble:
    codes = found.database.rows(
        "SELECT kind, code, url, clicks FROM links WHERE contact_id = ? ORDER BY kind DESC",
        (row["contact_id"],),
    )
    addresses = {link["kind"]: _address(found, link) for link in codes}
    spans: list[Span] = []
    for kind, value in json.loads(row["pieces"]):
        if kind == "text":
            spans += _split_links(value)
        else:
            spans.append(Span(addresses[kind], addresses[kind]))
    clicks = sum(link["clicks"] for link in codes)
    notes = [f"{row['parts']}通"]
    if any(link["kind"] != "opt_out" for link in codes):
        notes.append(f"リンクのタップ {clicks}回")
    return Bubble(row["final_at"], is_reply=False, spans=tuple(spans), notes=tuple(notes))


def _address(found: Service, link: Row) -> str:
    return f"{found.base_url()}{'o' if link['kind'] == 'opt_out' else 's'}/{link['code']}"


def _split_links(text: str) -> list[Span]:
    """Phones make every address tappable, counted or not."""
    spans: list[Span] = []
    position = 0
    for match in _URL.finditer(text):
        spans += [Span(text[position : match.start()]), Span(match[0], match[0])]
        position = match.end()
    spans.append(Span(text[position:]))
    return [span for span in spans if span.text]


def _list_waiting(found: Service, now: float) -> list[Waiting]:
    rows = found.database.rows(
        "SELECT c.number, d.due_at, d.name FROM deliveries d JOIN contacts c USING (seq)"
        " WHERE d.due_at > ? AND d.canceled_at IS NULL AND c.final_status <> 700"
        " ORDER BY d.due_at, c.contact_id LIMIT ?",
        (now, MAX_WAITING),
    )
    return [Waiting(show_number(row["number"]), row["due_at"], row["name"]) for row in rows]
