"""Where the socket lies, and which server runs."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploy.quickstart import redis_server
from deploy.quickstart.terminal import CannotStart


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Unlike tmp_path, short enough for a socket also beneath a second folder."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


def test_it_puts_the_socket_into_the_folder() -> None:
    assert redis_server.choose_socket(Path("/srv/sms"), {}) == Path("/srv/sms/redis.sock")


@pytest.mark.parametrize("name", ["x" * 120, "データ", "two words", "100%"])
def test_it_finds_a_plain_short_place_of_its_own_otherwise(short_folder: Path, name: str) -> None:
    environ = {"XDG_RUNTIME_DIR": str(short_folder)}

    first = redis_server.choose_socket(Path("/srv") / name, environ)
    other = redis_server.choose_socket(Path("/srv") / name / "other", environ)

    assert first.parent.parent == short_folder
    assert first.parent.stat().st_mode & 0o777 == 0o700
    assert redis_server.choose_socket(Path("/srv") / name, environ) == first != other

    redis_server.remove_folder(Path("/srv") / name, environ)
    assert not first.parent.exists()
    assert other.parent.exists()


def test_it_trusts_no_folder_that_others_can_write(short_folder: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(short_folder)}
    folder = redis_server.choose_socket(Path("/srv/two words"), environ).parent
    folder.chmod(0o777)

    with pytest.raises(CannotStart, match="ほかの利用者"):
        redis_server.choose_socket(Path("/srv/two words"), environ)


def test_it_names_the_socket_so_that_redis_py_finds_it() -> None:
    url = redis_server.socket_url(Path("/srv/a b%c/redis.sock"))

    assert Redis.from_url(url).connection_pool.connection_kwargs["path"] == "/srv/a b%c/redis.sock"


def test_it_finds_a_server_that_runs() -> None:
    done = subprocess.run(
        [redis_server.find_server(), "--version"], capture_output=True, text=True, check=True
    )

    assert "server v=" in done.stdout


def test_it_says_what_to_install_when_no_server_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "_runs", lambda _path: False)

    with pytest.raises(CannotStart, match="redis-server を入れるか"):
        redis_server.find_server()


def test_it_keeps_the_password_of_a_redis_that_does_not_answer_to_itself() -> None:
    with pytest.raises(CannotStart) as caught:
        redis_server.check_answers("redis://:sesame@127.0.0.1:1/0")

    assert "REDIS_URL" in caught.value.sentence
    assert "sesame" not in caught.value.sentence
