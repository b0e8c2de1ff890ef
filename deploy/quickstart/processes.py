"""Finding and ending what an earlier start left behind, and what outlives its parent.

Every process we start carries DATA_DIR in one variable, and so do those it starts in turn. Where
there is no /proc (macOS) nothing is found, and supervisord's own stop must do.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

MARK = "QUICKSTART_DATA"
RUNNER_PATIENCE_S = 50.0
PATIENCE_S = 5.0


def find_marked(data_dir: Path) -> list[int]:
    """The ids of the processes that belong to this DATA_DIR, without our own."""
    mark = os.fsencode(f"{MARK}={data_dir}")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def read_command(process: int) -> str:
    """The command line of a process, words parted by spaces; empty when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def end_marked(data_dir: Path, patience_s: float = PATIENCE_S) -> None:
    """Ask every process of this DATA_DIR to end, then make it."""
    runners = [process for process in find_marked(data_dir) if "supervisord" in read_command(process)]
    if runners:
        # It stops its children in order and gives a worker time to finish its call.
        _signal(runners, signal.SIGTERM)
        wait_until(lambda: not set(runners) & set(find_marked(data_dir)), RUNNER_PATIENCE_S)
    _signal(find_marked(data_dir), signal.SIGTERM)
    if not wait_until(lambda: not find_marked(data_dir), patience_s):
        _signal(find_marked(data_dir), signal.SIGKILL)
        wait_until(lambda: not find_marked(data_dir), PATIENCE_S)


def wait_until(is_so: Callable[[], bool], patience_s: float) -> bool:
    """Whether it became so in time; looked at ten times a second."""
    deadline = time.monotonic() + patience_s
    while not (so := is_so()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return so


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)
