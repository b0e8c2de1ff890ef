"""Static files under an address that changes with their content, so that browsers may keep them."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, current_app, url_for


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
    """Provide `asset()` to the templates."""
    app.jinja_env.globals["asset"] = asset
