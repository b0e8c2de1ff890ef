#!/bin/sh
# make bench: everything the benchmarks need, then all of them (docs/benchmarks.md); words after it choose subjects.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
deploy/venv.sh dev >&2
CHROME_PATH=$(deploy/browser.sh)
export CHROME_PATH PYTHONUTF8=1

list_missing() {
    missing=''
    command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
    command -v node >/dev/null 2>&1 || missing="$missing nodejs"
    command -v npm >/dev/null 2>&1 || missing="$missing npm"
}

list_missing
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "計測に使う部品を入れています(初回のみ):$missing" >&2
    # shellcheck disable=SC2086 # a list of packages
    deploy/apt.sh $missing || true
    list_missing
fi
if [ -n "$missing" ]; then
    echo "計測できません:$missing が必要です。管理者として apt-get install$missing を実行してください。" >&2
    exit 1
fi

# The peer, exactly as locked; again only when the lock has changed.
if ! cmp -s bench/npm/package-lock.json bench/npm/node_modules/.installed.json; then
    echo "比べる相手(npm)を入れています(初回のみ)…" >&2
    (cd bench/npm && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) || {
        echo "比べる相手を入れられませんでした。インターネットへの接続を確かめてください。" >&2
        exit 1
    }
    cp bench/npm/package-lock.json bench/npm/node_modules/.installed.json
fi
exec .venv/bin/python -m bench "$@"
