"""SMSLINK inside the test's own process: the real client's calls meet a ledger, and trouble in the middle.

A call may last, fail in every way of the wire, take effect late, or kill the process that makes it; other
processes work on while it lasts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.services.outbox import Killed
from webapp.smslink.answer_fields import write_time
from webapp.smslink.client import Query, SmslinkClient
from webapp.smslink.errors import NotSent, OutcomeUnknown, Reason
from webapp.smslink.sorting import Exchange

CANCEL_LEAD = timedelta(minutes=10)
ON_ITS_WAY = timedelta(seconds=4)
LATE = timedelta(seconds=30)
"""How long after our time-out a request may still take effect."""

ANSWERED = ("ok",)
REFUSED = ("401", "403", "404", "limit", "400")
NOT_SENT = ("unreachable", "429", "503")
LOST = ("dropped", "timed_out", "500", "unreadable", "killed")
"""Each of these either before or after the request took effect."""
KINDS = (
    *ANSWERED,
    *REFUSED,
    *NOT_SENT,
    *[f"{kind}_{when}" for kind in LOST for when in ("before", "after")],
    "timed_out_late",
    "killed_late",
)
_CODES = {
    "401": (401, "ERR401002"),
    "403": (403, "ERR403001"),
    "404": (404, "ERR404004"),
    "400": (400, "ERR400001"),
    "limit": (400, "ERR400005"),
    "429": (429, "ERR429001"),
    "503": (503, "ERR000000"),
    "500": (500, "ERR500001"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the next call meets."""

    kind: str = "ok"
    lasts_s: float = 0.0
    meanwhile: tuple[str, ...] = ()


@dataclass
class Registered:
    """One line of the ledger."""

    delivery_id: str
    contact_id: int
    name: str
    number: str
    accepted_at: datetime
    reserved_at: datetime | None
    fate: int
    canceled_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.name.rpartition(" ")[2].rpartition("-")[0]

    def status(self, now: datetime) -> int:
        if self.canceled_at is not None:
            return 300
        due = self.reserved_at or self.accepted_at
        if now < due:
            return 50
        return 100 if now < due + ON_ITS_WAY else self.fate


@dataclass
class ModelProvider:
    """The far end, its ledger and the clock everybody goes by."""

    now: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    ledger: list[Registered] = field(default_factory=list)
    late: list[tuple[datetime, dict[str, object]]] = field(default_factory=list)
    next_calls: list[Trouble] = field(default_factory=list)
    fate: int = 200
    says_after_the_end: int | None = None
    elsewhere: Callable[[str], None] = lambda _event: None
    """Runs an event in another process, while a call lasts."""

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for due, body in [one for one in self.late if one[0] <= self.now]:
            self.late.remove((due, body))
            self._register(body, due)

    def answer(self, method: str, path: str, query: Query | None, body: dict[str, object] | None) -> Exchange:
        trouble = self.next_calls.pop(0) if self.next_calls else Trouble()
        kind, _, when = (
            trouble.kind.partition("_")
            if not trouble.kind.startswith("timed")
            else (
                "timed_out",
                "",
                trouble.kind.removeprefix("timed_out_"),
            )
        )
        self._last(trouble, part=0)
        if kind == "unreachable":
            raise NotSent(Reason.NOT_REACHABLE)
        if kind in _CODES and when != "after":
            return _refuse(*_CODES[kind])
        if when == "late" and path == "api/v1/delivery" and body is not None:
            self.late.append((self.now + LATE, body))
        taken = self._act(path, query, body) if when not in {"before", "late"} else None
        self._last(trouble, part=1)
        if kind == "killed":
            raise Killed
        if kind == "500":
            return _refuse(*_CODES[kind])
        if kind == "dropped":
            raise OutcomeUnknown(Reason.CONNECTION_LOST)
        if kind == "timed_out":
            raise OutcomeUnknown(Reason.READ_TIMEOUT)
        if kind == "unreadable" or taken is None:
            return Exchange(200, b'{"deliv')
        return taken

    def _last(self, trouble: Trouble, part: int) -> None:
        self.advance(trouble.lasts_s / 2)
        for event in trouble.meanwhile[part::2]:
            self.elsewhere(event)

    def _act(self, path: str, query: Query | None, body: dict[str, object] | None) -> Exchange:
        if path == "api/v1/delivery":
            return self._register(body or {}, self.now)
        if path == "api/v1/delivery/cancel":
            return self._cancel(str((body or {})["delivery_id"]))
        assert path == "api/v1/delivery_results", path
        return self._results(query or [])

    def _register(self, body: dict[str, object], at: datetime) -> Exchange:
        said = body.get("reserved_at")
        reserved_at = datetime.fromisoformat(str(said)) if said else None
        if reserved_at is not None and reserved_at <= at:
            return _refuse(400, "ERR400001", "_008")
        (contact,) = body["contacts"]  # type: ignore[misc]
        number = len(self.ledger) + 1
        one = Registered(
            f"D{number}",
            number,
            str(body["delivery_name"]),
            contact["phone_number"],
            at,
            reserved_at,
            self.fate,
        )
        self.ledger.append(one)
        return _say(
            {
                "delivery_id": one.delivery_id,
                "accepted_at": write_time(at),
                "reserved_at": write_time(reserved_at or at),
                "contacts": [
                    {
                        "contact_id": one.contact_id,
                        "phone_number": one.number,
                        "result_code": "RST200001",
                        "result_message": "配信対象に登録しました。",
                    }
                ],
                "click_count_urls": [],
            }
        )

    def _cancel(self, delivery_id: str) -> Exchange:
        one = next((one for one in self.ledger if one.delivery_id == delivery_id), None)
        if one is None:
            return _refuse(404, "ERR404002")
        if not self.can_cancel(one):
            return _refuse(406, "ERR406003")
        one.canceled_at = self.now
        return _say({"delivery_id": delivery_id, "canceled_at": write_time(self.now)})

    def can_cancel(self, one: Registered) -> bool:
        is_waiting = one.reserved_at is not None and one.canceled_at is None
        return is_waiting and one.reserved_at is not None and self.now <= one.reserved_at - CANCEL_LEAD

    def _results(self, query: Query) -> Exchange:
        ids = {value for name, value in query if name.startswith("delivery_id")}
        numbers = {value for name, value in query if name.startswith("phone_number")}
        asked = [one for one in self.ledger if one.delivery_id in ids or one.number in numbers]
        return _say({"total": len(asked), "contacts": [self._result(one) for one in asked]})

    def _result(self, one: Registered) -> dict[str, object]:
        status = one.status(self.now)
        if status >= 200 and self.says_after_the_end is not None and one.delivery_id in self.told_end:
            status = self.says_after_the_end
        return {
            "delivery_id": one.delivery_id,
            "contact_id": one.contact_id,
            "delivery_name": one.name,
            "phone_number": one.number,
            "carrier": 10,
            "reserved_at": write_time(one.reserved_at or one.accepted_at),
            "canceled_at": write_time(one.canceled_at) if one.canceled_at else None,
            "delivered_at": None,
            "status": status,
            "message": "",
            "detail": None,
            "detail_message": None,
            "transmission_count": 1 if status == 200 else None,
        }

    told_end: set[str] = field(default_factory=set)
    """Deliveries whose end is on record with us: from then on the far end may say anything of them."""


class ModelClient(SmslinkClient):
    """The real client but for the wire itself."""

    provider: ModelProvider

    def _exchange(
        self, method: str, path: str, *, query: Query | None = None, body: dict[str, object] | None = None
    ) -> Exchange:
        if self._before_request is not None:
            self._before_request()
        return self.provider.answer(method, path, query, body)


def _say(body: dict[str, object]) -> Exchange:
    return Exchange(200, json.dumps(body).encode())


def _refuse(status: int, code: str, detail: str | None = None) -> Exchange:
    details = [{"code": f"{code}{detail}", "message": "", "parameter": None}] if detail else []
    return Exchange(status, json.dumps({"code": code, "message": "", "details": details}).encode())
