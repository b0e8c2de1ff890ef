"""The API itself: five routes, and the checks every request to them passes first."""

from __future__ import annotations

import hmac
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, current_app, request

from . import registration, results
from .contract import Contract
from .database import Database
from .errors import ApiError, malformed, missing, refuse, unknown_parameters
from .timing import to_wire
from .trouble import Troubles, parse_trouble
from .validation import read_registration

EXTENSION = "smslink_simulator"
api = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass
class Service:
    """What the views work with; one for an application."""

    database: Database
    contract: Contract
    troubles: Troubles
    token: str
    public_url: str | None
    preset: tuple[str, str] = ("{}", "[]")
    log: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=10_000))
    lock: threading.Lock = field(default_factory=threading.Lock)
    minute: tuple[int, int] = (0, 0)

    def apply_preset(self, *, only_when_new: bool = False) -> None:
        """Sets the environment's options and troubles: once for a file, and again when they change."""
        mark = json.dumps(self.preset)
        if only_when_new and self.contract.get("preset") == mark:
            return
        options, troubles = self.preset
        self.contract.set_options(json.loads(options))
        for values in json.loads(troubles):
            self.troubles.add(parse_trouble(values))
        self.contract.put("preset", mark)

    def admit(self) -> None:
        """Counts a request of this minute; ERR429001 over the contract's limit."""
        now = int(self.contract.now()) // 60
        with self.lock:
            minute, count = self.minute
            self.minute = (now, count + 1 if minute == now else 1)
            if self.minute[1] > self.contract.options().requests_per_minute:
                raise ApiError("ERR429001")

    def base_url(self) -> str:
        """How a browser reaches the simulator, with the slash at the end."""
        return (self.public_url or request.host_url).rstrip("/") + "/"


def service() -> Service:
    """The current application's."""
    found: Service = current_app.extensions[EXTENSION]
    return found


def check_headers() -> None:
    """ERR415001, then ERR401002. A GET may leave Content-Type out; */* is an Accept like any other."""
    media_type = request.mimetype
    is_json = media_type == "application/json" or (request.method != "POST" and not media_type)
    accepts = request.accept_mimetypes
    if not is_json or (accepts and accepts.best_match(["application/json"]) is None):
        raise ApiError("ERR415001")
    if not hmac.compare_digest(request.headers.get("token", "").encode(), service().token.encode()):
        raise ApiError("ERR401002")


def write_log(response: Response) -> None:
    """One line a request for the control API: no texts, no token."""
    service().log.append(
        {
            "at": to_wire(service().contract.now()),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
        }
    )


@api.post("/delivery", provide_automatic_options=False)
def register_delivery() -> dict[str, object]:
    """01."""
    return _register(safe=False)


@api.post("/safe_delivery", provide_automatic_options=False)
def register_safe_delivery() -> dict[str, object]:
    """02."""
    if not service().contract.options().safe_delivery:
        raise ApiError("ERR403003")
    return _register(safe=True)


@api.post("/delivery/cancel", provide_automatic_options=False)
def cancel_delivery() -> dict[str, object]:
    """03."""
    body = _read_body()
    strangers = [name for name in body if name != "delivery_id"]
    if strangers:
        raise unknown_parameters(strangers)
    delivery_id = body.get("delivery_id")
    if delivery_id is None or delivery_id == "":
        raise refuse([missing("配信ID", "delivery_id")])
    if not isinstance(delivery_id, str):
        raise refuse([malformed("配信ID", "delivery_id")])
    return registration.cancel(service().database, delivery_id, service().contract.now())


@api.get("/delivery_results", provide_automatic_options=False)
def list_results() -> dict[str, object]:
    """04."""
    contract = service().contract
    return results.find_results(service().database, _read_query(), contract.options(), contract.now())


@api.get("/receptions", provide_automatic_options=False)
def list_receptions() -> dict[str, object]:
    """09."""
    contract = service().contract
    return results.find_receptions(service().database, _read_query(), contract.options(), contract.now())


def _register(*, safe: bool) -> dict[str, object]:
    contract = service().contract
    options, now = contract.options(), contract.now()
    wanted = read_registration(_read_body(), options, now, safe=safe)
    return registration.register(service().database, wanted, options, now, safe=safe)


def _read_query() -> Mapping[str, list[str]]:
    return request.args.to_dict(flat=False)


def _read_body() -> Mapping[str, object]:
    """The JSON object sent; a query string beside it is unknown. An unreadable one: ERR400001."""
    if request.args:
        raise unknown_parameters(list(request.args))
    try:
        text = request.get_data().decode("utf-8")
        body = json.loads(text)
        if "\\u" in text:
            json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise refuse([]) from None
    if not isinstance(body, dict):
        raise refuse([])
    return body
