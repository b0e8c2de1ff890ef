"""What the children inherit."""

from pathlib import Path

import pytest

from deploy.quickstart.environment import compose_environment
from deploy.quickstart.settings import read_settings
from webapp.config import read_configuration


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "keys").mkdir()
    return {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin"}


def test_it_gives_the_product_all_it_needs(given: dict[str, str]) -> None:
    environment = compose_environment(read_settings(given), given, 8001)

    configuration = read_configuration(environment)

    assert configuration.data_dir == Path(given["DATA_DIR"])
    assert configuration.smslink_api_domain == configuration.simulator_url == "http://127.0.0.1:8001/"
    assert configuration.redis_url == environment["RQ_REDIS_URL"]


def test_it_names_no_simulator_when_another_provider_is_set(given: dict[str, str]) -> None:
    given |= {"SMSLINK_API_DOMAIN": "https://sms.example/", "SIMULATOR_URL": "http://127.0.0.1:9/"}

    environment = compose_environment(read_settings(given), given, None)

    assert environment["SMSLINK_API_DOMAIN"] == "https://sms.example/"
    assert "SIMULATOR_URL" not in environment


def test_it_passes_on_what_the_product_reads_itself(given: dict[str, str]) -> None:
    given |= {"DATABASE_URL": "sqlite:////x", "SMSLINK_TOKEN": "t", "UNKNOWN_SETTLE_S": "5", "TZ": "UTC"}

    environment = compose_environment(read_settings(given), given, 8001)

    assert {name: environment[name] for name in given} | {"PATH": "/usr/bin"} == given
    assert environment["PATH"].endswith(":/usr/bin")


@pytest.mark.parametrize("name", ["FLASK_DEBUG", "RQ_WORKER_CLASS", "MAKEFLAGS", "PYTHONPATH"])
def test_it_keeps_the_persons_own_tools_out(given: dict[str, str], name: str) -> None:
    given[name] = "1"

    assert name not in compose_environment(read_settings(given), given, 8001)
