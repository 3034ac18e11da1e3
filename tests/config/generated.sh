#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The copies of the table of settings say what the program says. To make them
# anew: tests/config/generated.sh --write
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
bin=${GOX_BIN_DIR:-build/bin}
text=$(mktemp)
trap 'rm -f "$text"' EXIT
bad=0
check() {
    "$bin/goxelctl" config "$1" >"$text"
    if [ "${3:-}" = --write ]; then
        cp "$text" "$2"
    elif ! diff -u "$2" "$text"; then
        echo "$2 is stale; make it anew as the head of this test says"
        bad=$((bad + 1))
    fi
}
check schema config/daemon_config.schema.json "${1:-}"
check sample config/daemon_config.json "${1:-}"
check page docs/settings.md "${1:-}"
check man docs/man/goxel-daemon.json.5 "${1:-}"
[ "$bad" -eq 0 ]
