#!/bin/sh
# make lint: every check runs, and the failed ones are named at the end.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 1
deploy/venv.sh dev || exit 1
PATH=$root/.venv/bin:$PATH
export PYTHONUTF8=1
failed=''

check() {
    echo "── $*"
    "$@" || failed="$failed
  $*"
}

check ruff check .
check ruff format --check .
check mypy
check lint-imports
check djlint --lint templates
for script in deploy/*.sh .ci/run; do
    check sh -n "$script"
done
if [ -n "$failed" ]; then
    echo "直すところがあります:$failed"
    exit 1
fi
echo "すべて問題ありません。"
