"""Error pages that say what to do next, and refusals that become errors at their field."""

from collections.abc import Iterable

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from webapp.domain.refusals import Refusal
from webapp.ui.htmx import is_fragment_request
from webapp.ui.security import offer_token
from webapp.ui.words import sentence

log = structlog.get_logger(__name__)

_PAGES = frozenset({400, 401, 403, 404, 413, 429, 500, 503})
# The database may be what is away.
_BARE = frozenset({500, 503})


def put_refusals(form: FlaskForm, refusals: Iterable[Refusal]) -> None:
    """Each refusal as an error of its field; of the form where the field is not on the page."""
    for refusal in refusals:
        field = form[refusal.field] if refusal.field in form and not _is_hidden(form, refusal.field) else None
        if field is not None:
            field.errors = [*field.errors, sentence(refusal)]
        else:
            form.form_errors.append(sentence(refusal))


def register_errors(app: Flask) -> None:
    """Every error as a page in Japanese; what went wrong inside goes to the log alone."""
    app.register_error_handler(HTTPException, show_error)


def show_error(error: HTTPException) -> Response:
    """The page of an error."""
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if isinstance(error, InternalServerError):
        log.error("request_failed", path=request.path, exc_info=error.original_exception)
    response = make_response(_page(status if status in _PAGES else 400), status)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    if isinstance(error, CSRFError):
        response.headers.extend(offer_token())
    return response


def is_own_form() -> bool:
    """Whether a page of ours posted it: one of another site must not become a page with a fresh token."""
    return request.headers.get("Sec-Fetch-Site") in {None, "same-origin"} and request.headers.get(
        "Origin"
    ) in {None, request.host_url.rstrip("/")}


def _page(status: int) -> str:
    template = f"errors/{status}.html"
    if status in _BARE:
        # Without the frame, which asks the database.
        return current_app.jinja_env.get_template(template).render()
    return render_template(template, kept=_kept_fields() if status in {400, 401} else [])


def _kept_fields() -> list[tuple[str, str]]:
    """What was typed into a form that could not be taken, so that nothing has to be typed again."""
    if request.method != "POST" or is_fragment_request() or not is_own_form():
        return []
    try:
        typed = list(request.form.items(multi=True))
    except RequestEntityTooLarge:
        return []
    return [
        (name, value)
        for name, value in typed
        if name != "csrf_token" and not any(word in name for word in ("password", "token"))
    ]


def _is_hidden(form: FlaskForm, name: str) -> bool:
    return getattr(form[name].widget, "input_type", "") == "hidden"
