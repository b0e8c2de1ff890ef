"""Who asks: the person whose session the cookie names, looked up once a request."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, g, session
from werkzeug.local import LocalProxy

from webapp.models.staff import Person

# The cookie holds the session's token, not the person's id, so that signing out or disabling an account
# ends a copied cookie as well.
_TOKEN = "session_token"  # noqa: S105 - a name
_LOADER = "person_loader"


class Nobody:
    """Who has not logged in."""

    id = None
    is_authenticated = False


def find_person() -> Person | Nobody:
    """The person of this request."""
    person: Person | Nobody | None = g.get("person")
    if person is None:
        token = session.get(_TOKEN)
        person = g.person = (current_app.extensions[_LOADER](token) if token else None) or Nobody()
    return person


current_user = cast("Person", LocalProxy(find_person))
"""The same by name; past `require_login` (features/frame.py) never Nobody."""


def log_in(person: Person) -> None:
    """Go on as this person; nothing set before the login survives it."""
    session.clear()
    session[_TOKEN] = person.session_token
    session.permanent = True
    g.person = person


def log_out() -> None:
    """Forget the person; their session is ended by services/staff.py."""
    session.clear()
    g.person = Nobody()


def register_login(app: Flask, load: Callable[[str], Person | None]) -> None:
    """`load` gives the person of a session's token, or None."""
    app.extensions[_LOADER] = load
    app.jinja_env.globals["current_user"] = current_user
