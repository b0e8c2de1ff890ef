"""What must hold before anything is started; each failure is one sentence."""

import errno
import fcntl
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import IO

from deploy.quickstart.settings import HIGHEST_PORT
from deploy.quickstart.terminal import CannotStart

LEAST_FREE_BYTES = 100 * 1024 * 1024
PARTS = ("keys", "log", "run", "redis")


def make_folders(data_dir: Path) -> None:
    """Make DATA_DIR and what lies in it, readable by its owner alone, and write into each once."""
    try:
        for folder in (data_dir, *(data_dir / part for part in PARTS)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        raise CannotStart(
            f"データを置くフォルダー {data_dir} に書き込めません({_in_words(error)})。"
            "書き込めるフォルダーを DATA_DIR で指定してください。例: make run DATA_DIR=$HOME/sms"
        ) from error
    if free < LEAST_FREE_BYTES:
        raise CannotStart(
            f"ディスクの空きが足りません({data_dir} の空きは {free // 2**20} MB)。"
            f"{LEAST_FREE_BYTES // 2**20} MB 以上を空けるか、別の場所を DATA_DIR で指定してください。"
        )


def _in_words(error: OSError) -> str:
    words = {
        errno.EACCES: "権限がありません",
        errno.EPERM: "権限がありません",
        errno.EEXIST: "同じ名前のファイルがあります",
        errno.ENOTDIR: "同じ名前のファイルがあります",
        errno.EROFS: "読み取り専用です",
        errno.ENOSPC: "ディスクがいっぱいです",
        errno.ENOENT: "フォルダーを作れません",
    }
    number = error.errno or 0
    return words.get(number) or os.strerror(number)


def hold_lock(data_dir: Path) -> IO[str]:
    """Take DATA_DIR for this process, for as long as the answered file is open."""
    lock = (data_dir / "run" / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise CannotStart(
            f"{data_dir} は別の make run(プロセス番号 {holder or '不明'})が使っています。"
            "そちらを Ctrl-C で止めるか、別のフォルダーを DATA_DIR で指定してください。"
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def check_port(name: str, host: str, port: int) -> None:
    """`name` is the variable that chooses the port."""
    try:
        _listen_once(host, port)
    except PermissionError as error:
        raise CannotStart(
            f"ポート {port} を使う権限がありません。1024以上の番号を {name} で指定してください。"
            f"例: make run {name}=8080"
        ) from error
    except socket.gaierror as error:
        raise CannotStart(f"HOST のアドレス「{host}」が見つかりません。HOST を確かめてください。") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(
                f"HOST の {host} はこの機械のアドレスではありません。HOST を確かめてください。"
            ) from error
        raise CannotStart(
            f"{host} のポート {port} はほかのプログラムが使っています。"
            f"空いている番号を {name} で指定してください。例: make run {name}={_example(host, port)}"
        ) from error


def find_free_port(host: str, after: int) -> int:
    """The first port above `after` that nobody listens on."""
    for port in range(after + 1, HIGHEST_PORT + 1):
        try:
            _listen_once(host, port)
        except OSError:
            continue
        return port
    raise CannotStart(f"{after} より上に空いているポートがありません。SIMULATOR_PORT で指定してください。")


def _example(host: str, port: int) -> int:
    try:
        return find_free_port(host, max(port, 1024) + 1)
    except CannotStart:
        return 8080


def _listen_once(host: str, port: int) -> None:
    family, kind, protocol, _name, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as trial:
        # As gunicorn does: a connection of an earlier run that is still closing is no hindrance.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)
        trial.listen()
