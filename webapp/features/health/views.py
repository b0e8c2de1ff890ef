"""For the launcher, systemd and load balancers: no login, no details of what is stored."""

from flask import Blueprint, Response, jsonify

from webapp.services.health import check_parts

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Tell that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, Redis, a worker for every queue and the scheduler are alive: 200, else 503."""
    parts = check_parts()
    return jsonify(parts), 200 if all(parts.values()) else 503
