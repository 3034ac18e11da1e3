#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Node package against the real programs. Skipped (77) without Node 18.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
GOX_BIN_DIR=${GOX_BIN_DIR:-$here/../../build/bin}
export GOX_BIN_DIR
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null; then
    echo "skipped: Node 18 or newer is not installed"
    exit 77
fi
for program in goxel-manager goxel-daemon; do
    [ -x "$GOX_BIN_DIR/$program" ] || {
        echo "not built: $GOX_BIN_DIR/$program"
        exit 1
    }
done
exec node --test "$here"/*.test.js
