"""The WSGI application of the HTTP benchmarks: the real one, and the floors beside it; never in the product.

`bench.app:app` under the same gunicorn serves all three, told apart by a header, so that address, form and
connection are the same for each.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, render_template

from webapp import create_app
from webapp.config import Configuration
from webapp.extensions import csrf
from webapp.features import frame
from webapp.ui.login import current_user

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ESTIMATE_PATH = "/messages/estimate"
LOGIN_PATH = "/bench/fragment"
OPEN_PATH = "/bench/bare"
BARE_HEADER = "X-Bench-Bare"
FRAGMENT_VARIABLE = "BENCH_FRAGMENT"

# As in the floors that the goals were set by: eight rows of three values in a KB.
_BYTES_A_ROW = 128
_WORDS = ("文字数", "通数", "残り")


def make_bare(fragment: str) -> Flask:
    """The smallest Flask application: one route that answers these bytes."""
    app = Flask("bare")

    @app.post(ESTIMATE_PATH)
    def answer() -> str:
        return fragment

    return app


def add_login_floor(app: Flask, fragment: str) -> None:
    """A route in the real application that knows who asks and renders a fragment of the same size."""
    blueprint = Blueprint("bench", __name__, template_folder=str(Path(__file__).parent / "templates"))
    size = len(fragment.encode())
    rows = [
        dict(zip(("name", "label", "count"), (f"row-{n}", _WORDS[n % 3], n), strict=True))
        for n in range(size // _BYTES_A_ROW)
    ]

    def render(filler: str) -> str:
        return render_template("bench/fragment.html", person=current_user, rows=rows, filler=filler)

    @blueprint.post(LOGIN_PATH)
    def answer() -> str:
        return render(fill())

    fillers: dict[str, str] = {}

    def fill() -> str:
        name = current_user.name
        if name not in fillers:
            fillers[name] = "." * (size - len(render("").encode()))
        return fillers[name]

    app.register_blueprint(blueprint)


def add_open_floor(app: Flask, fragment: str) -> None:
    """A bare route of the real application: nobody asked for, nothing looked up, nothing rendered."""
    blueprint = Blueprint("bench_open", __name__)

    @blueprint.post(OPEN_PATH)
    def answer() -> str:
        return fragment

    csrf.exempt(blueprint)
    frame.OPEN_ENDPOINTS |= {"bench_open.answer"}
    app.register_blueprint(blueprint)


def make_app(fragment: str, configuration: Configuration | None = None) -> tuple[Flask, Flask]:
    """The real application with two floors, and the bare one."""
    real = create_app(configuration)
    add_login_floor(real, fragment)
    add_open_floor(real, fragment)
    return real, make_bare(fragment)


class Switch:
    """The bare application for what carries the header, the real one for all else."""

    def __init__(self, real: Flask, bare: Flask) -> None:
        self._real = real
        self._bare = bare
        self._key = "HTTP_" + BARE_HEADER.upper().replace("-", "_")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request."""
        is_bare = self._key in environ and environ["PATH_INFO"] == ESTIMATE_PATH
        return (self._bare if is_bare else self._real)(environ, start_response)


if FRAGMENT_VARIABLE in os.environ:
    app = Switch(*make_app(Path(os.environ[FRAGMENT_VARIABLE]).read_text(encoding="utf-8")))
