"""What the person reads once the product runs."""

import pytest

from deploy.quickstart.notice import compose_notice
from deploy.quickstart.prepare import Administrator
from deploy.quickstart.settings import Settings, read_settings

SIMULATED = {"SIMULATOR_URL": "http://127.0.0.1:8001/", "SMSLINK_API_DOMAIN": "http://127.0.0.1:8001/"}


@pytest.fixture
def settings() -> Settings:
    return read_settings({})


def test_it_says_where_to_go_and_how_to_get_in(settings: Settings) -> None:
    notice = compose_notice(settings, Administrator("admin", "random-password"), SIMULATED)

    for words in ("http://127.0.0.1:8000/", "admin", "random-password", "instance", "Ctrl-C"):
        assert words in notice


def test_it_does_not_show_a_given_password(settings: Settings) -> None:
    notice = compose_notice(settings, Administrator("admin", None), SIMULATED | {"ADMIN_PASSWORD": "sesame"})

    assert "ADMIN_PASSWORD で指定したもの" in notice
    assert "sesame" not in notice


def test_it_tells_a_later_start_how_to_get_a_new_password(settings: Settings) -> None:
    notice = compose_notice(settings, Administrator("admin", None), SIMULATED)

    assert "staff reset-password admin" in notice


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (SIMULATED, "模擬環境 http://127.0.0.1:8001/"),
        ({"SMSLINK_API_DOMAIN": "https://api.smslink.jp/"}, "本番環境 api.smslink.jp"),
        ({"SMSLINK_API_DOMAIN": "https://sand-api-smslink.nexlink2.jp/"}, "検証環境"),
        ({"SMSLINK_API_DOMAIN": "http://192.0.2.7:99/"}, "SMSLINKではない接続先 192.0.2.7"),
        (
            {"SMSLINK_API_DOMAIN": "https://api.smslink.jp.example/"},
            "SMSLINKではない接続先 api.smslink.jp.example",
        ),
    ],
)
def test_it_names_who_takes_the_messages(settings: Settings, environment: dict[str, str], words: str) -> None:
    assert words in compose_notice(settings, Administrator("admin", None), environment)
