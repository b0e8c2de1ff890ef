"""The page's own forms: replies from a phone, trouble, options and the clock. Each leads back to the page."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from . import phone, results
from .trouble import parse_trouble
from .wire import service

SWITCHES = ("two_way", "safe_delivery", "alphanumeric_sender")
NUMBERS = ("delay_s", "requests_per_minute", "shortened_url_length")
panel = Blueprint("panel", __name__, url_prefix="/panel")


@panel.post("/phones/<number>/replies")
def reply(number: str) -> Response:
    """The customer's answer, as it arrives on a two-way contract."""
    message = request.form.get("message", "").strip().replace("\r\n", "\n")
    if phone.judge_number(number) is not None:
        abort(404)
    if not service().contract.options().two_way:
        abort(409, "双方向SMSの契約がないため、返信できません。契約オプションで切り替えてください。")
    if not 0 < len(message) <= results.MAX_RECEPTION:
        abort(422, f"返信は1文字以上{results.MAX_RECEPTION}文字以内で入力してください。")
    results.add_reception(service().database, number, message, service().contract.now())
    return _back()


@panel.post("/troubles")
def add_trouble() -> Response:
    """Arms trouble; an empty count is until cleared, an empty path everywhere."""
    form = request.form
    try:
        values: dict[str, object] = {
            "kind": form.get("kind", ""),
            "count": int(form["count"]) if form.get("count") else None,
            "paths": [form["path"]] if form.get("path") else [],
            "seconds": float(form.get("seconds") or 0),
            "code": form.get("code", ""),
        }
        service().troubles.add(parse_trouble(values))
    except ValueError:
        abort(422, "障害の種類・回数・秒数・コードを確かめてください。")
    return _back()


@panel.post("/troubles/clear")
def clear_troubles() -> Response:
    """Disarms all."""
    service().troubles.clear()
    return _back()


@panel.post("/options")
def set_options() -> Response:
    """All the options the page shows."""
    try:
        values: dict[str, object] = {name: name in request.form for name in SWITCHES}
        for name in NUMBERS:
            text = request.form.get(name, "")
            values[name] = float(text) if name == "delay_s" else int(text)
        service().contract.set_options(values)
    except (ValueError, OverflowError):
        abort(422, "秒数・回数・文字数は0以上の数字で入力してください。")
    return _back()


@panel.post("/clock")
def move_clock() -> Response:
    """`advance_s` moves the clock on; 0 sets it right."""
    seconds = request.form.get("advance_s", "", type=str)
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= len("31622400")):
        abort(422, "進める時間を選んでください。")
    contract = service().contract
    contract.set_offset(contract.offset() + int(seconds) if int(seconds) else 0.0)
    return _back()


@panel.post("/reset")
def reset() -> Response:
    """Forgets everything."""
    service().database.reset()
    service().apply_preset()
    return _back()


def _back() -> Response:
    return redirect("/", 303)
