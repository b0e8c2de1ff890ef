"""What the features share: words, fields, filters, fragments. Knows Flask, not the services."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give an application its ids, filters, assets, security headers and error pages."""
    from webapp.ui import assets, decoding, errors, filters, ids, security

    ids.register_ids(app)
    decoding.register_decoding(app)
    filters.register_filters(app)
    assets.register_assets(app)
    security.register_security(app)
    errors.register_errors(app)
