"""The WSGI entry point: `gunicorn wsgi:app`, `flask --app wsgi …`."""

import os
import sys

from webapp import create_app
from webapp.config import ConfigurationError

try:
    app = create_app()
except ConfigurationError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(os.EX_CONFIG)  # deploy/quickstart/prepare.py shows the sentence alone
