"""The headers every answer carries, and a session cookie that is Secure wherever TLS is."""

from datetime import datetime, timedelta

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature

from webapp import clock
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


RENEW_AFTER = timedelta(minutes=5)
"""How old a session's cookie grows before an answer renews it: signing costs as much as an estimate."""


class Session(SecureCookieSession):
    """Flask's own, which knows when its cookie was signed."""

    signed_at: datetime | None = None


class SessionInterface(SecureCookieSessionInterface):
    """Flask's own, but its cookie is Secure when the request came over TLS, and renewed only now and then.

    The pause after which a session ends is counted from the last renewal: up to RENEW_AFTER shorter.
    """

    session_class = Session

    def open_session(self, app: Flask, request: Request) -> Session | None:
        """As Flask does it, keeping the time of the signature."""
        serializer = self.get_signing_serializer(app)
        value = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not value:
            return self.session_class()
        longest = int(app.permanent_session_lifetime.total_seconds())
        try:
            data, signed_at = serializer.loads(value, max_age=longest, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        session = self.session_class(data)
        session.signed_at = signed_at
        return session

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure behind TLS; plain on the office LAN without it, where it would never be sent."""
        return request.is_secure or super().get_cookie_secure(app)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Never with a static file: caches may keep those for everybody. Unchanged, only when it has aged."""
        if request.endpoint == "static":
            return False
        signed_at = getattr(session, "signed_at", None)
        is_young = signed_at is not None and clock.now() - signed_at < RENEW_AFTER
        return session.modified or (not is_young and super().should_set_cookie(app, session))


def register_security(app: Flask) -> None:
    """Install the headers and the session interface."""
    app.session_interface = SessionInterface()

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(_HEADERS)
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
