#!/bin/sh
# make test: everything the tests need, then all of them; words after it go to pytest.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
deploy/venv.sh dev
CHROME_PATH=$(deploy/browser.sh)
export CHROME_PATH PYTHONUTF8=1
# Tests of one file share their servers and their browser, so a file stays on one process.
exec .venv/bin/python -m pytest --numprocesses 2 --dist loadfile "$@"
