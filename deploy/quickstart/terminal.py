"""What the person at the terminal reads: Japanese, line by line, whatever the terminal is."""

import contextlib
import io
import sys


class CannotStart(Exception):
    """The product cannot start: one sentence that says why and what to do, then details if any."""

    def __init__(self, sentence: str, details: str = "") -> None:
        """`details` are lines of a log or of a program's output, shown under the sentence."""
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


def speak_utf8() -> None:
    """Japanese also under LANG=C, and each line at once when a pipe reads it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)


def say(text: str) -> None:
    """Print; a terminal or pipe that is gone must not keep us from stopping what we started."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def explain(problem: CannotStart) -> None:
    """The details, then the sentence: what is read last is what to do."""
    if problem.details:
        say("\n".join(f"  | {line}" for line in problem.details.splitlines()))
    say(f"エラー: {problem.sentence}")
