"""The framed notice at the end of the start."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from deploy.quickstart.prepare import Administrator
from deploy.quickstart.settings import REPOSITORY, Settings

RULE = "━" * 36
# The provider's two hosts.
PRODUCTION_HOST = "api.smslink.jp"
SANDBOX_HOST = "sand-api-smslink.nexlink2.jp"


def compose_notice(settings: Settings, administrator: Administrator, environment: Mapping[str, str]) -> str:
    """Where to go, how to get in, what is connected, where the data are, how to stop."""
    rows = [
        ("画面", f"http://{_host_in_url(settings.own_host)}:{settings.port}/"),
        ("ログインID", administrator.login_id),
        ("パスワード", describe_password(settings, administrator, environment)),
        ("SMSLINK", describe_provider(environment)),
        ("データ", str(settings.data_dir)),
        ("記録(ログ)", str(settings.data_dir / "log")),
    ]
    lines = [RULE, " 起動しました", ""]
    lines += [f" {name}{' ' * (12 - _width(name))}{value}" for name, value in rows]
    return "\n".join([*lines, "", " 止めるときは Ctrl-C を押してください。", RULE])


def describe_password(
    settings: Settings, administrator: Administrator, environment: Mapping[str, str]
) -> str:
    """The random password once; later how to get a new one."""
    if administrator.password:
        return f"{administrator.password}  (表示するのは今回だけです。控えてください)"
    if environment.get("ADMIN_PASSWORD"):
        return "ADMIN_PASSWORD で指定したもの"
    folder = "" if settings.data_dir == REPOSITORY / "instance" else f"DATA_DIR='{settings.data_dir}' "
    return (
        "最初の起動のときに決まったもの\n"
        f"{' ' * 13}(忘れたとき: {folder}deploy/flask.sh staff reset-password {administrator.login_id})"
    )


def describe_provider(environment: Mapping[str, str]) -> str:
    """Which service takes the messages, so that nobody mistakes one for another."""
    if url := environment.get("SIMULATOR_URL"):
        return (
            f"模擬環境 {url}\n"
            f"{' ' * 13}(SMSは実際には送られません。届いたSMSをこのアドレスで携帯電話のように見られます)"
        )
    domain = environment.get("SMSLINK_API_DOMAIN", "")
    host = urlsplit(domain).hostname or domain
    if host == PRODUCTION_HOST:
        return f"本番環境 {host}  (SMSが実際に送られ、料金がかかります)"
    if host == SANDBOX_HOST:
        return f"検証環境 {host}  (SMSは実際には送られません)"
    return f"SMSLINKではない接続先 {host}  (SMSLINK_API_DOMAIN で指定されています)"


def _host_in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _width(text: str) -> int:
    """Columns on a terminal: a Japanese character takes two."""
    return sum(1 if character.isascii() else 2 for character in text)
