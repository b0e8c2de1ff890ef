"""Static files under an address that changes with their content, so that browsers may keep them."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

_FOREVER = "public, max-age=31536000, immutable"


def asset(path: str) -> str:
    """The address of a file below static/, with the fingerprint of what it holds now."""
    folder = current_app.static_folder or ""
    if current_app.debug:
        _fingerprint.cache_clear()
    return url_for("static", filename=path, v=_fingerprint(folder, path))


@cache
def _fingerprint(folder: str, path: str) -> str:
    return hashlib.sha256((Path(folder) / path).read_bytes()).hexdigest()[:12]


def register_assets(app: Flask) -> None:
    """Provide `asset()` to the templates, and let browsers keep what carries a fingerprint."""
    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def cache_fingerprinted(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = _FOREVER
        return response
