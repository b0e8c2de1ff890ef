"""SMS for Japanese real-estate offices: the application factory."""

import os
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.config import REPOSITORY, Configuration, flask_mapping, read_configuration


def create_app(configuration: Configuration | None = None, **overrides: Any) -> Flask:  # noqa: ANN401 - Flask settings
    """The WSGI application. `overrides` are Flask settings; raises ConfigurationError."""
    # Imported here, so that importing a part of the package (the simulator's, say) costs nothing else.
    from webapp import extensions, features, logs, lookups, ui

    configuration = configuration or read_configuration()
    app = Flask(
        __name__,
        root_path=str(REPOSITORY),
        template_folder=str(REPOSITORY / "templates"),
        static_folder=str(REPOSITORY / "static"),
        static_url_path="/static",
    )
    app.config.from_mapping(flask_mapping(configuration))
    app.config.from_mapping(overrides)
    if configuration.trusted_proxies:
        count = configuration.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    logs.configure()
    extensions.init_app(app)
    lookups.init_app(app)
    ui.init_app(app)
    features.register(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        from webapp import cli

        cli.register(app)
    return app
