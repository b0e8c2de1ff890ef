"""The secrets: made once, for the owner alone, never over the environment's."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from deploy.quickstart.keys import MAKERS, read_keys


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path


def test_it_makes_them_once(data_dir: Path) -> None:
    made = read_keys(data_dir, {})

    assert set(made) == set(MAKERS)
    assert len(set(made.values())) == len(MAKERS)
    assert read_keys(data_dir, {}) == made
    Fernet(made["FIELD_KEY"])


def test_it_keeps_them_for_the_owner_alone(data_dir: Path) -> None:
    read_keys(data_dir, {})

    files = list((data_dir / "keys").iterdir())
    assert {file.name for file in files} == {"secret_key", "field_key", "simulator_token"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_it_lets_the_environment_win_and_keeps_nothing_of_it(data_dir: Path) -> None:
    assert read_keys(data_dir, {"SECRET_KEY": "given"})["SECRET_KEY"] == "given"
    assert not (data_dir / "keys" / "secret_key").exists()


def test_it_makes_an_empty_one_again(data_dir: Path) -> None:
    (data_dir / "keys" / "secret_key").touch()

    made = read_keys(data_dir, {})["SECRET_KEY"]

    assert len(made) >= 32
    assert (data_dir / "keys" / "secret_key").read_text(encoding="ascii") == made
