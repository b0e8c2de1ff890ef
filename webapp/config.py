"""Configuration from the environment, checked once at the start (README.md, Configuration)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

REPOSITORY = Path(__file__).resolve().parent.parent

_DATABASES = {"sqlite", "postgresql"}
MAX_BODY_BYTES = 1024 * 1024
SESSION_IDLE = timedelta(hours=12)
SESSION_LONGEST = timedelta(days=7)


class ConfigurationError(RuntimeError):
    """A variable is missing or wrong; the text is one sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every variable the product reads. Times in seconds."""

    data_dir: Path
    database_url: str
    redis_url: str
    secret_key: str
    field_keys: tuple[str, ...]
    smslink_api_domain: str | None
    smslink_token: str | None
    simulator_url: str | None
    simulator_public_url: str | None
    """How a browser reaches the simulator, where that differs."""
    unknown_settle_s: int
    trusted_proxies: int

    def fernet(self) -> MultiFernet:
        """Encrypts with the first key, decrypts with any: put a new key in front to rotate."""
        return MultiFernet([Fernet(key) for key in self.field_keys])


def read_configuration(environ: Mapping[str, str] | None = None) -> Configuration:
    """Read the variables; raise ConfigurationError with one sentence."""
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("DATA_DIR") or REPOSITORY / "instance").resolve()
    return Configuration(
        data_dir=data_dir,
        database_url=_database_url(env, f"sqlite:///{data_dir / 'sms.sqlite3'}"),
        redis_url=env.get("REDIS_URL") or f"unix://{data_dir / 'redis.sock'}?db=0",
        secret_key=_required(env, "SECRET_KEY"),
        field_keys=_field_keys(_required(env, "FIELD_KEY")),
        smslink_api_domain=_domain(env, "SMSLINK_API_DOMAIN"),
        smslink_token=env.get("SMSLINK_TOKEN") or None,
        simulator_url=_domain(env, "SIMULATOR_URL"),
        simulator_public_url=_domain(env, "SIMULATOR_PUBLIC_URL"),
        unknown_settle_s=_whole_number(env, "UNKNOWN_SETTLE_S", 120),
        trusted_proxies=_whole_number(env, "TRUSTED_PROXIES", 0),
    )


def flask_mapping(configuration: Configuration) -> dict[str, object]:
    """The Flask and extension settings that follow from the configuration."""
    return {
        "CONFIGURATION": configuration,
        "SECRET_KEY": configuration.secret_key,
        "SQLALCHEMY_DATABASE_URI": configuration.database_url,
        # An error of the database would carry texts, names and numbers into the log.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY_BYTES,
        "PERMANENT_SESSION_LIFETIME": SESSION_IDLE,
        "SESSION_COOKIE_NAME": "sms_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_I18N_ENABLED": False,  # our forms carry the language themselves (ui/fields.py)
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "RATELIMIT_STORAGE_URI": _limiter_url(configuration.redis_url),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_KEY_PREFIX": "sms",
    }


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name)
    if not value:
        raise ConfigurationError(f"環境変数 {name} が設定されていません。設定してから起動してください。")
    return value


def _field_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise ConfigurationError(
            "環境変数 FIELD_KEY の形式が正しくありません。32バイトのFernet鍵を指定してください。"
        ) from error
    if not keys:
        raise ConfigurationError("環境変数 FIELD_KEY が空です。Fernet鍵を指定してください。")
    return keys


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not (value.isascii() and value.isdigit()):
        raise ConfigurationError(f"環境変数 {name} には0以上の整数を指定してください(現在「{value}」)。")
    return int(value)


def _domain(env: Mapping[str, str], name: str) -> str | None:
    value = env.get(name)
    if not value:
        return None
    if not value.startswith(("https://", "http://")):
        raise ConfigurationError(f"環境変数 {name} は https:// か http:// で始まるURLを指定してください。")
    return value.rstrip("/") + "/"


def _database_url(env: Mapping[str, str], default: str) -> str:
    value = env.get("DATABASE_URL") or default
    try:
        known = make_url(value).get_backend_name() in _DATABASES
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        known = False
    if not known:
        # Not repeated: it may carry a password.
        raise ConfigurationError(
            "環境変数 DATABASE_URL には sqlite:/// か postgresql:// で始まるアドレスを指定してください。"
        )
    return value


def _limiter_url(redis_url: str) -> str:
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
