"""`make run` for real: it starts, brings back what dies, stops all of it, and starts again."""

import os
import re
import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from deploy.quickstart.processes import find_marked, read_command, wait_until
from tests.run.launching import Launch

Start = Callable[..., Launch]


def _address(text: str) -> str:
    found = re.search(r"画面 +(http://\S+)", text)
    assert found, text
    return found[1]


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False


def _find(launch: Launch, words: str) -> set[int]:
    return {process for process in find_marked(launch.data_dir) if words in read_command(process)}


def _find_children(launch: Launch, words: str) -> set[int]:
    """The processes that supervisord itself started."""
    (runner,) = _find(launch, "supervisord")
    listed = Path(f"/proc/{runner}/task/{runner}/children").read_text(encoding="ascii").split()
    return {int(process) for process in listed} & _find(launch, words)


def _read_files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="ascii") for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORT": "eighty"}, "PORT には"),
        ({"WORKERS": "0"}, "WORKERS には"),
        ({"DATA_DIR": "/proc/nowhere"}, "DATA_DIR で指定してください"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL の Redis につながりません"),
        ({"DATABASE_URL": "foo"}, "DATABASE_URL には"),
        ({"ADMIN_PASSWORD": "short"}, "ADMIN_PASSWORD は10文字から"),
    ],
)
def test_it_says_in_one_sentence_what_is_wrong(launch: Start, variables: dict[str, str], words: str) -> None:
    refused = launch(**variables)

    assert refused.wait_for_end() != 0
    said = [line for line in refused.lines if not line.startswith("make: ***")]
    assert words in said[-1]
    assert "Traceback" not in refused.text
    assert find_marked(refused.data_dir) == []


def test_it_says_that_the_port_is_taken(launch: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        refused = launch(PORT=str(port))

        assert refused.wait_for_end() != 0
    assert f"ポート {port} は" in refused.text
    assert "make run PORT=" in refused.text


def test_it_runs_the_product_and_stops_all_of_it(launch: Start) -> None:
    first = launch()
    first_start_s = first.wait_for_notice()
    address = _address(first.text)
    assert _is_ready(address)
    assert re.search(r"ログインID +admin", first.text)
    assert re.search(r"パスワード +\S{8,} +\(表示するのは今回だけです", first.text)
    keys = _read_files(first.data_dir / "keys")

    second = launch(PORT="1")
    assert second.wait_for_end() != 0
    assert "別の make run" in second.text

    # The worker alone: its scheduler lives on without it, and must not outlive the end.
    (worker,) = _find_children(first, " send")
    os.kill(worker, signal.SIGKILL)
    assert wait_until(lambda: bool(_find_children(first, " send") - {worker}) and _is_ready(address), 60)

    first.send(signal.SIGINT)
    assert first.wait_for_end() == -signal.SIGINT
    assert first.lines[-1] == "すべて停止しました。"
    assert find_marked(first.data_dir) == []

    again = launch()
    # Nothing is made anew, so it is not slower; twice as long leaves room for what else the machine does.
    assert again.wait_for_notice() < 2 * first_start_s
    assert _is_ready(address)
    assert "最初の起動のときに決まったもの" in again.text
    assert _read_files(again.data_dir / "keys") == keys
    again.process.send_signal(signal.SIGTERM)  # to make alone, as a service manager would
    assert again.wait_for_end() == -signal.SIGTERM
    assert find_marked(again.data_dir) == []


def test_it_starts_again_after_it_was_killed(launch: Start) -> None:
    first = launch(ADMIN_PASSWORD="a-given-pass-phrase", WORKERS="1")
    first.wait_for_notice()
    assert "ADMIN_PASSWORD で指定したもの" in first.text
    assert "a-given-pass-phrase" not in first.text
    for process in _find(first, "supervisord"):
        os.kill(process, signal.SIGKILL)
    first.send(signal.SIGKILL)
    first.wait_for_end()

    again = launch(WORKERS="1")

    again.wait_for_notice()
    again.process.send_signal(signal.SIGINT)  # make tells nobody of it
    assert again.wait_for_end() == -signal.SIGINT
    assert find_marked(again.data_dir) == []
