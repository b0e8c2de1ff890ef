"""The notification e-mails the provider would write: on a reservation and on completion."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .database import Database, Row
from .results import CONTACT_STATES
from .timing import to_wire

MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """One text to each of the addresses."""

    at: float
    addresses: tuple[str, ...]
    subject: str
    body: str
    delivery_id: str

    @property
    def stamp(self) -> str:
        """ISO 8601."""
        return to_wire(self.at) or ""

    def as_json(self) -> dict[str, object]:
        """Without the addresses: the control API lists one entry for each."""
        return {
            "at": self.stamp,
            "subject": self.subject,
            "body": self.body,
            "delivery_id": self.delivery_id,
        }


def list_mails(database: Database, now: float) -> list[Mail]:
    """Newest first, of the latest deliveries that asked for them."""
    latest = (
        " WHERE d.seq IN (SELECT seq FROM deliveries WHERE emails <> '[]' ORDER BY seq DESC LIMIT :shown)"
        " ORDER BY d.seq"
    )
    by_delivery: dict[int, list[Row]] = {}
    for row in database.rows(CONTACT_STATES + latest, {"now": now, "shown": MAX_SHOWN}):
        by_delivery.setdefault(row["seq"], []).append(row)
    mails: list[Mail] = []
    for rows in by_delivery.values():
        first = rows[0]
        if first["is_reserved"]:
            mails.append(_write(first, first["accepted_at"], "配信予約のお知らせ", _reservation_lines(rows)))
        if first["canceled_at"] is None and now >= first["final_at"]:
            mails.append(_write(first, first["final_at"], "配信完了のお知らせ", _completion_lines(rows)))
    return sorted(mails, key=lambda mail: mail.at, reverse=True)


def _write(row: Row, at: float, title: str, lines: list[str]) -> Mail:
    body = "\n".join(
        [f"SMSの{title}です。", "", f"配信名:{row['name']}", f"配信ID:{row['delivery_id']}", *lines]
    )
    return Mail(at, tuple(json.loads(row["emails"])), f"【SMSLINK】{title}", body, row["delivery_id"])


def _reservation_lines(rows: list[Row]) -> list[str]:
    accepted = [row for row in rows if row["result_code"] == "RST200001"]
    return [f"配信予定日時:{_words(rows[0]['reserved_at'])}", f"宛先件数:{len(accepted)}件"]


def _completion_lines(rows: list[Row]) -> list[str]:
    statuses = [row["status"] for row in rows]
    return [
        f"配信日時:{_words(rows[0]['final_at'])}",
        f"配信成功:{statuses.count(200)}件",
        f"配信失敗:{statuses.count(900)}件",
        f"配信不可:{statuses.count(700)}件",
    ]


def _words(instant: float) -> str:
    stamp = to_wire(instant) or ""
    return f"{stamp[:10].replace('-', '/')} {stamp[11:16]}"
