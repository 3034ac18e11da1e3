#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What goxel-mcp takes from the daemon's file of settings.

mcp=$GOX_BIN_DIR/goxel-mcp
hello='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'

setup() {
    [ -x "$mcp" ] || skip "goxel-mcp is not built"
    command -v curl >/dev/null || skip "curl is not installed"
    cd "$BATS_TEST_TMPDIR"
    # Root reads the system's place, which is not ours to write.
    [ "$(id -u)" -ne 0 ] || as_root=1
    export XDG_CONFIG_HOME=$PWD/config XDG_RUNTIME_DIR=$PWD
    unset MCP_SERVER_PORT
    pid=
}

teardown() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
}

settings() { # NAME=VALUE of the environment: settings as well
    export "$@"
}

wait_for_line() {
    for _ in $(seq 500); do
        grep -q "$1" err && return
        sleep 0.01
    done
    cat err
    return 1
}

@test "mcp_integration.enabled off: it does not start, exit 78" {
    settings GOXEL_MCP_INTEGRATION_ENABLED=false
    run "$mcp" <<<"$hello"
    [ "$status" -eq 78 ]
    [[ "$output" =~ mcp_integration.enabled ]]
}

@test "a file that is wrong: its place, exit 78" {
    [ -z "$as_root" ] || skip "root reads /etc/goxel"
    mkdir -p config/goxel
    echo '{"mcp_integration": {"prot": 1}}' >config/goxel/daemon_config.json
    run "$mcp" <<<"$hello"
    [ "$status" -eq 78 ]
    [[ "$output" =~ daemon_config.json:1: ]]
}

@test "bind_address, token_file and allow_origins act on --http" {
    settings GOXEL_MCP_INTEGRATION_BIND_ADDRESS=127.0.0.2 \
        GOXEL_MCP_INTEGRATION_TOKEN_FILE="$PWD/tokens" \
        GOXEL_MCP_INTEGRATION_ALLOW_ORIGINS=https://voxels.example
    echo sesame >tokens
    MCP_SERVER_PORT=18787 "$mcp" --http 2>err 3>&- &
    pid=$!
    wait_for_line 'http://127.0.0.2:18787/mcp'
    ask() {
        curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
            -H 'Accept: application/json, text/event-stream' -d "$hello" "$@" \
            http://127.0.0.2:18787/mcp -H 'Host: localhost:18787'
    }
    [ "$(ask)" = 401 ]
    [ "$(ask -H 'Authorization: Bearer sesame')" = 200 ]
    [ "$(ask -H 'Authorization: Bearer sesame' -H 'Origin: https://voxels.example')" = 200 ]
    [ "$(ask -H 'Authorization: Bearer sesame' -H 'Origin: https://evil.example')" = 403 ]
}

@test "auto_start.enabled off: no daemon is started" {
    settings GOXEL_AUTO_START_ENABLED=false GOXEL_SOCKET_PATH="$PWD/none.sock"
    printf '%s\n' "$hello" '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
        '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"voxel_project","arguments":{"action":"list"}}}' >in
    run bash -c '{ cat in; sleep 2; } | "$1" --timeout 1' - "$mcp"
    [ ! -e none.sock ]
    [[ "$output" =~ '"id":2' ]]
    # Before the time for connecting is over, and after: which socket, why, what now.
    for timeout in 1 10; do
        [ "$timeout" -eq 1 ] || run bash -c '{ cat in; sleep 5; } | "$1" --timeout 10' - "$mcp"
        [[ "$output" == *"cannot be reached at $PWD/none.sock: there is no socket"* ]]
        [[ "$output" == *"goxelctl up"* ]]
        [[ "$output" != *"smaller piece of work"* ]]
    done
}
