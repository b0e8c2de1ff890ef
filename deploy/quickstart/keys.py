"""The secrets of this installation: made once into DATA_DIR/keys, never on a command line."""

import base64
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode("ascii")


def _token() -> str:
    return secrets.token_hex(32)


MAKERS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": _token,
    "FIELD_KEY": _fernet_key,
    "SIMULATOR_TOKEN": _token,
}


def read_keys(data_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Each secret by its variable's name: from the environment, else the kept one, else a new one."""
    return {
        name: environ.get(name) or _keep(data_dir / "keys" / name.lower(), make)
        for name, make in MAKERS.items()
    }


def _keep(path: Path, make: Callable[[], str]) -> str:
    kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
    if kept:
        return kept
    # Whole or not at all: half a FIELD_KEY would make the stored token unreadable for ever.
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, delete=False) as fresh:
        fresh.write(made := make())
        fresh.flush()
        os.fsync(fresh.fileno())
    Path(fresh.name).replace(path)
    return made
