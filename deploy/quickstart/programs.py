"""The processes of the product and how supervisord runs them; nothing here holds a secret."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.quickstart.settings import Settings

LEAST_WEB_WORKERS = 3
MOST_WEB_WORKERS = 9
# A worker may be in a call to SMSLINK: 5 s to connect, 30 s to read.
WORKER_STOP_S = 35
LOG_BYTES = 5 * 1024 * 1024
LOG_BACKUPS = 3


@dataclass(frozen=True, slots=True)
class Program:
    """One process: `stop_s` is how long it may take to end, `needed_by_others` puts off its end."""

    name: str
    command: tuple[str, ...]
    stop_s: int
    is_needed_by_others: bool = False


def lay_queues(workers: int) -> list[tuple[str, ...]]:
    """The queues of each worker process.

    One queue a worker, because RQ loses a popped job on kill -9 where a worker serves several;
    a single worker has no choice, and the sweep brings such a job back. What a person waits for
    gets the further ones.
    """
    if workers == 1:
        return [("send", "sweep")]
    return [("send",), ("sweep",), *[("send",)] * (workers - 2)]


def list_programs(settings: Settings, simulator_port: int | None, redis_socket: Path | None) -> list[Program]:
    """What to run; without a port no simulator, without a socket no Redis of ours."""
    programs = []
    if redis_socket is not None:
        programs.append(Program("redis", compose_redis(), 10, is_needed_by_others=True))
    if simulator_port is not None:
        programs.append(Program("simulator", _simulator(simulator_port), 5, is_needed_by_others=True))
    programs.append(Program("web", compose_web(settings.address, "wsgi:app"), 15))
    for number, queues in enumerate(lay_queues(settings.workers), start=1):
        programs.append(Program(f"worker-{number}", _worker(queues), WORKER_STOP_S))
    programs.append(Program("cron", ("rq", "cron", "-P", ".", "jobs.schedule"), 10))
    return programs


def compose_web(address: str, app: str) -> tuple[str, ...]:
    """The web server for `app`, a module and a name; the benchmarks measure with the same one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # More than the cores can run only take turns on them; one more fills the pauses of the others.
    workers = min(max(cores + 1, LEAST_WEB_WORKERS), MOST_WEB_WORKERS)
    # Preloaded: importing the product takes each process a second, and two cores have no five.
    return (
        *_gunicorn(address, graceful_s=12),
        "--config",
        "deploy/gunicorn.py",
        "--preload",
        "--workers",
        str(workers),
        app,
    )


def compose_redis() -> tuple[str, ...]:
    """The embedded Redis; QUICKSTART_REDIS_SERVER, QUICKSTART_REDIS_SOCKET and DATA_DIR place it."""
    # Paths may hold spaces, quotes and percent signs, so the shell takes them from the environment.
    options = (
        '--port 0 --unixsocket "$QUICKSTART_REDIS_SOCKET" --unixsocketperm 700 --dir "$DATA_DIR/redis" '
        "--appendonly yes --appendfsync everysec --save '' --maxmemory-policy noeviction --daemonize no "
        "--set-proc-title no"  # a title is written over the environment that find_marked reads
    )
    return ("sh", "-c", f'exec "$QUICKSTART_REDIS_SERVER" {options}')


def _simulator(port: int) -> tuple[str, ...]:
    return (
        *_gunicorn(f"127.0.0.1:{port}", graceful_s=3),
        *("--workers", "1", "--threads", "8"),
        "webapp.smslink.simulator:create_app()",
    )


def _gunicorn(address: str, graceful_s: int) -> tuple[str, ...]:
    # A heartbeat file on a slow disk would make a busy worker look dead.
    memory = ("--worker-tmp-dir", "/dev/shm") if os.access("/dev/shm", os.W_OK) else ()  # noqa: S108 - gunicorn's own file
    return (
        "gunicorn",
        "--bind",
        address,
        "--graceful-timeout",
        str(graceful_s),
        "--no-control-socket",
        *memory,
    )


def _worker(queues: Sequence[str]) -> tuple[str, ...]:
    return (
        "rq",
        "worker",
        "--with-scheduler",
        "-S",
        "json",
        "-w",
        "jobs.worker.FastWorker",
        "-P",
        ".",
        *queues,
    )


def find_guard() -> tuple[str, ...]:
    """The words before a command that end it with its parent, where this machine has them."""
    guard = ("setpriv", "--pdeathsig", "TERM")
    if shutil.which("setpriv") is None:
        return ()
    works = subprocess.run([*guard, "true"], capture_output=True, check=False).returncode == 0
    return guard if works else ()


def compose_configuration(programs: Sequence[Program], guard: Sequence[str]) -> str:
    """The text of supervisord.conf.

    To be started in DATA_DIR: its paths are relative, because supervisord expands a percent sign
    in the path of a log twice. No port and no socket to talk to supervisord: signals do. What
    others need starts first and stops last; the rest stops together, or a slow call in each worker
    would add up.
    """
    lines = [
        "[supervisord]",
        "nodaemon = true",
        "silent = true",
        "umask = 077",
        "logfile = log/supervisord.log",
        f"logfile_maxbytes = {LOG_BYTES}",
        f"logfile_backups = {LOG_BACKUPS}",
        "pidfile = run/supervisord.pid",
    ]
    if os.getuid() == 0:
        lines.append("user = root")
    together = []
    for priority, program in enumerate(programs, start=1):
        command = shlex.join([*guard, *program.command]).replace("%", "%%")
        lines += [
            "",
            f"[program:{program.name}]",
            f"command = {command}",
            "directory = %(ENV_QUICKSTART_REPOSITORY)s",
            f"priority = {priority}",
            "autorestart = true",
            "startretries = 1000",
            "stopasgroup = true",
            "killasgroup = true",
            f"stopwaitsecs = {program.stop_s}",
            "redirect_stderr = true",
            f"stdout_logfile = log/{program.name}.log",
            f"stdout_logfile_maxbytes = {LOG_BYTES}",
            f"stdout_logfile_backups = {LOG_BACKUPS}",
        ]
        if not program.is_needed_by_others:
            # Workers and cron end while Redis is away. Each quick end would put the next start off by one
            # second more, and after an hour's outage nothing would be sent for a minute.
            lines.append("startsecs = 0")
            together.append(program.name)
    lines += ["", "[group:product]", f"programs = {','.join(together)}", f"priority = {len(programs)}", ""]
    return "\n".join(lines)
