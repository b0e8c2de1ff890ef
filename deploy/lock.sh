#!/bin/sh
# make lock: work out deploy/locks/ again from pyproject.toml, for Python 3.11 and newer, with hashes.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
deploy/venv.sh dev
if ! command -v uv >/dev/null 2>&1; then
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    .venv/bin/python -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check uv
    PATH=$tools/bin:$PATH
fi
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
        "$@" pyproject.toml
}
compile --extra embedded --output-file deploy/locks/runtime.txt
compile --all-extras --output-file deploy/locks/dev.txt
echo "deploy/locks/ を更新しました。"
