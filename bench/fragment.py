"""The estimate over HTTP: requests a second beside two floors, its queries, its size on the wire."""

import gzip
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from bench.app import BARE_HEADER, ESTIMATE_PATH, LOGIN_PATH, OPEN_PATH
from bench.figures import Figure, Goal, compare, limit, take_turns
from bench.server import Visit, fetch_estimate
from bench.texts import JAPANESE

ROUNDS = 11
SECONDS = 2
CONNECTIONS = 8
MOST_BYTES = 2048
# 64 lengths around 200: as somebody types, each text is a character longer than the one before.
TYPED = [(JAPANESE * 2)[:length] for length in range(len(JAPANESE) - 32, len(JAPANESE) + 32)]
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
        bodies = [urlencode({**visit.fields, "body": text}) for text in TYPED]
        script.write(compose_script(bodies, {**visit.headers, **headers}))
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, visit.url + path],  # noqa: S607 - deploy/bench.sh installs it
            capture_output=True,
            text=True,
            check=True,
        )
    return read_rate(done.stdout)


def compose_script(bodies: Sequence[str], headers: Mapping[str, str]) -> str:
    """The requests in turn, in wrk's language; nothing in a form or cookie ends a long bracket."""
    fields = {"Content-Type": "application/x-www-form-urlencoded"} | dict(headers)
    return "\n".join(
        [
            'wrk.method = "POST"',
            *(f'wrk.headers["{name}"] = [[{value}]]' for name, value in fields.items()),
            "local bodies = {" + ", ".join(f"[[{body}]]" for body in bodies) + "}",
            "local requests, last = {}, 0",
            "local ready = function(body) return wrk.format(nil, nil, nil, body) end",
            "init = function() for i, body in ipairs(bodies) do requests[i] = ready(body) end end",
            "request = function() last = last % #requests + 1; return requests[last] end",
        ]
    )


def read_rate(said: str) -> float:
    """Requests a second from wrk's report; RuntimeError when any went wrong."""
    found = re.search(r"^Requests/sec: +([\d.]+)$", said, re.MULTILINE)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk: {said}")
    return float(found[1])
