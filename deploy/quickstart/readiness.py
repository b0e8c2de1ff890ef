"""Waiting until the product answers, and saying what is missing when it does not."""

import http.client
import json
import time
from pathlib import Path

from deploy.quickstart.prepare import read_tail
from deploy.quickstart.runner import Runner
from deploy.quickstart.settings import Settings
from deploy.quickstart.stopping import StopWatch
from deploy.quickstart.terminal import CannotStart, say

PATIENCE_S = 90.0
EXPLAIN_AFTER_S = 20.0
MOST_ENDS = 4
# What /readyz names, in words, and the log that tells why it is missing.
PARTS = {
    "database": ("データベース", "web"),
    "redis": ("Redis", "redis"),
    "worker": ("送信の処理(ワーカー)", "worker-1"),
    "scheduler": ("定期処理(スケジューラー)", "cron"),
    "web": ("Webサーバー", "web"),
}


def wait_until_ready(settings: Settings, runner: Runner, watch: StopWatch) -> None:
    """Return once GET /readyz answers 200; raises CannotStart with the log that tells why not."""
    began = time.monotonic()
    explained = EXPLAIN_AFTER_S
    while missing := find_missing(settings):
        watch.check_parent()
        waited = time.monotonic() - began
        restless = runner.count_ends()
        name, ends = restless.most_common(1)[0] if restless else ("", 0)
        if ends >= MOST_ENDS:
            raise _give_up(settings.data_dir, name, f"{name} が起動してもすぐに終わってしまいます。")
        if not runner.is_running():
            raise _give_up(
                settings.data_dir, "supervisord-output", "プロセスの管理プログラムが終わってしまいました。"
            )
        if waited > PATIENCE_S:
            words, log = PARTS.get(missing[0], PARTS["web"])
            raise _give_up(
                settings.data_dir, log, f"{words}が{PATIENCE_S:.0f}秒たっても使えるようになりません。"
            )
        if waited > explained:
            explained += EXPLAIN_AFTER_S
            words = "、".join(PARTS.get(part, (part,))[0] for part in missing)
            say(f"まだ待っています({waited:.0f}秒)。準備中: {words}")
        time.sleep(0.2)


def _give_up(data_dir: Path, name: str, sentence: str) -> CannotStart:
    log = data_dir / "log" / f"{name}.log"
    return CannotStart(f"{sentence}上の内容を確かめてください(すべての記録: {log})。", read_tail(log))


def find_missing(settings: Settings) -> list[str]:
    """The parts that /readyz says are not there, or the web server; empty when all is well."""
    try:
        connection = http.client.HTTPConnection(settings.own_host, settings.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return ["web"]
    return [] if answer.status == http.client.OK else read_missing(body) or ["web"]


def read_missing(body: bytes) -> list[str]:
    """The names that a /readyz answer marks as not well."""
    try:
        parts = json.loads(body)
    except ValueError:
        return []
    return (
        [str(name) for name, is_well in parts.items() if is_well is False] if isinstance(parts, dict) else []
    )
