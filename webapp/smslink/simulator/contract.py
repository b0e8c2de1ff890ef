"""What can be set while the simulator runs: the contract's options, delays and the clock."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Self

from .database import Database


@dataclass(frozen=True, slots=True)
class Options:
    """Defaults are a plain contract: no option bought, nothing in the way of a demonstration."""

    two_way: bool = False
    safe_delivery: bool = False
    alphanumeric_sender: bool = False
    delay_s: float = 1.5
    requests_per_minute: int = 600
    shortened_url_length: int = 25
    opt_out_link_length: int = 25
    reservation_limit: int = 10_000
    reserved_contact_limit: int = 1_000_000
    search_limit: int = 1_000_000
    mail_domains: str = ""
    """Domains that notification e-mails may go to, separated by commas; empty: any."""

    def changed(self, values: Mapping[str, object]) -> Self:
        """A copy with the values given by name. ValueError names what does not fit."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        clean: dict[str, bool | float | str] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown option {name}")
            clean[name] = _fit(name, value, known[name])
        return replace(self, **clean)  # type: ignore[arg-type]

    def as_json(self) -> dict[str, object]:
        """By name."""
        return asdict(self)


def _fit(name: str, value: object, current: object) -> bool | float | str:
    if isinstance(current, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(current, str):
        if isinstance(value, str):
            return value
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value) if isinstance(current, float) else int(value)
    raise ValueError(f"{name} does not take {value!r}")


class Contract:
    """The options and the clock's offset, kept in the database so that a restart keeps them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def options(self) -> Options:
        """As they stand now."""
        stored = self.get("options")
        return Options().changed(json.loads(stored)) if stored else Options()

    def set_options(self, values: Mapping[str, object]) -> Options:
        """Changes some of them. ValueError names what does not fit."""
        options = self.options().changed(values)
        self.put("options", json.dumps(options.as_json()))
        return options

    def offset(self) -> float:
        """Seconds the simulator's clock is ahead of the real one."""
        stored = self.get("offset_s")
        return float(stored) if stored else 0.0

    def set_offset(self, seconds: float) -> None:
        """Sets that distance."""
        self.put("offset_s", repr(float(seconds)))

    def now(self) -> float:
        """Epoch seconds by the simulator's clock."""
        return time.time() + self.offset()

    def get(self, key: str) -> str | None:
        """One stored setting."""
        rows = self._database.rows("SELECT value FROM settings WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else None

    def put(self, key: str, value: str) -> None:
        """Stores one setting."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (key, value))
