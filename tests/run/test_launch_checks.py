"""What is looked at before anything starts: the folder, its lock, the ports."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.quickstart import checks
from deploy.quickstart.terminal import CannotStart


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_it_makes_folders_for_the_owner_alone(tmp_path: Path) -> None:
    checks.make_folders(tmp_path / "new" / "data")

    folders = [tmp_path / "new" / "data", *(tmp_path / "new" / "data").iterdir()]
    assert {folder.name for folder in folders} == {"data", *checks.PARTS}
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_it_says_that_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for data_dir in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CannotStart, match="同じ名前のファイルがあります"):
            checks.make_folders(data_dir)


def test_it_says_that_a_folder_cannot_be_made() -> None:
    with pytest.raises(CannotStart, match="/proc/nowhere に書き込めません"):
        checks.make_folders(Path("/proc/nowhere"))


def test_it_says_that_the_disk_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=5 * 2**20))

    with pytest.raises(CannotStart, match="空きは 5 MB"):
        checks.make_folders(tmp_path)


def test_it_lets_one_launcher_hold_a_folder(tmp_path: Path) -> None:
    checks.make_folders(tmp_path)

    with checks.hold_lock(tmp_path), pytest.raises(CannotStart, match="別の make run"):
        checks.hold_lock(tmp_path)

    checks.hold_lock(tmp_path).close()


def test_it_names_a_taken_port_and_a_free_one(taken_port: int) -> None:
    with pytest.raises(CannotStart) as caught:
        checks.check_port("PORT", "127.0.0.1", taken_port)

    assert f"ポート {taken_port} は" in caught.value.sentence
    free = int(caught.value.sentence.rsplit("PORT=", 1)[1])
    checks.check_port("PORT", "127.0.0.1", free)


def test_it_takes_a_free_port(taken_port: int) -> None:
    port = checks.find_free_port("127.0.0.1", taken_port - 1)

    assert port > taken_port
    checks.check_port("PORT", "127.0.0.1", port)


def test_it_says_that_an_address_is_not_of_this_machine() -> None:
    with pytest.raises(CannotStart, match="この機械のアドレスではありません"):
        checks.check_port("PORT", "192.0.2.1", 8000)  # RFC 5737: nobody's
