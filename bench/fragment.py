"""The estimate over HTTP: requests a second beside two floors, its queries, its size on the wire."""

import gzip
import re
import subprocess
import tempfile
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from bench.app import BARE_HEADER, ESTIMATE_PATH, LOGIN_PATH, OPEN_PATH
from bench.figures import Figure, Goal, compare, limit, take_turns
from bench.server import Visit, fetch_estimate

ROUNDS = 11
SECONDS = 2
CONNECTIONS = 8
MOST_BYTES = 2048
# nginx's own default: what compresses least.
GZIP_LEVEL = 1


def measure(visit: Visit) -> list[Figure]:
    """The four routes in turn under the same load, and the size of the answer."""
    runs = [
        partial(requests_a_second, visit, ESTIMATE_PATH, {BARE_HEADER: "1"}),
        partial(requests_a_second, visit, OPEN_PATH, {}),
        partial(requests_a_second, visit, LOGIN_PATH, {}),
        partial(requests_a_second, visit, ESTIMATE_PATH, {}),
    ]
    for run in runs:
        run()  # warm
    bare, bare_here, login, ours = take_turns(runs, ROUNDS)
    size = len(gzip.compress(fetch_estimate(visit).content, GZIP_LEVEL))
    return [
        compare("fragment / bare route", "req/s", Goal(0.45, is_ceiling=False), ours, bare),
        compare("fragment / bare route in product", "req/s", Goal(0.45, is_ceiling=False), ours, bare_here),
        compare("fragment / login and fragment", "req/s", Goal(0.9, is_ceiling=False), ours, login),
        limit("fragment, compressed", "bytes", size, MOST_BYTES),
    ]


def requests_a_second(visit: Visit, path: str, headers: Mapping[str, str]) -> float:
    """What wrk says; an answer that is not 2xx, or a connection that fails, is no measurement."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="ascii") as script:
        script.write(compose_script(urlencode(visit.fields), {**visit.headers, **headers}))
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, visit.url + path],  # noqa: S607 - deploy/bench.sh installs it
            capture_output=True,
            text=True,
            check=True,
        )
    return read_rate(done.stdout)


def compose_script(body: str, headers: Mapping[str, str]) -> str:
    """The request, in wrk's language; nothing in a form or cookie ends a long bracket."""
    fields = {"Content-Type": "application/x-www-form-urlencoded"} | dict(headers)
    lines = ['wrk.method = "POST"', f"wrk.body = [[{body}]]"]
    return "\n".join([*lines, *(f'wrk.headers["{name}"] = [[{value}]]' for name, value in fields.items())])


def read_rate(said: str) -> float:
    """Requests a second from wrk's report; RuntimeError when any went wrong."""
    found = re.search(r"^Requests/sec: +([\d.]+)$", said, re.MULTILINE)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk: {said}")
    return float(found[1])
