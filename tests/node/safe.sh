#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The C and Node clients know the same safe methods as the tables of the daemon
# and of the manager. To make their lists anew: tests/node/safe.sh --write
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
if ! command -v node >/dev/null 2>&1; then
    echo "skipped: node is not installed"
    exit 77
fi
bin=${GOX_BIN_DIR:-build/bin}
place=$(mktemp -d)
trap 'kill "$manager" 2>/dev/null; wait "$manager" 2>/dev/null || :; rm -rf "$place"' EXIT
"$bin/goxel-manager" --no-start --socket "$place/d" --state-dir "$place/state" \
    --control "$place/d.ctl" &
manager=$!
tries=0
until "$bin/goxelctl" call rpc.discover --socket "$place/d.ctl" --json >"$place/manager" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ]; then
        echo "the manager does not answer"
        exit 1
    fi
done
"$bin/goxelctl" call rpc.discover --stdio --json >"$place/daemon"
bad=0
check() {
    node scripts/safe_methods.js "$1" "$place/daemon" "$place/manager" >"$place/text"
    if [ "${3:-}" = --write ]; then
        cp "$place/text" "$2"
    elif ! diff -u "$2" "$place/text"; then
        echo "$2 is stale; make it anew as the head of this test says"
        bad=1
    fi
}
check c src/client/safe_methods.h "${1:-}"
check node node/lib/safe.js "${1:-}"
exit "$bad"
