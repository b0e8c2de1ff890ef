"""The variables `make run` reads itself (README.md, Configuration); the product reads the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.quickstart.terminal import CannotStart

REPOSITORY = Path(__file__).resolve().parents[2]
HIGHEST_PORT = 65535
MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """What to start, and where. None means: our own, chosen or started by us."""

    data_dir: Path
    host: str
    port: int
    workers: int
    simulator_port: int | None
    redis_url: str | None
    api_domain: str | None

    @property
    def address(self) -> str:
        """Where the web server listens, as gunicorn takes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def own_host(self) -> str:
        """How this machine itself reaches the web server."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the variables; raises CannotStart naming the first one that cannot be used."""
    return Settings(
        data_dir=Path(environ.get("DATA_DIR") or REPOSITORY / "instance").absolute(),
        host=_host(environ.get("HOST") or "127.0.0.1"),
        port=_number(environ, "PORT", 8000, HIGHEST_PORT),
        workers=_number(environ, "WORKERS", 2, MOST_WORKERS),
        simulator_port=_number(environ, "SIMULATOR_PORT", 0, HIGHEST_PORT) or None,
        redis_url=environ.get("REDIS_URL") or None,
        api_domain=environ.get("SMSLINK_API_DOMAIN") or None,
    )


def _number(environ: Mapping[str, str], name: str, default: int, highest: int) -> int:
    value = environ.get(name) or ""
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= highest):
        raise CannotStart(
            f"{name} には1から{highest}までの数字を指定してください(現在「{value}」)。"
            f"例: make run {name}={default or 8001}"
        )
    return int(value)


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", value):
        raise CannotStart(f"HOST には 127.0.0.1 のようなアドレスを指定してください(現在「{value}」)。")
    return value
