"""The product for a benchmark: its own folder, Redis and gunicorn on 127.0.0.1, all ended at the end."""

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from bench.app import ESTIMATE_PATH, FRAGMENT_VARIABLE
from bench.texts import JAPANESE
from deploy.quickstart import checks, redis_server
from deploy.quickstart.environment import compose_environment
from deploy.quickstart.prepare import prepare, read_tail
from deploy.quickstart.processes import wait_until
from deploy.quickstart.programs import compose_redis, compose_web, find_guard
from deploy.quickstart.settings import REPOSITORY, Settings, read_settings

START_WITHIN_S = 60
NOBODY = 9
"""The discard port, where the simulator would be: nothing is ever sent."""


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
        settings = read_settings({"DATA_DIR": str(folder)})
        checks.make_folders(folder)
        environment = _compose_environment(settings, password)
        opened.callback(redis_server.remove_folder, folder, environment)
        socket = Path(environment["QUICKSTART_REDIS_SOCKET"])
        opened.enter_context(_running("redis", compose_redis(), environment, socket.exists))
        prepare(environment)
        fragment = Path(environment[FRAGMENT_VARIABLE])
        fragment.write_text("?", encoding="utf-8")
        with _gunicorn(settings, environment) as url:
            visit = _log_in(url, password)
            fragment.write_text(fetch_estimate(visit).text, encoding="utf-8")
        url = opened.enter_context(_gunicorn(settings, environment))
        yield _log_in(url, password)


def fetch_estimate(visit: Visit) -> requests.Response:
    """The real fragment."""
    answer = requests.post(visit.url + ESTIMATE_PATH, data=visit.fields, headers=visit.headers, timeout=30)
    answer.raise_for_status()
    return answer


def _compose_environment(settings: Settings, password: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR", "PATH") if name in os.environ}
    return compose_environment(settings, kept, NOBODY) | {
        "QUICKSTART_REDIS_SOCKET": str(redis_server.choose_socket(settings.data_dir, kept)),
        "QUICKSTART_REDIS_SERVER": redis_server.find_server(),
        "ADMIN_PASSWORD": password,
        "SMSLINK_TOKEN": "bench",
        FRAGMENT_VARIABLE: str(settings.data_dir / "fragment.html"),
    }


@contextmanager
def _running(
    name: str, command: Sequence[str], environment: dict[str, str], is_ready: Callable[[], bool]
) -> Iterator[None]:
    log = Path(environment["DATA_DIR"]) / "log" / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*find_guard(), *command], cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: process.poll() is not None or is_ready(), START_WITHIN_S)
        if process.poll() is not None or not is_ready():
            raise RuntimeError(f"{name} did not start: {read_tail(log)}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _gunicorn(settings: Settings, environment: dict[str, str]) -> Iterator[str]:
    settings = replace(settings, port=checks.find_free_port(settings.host, settings.port))
    url = f"http://{settings.address}"
    command = compose_web(settings.address, "bench.app:app")
    with _running("web", command, environment, lambda: _answers(url)):
        yield url


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


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
