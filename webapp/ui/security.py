"""The headers every answer carries, and a fresh token for a page that outlived its login."""

from flask import Flask, Response, request
from flask_wtf.csrf import generate_csrf

from webapp.ui.htmx import asks_by_script, is_fragment_request
from webapp.ui.login import current_user
from webapp.ui.sessions import SessionInterface

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Of every answer.
_HEADERS = {"X-Content-Type-Options": "nosniff"}
# Of what a browser may show as a page; a fragment lives under the headers of the page that asked for it.
_PAGE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register_security(app: Flask) -> None:
    """Install the headers and the session interface."""
    app.session_interface = SessionInterface(app)

    @app.after_request
    def add_headers(response: Response) -> Response:
        # No other site can make a browser ask as htmx does, nor open the answer as a page.
        response.headers.extend(_HEADERS if asks_by_script() else _PAGE_HEADERS)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static":  # ui/assets.py says how long those are kept
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def offer_token() -> dict[str, str]:
    """A fresh token for a page that outlived its login, if the same person has logged in again.

    Other sites cannot ask as htmx does, and a page of somebody else must not go on in this one's name.
    """
    if is_fragment_request() and request.headers.get("X-Page-Of") == str(current_user.id or ""):
        return {"X-CSRFToken": generate_csrf()}
    return {}
