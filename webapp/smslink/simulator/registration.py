"""Accepting a registration: each contact judged, the whole committed, the answer built from it."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from . import phone
from . import text as texts
from .contract import Options
from .database import Database
from .errors import ApiError, Detail, refuse
from .timing import CANCEL_LIMIT_S, JST, parse_day, to_wire, today
from .validation import ITEMS, Registration

ACCEPTED = "001"
MAX_ITEM = 255
REJECTED = 700
RESULT_MESSAGES = {
    "001": "配信対象に登録しました。",
    "002": "携帯電話番号がない為、配信対象に登録できませんでした。",
    "003": "携帯電話番号が11桁か14桁でない為、配信対象に登録できませんでした。",
    "004": "携帯電話番号が重複した為、配信対象に登録できませんでした。",
    "005": "配信不可な電話番号の為、配信対象に登録できませんでした。",
    "006": "宛先項目が255文字を超えてる為、配信対象に登録できませんでした。",
    "007": "差込項目に使用できない文字がある為、配信対象に登録できませんでした。",
    "008": "本文が差込項目含めて660文字を超えてる為、配信対象に登録できませんでした。",
    "011": "携帯電話番号入手時期が無効の為、配信対象に登録できませんでした。",
}
# The detail code under which the results name the same fault.
DETAIL_OF = {"006": "DTL000012", "007": "DTL000013", "008": "DTL000014", "011": "DTL000018"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One contact with its result suffix and what will come of it."""

    phone_number: str
    number: str
    result: str
    acquired_on: str | None
    pieces: tuple[texts.Piece, ...]
    characters: int
    parts: int
    fate: phone.Fate


def register(
    database: Database, registration: Registration, options: Options, now: float, *, safe: bool
) -> dict[str, object]:
    """Stores it and gives the answer's body; ApiError when no contact stands or a limit is reached."""
    due_at = now if registration.reserved_at is None else float(registration.reserved_at)
    judged = _judge_contacts(registration, options, now, due_at, safe=safe)
    if not any(one.result == ACCEPTED for one in judged):
        raise refuse([Detail("_010", "配信可能な宛先が1件もありません", "contacts")])
    moment = datetime.fromtimestamp(now, JST).strftime("%Y%m%d%H%M%S")
    delivery_id = f"{moment}-{secrets.token_hex(8)}"
    with database.write() as connection:
        if registration.reserved_at is not None:
            _check_room(connection, options, now, len(judged))
        cursor = connection.execute(
            "INSERT INTO deliveries (delivery_id, kind, name, text, click_count, urls, emails,"
            " bill_split_code, accepted_at, reserved_at, is_reserved, due_at, final_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                delivery_id,
                "safe_delivery" if safe else "delivery",
                registration.name,
                registration.text,
                registration.click_count,
                json.dumps(registration.urls, ensure_ascii=False),
                json.dumps(registration.emails, ensure_ascii=False),
                registration.bill_split_code,
                now,
                int(due_at),
                registration.reserved_at is not None,
                due_at,
                due_at + options.delay_s,
            ),
        )
        first_id = _insert_contacts(connection, int(cursor.lastrowid or 0), judged)
    return {
        "delivery_id": delivery_id,
        "accepted_at": to_wire(now),
        "reserved_at": to_wire(due_at),
        "contacts": [
            {
                "contact_id": first_id + index,
                "phone_number": one.phone_number,
                "result_code": f"RST200{one.result}",
                "result_message": RESULT_MESSAGES[one.result],
            }
            for index, one in enumerate(judged)
        ],
        "click_count_urls": list(registration.urls),
    }


def cancel(database: Database, delivery_id: str, now: float) -> dict[str, object]:
    """Cancels a reservation up to 10 minutes before its time.

    ERR404002 for an unknown id. The reference is silent on a second cancel; here it is too late for one
    (ERR406003), and the results tell what is true.
    """
    with database.write() as connection:
        row = connection.execute(
            "SELECT seq, is_reserved, reserved_at, canceled_at FROM deliveries WHERE delivery_id = ?",
            (delivery_id,),
        ).fetchone()
        if row is None:
            raise ApiError("ERR404002", about=delivery_id)
        is_late = now > row["reserved_at"] - CANCEL_LIMIT_S
        if not row["is_reserved"] or row["canceled_at"] is not None or is_late:
            raise ApiError("ERR406003")
        connection.execute("UPDATE deliveries SET canceled_at = ? WHERE seq = ?", (now, row["seq"]))
    return {"delivery_id": delivery_id, "canceled_at": to_wire(now)}


def _judge_contacts(
    registration: Registration, options: Options, now: float, due_at: float, *, safe: bool
) -> list[Judged]:
    seen: set[str] = set()
    judged: list[Judged] = []
    for contact in registration.contacts:
        sent = contact.get("phone_number") or ""
        number = phone.normalise(sent)
        acquired = _parse_acquired(contact.get("acquired_on"), now) if safe else None
        values = {name: value for name, value in contact.items() if value}
        pieces = texts.merge(registration.text, values, count_clicks=registration.click_count)
        length = texts.charged_length(pieces, options.shortened_url_length, options.opt_out_link_length)
        fault = phone.judge_number(number) or ("004" if number in seen else None) or _judge_items(values)
        if fault is None and safe and acquired is None:
            fault = "011"
        if fault is None and length > texts.MAX_CHARACTERS:
            fault = "008"
        if fault is None:
            seen.add(number)
            fate = phone.fate_of(number, acquired, today(due_at))
        else:
            fate = phone.Fate(REJECTED, DETAIL_OF.get(fault, f"DTL000{fault}"), phone.UNKNOWN)
        parts = texts.count_parts(
            length,
            fate.carrier,
            alphanumeric=options.alphanumeric_sender,
            half_width=texts.is_half_width(pieces),
        )
        judged.append(
            Judged(
                phone_number=sent,
                number=number,
                result=fault or ACCEPTED,
                acquired_on=acquired.isoformat() if acquired else None,
                pieces=tuple(pieces),
                characters=length,
                parts=parts,
                fate=fate,
            )
        )
    return judged


def _judge_items(values: Mapping[str, str]) -> str | None:
    items = [values[name] for name in ITEMS if name in values]
    if any(len(value) > MAX_ITEM for value in items):
        return "006"
    return None if all(texts.is_item_clean(value) for value in items) else "007"


def _parse_acquired(value: str | None, now: float) -> date | None:
    """The day the number was obtained, None when it is no day or lies ahead."""
    try:
        day = parse_day(value or "")
    except ValueError:
        return None
    return day if day <= today(now) else None


def _check_room(connection: sqlite3.Connection, options: Options, now: float, contacts: int) -> None:
    waiting = connection.execute(
        "SELECT count(DISTINCT d.seq) AS reservations, count(c.contact_id) AS contacts"
        " FROM deliveries d JOIN contacts c USING (seq)"
        " WHERE d.is_reserved AND d.canceled_at IS NULL AND d.due_at > ? AND c.final_status <> 700",
        (now,),
    ).fetchone()
    if waiting["reservations"] >= options.reservation_limit:
        raise ApiError("ERR400005")
    if waiting["contacts"] + contacts > options.reserved_contact_limit:
        raise ApiError("ERR400006")


def _insert_contacts(connection: sqlite3.Connection, seq: int, judged: Sequence[Judged]) -> int:
    """Inserts them under consecutive ids and gives the first; their links get codes of their own."""
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'contacts'").fetchone()
    first_id = int(last["seq"]) + 1
    connection.executemany(
        "INSERT INTO contacts (contact_id, seq, phone_number, number, result_code, final_status, detail,"
        " carrier, acquired_on, pieces, characters, parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                first_id + index,
                seq,
                one.phone_number,
                one.number,
                f"RST200{one.result}",
                one.fate.status,
                one.fate.detail,
                one.fate.carrier,
                one.acquired_on,
                json.dumps(one.pieces, ensure_ascii=False),
                one.characters,
                one.parts,
            )
            for index, one in enumerate(judged)
        ),
    )
    # A mark may stand twice in a text: one link for both, so that its clicks are one number.
    connection.executemany(
        "INSERT INTO links (code, contact_id, kind, url) VALUES (?, ?, ?, ?)",
        (
            (secrets.token_urlsafe(6), first_id + index, kind, url)
            for index, one in enumerate(judged)
            if one.result == ACCEPTED
            for kind, url in dict(piece for piece in one.pieces if piece[0] != "text").items()
        ),
    )
    return first_id
