"""The page of the customers' phones, and the links in their texts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from . import desk, results
from .database import Row
from .errors import MESSAGES
from .text import is_http_url
from .wire import service

phones = Blueprint("phones", __name__)


@phones.get("/")
def show_page() -> str:
    """The whole page."""
    found = service()
    return render_template(
        "simulator/page.html",
        desk=desk.build_desk(found),
        token=found.token,
        base_url=found.base_url(),
        options=found.contract.options(),
        offset_s=found.contract.offset(),
        kind_words=desk.KIND_WORDS,
        path_words=desk.PATH_WORDS,
        error_codes=list(MESSAGES),
        max_reception=results.MAX_RECEPTION,
    )


@phones.get("/desk")
def show_desk() -> str:
    """The part of the page that moves."""
    return render_template(
        "simulator/_desk.html",
        desk=desk.build_desk(service()),
        kind_words=desk.KIND_WORDS,
        path_words=desk.PATH_WORDS,
        max_reception=results.MAX_RECEPTION,
    )


@phones.get("/favicon.ico")
def show_no_icon() -> tuple[str, int]:
    """Browsers ask for one unbidden."""
    return "", 204


@phones.get("/s/<code>")
def follow_link(code: str) -> Response:
    """Counts a click and leads to the URL that was typed. A HEAD looks without counting."""
    with service().database.write() as connection:
        row = connection.execute(
            "SELECT url FROM links WHERE code = ? AND kind <> 'opt_out'", (code,)
        ).fetchone()
        if row is None or not is_http_url(row["url"]):
            abort(404)
        if request.method == "GET":
            connection.execute("UPDATE links SET clicks = clicks + 1 WHERE code = ?", (code,))
    return redirect(row["url"], 302)


@phones.get("/o/<code>")
def show_opt_out(code: str) -> str:
    """Asks, or says that it is done."""
    row = _load_opt_out(code)
    return render_template(
        "simulator/opt_out.html",
        code=code,
        number=desk.show_number(row["number"]),
        is_done=row["at"] is not None,
    )


@phones.post("/o/<code>")
def opt_out(code: str) -> Response:
    """Stops every later SMS to the number."""
    results.opt_out(service().database, _load_opt_out(code)["number"], service().contract.now())
    return redirect(f"/o/{code}", 303)


def _load_opt_out(code: str) -> Row:
    rows = service().database.rows(
        "SELECT c.number, o.at FROM links l JOIN contacts c USING (contact_id)"
        " LEFT JOIN opt_outs o USING (number) WHERE l.code = ? AND l.kind = 'opt_out'",
        (code,),
    )
    if not rows:
        abort(404)
    return rows[0]
