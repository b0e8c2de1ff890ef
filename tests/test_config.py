"""The environment: defaults, and one sentence for each mistake."""

import base64
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from webapp import create_app
from webapp.config import REPOSITORY, Configuration, ConfigurationError, flask_mapping, read_configuration

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
NEEDED = {"SECRET_KEY": "s", "FIELD_KEY": KEY}


def test_defaults() -> None:
    folder = REPOSITORY / "instance"
    assert read_configuration(NEEDED) == Configuration(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/sms.sqlite3",
        redis_url=f"unix://{folder}/redis.sock?db=0",
        secret_key="s",
        field_keys=(KEY,),
        smslink_api_domain=None,
        smslink_token=None,
        simulator_url=None,
        simulator_public_url=None,
        unknown_settle_s=120,
        trusted_proxies=0,
    )


def test_everything_can_be_set(tmp_path: Path) -> None:
    found = read_configuration(
        NEEDED
        | {
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://db/sms",
            "REDIS_URL": "redis://cache/1",
            "FIELD_KEY": f"{KEY}, {Fernet.generate_key().decode()}",
            "SMSLINK_API_DOMAIN": "https://sms.example",
            "SMSLINK_TOKEN": "t",
            "SIMULATOR_URL": "http://127.0.0.1:8001/",
            "UNKNOWN_SETTLE_S": "5",
            "TRUSTED_PROXIES": "1",
        }
    )
    assert found.data_dir == tmp_path
    assert len(found.field_keys) == 2
    assert found.smslink_api_domain == "https://sms.example/"
    assert (found.unknown_settle_s, found.trusted_proxies) == (5, 1)
    assert flask_mapping(found)["SQLALCHEMY_DATABASE_URI"] == "postgresql://db/sms"


def test_empty_is_as_good_as_unset() -> None:
    empty = dict.fromkeys(
        ("DATA_DIR", "DATABASE_URL", "REDIS_URL", "SMSLINK_API_DOMAIN", "SMSLINK_TOKEN", "UNKNOWN_SETTLE_S"),
        "",
    )
    assert read_configuration(NEEDED | empty) == read_configuration(NEEDED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("FIELD_KEY", ""),
        ("FIELD_KEY", ","),
        ("FIELD_KEY", "short"),
        ("FIELD_KEY", f"{KEY},short"),
        ("UNKNOWN_SETTLE_S", "x"),
        ("UNKNOWN_SETTLE_S", "-1"),
        ("UNKNOWN_SETTLE_S", "1.5"),
        ("UNKNOWN_SETTLE_S", "１"),
        ("TRUSTED_PROXIES", "yes"),
        ("SMSLINK_API_DOMAIN", "api.smslink.jp"),
        ("SMSLINK_API_DOMAIN", "ftp://api.smslink.jp/"),
        ("SIMULATOR_URL", "127.0.0.1:8001"),
        ("DATABASE_URL", "foo"),
        ("DATABASE_URL", "foo://db/sms"),
        ("DATABASE_URL", "postgresql://db:port/sms"),
        ("DATABASE_URL", "mysql://db/sms"),
    ],
)
def test_mistakes_are_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_configuration(NEEDED | {name: value})
    text = str(error.value)
    assert name in text
    assert text.endswith("。")
    assert "\n" not in text
    assert KEY not in text


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEY"])
def test_nothing_starts_without_its_keys(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other, value in NEEDED.items():
        monkeypatch.setenv(other, value)
    monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match=name):
        create_app()
