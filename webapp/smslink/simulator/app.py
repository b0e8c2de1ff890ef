"""The application: routes, the order of checks, headers, and what the environment sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from .contract import Contract
from .control import control
from .database import Database
from .errors import ApiError
from .panel import panel
from .phones import phones
from .timing import to_words
from .trouble import Troubles, strike_after, strike_before
from .wire import EXTENSION, Service, api, check_headers, service, write_log

PROJECT = Path(__file__).resolve().parents[3]
# Written down so that scripts and the sample settings can name it; it opens nothing but this simulator.
DEFAULT_TOKEN = "51a71000-0000-4000-8000-000000000001"  # noqa: S105
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ERROR_WORDS = {
    403: "別のサイトからの操作は受け付けられません。",
    404: "このアドレスのページはありません。",
    405: "この操作はできません。",
    500: "シミュレータの内部で問題が起きました。記録を確かめてください。",
}
HTTP_CODES = {404: "ERR404004", 405: "ERR405001"}


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The WSGI application; `environment` stands in for the process's in tests."""
    given = os.environ if environment is None else environment
    database = Database(given.get("SIMULATOR_DATA") or None)
    app = Flask(__name__, template_folder=str(PROJECT / "templates"), static_folder=str(PROJECT / "static"))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = Service(
        database=database,
        contract=Contract(database),
        troubles=Troubles(database),
        token=given.get("SIMULATOR_TOKEN") or DEFAULT_TOKEN,
        public_url=given.get("SIMULATOR_PUBLIC_URL") or None,
        preset=(given.get("SIMULATOR_OPTIONS") or "{}", given.get("SIMULATOR_TROUBLES") or "[]"),
    )
    app.extensions[EXTENSION].apply_preset(only_when_new=True)
    for blueprint in (api, control, panel, phones):
        app.register_blueprint(blueprint)
    app.add_template_filter(to_words, "moment")
    app.before_request(_check)
    app.after_request(_finish)
    app.register_error_handler(ApiError, _answer_api_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    return app


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _check() -> Response | None:
    """For the API: media type, token, limit, trouble; a wrong address or method is answered before those."""
    if request.routing_exception is not None:
        return None
    if _is_api():
        check_headers()
        service().admit()
        return strike_before(service().troubles.take(request.path))
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not _is_same_site():
        abort(403, "A form of another site may not post here.")
    return None


def _is_same_site() -> bool:
    """A browser says where a POST comes from; whoever says nothing is a script and no browser."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or urlsplit(origin).netloc == request.host


def _finish(response: Response) -> Response:
    if _is_api():
        if response.mimetype == "application/json":
            response.headers["Content-Type"] = "application/json; charset=utf-8"
        response = strike_after(response)
        write_log(response)
        return response
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _answer_api_error(error: ApiError) -> tuple[Response, int]:
    return jsonify(error.as_json()), error.status


def _answer_http_error(error: HTTPException) -> tuple[Response | str, int]:
    if _is_api():
        return _answer_api_error(ApiError(HTTP_CODES.get(error.code or 500, "ERR500001")))
    if request.path.startswith("/simulator/"):
        return jsonify({"error": error.description}), error.code or 500
    words = ERROR_WORDS.get(error.code or 500, error.description)
    return render_template("simulator/error.html", words=words), error.code or 500
