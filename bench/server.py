"""The product for a benchmark: its own folder, Redis and gunicorn on 127.0.0.1, all ended at the end."""

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from bench.app import ESTIMATE_PATH, FRAGMENT_VARIABLE
from bench.texts import JAPANESE
from deploy.quickstart.processes import MARK
from deploy.quickstart.programs import compose_web, find_guard
from deploy.quickstart.redis_server import find_server

REPOSITORY = Path(__file__).parent.parent
START_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """What a logged-in browser sends with every request; `fields` is what the compose page would post."""

    url: str
    password: str
    cookie: str
    token: str
    fields: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """As htmx sends them."""
        return {
            "Cookie": self.cookie,
            "X-CSRFToken": self.token,
            "HX-Request": "true",
        }


@contextmanager
def serve() -> Iterator[Visit]:
    """Start the product with the floors beside it; the fragment they answer is the real one."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="sms-bench-")))
        password = secrets.token_urlsafe(16)
        environment = _compose_environment(folder, password)
        opened.enter_context(_redis(folder, environment))
        subprocess.run(
            ["flask", "--app", "wsgi", "prepare"],  # noqa: S607 - found on the PATH we compose
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        fragment = folder / "fragment.html"
        fragment.write_text("?", encoding="utf-8")
        with _gunicorn(folder, environment) as url:
            visit = _log_in(url, password)
            fragment.write_text(fetch_estimate(visit).text, encoding="utf-8")
        url = opened.enter_context(_gunicorn(folder, environment))
        yield _log_in(url, password)


def fetch_estimate(visit: Visit) -> requests.Response:
    """The real fragment."""
    answer = requests.post(visit.url + ESTIMATE_PATH, data=visit.fields, headers=visit.headers, timeout=30)
    answer.raise_for_status()
    return answer


def _compose_environment(folder: Path, password: str) -> dict[str, str]:
    provider = "http://127.0.0.1:9/"  # the discard port: nothing is ever sent
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUTF8": "1",
        MARK: str(folder),
        "DATA_DIR": str(folder),
        "REDIS_URL": f"unix://{folder / 'redis.sock'}?db=0",
        "SECRET_KEY": secrets.token_urlsafe(32),
        "FIELD_KEY": Fernet.generate_key().decode(),
        "ADMIN_PASSWORD": password,
        "SMSLINK_API_DOMAIN": provider,
        "SIMULATOR_URL": provider,
        "SMSLINK_TOKEN": "bench",
        FRAGMENT_VARIABLE: str(folder / "fragment.html"),
    }


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*find_guard(), *command], cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _redis(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    command = [find_server(), "--port", "0", "--unixsocket", str(folder / "redis.sock"), "--save", ""]
    with _running([*command, "--dir", str(folder)], environment, folder / "redis.log") as process:
        _wait(process, (folder / "redis.sock").exists)
        yield


@contextmanager
def _gunicorn(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = list(compose_web(f"127.0.0.1:{port}", "bench.app:app"))
    log = folder / "web.log"
    with _running(command, environment, log) as process:
        try:
            _wait(process, lambda: _answers(url))
        except RuntimeError:
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-3000:])
            raise
        yield url


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def _wait(process: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        time.sleep(0.1)


def _log_in(url: str, password: str) -> Visit:
    with requests.Session() as session:
        page = session.get(f"{url}/login", timeout=30).text
        form = {
            "login_id": "admin",
            "password": password,
            "csrf_token": _find(r'name="csrf_token" value="([^"]+)"', page),
        }
        session.post(f"{url}/login", data=form, timeout=30).raise_for_status()
        page = session.get(f"{url}/customers/1/messages/new", timeout=30).text
        cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    token = _find(r'X-CSRFToken"?(?:&#34;)?: "?(?:&#34;)?([A-Za-z0-9._-]+)', page)
    return Visit(url, password, cookie, token, {"customer_id": "1", "body": JAPANESE})


def _find(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    if found is None:
        raise RuntimeError(f"no {pattern} in the page")
    return found[1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
