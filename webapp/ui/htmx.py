"""The one module that reads and writes the HX-* headers."""

from flask import Response, current_app, make_response
from htmx_flask import request
from markupsafe import Markup


def is_fragment_request() -> bool:
    """Whether htmx asks for a part of the page; a boosted or restored page is a whole one."""
    asked = request.htmx
    return bool(asked) and not asked.boosted and not asked.history_restore_request


def render_macro(template: str, name: str, *arguments: object, **named: object) -> Markup:
    """A fragment that is one macro, without the context that is made for every page."""
    macros = current_app.jinja_env.get_template(template).module
    fragment: Markup = getattr(macros, name)(*arguments, **named)
    return fragment


def varies(body: str, status: int = 200) -> Response:
    """An answer that differs between htmx and a page load, so caches must keep both apart."""
    response = make_response(body, status)
    response.headers["Vary"] = "HX-Request"
    return response
