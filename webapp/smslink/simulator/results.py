"""Reading: delivery results and received messages, with the validation of their queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta

from . import phone
from .contract import Options
from .database import Database, Row, Value
from .errors import ApiError, Detail, malformed, refuse, too_many, unknown_parameters
from .timing import day_bounds, from_wire, parse_day, to_wire, today

Query = Mapping[str, list[str]]
MAX_RESULTS = 10_000
MAX_KEYS = 50
MAX_DIGITS = 15
DEFAULT_RECEPTIONS = 1_000
RECEPTION_DAYS = 35
MAX_RECEPTION = 70
SHORT_CODE = "0032069000"
REPLY = "お返事ありがとうございます。確認しました。"
STATUS_MESSAGES = {
    50: "予約中", 100: "配信中", 200: "配信成功", 300: "配信取消", 700: "配信不可", 900: "配信失敗",
}  # fmt: skip
DETAIL_MESSAGES = {
    "DTL000001": "端末への配信に成功",
    "DTL000002": "携帯電話番号がありません",
    "DTL000003": "携帯電話番号が11桁か14桁ではありません",
    "DTL000004": "携帯電話番号が重複しています",
    "DTL000005": "配信不可な電話番号です",
    "DTL000006": "キャリア配信に失敗しました",
    "DTL000007": "端末が圏外、または電源offの可能性あり",
    "DTL000011": "SMSが受信できない番号の可能性あり",
    "DTL000012": "宛先項目が255文字を超えています",
    "DTL000013": "差込項目に使用できない文字があります",
    "DTL000014": "本文が差込項目含めて660文字を超えています",
    "DTL000017": "携帯電話番号が配信停止番号に登録されているため、配信できませんでした",
    "DTL000018": "携帯電話番号入手時期が無効です",
    "DTL000019": "携帯電話番号の所有者が変更されています",
    "DTL000020": "携帯電話番号の所有者の変更を判定できませんでした",
    "DTL000025": "配信禁止時間帯のため、配信できませんでした。",
}

# One row a contact. A status follows from the clock: nothing has to run for a delivery to move on.
CONTACT_STATES = """
SELECT d.seq, d.delivery_id, d.kind, d.name, d.text, d.emails, d.accepted_at, d.reserved_at, d.is_reserved,
  d.due_at, d.final_at, d.canceled_at, d.bill_split_code, c.contact_id, c.phone_number, c.number, c.carrier,
  c.detail, c.result_code, c.pieces, c.characters, c.parts, c.acquired_on, o.at AS opted_out_at,
  CASE WHEN c.final_status = 700 THEN 700
    WHEN d.canceled_at IS NOT NULL THEN 300
    WHEN :now < d.due_at THEN 50
    WHEN :now < d.final_at THEN 100
    WHEN o.at <= d.due_at THEN 900
    ELSE c.final_status END AS status,
  (SELECT json_group_object(l.kind, l.clicks) FROM links l WHERE l.contact_id = c.contact_id) AS clicks
FROM deliveries d JOIN contacts c USING (seq) LEFT JOIN opt_outs o USING (number)
"""
_BY_DELIVERY = " WHERE d.delivery_id IN (SELECT value FROM json_each(:delivery_ids))"
_BY_NUMBER = " WHERE c.number IN (SELECT value FROM json_each(:numbers))"
_REST = """
 AND (:delivery_ids IS NULL OR d.delivery_id IN (SELECT value FROM json_each(:delivery_ids)))
 AND (:numbers IS NULL OR c.number IN (SELECT value FROM json_each(:numbers)))
 AND (:reserved_from IS NULL OR d.reserved_at >= :reserved_from)
 AND (:reserved_to IS NULL OR d.reserved_at <= :reserved_to)
"""


def find_results(database: Database, query: Query, options: Options, now: float) -> dict[str, object]:
    """The body of 04. Both spellings of an array are read: `name[]` and a repeated `name`."""
    known = ("delivery_id", "phone_number", "status", "reserved_from", "reserved_to", "offset", "limit")
    lists = _read_lists(query, known)
    faults: list[Detail] = []
    for name, label in (("delivery_id", "配信ID"), ("phone_number", "携帯電話番号")):
        if len(lists[name]) > MAX_KEYS:
            faults.append(too_many(label, MAX_KEYS, name))
    statuses = [_read_number("配信状況", "status", value, 0, faults) for value in lists["status"]]
    start = _read_instant("配信予定日時(自)", "reserved_from", lists["reserved_from"], faults)
    end = _read_instant("配信予定日時(至)", "reserved_to", lists["reserved_to"], faults)
    if start is not None and end is not None and start >= end:
        words = "配信予定日時(自)は配信予定日時(至)より過去の日時にしてください"
        faults.append(Detail("_027", words, "reserved_from"))
    offset, limit = _read_page(lists, MAX_RESULTS, MAX_RESULTS, faults)
    if faults:
        raise refuse(faults)
    numbers = [phone.normalise(number) for number in lists["phone_number"]]
    values: dict[str, Value] = {
        "now": now,
        "delivery_ids": json.dumps(lists["delivery_id"]) if lists["delivery_id"] else None,
        "numbers": json.dumps(numbers) if numbers else None,
        "reserved_from": start,
        "reserved_to": end,
        "statuses": json.dumps(statuses) if statuses else None,
        "offset": offset,
        "limit": limit,
    }
    where = _BY_DELIVERY if lists["delivery_id"] else _BY_NUMBER if numbers else " WHERE 1"
    by_status = " WHERE :statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses))"
    matching = "(" + CONTACT_STATES + where + _REST + ")" + by_status
    total = int(database.rows("SELECT count(*) AS total FROM " + matching, values)[0]["total"])  # noqa: S608
    if total > options.search_limit and start is None and end is None:
        raise ApiError("ERR400004")
    page = " ORDER BY contact_id LIMIT :limit OFFSET :offset"
    rows = database.rows("SELECT * FROM " + matching + page, values)  # noqa: S608 - constants only
    return {"total": total, "contacts": [present_result(row) for row in rows]}


def present_result(row: Row) -> dict[str, object]:
    """One contact of 04, from a row of CONTACT_STATES."""
    status = int(row["status"])
    clicks = json.loads(row["clicks"])
    detail = row["detail"] if status in {200, 700, 900} else None
    if status == phone.FAILED and row["opted_out_at"] is not None and row["opted_out_at"] <= row["due_at"]:
        detail = "DTL000017"
    is_final = status in {200, 900}
    return {
        "delivery_id": row["delivery_id"],
        "contact_id": row["contact_id"],
        "delivery_name": row["name"],
        "phone_number": row["phone_number"],
        "carrier": row["carrier"] if is_final else phone.UNKNOWN,
        "reserved_at": to_wire(row["reserved_at"]),
        "canceled_at": to_wire(row["canceled_at"]),
        "delivered_at": to_wire(row["final_at"]) if status == phone.DELIVERED else None,
        "status": status,
        "message": STATUS_MESSAGES[status],
        "detail": detail,
        "detail_message": DETAIL_MESSAGES[detail] if detail else None,
        "shorten_url1_click_count": clicks.get("shorten1"),
        "shorten_url2_click_count": clicks.get("shorten2"),
        "insertion_url1_click_count": clicks.get("insertion1"),
        "insertion_url2_click_count": clicks.get("insertion2"),
        "opted_out": row["opted_out_at"] is not None if "opt_out" in clicks else None,
        "transmission_count": row["parts"] if status == phone.DELIVERED else None,
    }


def find_receptions(database: Database, query: Query, options: Options, now: float) -> dict[str, object]:
    """The body of 09; empty without the two-way option."""
    lists = _read_lists(query, ("noticed", "occurred_on", "offset", "limit"))
    faults: list[Detail] = []
    noticed = lists["noticed"][-1] if lists["noticed"] else None
    if noticed not in {None, "true", "false"}:
        faults.append(malformed("通知済み", "noticed"))
    day = _read_occurred_on(lists["occurred_on"], now, faults)
    offset, limit = _read_page(lists, MAX_RESULTS, DEFAULT_RECEPTIONS, faults)
    if faults:
        raise refuse(faults)
    if not options.two_way:
        return {"total": 0, "receptions": []}
    add_due_replies(database, now)
    start, end = day_bounds(day)
    rows = database.rows(
        "SELECT * FROM receptions WHERE occurred_at >= ? AND occurred_at < ? AND (? IS NULL OR noticed = ?)"
        " ORDER BY reception_id",
        (start, end, noticed, int(noticed == "true")),
    )
    return {
        "total": len(rows),
        "receptions": [present_reception(row) for row in rows[offset : offset + limit]],
    }


def present_reception(row: Row) -> dict[str, object]:
    """One received message of 09."""
    return {
        "reception_id": row["reception_id"],
        "short_code": SHORT_CODE,
        "phone_number": row["number"],
        "carrier": row["carrier"],
        "message": row["message"],
        "occurred_at": to_wire(row["occurred_at"]),
        "noticed": bool(row["noticed"]),
    }


def add_due_replies(database: Database, now: float) -> None:
    """Writes down what the answering number has replied by now, once for each SMS it received."""
    with database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO receptions"
            " (number, carrier, message, occurred_at, noticed, answers_contact_id)"
            " SELECT c.number, c.carrier, ?, d.final_at, 0, c.contact_id"
            " FROM contacts c JOIN deliveries d USING (seq) LEFT JOIN opt_outs o USING (number)"
            " WHERE c.number = ? AND c.final_status = 200 AND d.canceled_at IS NULL AND d.final_at <= ?"
            " AND (o.at IS NULL OR o.at > d.due_at) ORDER BY d.final_at, c.contact_id",
            (REPLY, phone.ANSWERING_NUMBER, now),
        )


def add_reception(database: Database, number: str, message: str, now: float, *, noticed: bool = False) -> int:
    """Stores an inbound message and gives its id."""
    with database.write() as connection:
        cursor = connection.execute(
            "INSERT INTO receptions (number, carrier, message, occurred_at, noticed) VALUES (?, ?, ?, ?, ?)",
            (number, phone.carrier_of(number), message, now, noticed),
        )
        return int(cursor.lastrowid or 0)


def opt_out(database: Database, number: str, now: float) -> None:
    """Registers a number as one that wants no SMS; the first time counts."""
    with database.write() as connection:
        connection.execute("INSERT OR IGNORE INTO opt_outs (number, at) VALUES (?, ?)", (number, now))


def _read_lists(query: Query, known: tuple[str, ...]) -> dict[str, list[str]]:
    arrays = {"delivery_id", "phone_number", "status"} & set(known)
    spellings = {name: name for name in known} | {f"{name}[]": name for name in arrays}
    strangers = [name for name in query if name not in spellings]
    if strangers:
        raise unknown_parameters(strangers)
    lists: dict[str, list[str]] = {name: [] for name in known}
    for name, values in query.items():
        lists[spellings[name]] += [value for value in values if value]
    return lists


def _read_number(label: str, name: str, value: str, default: int, faults: list[Detail]) -> int:
    if value.removeprefix("-").isdecimal() and value.isascii() and len(value) <= MAX_DIGITS:
        return int(value)
    faults.append(malformed(label, name))
    return default


def _read_page(
    lists: dict[str, list[str]], maximum: int, default: int, faults: list[Detail]
) -> tuple[int, int]:
    offset = _read_number("取得開始位置", "offset", (lists["offset"] or ["0"])[-1], 0, faults)
    limit = _read_number("取得件数", "limit", (lists["limit"] or [str(default)])[-1], default, faults)
    if offset < 0:
        faults.append(Detail("_024", '"取得開始位置"は"0"以上にしてください', "offset"))
    if not 0 <= limit <= maximum:
        faults.append(Detail("_025", f'"取得件数"は"{maximum:,}"以下にしてください', "limit"))
    return offset, limit


def _read_instant(label: str, name: str, values: list[str], faults: list[Detail]) -> float | None:
    try:
        return from_wire(values[-1]) if values else None
    except ValueError:
        faults.append(malformed(label, name))
        return None


def _read_occurred_on(values: list[str], now: float, faults: list[Detail]) -> date:
    current = today(now)
    try:
        day = parse_day(values[-1]) if values else current
    except ValueError:
        faults.append(malformed("受信日", "occurred_on"))
        return current
    if not current - timedelta(days=RECEPTION_DAYS) <= day <= current:
        words = f'"受信日"は"{RECEPTION_DAYS}"日以内の日付にしてください'
        faults.append(Detail("_222", words, "occurred_on"))
    return day
