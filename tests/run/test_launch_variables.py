"""The variables of `make run`: defaults, and one sentence for each that cannot be used."""

import pytest

from deploy.quickstart.settings import REPOSITORY, read_settings
from deploy.quickstart.terminal import CannotStart


def test_it_needs_no_variable() -> None:
    settings = read_settings({})

    assert settings.data_dir == REPOSITORY / "instance"
    assert (settings.address, settings.workers) == ("127.0.0.1:8000", 2)
    assert (settings.simulator_port, settings.redis_url, settings.api_domain) == (None, None, None)


def test_it_takes_an_empty_variable_for_none() -> None:
    names = ("DATA_DIR", "HOST", "PORT", "WORKERS", "SIMULATOR_PORT", "REDIS_URL", "SMSLINK_API_DOMAIN")

    assert read_settings(dict.fromkeys(names, "")) == read_settings({})


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80x", "８０００", " ", "8e3"])
@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
def test_it_names_a_port_that_is_none(name: str, value: str) -> None:
    with pytest.raises(CannotStart) as caught:
        read_settings({name: value})

    assert name in caught.value.sentence
    assert value in caught.value.sentence


@pytest.mark.parametrize("value", ["0", "65", "two"])
def test_it_names_a_number_of_workers_that_cannot_be(value: str) -> None:
    with pytest.raises(CannotStart, match="WORKERS"):
        read_settings({"WORKERS": value})


@pytest.mark.parametrize("value", ["a b", "127.0.0.1\nlogfile=/x", "%(x)s"])
def test_it_refuses_a_host_that_is_no_address(value: str) -> None:
    with pytest.raises(CannotStart, match="HOST"):
        read_settings({"HOST": value})


@pytest.mark.parametrize(
    ("host", "address", "own_host"),
    [
        ("0.0.0.0", "0.0.0.0:8000", "127.0.0.1"),  # noqa: S104 - read, not bound
        ("::1", "[::1]:8000", "::1"),
        ("::", "[::]:8000", "::1"),
    ],
)
def test_it_knows_how_to_reach_itself(host: str, address: str, own_host: str) -> None:
    settings = read_settings({"HOST": host})

    assert (settings.address, settings.own_host) == (address, own_host)
