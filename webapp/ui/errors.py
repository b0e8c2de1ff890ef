"""Error pages that say what to do next, and refusals that become errors at their field."""

from collections.abc import Iterable

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException, InternalServerError

from webapp.domain.refusals import Refusal
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

    @app.errorhandler(HTTPException)
    def show_error(error: HTTPException) -> Response:
        if error.response is not None:
            return make_response(error.response)
        status = error.code or 500
        if isinstance(error, InternalServerError):
            log.error("request_failed", path=request.path, exc_info=error.original_exception)
        response = make_response(_page(app, status if status in _PAGES else 400), status)
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after"}:
                response.headers[name] = value
        return response


def _page(app: Flask, status: int) -> str:
    template = f"errors/{status}.html"
    if status in _BARE:
        return app.jinja_env.get_template(template).render()  # without the frame, which asks the database
    return render_template(template)


def _is_hidden(form: FlaskForm, name: str) -> bool:
    return getattr(form[name].widget, "input_type", "") == "hidden"
