"""supervisord, started by us: it restarts what dies and stops what runs."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.quickstart.processes import RUNNER_PATIENCE_S, end_marked, wait_until
from deploy.quickstart.programs import Program, compose_configuration, find_guard
from deploy.quickstart.stopping import StopWatch
from deploy.quickstart.terminal import say


class Runner:
    """The running product."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is started yet."""
        self._data_dir = data_dir
        self._log = data_dir / "log" / "supervisord.log"
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Write supervisord's configuration and start it, in a session of its own.

        Ctrl-C then reaches the launcher alone, which stops everything in order.
        """
        guard = find_guard()
        configuration = self._data_dir / "run" / "supervisord.conf"
        configuration.write_text(compose_configuration(programs, guard), encoding="utf-8")
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        with (self._data_dir / "log" / "supervisord-output.log").open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [*guard, sys.executable, "-m", "supervisor.supervisord", "-n", "-c", "run/supervisord.conf"],
                cwd=self._data_dir,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether supervisord is there; when it is not, nothing is."""
        return self._process is not None and self._process.poll() is None

    def count_ends(self) -> Counter[str]:
        """How often each program ended by itself since the start, as supervisord noted it."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start)
                text = log.read().decode(errors="replace")
        except OSError:
            return Counter()
        return Counter(re.findall(r" exited: (\S+) \(", text))

    def stop(self, watch: StopWatch) -> None:
        """End every process, in order, or at once when asked for a second time."""
        if self._process is not None and self.is_running():
            self._process.terminate()
            wait_until(lambda: watch.is_urgent or not self.is_running(), RUNNER_PATIENCE_S)
            if self.is_running():
                say("すぐに終了させています…")
                self._process.kill()  # its children get a signal from the kernel, and one from us
            self._process.wait()
        end_marked(self._data_dir, patience_s=3.0)
        if self._process is not None:
            say("すべて停止しました。")
