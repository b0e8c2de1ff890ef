"""The database before the first request: migrated, with an administrator, with sample data."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.quickstart.settings import REPOSITORY
from deploy.quickstart.terminal import CannotStart

TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Administrator:
    """The first administrator; `password` only in the start that made it, and only a random one."""

    login_id: str
    password: str | None


def prepare(environment: Mapping[str, str]) -> Administrator:
    """Run `flask prepare`, which does all of it in one process, and read what it says."""
    log = Path(environment["DATA_DIR"]) / "log" / "prepare.log"
    with log.open("w", encoding="utf-8") as errors:
        done = subprocess.run(
            ["flask", "--app", "wsgi", "prepare"],  # noqa: S607 - found on the PATH we compose
            cwd=REPOSITORY,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            check=False,
            start_new_session=True,
        )
    if done.returncode == os.EX_CONFIG:  # a variable is wrong, and the product says in a sentence which
        raise CannotStart(read_tail(log, lines=1))
    if done.returncode:
        raise CannotStart(
            f"データベースを準備できませんでした。上の内容を確かめてください(すべての記録: {log})。",
            read_tail(log) or done.stdout,
        )
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])["administrator"]
        return Administrator(said["login_id"], said["password"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise CannotStart(
            f"データベースの準備の結果を読み取れませんでした(記録: {log})。", read_tail(log)
        ) from error


def read_tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, or nothing."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
