"""Ids in addresses and forms: decimal, and never larger than the database holds."""

import re

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

_PATTERN = "[0-9]{1,10}"
LARGEST = 2**31 - 1
"""PostgreSQL's integer."""


class IdConverter(IntegerConverter):
    """What `<int:…>` means in every address; anything else is a page that does not exist."""

    regex = _PATTERN

    def to_python(self, value: str) -> int:
        """The number, when a row can have it."""
        number = super().to_python(value)
        if number > LARGEST:
            raise ValidationError
        return int(number)


def row_id(text: str) -> int:
    """An id from a form or a query, for `.get(name, type=row_id)`; ValueError for what is none."""
    if not re.fullmatch(_PATTERN, text) or int(text) > LARGEST:
        raise ValueError(text)
    return int(text)


def register_ids(app: Flask) -> None:
    """Before the routes are made."""
    app.url_map.converters["int"] = IdConverter
