"""Waiting for the product: what is missing, and why it never came."""

import os
import socket
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from deploy.quickstart.prepare import prepare
from deploy.quickstart.readiness import find_missing, read_missing, wait_until_ready
from deploy.quickstart.runner import Runner
from deploy.quickstart.settings import Settings, read_settings
from deploy.quickstart.stopping import StopWatch
from deploy.quickstart.terminal import CannotStart


class _Runner:
    """A supervisord whose programs ended as often as said."""

    def __init__(self, *, is_running: bool, ends: dict[str, int]) -> None:
        self._is_running = is_running
        self._ends = Counter(ends)

    def is_running(self) -> bool:
        return self._is_running

    def count_ends(self) -> Counter[str]:
        return self._ends


class _Watch:
    def check_parent(self) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "log").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return read_settings({"DATA_DIR": str(tmp_path), "PORT": str(port)})


def _wait(settings: Settings, runner: _Runner) -> CannotStart:
    with pytest.raises(CannotStart) as caught:
        wait_until_ready(settings, cast("Runner", runner), cast("StopWatch", _Watch()))
    return caught.value


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b'{"database": true, "redis": false, "worker": false}', ["redis", "worker"]),
        (b'{"database": true}', []),
        (b"[]", []),
        (b"<html>", []),
    ],
)
def test_it_reads_what_is_missing(body: bytes, missing: list[str]) -> None:
    assert read_missing(body) == missing


def test_it_misses_the_web_server_first(settings: Settings) -> None:
    assert find_missing(settings) == ["web"]


def test_it_shows_the_log_of_what_keeps_ending(settings: Settings) -> None:
    (settings.data_dir / "log" / "worker-2.log").write_text("first\nlast words\n", encoding="utf-8")

    problem = _wait(settings, _Runner(is_running=True, ends={"web": 1, "worker-2": 4}))

    assert "worker-2" in problem.sentence
    assert "last words" in problem.details


def test_it_gives_up_when_supervisord_is_gone(settings: Settings) -> None:
    (settings.data_dir / "log" / "supervisord-output.log").write_text("no such section\n", encoding="utf-8")

    assert "no such section" in _wait(settings, _Runner(is_running=False, ends={})).details


def test_it_shows_why_the_database_could_not_be_prepared(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = settings.data_dir / "flask"
    program.write_text("#!/bin/sh\necho no such table >&2\nexit 3\n", encoding="ascii")
    program.chmod(0o700)

    with pytest.raises(CannotStart) as caught:
        prepare({"DATA_DIR": str(settings.data_dir), "PATH": str(settings.data_dir)})

    assert "データベースを準備できませんでした" in caught.value.sentence
    assert caught.value.details == "no such table"


def test_it_shows_what_the_product_says_about_a_variable_and_no_more(settings: Settings) -> None:
    program = settings.data_dir / "flask"
    for status, is_about_a_variable in ((os.EX_CONFIG, True), (1, False)):
        program.write_text(f"#!/bin/sh\necho 直してください。 >&2\nexit {status}\n", encoding="utf-8")
        program.chmod(0o700)

        with pytest.raises(CannotStart) as caught:
            prepare({"DATA_DIR": str(settings.data_dir), "PATH": str(settings.data_dir)})

        assert (caught.value.sentence == "直してください。") is is_about_a_variable
        assert bool(caught.value.details) is not is_about_a_variable


def test_it_reads_the_last_line_that_prepare_says(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = settings.data_dir / "flask"
    line = '{"administrator": {"login_id": "admin", "password": null}}'
    program.write_text(f"#!/bin/sh\necho noise\necho '{line}'\n", encoding="ascii")
    program.chmod(0o700)

    administrator = prepare({"DATA_DIR": str(settings.data_dir), "PATH": str(settings.data_dir)})

    assert (administrator.login_id, administrator.password) == ("admin", None)
