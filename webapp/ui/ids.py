"""Ids in addresses and forms: decimal, and never longer than the database holds."""

import re

from flask import Flask
from werkzeug.routing import IntegerConverter

_PATTERN = "[0-9]{1,18}"


class IdConverter(IntegerConverter):
    """What `<int:…>` means in every address; anything else is a page that does not exist."""

    regex = _PATTERN


def row_id(text: str) -> int:
    """An id from a form or a query, for `.get(name, type=row_id)`; ValueError for what is none."""
    if not re.fullmatch(_PATTERN, text):
        raise ValueError(text)
    return int(text)


def register_ids(app: Flask) -> None:
    """Before the routes are made."""
    app.url_map.converters["int"] = IdConverter
