#!/bin/sh
# Print the path of a Chromium for the tests, installing it and Japanese fonts as root on Debian.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

find_browser() {
    for name in ${CHROME_PATH:+"$CHROME_PATH"} chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" 2>/dev/null && return
    done
    return 1
}

has_fonts() {
    [ -n "${CHROME_PATH:-}" ] || ls /usr/share/fonts/*/noto/NotoSansCJK* >/dev/null 2>&1 ||
        { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=ja family)" ]; }
}

missing=''
find_browser >/dev/null || missing=chromium
has_fonts || missing="$missing fonts-noto-cjk"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "テストに使うブラウザーと日本語フォントを入れています(初回のみ、1〜2分):$missing" >&2
    # shellcheck disable=SC2086 # a list of packages
    "$here/apt.sh" $missing || true
fi
if ! find_browser || ! has_fonts; then
    echo "テストを実行できません: $missing が必要です。管理者として apt-get install $missing を実行するか、Chrome の場所を CHROME_PATH で指定してください。" >&2
    exit 1
fi
