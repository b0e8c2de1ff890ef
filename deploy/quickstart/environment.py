"""What the children inherit: the only way a secret or a path reaches them."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.quickstart import redis_server
from deploy.quickstart.keys import read_keys
from deploy.quickstart.processes import MARK
from deploy.quickstart.settings import REPOSITORY, Settings

# Somebody's shell must not decide how the product runs: FLASK_DEBUG and RQ_WORKER_CLASS would.
DROPPED_PREFIXES = ("FLASK_", "RQ_", "MAKE", "MFLAGS", "GUNICORN_CMD_ARGS", "PYTHONPATH", "PYTHONHOME")


def compose_environment(
    settings: Settings, environ: Mapping[str, str], simulator_port: int | None
) -> dict[str, str]:
    """The variables of every child; `simulator_port` is None when the provider is another one."""
    redis_url = settings.redis_url or redis_server.socket_url(
        redis_server.choose_socket(settings.data_dir, environ)
    )
    children = {name: value for name, value in environ.items() if not name.startswith(DROPPED_PREFIXES)}
    children |= read_keys(settings.data_dir, environ)
    children |= {
        MARK: str(settings.data_dir),
        "QUICKSTART_REPOSITORY": str(REPOSITORY),
        "DATA_DIR": str(settings.data_dir),
        "REDIS_URL": redis_url,
        "RQ_REDIS_URL": redis_url,  # for `rq worker` and `rq cron`: a password does not show in `ps`
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    children.pop("SIMULATOR_URL", None)
    if simulator_port is not None:
        url = f"http://127.0.0.1:{simulator_port}/"
        children |= {
            "SMSLINK_API_DOMAIN": url,
            "SIMULATOR_URL": url,
            "SIMULATOR_PUBLIC_URL": environ.get("SIMULATOR_PUBLIC_URL") or url,
            "SIMULATOR_DATA": str(settings.data_dir / "simulator.sqlite3"),
        }
    return children
