#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The official TypeScript clients of both lines, and the inspector's command
# line, against goxel-mcp. Skipped (77) when npm cannot fetch them.
set -eu
here=$(dirname "$0")
bin=${GOX_BIN_DIR:-build/bin}
# shellcheck source=tests/mcp/npm.sh
. "$here/npm.sh"

npm_install clients @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 \
    @modelcontextprotocol/inspector@2.12.0
node "$here/clients.js" "$dir/node_modules"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
inspect() { # what is to be seen, arguments
    wanted=$1
    shift
    if (cd "$work" && "$dir/node_modules/.bin/mcp-inspector" --cli "$bin/goxel-mcp" "$@" >"$work/out" 2>&1) &&
        grep -q "$wanted" "$work/out"; then
        echo "ok - inspector $*"
    else
        echo "not ok - inspector $*"
        cat "$work/out"
        exit 1
    fi
}
inspect '"voxel_render"' --method tools/list
inspect '"goxel://project/{id}/layers"' --method resources/templates/list
inspect '"restyle"' --method prompts/list
inspect 'voxel_check' --method prompts/get --prompt-name build --prompt-args subject=house
