"""When to stop: Ctrl-C, a signal, or the end of the `make` that started us."""

import os
import signal
from pathlib import Path
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Raised once, wherever the launcher is; from then on `is_urgent` tells of a second wish."""


class StopWatch:
    """Turns the wish to stop into one StopRequested."""

    def __init__(self) -> None:
        """Listen from now on."""
        self.is_stopping = False
        self.is_urgent = False
        self._parent = os.getppid()
        self._make = self._find_make()
        for number in STOPPING:
            # `nohup make run` asks for the terminal's end to be ignored. Ctrl-C is ignored in
            # what a script starts with `&`, but whoever sends it by name means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopping:
            self.is_urgent = True
            return
        self.is_stopping = True
        raise StopRequested

    def close(self) -> None:
        """No exception from here on: what stops must not be stopped half-way."""
        self.is_stopping = True

    def check_parent(self) -> None:
        """Raise StopRequested when the `make` that started us is gone or was told to stop."""
        if self.is_stopping or not self._make:
            return
        if os.getppid() != self._parent or self._is_make_interrupted():
            self.is_stopping = True
            raise StopRequested

    def _find_make(self) -> bool:
        if "MAKELEVEL" not in os.environ:
            return False
        try:
            return Path(f"/proc/{self._parent}/comm").read_text(encoding="utf-8").strip() in {"make", "gmake"}
        except OSError:
            return not Path("/proc/self").exists()

    def _is_make_interrupted(self) -> bool:
        """Whether make alone got SIGINT or SIGHUP: it tells nobody and waits for us for ever.

        What shows it is that it no longer catches the signal (`fatal_error_signal` in its source).
        """
        try:
            status = Path(f"/proc/{self._parent}/status").read_text(encoding="utf-8")
        except OSError:
            return False
        masks = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))
        handled = int(masks["SigCgt"], 16) | int(masks["SigIgn"], 16)
        return not all(handled >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGHUP))
