"""The processes, their queues, and the text supervisord reads."""

from configparser import RawConfigParser
from pathlib import Path

import pytest

from deploy.quickstart.environment import compose_environment
from deploy.quickstart.programs import compose_configuration, lay_queues, list_programs
from deploy.quickstart.settings import read_settings
from webapp.queue import SEND, SWEEP

SOCKET = Path("/run/sms/redis.sock")


def _read(text: str) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(text)
    return parser


@pytest.mark.parametrize(
    ("workers", "queues"),
    [
        (1, [(SEND, SWEEP)]),
        (2, [(SEND,), (SWEEP,)]),
        (3, [(SEND,), (SWEEP,), (SEND,)]),
        (5, [(SEND,), (SWEEP,), (SEND,), (SEND,), (SEND,)]),
    ],
)
def test_it_gives_each_worker_one_queue(workers: int, queues: list[tuple[str, ...]]) -> None:
    assert lay_queues(workers) == queues


def test_it_runs_the_whole_product() -> None:
    programs = list_programs(read_settings({}), 8001, SOCKET)

    assert [program.name for program in programs] == [
        "redis",
        "simulator",
        "web",
        "worker-1",
        "worker-2",
        "cron",
    ]


def test_it_runs_neither_redis_nor_simulator_when_others_are_set() -> None:
    programs = list_programs(read_settings({"WORKERS": "1"}), None, None)

    assert [program.name for program in programs] == ["web", "worker-1", "cron"]


def test_it_stops_what_others_need_last() -> None:
    programs = list_programs(read_settings({}), 8001, SOCKET)

    read = _read(compose_configuration(programs, ()))

    assert read["group:product"]["programs"] == "web,worker-1,worker-2,cron"
    first = [int(read[f"program:{name}"]["priority"]) for name in ("redis", "simulator")]
    assert first == sorted(first)
    assert int(read["group:product"]["priority"]) > max(first)


def test_it_guards_and_restarts_every_process() -> None:
    programs = list_programs(read_settings({}), 8001, SOCKET)

    read = _read(compose_configuration(programs, ("setpriv", "--pdeathsig", "TERM")))

    for program in programs:
        section = read[f"program:{program.name}"]
        assert section["command"].startswith("setpriv --pdeathsig TERM ")
        assert section["autorestart"] == "true"
        assert section["stopasgroup"] == section["killasgroup"] == "true"


def test_an_outage_puts_nothing_of_the_product_off_by_longer_and_longer_pauses() -> None:
    read = _read(compose_configuration(list_programs(read_settings({}), 8001, SOCKET), ()))

    at_once = {name for name in read.sections() if read[name].get("startsecs") == "0"}
    assert at_once == {f"program:{name}" for name in read["group:product"]["programs"].split(",")}


def test_it_opens_no_way_to_talk_to_supervisord() -> None:
    read = _read(compose_configuration(list_programs(read_settings({}), 8001, SOCKET), ()))

    kinds = {section.split(":")[0] for section in read.sections()}
    assert kinds == {"supervisord", "program", "group"}


def test_it_puts_no_secret_on_a_command_line_or_into_the_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    given = {
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": "redis://:sesame@127.0.0.1/0",
        "DATABASE_URL": "postgresql://sms:sesame@127.0.0.1/sms",
        "ADMIN_PASSWORD": "sesame-1",
        "SMSLINK_TOKEN": "sesame-2",
    }
    settings = read_settings(given)
    environment = compose_environment(settings, given, 8001)

    text = compose_configuration(list_programs(settings, 8001, SOCKET), ())

    assert "sesame" not in text
    for name in ("SECRET_KEY", "FIELD_KEY", "SIMULATOR_TOKEN"):
        assert environment[name] not in text
