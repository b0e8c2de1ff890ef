"""Finding and ending what belongs to one DATA_DIR."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.quickstart.processes import MARK, end_marked, find_marked

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)


def _start(data_dir: Path, program: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, MARK: str(data_dir)}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_it_ends_what_belongs_to_this_folder_alone(tmp_path: Path) -> None:
    quiet = "import time; print(flush=True); time.sleep(60)"
    with _start(tmp_path, quiet) as ours, _start(tmp_path / "other", quiet) as other:
        assert find_marked(tmp_path) == [ours.pid]

        end_marked(tmp_path)

        assert ours.wait(5) == -15
        assert other.poll() is None
        other.kill()


def test_it_ends_what_does_not_want_to(tmp_path: Path) -> None:
    with _start(tmp_path, STUBBORN) as ours:
        end_marked(tmp_path, patience_s=0.3)

        assert ours.wait(5) == -9
    assert find_marked(tmp_path) == []
