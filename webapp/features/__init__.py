"""The screens, one folder each. They never import each other."""

from importlib import import_module

from flask import Flask

FEATURES = (
    "health",
    "auth",
    "dashboard",
    "customers",
    "compose",
    "history",
    "receptions",
    "sms_templates",
    "settings",
    "carriers",
    "engine",
)


def register(app: Flask) -> None:
    """Register the blueprint of every feature; `frame` gives all pages their header and banner."""
    from webapp.features import frame

    frame.init_app(app)
    for name in FEATURES:
        app.register_blueprint(import_module(f"webapp.features.{name}.views").blueprint)
