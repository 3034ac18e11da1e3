#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/daemon_control.sh against the real programs.

bats_require_minimum_version 1.5.0
load common
load manager
control=$GOX_SOURCE_DIR/scripts/daemon_control.sh
setup() {
    need_manager
    export GOXELCTL=$goxelctl
}
teardown() { end_manager; }

@test "help, and usage errors" {
    run "$control" help
    [ "$status" -eq 0 ]
    for word in start stop restart reload status health logs test version help; do
        [[ $output == *"  $word"* ]]
    done
    run "$control"
    [ "$status" -eq 0 ]
    run "$control" strat
    [ "$status" -eq 2 ]
    GOXELCTL=$BATS_TEST_TMPDIR/none run -127 "$control" status
}

@test "version names the three programs" {
    run "$control" version
    [ "$status" -eq 0 ]
    for program in goxelctl goxel-manager goxel-daemon; do
        grep -q "^$program [0-9]" <<<"$output"
    done
}

@test "start, status, test, reload, restart, logs, stop" {
    run "$control" status
    [ "$status" -eq 3 ]
    "$control" start "${up_args[@]}" 3>&-
    run "$control" status
    [ "$status" -eq 0 ]
    run "$control" test
    [ "$status" -eq 0 ]
    [[ $output == ok:* ]]
    # Nothing is left of the test.
    "$goxelctl" call goxel.list_projects --json | jq -e '.count == 0'
    "$control" reload
    one=$(pid_of daemon)
    "$control" restart
    [ "$(pid_of daemon)" -ne "$one" ]
    "$control" logs --lines 3 | grep -q .
    "$control" stop
    run "$control" status
    [ "$status" -eq 3 ]
}

@test "restart of what does not run is a start" {
    "$control" restart "${up_args[@]}" 3>&-
    "$goxelctl" ping
}

@test "health: socket, process with memory and processor, errors, checks" {
    run "$control" health
    [ "$status" -eq 3 ]
    [[ $output == *"process: none"* ]]
    "$control" start "${up_args[@]}" 3>&-
    run "$control" health
    [ "$status" -eq 0 ]
    [[ $output == *"socket: $GOXEL_SOCKET_PATH answers in "*" ms"* ]]
    [[ $output == *"process: pid $(pid_of daemon), memory "*" MB, processor "*" %"* ]]
    [[ $output == *"log: "* ]]
    [[ $output == *"healthy, running"* ]]
    "$goxelctl" stop >/dev/null
    run "$control" health
    [ "$status" -eq 3 ]
}

@test "shellcheck has nothing to say" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    shellcheck "$control"
}
