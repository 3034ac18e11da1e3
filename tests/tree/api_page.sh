#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/api.md says what the programs say. To make it anew:
#   goxelctl call rpc.discover --stdio --json | node scripts/api_page.js > docs/api.md
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
if ! command -v node >/dev/null 2>&1; then
    echo "skipped: node is not installed"
    exit 77
fi
bin=${GOX_BIN_DIR:-build/bin}
page=$(mktemp)
trap 'rm -f "$page"' EXIT
"$bin/goxelctl" call rpc.discover --stdio --json | node scripts/api_page.js >"$page"
if ! diff -u docs/api.md "$page"; then
    echo "docs/api.md is stale; make it anew as the head of this test says"
    exit 1
fi
