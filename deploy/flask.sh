#!/bin/sh
# flask with the environment that `make run` gives the product: deploy/flask.sh staff reset-password admin
# (without a word after it: the product itself)
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
case ${DATA_DIR:-/} in
/*) ;;
*) DATA_DIR=$PWD/$DATA_DIR && export DATA_DIR ;;
esac
cd "$root"
exec .venv/bin/python -m deploy.quickstart "$@"
