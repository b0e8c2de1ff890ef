"""The one module that reads and writes the HX-* headers."""

from flask import Response, current_app, make_response
from htmx_flask import request
from markupsafe import Markup


def is_fragment_request() -> bool:
    """Whether htmx asks for a part of the page; a boosted or restored page is a whole one."""
    asked = request.htmx
    return bool(asked) and not asked.boosted and not asked.history_restore_request


def asks_by_script() -> bool:
    """Whether the answer goes to htmx, whatever it asks for: a browser shows it as no page of its own."""
    return "HX-Request" in request.headers


def render_fragment(template: str, **context: object) -> str:
    """A fragment that shows nothing of the context that is made for every page."""
    return current_app.jinja_env.get_template(template).render(context)


def render_macro(template: str, name: str, *arguments: object) -> Markup:
    """A piece of a page that depends on its arguments alone."""
    macros = current_app.jinja_env.get_template(template).module
    piece: Markup = getattr(macros, name)(*arguments)
    return piece


def varies(body: str, status: int = 200) -> Response:
    """An answer that differs between htmx and a page load, so caches must keep both apart."""
    response = make_response(body, status)
    response.headers["Vary"] = "HX-Request"
    return response
