#!/bin/sh
# make chaos: the long form of the chaos test and of the model; CHAOS_SENDS, CHAOS_SECONDS, CHAOS_SEED and
# MODEL_EXAMPLES say how much.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
deploy/venv.sh dev
export PYTHONUTF8=1 CHAOS_SENDS="${CHAOS_SENDS:-600}" CHAOS_SECONDS="${CHAOS_SECONDS:-150}"
export MODEL_EXAMPLES="${MODEL_EXAMPLES:-1000}"
exec .venv/bin/python -m pytest -q -s tests/chaos tests/services/test_model.py "$@"
