"""`make run`: check, prepare, start, wait, tell, and stop all of it again."""

import os
import sys
import time
from collections.abc import Sequence

from deploy.quickstart import checks, redis_server
from deploy.quickstart.environment import compose_environment
from deploy.quickstart.notice import compose_notice, describe_password
from deploy.quickstart.prepare import Administrator, prepare, read_tail
from deploy.quickstart.processes import end_marked, find_marked
from deploy.quickstart.programs import list_programs
from deploy.quickstart.readiness import wait_until_ready
from deploy.quickstart.runner import Runner
from deploy.quickstart.settings import REPOSITORY, Settings, read_settings
from deploy.quickstart.stopping import StopRequested, StopWatch
from deploy.quickstart.terminal import CannotStart, explain, say, speak_utf8


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 when it was asked to stop, 1 when it could not start or keep running."""
    watch = StopWatch()
    speak_utf8()
    os.umask(0o077)  # customers' numbers lie in DATA_DIR
    try:
        settings = read_settings(os.environ)
        if arguments:
            return run_flask(settings, arguments)
        checks.make_folders(settings.data_dir)
        with checks.hold_lock(settings.data_dir):
            run(settings, watch)
    except StopRequested:
        return 0
    except CannotStart as problem:
        explain(problem)
    return 1


def run(settings: Settings, watch: StopWatch) -> None:
    """Start the product and keep it; ends with StopRequested or CannotStart alone."""
    runner = Runner(settings.data_dir)
    try:
        start(settings, runner, watch)
        while runner.is_running():
            watch.check_parent()
            time.sleep(0.5)
        log = settings.data_dir / "log" / "supervisord.log"
        raise CannotStart(
            f"プロセスの管理プログラムが止まったため、すべて終了しました(記録: {log})。",
            read_tail(log),
        )
    except StopRequested:
        say("\n停止しています…(送信中のSMSの処理を待ちます。もう一度 Ctrl-C を押すと、すぐに止めます)")
        raise
    finally:
        watch.close()
        runner.stop(watch)
        redis_server.remove_folder(settings.data_dir, os.environ)


def start(settings: Settings, runner: Runner, watch: StopWatch) -> None:
    """Everything up to the notice; raises CannotStart with one sentence."""
    if find_marked(settings.data_dir):
        say("前回の起動で残ったプロセスを終わらせています…")
        end_marked(settings.data_dir)
    simulator_port = choose_ports(settings)
    environment = compose_environment(settings, os.environ, simulator_port)
    redis_socket = None
    if settings.redis_url:
        redis_server.check_answers(settings.redis_url)
    else:
        redis_socket = redis_server.choose_socket(settings.data_dir, os.environ)
        redis_socket.unlink(missing_ok=True)
        environment["QUICKSTART_REDIS_SOCKET"] = str(redis_socket)
        environment["QUICKSTART_REDIS_SERVER"] = redis_server.find_server()
    say("データベースを準備しています…")
    administrator = prepare(environment)
    try:
        programs = list_programs(settings, simulator_port, redis_socket)
        say(f"起動しています…({'、'.join(program.name for program in programs)})")
        runner.start(programs, environment)
        wait_until_ready(settings, runner, watch)
        say(compose_notice(settings, administrator, environment))
    except BaseException:
        _save_password(settings, administrator, environment)
        raise


def choose_ports(settings: Settings) -> int | None:
    """Check the ports; answer the simulator's, or None when another provider is set."""
    checks.check_port("PORT", settings.host, settings.port)
    chosen = settings.data_dir / "run" / "simulator-port"
    if settings.api_domain:
        chosen.unlink(missing_ok=True)
        return None
    port = settings.simulator_port or checks.find_free_port("127.0.0.1", settings.port)
    checks.check_port("SIMULATOR_PORT", "127.0.0.1", port)
    chosen.write_text(f"{port}\n", encoding="ascii")
    return port


def _save_password(settings: Settings, administrator: Administrator, environment: dict[str, str]) -> None:
    """A start that fails after the administrator was made must not swallow the only password."""
    if administrator.password:
        password = describe_password(settings, administrator, environment)
        say(f"管理者 {administrator.login_id} のパスワード: {password}")


def run_flask(settings: Settings, arguments: Sequence[str]) -> int:
    """`deploy/flask.sh …`: flask with the environment that the product runs in."""
    chosen = settings.data_dir / "run" / "simulator-port"
    if not chosen.parent.is_dir():
        raise CannotStart(f"{settings.data_dir} にデータがありません。先に make run を一度実行してください。")
    port = None if settings.api_domain or not chosen.exists() else int(chosen.read_text(encoding="ascii"))
    environment = compose_environment(settings, os.environ, port)
    environment.pop("QUICKSTART_DATA")  # the next start must not take it for something left behind
    os.chdir(REPOSITORY)
    os.execvpe("flask", ["flask", "--app", "wsgi", *arguments], environment)  # noqa: S607


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
