"""The control API under /simulator/: JSON for tests and scripts (described in the package's docstring)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Blueprint, abort, request
from werkzeug.exceptions import BadRequest

from . import mails, phone, results
from .contract import Contract
from .database import Row
from .timing import to_wire
from .trouble import Troubles, parse_trouble
from .wire import Service, service

control = Blueprint("control", __name__, url_prefix="/simulator")


@control.get("/state")
def show_state() -> dict[str, object]:
    """Clock, options and armed troubles."""
    return _state(service().contract, service().troubles)


@control.get("/ledger")
def show_ledger() -> dict[str, object]:
    """Every registration accepted, oldest first."""
    found = service()
    now = found.contract.now()
    rows = found.database.rows(results.CONTACT_STATES + " ORDER BY c.contact_id", {"now": now})
    deliveries: dict[str, dict[str, object]] = {}
    contacts: dict[str, list[dict[str, object]]] = {}
    links = _links_by_contact(found)
    for row in rows:
        delivery_id = str(row["delivery_id"])
        deliveries.setdefault(delivery_id, _present_delivery(row))
        of_contact = links.get(row["contact_id"], {})
        contacts.setdefault(delivery_id, []).append(
            {
                **results.present_result(row),
                "result_code": row["result_code"],
                "number": row["number"],
                "acquired_on": row["acquired_on"],
                "text": "".join(of_contact.get(kind, value) for kind, value in json.loads(row["pieces"])),
                "characters": row["characters"],
                "links": of_contact,
            }
        )
    listed = [{**one, "contacts": contacts[delivery_id]} for delivery_id, one in deliveries.items()]
    return {"total": len(listed), "deliveries": listed}


@control.get("/requests")
def show_requests() -> dict[str, object]:
    """The API requests since the process started, oldest first; a dropped one shows 204."""
    return {"requests": list(service().log)}


@control.get("/mails")
def show_mails() -> dict[str, object]:
    """Every notification e-mail written by now, newest first, one for each address."""
    written = mails.list_mails(service().database, service().contract.now())
    return {"mails": [{**mail.as_json(), "to": address} for mail in written for address in mail.addresses]}


@control.post("/reset")
def reset() -> dict[str, object]:
    """An empty simulator with the options and troubles of its environment."""
    found = service()
    found.database.reset()
    found.log.clear()
    found.minute = (0, 0)
    found.apply_preset()
    return _state(found.contract, found.troubles)


@control.post("/clock")
def set_clock() -> dict[str, object]:
    """`advance_s` moves the clock on, `offset_s` sets its distance from the real one."""
    values = _read_json()
    contract = service().contract
    seconds = values.get("advance_s", values.get("offset_s"))
    if len(values) != 1 or not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        abort(400, "advance_s or offset_s: seconds")
    contract.set_offset(contract.offset() + seconds if "advance_s" in values else seconds)
    return _state(contract, service().troubles)


@control.post("/options")
def set_options() -> dict[str, object]:
    """Any of the options by name."""
    try:
        service().contract.set_options(_read_json())
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return _state(service().contract, service().troubles)


@control.post("/troubles")
def add_trouble() -> dict[str, object]:
    """Arms one."""
    try:
        trouble = parse_trouble(_read_json())
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return service().troubles.add(trouble).as_json()


@control.delete("/troubles")
def clear_troubles() -> dict[str, object]:
    """Disarms all."""
    service().troubles.clear()
    return _state(service().contract, service().troubles)


@control.post("/receptions")
def add_reception() -> dict[str, object]:
    """An inbound message from `phone_number`, at most 70 characters."""
    values = _read_json()
    message = values.get("message")
    number = _read_number(values)
    if not isinstance(message, str) or not 0 < len(message) <= results.MAX_RECEPTION:
        abort(400, f"message: 1 to {results.MAX_RECEPTION} characters")
    now = service().contract.now()
    noticed = values.get("noticed") is True
    return {"reception_id": results.add_reception(service().database, number, message, now, noticed=noticed)}


@control.post("/opt_outs")
def add_opt_out() -> dict[str, object]:
    """Opts `phone_number` out as its link would."""
    number = _read_number(_read_json())
    results.opt_out(service().database, number, service().contract.now())
    return {"phone_number": number}


def _read_json() -> Mapping[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400, "a JSON object, sent as application/json")
    return body


def _read_number(values: Mapping[str, object]) -> str:
    number = phone.normalise(str(values.get("phone_number") or ""))
    if phone.judge_number(number) is not None:
        abort(400, "phone_number: a deliverable number")
    return number


def _state(contract: Contract, troubles: Troubles) -> dict[str, object]:
    return {
        "now": to_wire(contract.now()),
        "offset_s": contract.offset(),
        "options": contract.options().as_json(),
        "troubles": [trouble.as_json() for trouble in troubles.armed()],
    }


def _present_delivery(row: Row) -> dict[str, object]:
    return {
        "seq": row["seq"],
        "delivery_id": row["delivery_id"],
        "kind": row["kind"],
        "delivery_name": row["name"],
        "text_message": row["text"],
        "accepted_at": to_wire(row["accepted_at"]),
        "reserved_at": to_wire(row["reserved_at"]),
        "is_reserved": bool(row["is_reserved"]),
        "canceled_at": to_wire(row["canceled_at"]),
        "notification_emails": json.loads(row["emails"]),
        "bill_split_code": row["bill_split_code"],
    }


def _links_by_contact(found: Service) -> dict[int, dict[str, str]]:
    links: dict[int, dict[str, str]] = {}
    base = found.base_url()
    for row in found.database.rows("SELECT contact_id, kind, code FROM links"):
        path = "o" if row["kind"] == "opt_out" else "s"
        links.setdefault(row["contact_id"], {})[row["kind"]] = f"{base}{path}/{row['code']}"
    return links
