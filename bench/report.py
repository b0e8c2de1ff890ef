"""The figures as they are told: a line each, and the same in bench/latest.json."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure

LATEST = Path(__file__).parent / "latest.json"


def write_latest(figures: Sequence[Figure], path: Path = LATEST) -> None:
    """What was measured, where and when; replaced by the next run."""
    told = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "figures": [
            {
                "name": figure.name,
                "ours": figure.ours,
                "floor": figure.floor,
                "unit": figure.unit,
                "ratio": figure.ratio,
                "goal": str(figure.goal),
                "ok": figure.is_ok,
            }
            for figure in figures
        ],
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def exit_status(figures: Sequence[Figure]) -> int:
    """0 when there are figures and none is short."""
    return 0 if figures and all(figure.is_ok for figure in figures) else 1
