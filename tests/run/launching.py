"""`make run` as a person starts it: in a session of its own, read line by line."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from deploy.quickstart.processes import end_marked, wait_until
from deploy.quickstart.settings import REPOSITORY
from tests.servers import find_free_port

# What would lead the product elsewhere, or mark it as part of this test run.
DROPPED = (
    "DATABASE_URL",
    "REDIS_URL",
    "SMSLINK_API_DOMAIN",
    "SMSLINK_TOKEN",
    "ADMIN_PASSWORD",
    "HOST",
    "WORKERS",
)
RUNNING = "止めるときは Ctrl-C を押してください。"
PATIENCE_S = 90.0


def choose_ports() -> dict[str, str]:
    """Variables that keep a start out of every other's way."""
    return {"PORT": str(find_free_port()), "SIMULATOR_PORT": str(find_free_port())}


class Launch:
    """One `make run`."""

    def __init__(self, data_dir: Path, variables: dict[str, str]) -> None:
        """Start it; `lines` grows as it speaks."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in DROPPED and not name.startswith(("MAKE", "MFLAGS"))
        }
        self.data_dir = data_dir
        self.lines: list[str] = []
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            ["make", "--no-print-directory", "run"],
            cwd=REPOSITORY,
            env=kept | {"DATA_DIR": str(data_dir), "LANG": "C", "LC_ALL": "C"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        """All it said so far."""
        return "\n".join(self.lines)

    def wait_for_notice(self) -> float:
        """Seconds from the start to the notice."""
        wait_until(lambda: RUNNING in self.text or self.process.poll() is not None, PATIENCE_S)
        assert RUNNING in self.text, self.text
        return time.monotonic() - self.began

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def wait_for_end(self) -> int:
        """The exit status of make, once all it said is read."""
        status = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return status

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        if self.process.poll() is None:
            self.send(signal.SIGKILL)
            self.process.wait(PATIENCE_S)
        end_marked(self.data_dir)
        self._reader.join(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
