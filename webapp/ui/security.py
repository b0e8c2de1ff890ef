"""The headers every answer carries, and a session cookie that is Secure wherever TLS is."""

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from webapp.ui.htmx import is_fragment_request

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SessionInterface(SecureCookieSessionInterface):
    """Flask's own, but the cookie is Secure when the request came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure behind TLS; plain on the office LAN without it, where it would never be sent."""
        return request.is_secure or super().get_cookie_secure(app)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Never with a static file: caches may keep those for everybody."""
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def register_security(app: Flask) -> None:
    """Install the headers and the session interface."""
    app.session_interface = SessionInterface()

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def offer_token() -> dict[str, str]:
    """A fresh token for a page that outlived its login, if the same person has logged in again.

    Other sites cannot ask as htmx does, and a page of somebody else must not go on in this one's name.
    """
    if is_fragment_request() and request.headers.get("X-Page-Of") == str(getattr(current_user, "id", "")):
        return {"X-CSRFToken": generate_csrf()}
    return {}
