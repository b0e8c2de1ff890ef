#!/bin/sh
# Install Debian packages as root, asking nothing; what apt says is shown only when it fails.
set -eu
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" | sed 's/^/  | /' >&2
    exit 1
fi
