#!/bin/sh
# Make or renew .venv from one of the locks: deploy/venv.sh runtime|dev
# dev holds all of runtime, so a .venv for the tests also serves `make run`.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
kind=$1
venv=$root/.venv
stamp=$venv/.installed
begun=$venv/.installing
setsid=$(command -v setsid || true)

stop() {
    echo "準備できません: $*" >&2
    exit 1
}

digest() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# What .venv should hold: the lock's contents, where it lies (scripts name their interpreter by
# its path, so a moved clone needs new ones) and the Python in it.
wanted() {
    { cat "deploy/locks/$1.txt"; echo "$venv"; "$venv/bin/python" -c 'import sys; print(sys.version)'; } 2>&1 | digest
}

is_current() {
    [ -f "$stamp" ] || return 1
    read -r held hash <"$stamp" || return 1
    { [ "$held" = dev ] || [ "$held" = "$kind" ]; } && [ "$hash" = "$(wanted "$held")" ]
}

# The first Python that is new enough, in $python; $bare is one that only lacks venv.
find_python() {
    python='' bare=''
    for name in python3.13 python3.12 python3.11 python3; do
        path=$(command -v "$name" 2>/dev/null) || continue
        "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$path" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$path
            return 0
        fi
        bare=${bare:-$path}
    done
    return 1
}

need_python() {
    find_python && return
    [ -n "$bare" ] || stop "Python 3.11 以上が見つかりません。Python 3.11〜3.13 を入れてから、もう一度実行してください。"
    version=$("$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Python の venv を入れています…"
        deploy/apt.sh "python$version-venv" || deploy/apt.sh python3-venv || true
    fi
    find_python || stop "Python $version に venv がありません。python3-venv を入れてから(Debian: apt-get install python3-venv)、もう一度実行してください。"
}

# Everything but the lock that we hold.
wipe() {
    find "$venv" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
}

# Made here, with a Python that still works, and not left by an installation that was killed.
is_whole() {
    [ ! -e "$begun" ] && grep -qsF -- "-m venv $venv" "$venv/pyvenv.cfg" &&
        "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

interrupt() {
    kill -s TERM -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    echo "中断しました。もう一度実行すると、最初からやり直します。" >&2
    exit 130
}

# Run a command quietly, saying now and then that it still runs; show what it said when it fails.
quietly() {
    log=$venv/install.log
    # In a group of its own, to be ended with all it started: Ctrl-C does not reach what runs in
    # a script's background.
    $setsid "$@" >"$log" 2>&1 &
    child=$!
    trap 'interrupt' INT TERM HUP
    seconds=0
    while kill -0 "$child" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        [ $((seconds % 20)) -ne 0 ] || echo "  まだ続いています(${seconds}秒)…"
    done
    trap - INT TERM HUP
    wait "$child" && return
    sed 's/^/  | /' "$log" >&2
    return 1
}

is_current && exit 0
mkdir -p "$venv" 2>/dev/null || stop "フォルダー $root に書き込めません。書き込める場所に置いてから、もう一度実行してください。"
[ -w "$venv" ] || stop "フォルダー $venv に書き込めません。書き込める場所に置いてから、もう一度実行してください。"
# `make run` and `make test` may be here at the same time.
if command -v flock >/dev/null 2>&1; then
    exec 9>"$venv/.lock"
    flock -n 9 || { echo "別のコマンドが部品を入れ終わるのを待っています…"; flock 9; }
    is_current && exit 0
fi
if ! is_whole; then
    need_python
    wipe
    : >"$begun"
    echo "Python の環境を作っています($("$python" --version))…"
    quietly "$python" -m venv "$venv" || stop "Python の環境を作れませんでした。上の内容を確かめてください。"
fi
: >"$begun"
rm -f "$stamp"
echo "必要な部品を入れています(初回のみ、1〜2分)…"
if ! quietly "$venv/bin/python" -m pip install --require-hashes --requirement "deploy/locks/$kind.txt" \
    --quiet --no-input --disable-pip-version-check; then
    rm -f "$begun" # pip undoes what it could not finish
    stop "部品を入れられませんでした。上の内容と、インターネットへの接続、ディスクの空きを確かめてください。"
fi
echo "$kind $(wanted "$kind")" >"$stamp.new"
mv "$stamp.new" "$stamp"
rm -f "$begun"
echo "部品を入れました(${seconds}秒)。"
