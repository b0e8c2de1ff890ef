"""The session's cookie: Secure wherever TLS is, checked once, renewed now and then."""

from copy import deepcopy
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

from webapp import clock

RENEW_AFTER = timedelta(minutes=5)
"""How old a session's cookie grows before an answer renews it: signing costs as much as an estimate."""

_KNOWN_COOKIES = 2048


class Session(SecureCookieSession):
    """Flask's own, which knows when its cookie was signed."""

    signed_at: datetime | None = None


class SessionInterface(SecureCookieSessionInterface):
    """Flask's own, but its cookie is Secure when the request came over TLS, and renewed only now and then.

    The pause after which a session ends is counted from the last renewal: up to RENEW_AFTER shorter.
    A signature is checked once by each process: the same cookie comes with every keystroke.
    """

    session_class = Session

    def __init__(self, app: Flask) -> None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError("a session needs SECRET_KEY")

        @lru_cache(_KNOWN_COOKIES)
        def read(cookie: str) -> tuple[dict[str, Any], datetime]:
            data, signed_at = serializer.loads(cookie, return_timestamp=True)
            return data, signed_at

        self._read = read
        self._name = self.get_cookie_name(app)

    def open_session(self, app: Flask, request: Request) -> Session:
        """As Flask does it, keeping the time of the signature."""
        cookie = request.cookies.get(self._name)
        if not cookie:
            return self.session_class()
        try:
            data, signed_at = self._read(cookie)
        except BadSignature:
            return self.session_class()
        if not timedelta() <= clock.now() - signed_at <= app.permanent_session_lifetime:
            return self.session_class()
        # A copy of its own: what one request does to it is not what the cookie says.
        session = self.session_class(deepcopy(data))
        session.signed_at = signed_at
        return session

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure behind TLS; plain on the office LAN without it, where it would never be sent."""
        return request.is_secure or super().get_cookie_secure(app)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask does it, when there is something to save.

        Answers that know a session are stored nowhere (ui/security.py), so none has to say that it varies.
        """
        if not session or self.should_set_cookie(app, session):
            super().save_session(app, session, response)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Never with a static file: caches may keep those for everybody. Unchanged, only when it has aged."""
        if request.endpoint == "static":
            return False
        signed_at = getattr(session, "signed_at", None)
        is_young = signed_at is not None and clock.now() - signed_at < RENEW_AFTER
        return session.modified or (not is_young and super().should_set_cookie(app, session))
