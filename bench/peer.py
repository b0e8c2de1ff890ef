"""The npm package sms-segments-calculator in a Node process of its own, asked over its pipes."""

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

FOLDER = Path(__file__).parent / "npm"


class Peer:
    """Answers how long one call takes; the process stays, so that it is as warm as ours."""

    def __init__(self) -> None:
        node = shutil.which("node") or "node"
        self._process = subprocess.Popen(
            [node, "segments.cjs"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def microseconds(self, text: str, calls: int) -> float:
        """The average of `calls`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the peer has no pipes")
        stdin.write(json.dumps({"text": text, "calls": calls}) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError("the peer has ended: run deploy/bench.sh, which installs it")
        return float(json.loads(answer)["microseconds"])
