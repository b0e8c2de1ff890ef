#!/bin/sh
# make run: the environment, then the product (deploy/quickstart/).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
"$root/deploy/venv.sh" runtime
exec "$root/deploy/flask.sh"
