"""The house of docs/architecture.md: imports run one way, files stay small, one place reads the clock."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rq.utils import import_attribute

from webapp import queue
from webapp.config import REPOSITORY
from webapp.features import FEATURES

LONGEST_FILE = 300
PROGRAM = [path for folder in ("webapp", "jobs") for path in sorted((REPOSITORY / folder).rglob("*.py"))]
SIMULATOR = REPOSITORY / "webapp" / "smslink" / "simulator"


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_files_stay_small() -> None:
    long = {relative(path): len(path.read_text().splitlines()) for path in PROGRAM}
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_FILE}


def test_one_place_reads_the_clock() -> None:
    clocks = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    readers = {
        relative(path)
        for path in PROGRAM
        # The simulator is a program of its own, with a clock that can be set.
        if not path.is_relative_to(SIMULATOR) and clocks.search(path.read_text())
    }
    assert readers == {"webapp/clock.py"}


def test_every_feature_has_the_same_shape() -> None:
    folders = {path.parent.name for path in (REPOSITORY / "webapp" / "features").glob("*/views.py")}
    assert folders == set(FEATURES)
    for name in folders:
        assert (REPOSITORY / "webapp" / "features" / name / "__init__.py").is_file()
        without_pages = {"health"}
        assert (REPOSITORY / "templates" / name).is_dir() or name in without_pages
    listed = (REPOSITORY / "pyproject.toml").read_text()
    assert not [name for name in FEATURES if f'"webapp.features.{name}"' not in listed]


def test_views_leave_the_database_to_the_services() -> None:
    for path in (REPOSITORY / "webapp" / "features").rglob("*.py"):
        assert not re.search(r"\bdb\b|sqlalchemy|select\(", path.read_text()), relative(path)


def test_one_module_reads_the_htmx_headers() -> None:
    for path in PROGRAM:
        if path.name != "htmx.py" and "HX-" in path.read_text():
            # Whether to answer 401 instead of leading to the login is no matter of fragments.
            assert relative(path) == "webapp/features/frame.py"


def test_no_name_says_nothing() -> None:
    vague = re.compile(r"(utils?|helpers?|common|manager|misc)$")
    assert not [relative(path) for path in PROGRAM if vague.search(path.stem)]
    named = re.compile(r"^\s*(?:def handle_\w+|class \w*(?:Manager|Helper)\b)", re.MULTILINE)
    found = {relative(path): named.findall(path.read_text()) for path in PROGRAM}
    assert not {name: names for name, names in found.items() if names}


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    folders = ("webapp", "jobs", "templates", "tests", "migrations", "deploy")
    for folder in folders:
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in {".py", ".html", ".sh"} and path != Path(__file__):
                assert not later.search(path.read_text()), relative(path)


@pytest.mark.parametrize("name", [name for key, name in vars(queue).items() if key.endswith("_JOB")])
def test_every_job_that_is_rung_exists(name: str) -> None:
    assert callable(import_attribute(name))
