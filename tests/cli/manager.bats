#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl with the real manager: up, down, orders, events, logs, top, and the
# exit codes that scripts rely on.

load common
load manager
setup() { need_manager; }
teardown() {
    end_manager
    stop_daemon
}

@test "up from nothing, up again, down, down again" {
    run up
    [ "$status" -eq 0 ]
    [[ $output == *"was started"* ]]
    manager=$(pid_of manager)
    run up --json
    [ "$status" -eq 0 ]
    jq -e ".manager_started == false and .manager.pid == $manager and .ready" <<<"$output"
    "$goxelctl" ping
    run "$goxelctl" down
    [ "$status" -eq 0 ]
    has_ended "$manager"
    [ ! -S "$GOXEL_SOCKET_PATH" ]
    run "$goxelctl" down --json
    [ "$status" -eq 0 ]
    jq -e '.stopped == false' <<<"$output"
}

@test "up takes socket and settings from a file, and refuses a wrong one" {
    echo '{"server": {"workers": "many"}}' >"$BATS_TEST_TMPDIR/bad.json"
    run up --config "$BATS_TEST_TMPDIR/bad.json"
    [ "$status" -eq 1 ]
    [[ $output == *"/server/workers"* ]]
    unset GOXEL_SOCKET_PATH
    echo "{\"daemon\": {\"socket_path\": \"$BATS_TEST_TMPDIR/c.sock\"}}" >"$BATS_TEST_TMPDIR/c.json"
    up --config "$BATS_TEST_TMPDIR/c.json"
    export GOXEL_SOCKET_PATH=$BATS_TEST_TMPDIR/c.sock
    "$goxelctl" ping
}

@test "down --leave: the daemon goes on, the next manager has it" {
    up
    daemon_pid=$(pid_of daemon)
    "$goxelctl" down --leave
    kill -0 "$daemon_pid"
    run "$goxelctl" status --json
    [ "$status" -eq 0 ]
    jq -e ".manager == null and .pid == $daemon_pid" <<<"$output"
    up
    [ "$(pid_of daemon)" -eq "$daemon_pid" ]
    daemon_pid=
}

@test "exit codes: 0 healthy, 3 not running, 4 unknown" {
    for c in status health; do
        run "$goxelctl" $c
        [ "$status" -eq 3 ]
        run "$goxelctl" $c --json
        [ "$status" -eq 3 ]
        jq -e '(.health // .status) == "not_running" and .pid == null' <<<"$output"
    done
    up
    for c in status health; do
        run "$goxelctl" $c
        [ "$status" -eq 0 ]
        [[ ${lines[0]} == "healthy, running" ]]
    done
    # A process that is stopped says nothing about its health.
    daemon_pid=$(pid_of daemon)
    kill -STOP "$daemon_pid"
    run "$goxelctl" health --json
    kill -CONT "$daemon_pid"
    daemon_pid=
    jq -e '[.stages[].finding] | any(. == "unknown" or . == "fail")' <<<"$output"
    "$goxelctl" stop
    run "$goxelctl" status
    [ "$status" -eq 3 ]
    run "$goxelctl" health
    [ "$status" -eq 3 ]
}

@test "a daemon that fails: 3, the cause, and reset" {
    printf '#!/bin/sh\nexit 78\n' >"$BATS_TEST_TMPDIR/goxel-daemon"
    chmod +x "$BATS_TEST_TMPDIR/goxel-daemon"
    run up --daemon "$BATS_TEST_TMPDIR/goxel-daemon" --manager "$GOX_BIN_DIR/goxel-manager"
    [ "$status" -eq 1 ]
    [[ $output == *"78"* || $output == *configuration* ]]
    run "$goxelctl" status
    [ "$status" -ge 2 ]
    [[ $output == *"given up"* ]]
    run "$goxelctl" doctor
    [ "$status" -eq 1 ]
    [[ $output == *"goxelctl reset"* ]]
    run "$goxelctl" reset --timeout 5
    run "$goxelctl" events --types exited --json
    [ "$(wc -l <<<"$output")" -ge 1 ]
    jq -e -s '.[0].code == 78 and .[0].cause == "config"' <<<"$output"
}

@test "start, stop, restart, upgrade: what they say is so" {
    up
    one=$(pid_of daemon)
    run "$goxelctl" restart --json
    jq -e ".ready and .pid != $one" <<<"$output"
    run "$goxelctl" stop
    [[ $output == "not running"* ]]
    [ "$(pid_of daemon)" = null ]
    run "$goxelctl" start --json
    two=$(jq .pid <<<"$output")
    kill -0 "$two"
    run "$goxelctl" upgrade "$GOX_BIN_DIR/goxel-daemon" --json
    [ "$status" -eq 0 ]
    jq -e ".ready and .pid != $two" <<<"$output"
    three=$(pid_of daemon)
    manager=$(pid_of manager)
    run "$goxelctl" upgrade --manager
    [ "$status" -eq 0 ]
    [ "$(pid_of daemon)" -eq "$three" ]
    # The same process as before: the daemon still is its child, so how it ends
    # is known.
    [ "$(pid_of manager)" -eq "$manager" ]
    "$goxelctl" restart --json | jq -e '.last_exit.code == 0'
    run "$goxelctl" upgrade "$BATS_TEST_TMPDIR/none"
    [ "$status" -eq 1 ]
    "$goxelctl" ping
}

@test "a call to a daemon that was stopped or has failed does not wait for it" {
    up
    "$goxelctl" stop
    run timeout 10 "$goxelctl" ping
    [ "$status" -eq 3 ]
    [[ $output == *"it is stopped"*"goxelctl start"* ]]
    run timeout 10 "$goxelctl" call daemon.health --json
    [ "$status" -eq 3 ]
    # What can do without, does.
    model "$BATS_TEST_TMPDIR/m.gox"
    timeout 10 "$goxelctl" info "$BATS_TEST_TMPDIR/m.gox"
    "$goxelctl" start
    "$goxelctl" ping
    kill -9 "$(pid_of daemon)"
    timeout 10 "$goxelctl" ping
}

@test "without a manager orders say what to do, and exit with 3" {
    for c in start stop restart reset upgrade events logs; do
        separately "$goxelctl" $c
        [ "$status" -eq 3 ]
        [[ $err == *"goxelctl up"* ]]
        [ -z "$out" ]
    done
}

@test "a daemon without a manager is asked itself" {
    start_daemon
    export GOXEL_SOCKET_PATH=$socket
    "$goxelctl" status --json | jq -e ".manager == null and .pid == $daemon_pid and .health == \"healthy\""
    "$goxelctl" health --json | jq -e '.status == "healthy" and .daemon.checks.store'
    "$goxelctl" metrics | grep -q '^goxel_connections_max [0-9]'
    "$goxelctl" reload
    "$goxelctl" top --once | grep -q "without a manager"
    run "$goxelctl" stop
    [ "$status" -eq 3 ]
    [[ $output == *daemon.shutdown* ]]
    # A manager that comes later watches it, and starts no other.
    up
    "$goxelctl" status --json | jq -e ".pid == $daemon_pid and .backend == \"external\""
    "$goxelctl" down --leave
    kill -0 "$daemon_pid"
}

@test "a crash is seen in events, status and logs" {
    up
    daemon_pid=$(pid_of daemon)
    kill -9 "$daemon_pid"
    until_true status_is 0
    until_true bash -c "'$goxelctl' events --json | grep -q '\"event\": *\"restarted\"'"
    run "$goxelctl" events --types exited,restarted
    [[ ${lines[0]} == *exited*"pid $daemon_pid"*signal* ]]
    [[ ${lines[1]} == *restarted* ]]
    "$goxelctl" status | grep -q 'restarts *1, last cause: signal'
    "$goxelctl" logs --lines 5 | grep -q listens
    daemon_pid=
    run "$goxelctl" events --types nothing
    [ "$status" -eq 1 ]
    [[ $output == *nothing* ]]
}

@test "events --follow shows each once, over the end of the manager" {
    up
    "$goxelctl" events --follow --after 0 --json >"$BATS_TEST_TMPDIR/seen" 2>/dev/null 3>&- &
    follower=$!
    until_true grep -q '"ready"' "$BATS_TEST_TMPDIR/seen"
    "$goxelctl" restart >/dev/null
    until_true grep -q '"restarted"' "$BATS_TEST_TMPDIR/seen"
    manager=$(pid_of manager)
    kill -9 "$manager"
    up
    "$goxelctl" restart >/dev/null
    until_true bash -c "[ \$(grep -c '\"restarted\"' '$BATS_TEST_TMPDIR/seen') -eq 2 ]"
    kill -TERM "$follower"
    run wait "$follower"
    jq -s -e '[.[] | .seq | select(. > 0)] as $n | $n == ($n | unique)' "$BATS_TEST_TMPDIR/seen"
}

@test "logs --follow shows what comes" {
    up
    "$goxelctl" logs --follow --lines 1 >"$BATS_TEST_TMPDIR/log" 2>/dev/null 3>&- &
    follower=$!
    until_true test -s "$BATS_TEST_TMPDIR/log"
    before=$(wc -l <"$BATS_TEST_TMPDIR/log")
    "$goxelctl" restart >/dev/null
    until_true bash -c "[ \$(wc -l <'$BATS_TEST_TMPDIR/log') -gt $before ]"
    kill -TERM "$follower"
    run wait "$follower"
}

@test "top --once has the figures, as text and as JSON" {
    up
    "$goxelctl" ping >/dev/null
    run "$goxelctl" top --once
    [ "$status" -eq 0 ]
    for word in requests latency queue clients memory restarts manager events started; do
        [[ $output == *"$word"* ]]
    done
    "$goxelctl" top --once --json --interval 100 |
        jq -e '.requests_per_second > 0 and .metrics.queue_capacity > 0 and (.events | length) >= 2'
    "$goxelctl" stop
    run "$goxelctl" top --once
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "not running" ]]
    run "$goxelctl" top </dev/null
    [ "$status" -eq 2 ]
}

@test "top draws a screen, follows its size, and leaves the terminal clean" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    up
    python3 "$GOX_SOURCE_DIR/tests/cli/top_screen.py" "$goxelctl"
}

@test "metrics is Prometheus text of both" {
    up
    run "$goxelctl" metrics
    [ "$status" -eq 0 ]
    grep -q '^goxel_manager_up{name="default"} 1' <<<"$output"
    grep -q '^goxel_requests_received_total [0-9]' <<<"$output"
    if command -v promtool >/dev/null; then
        "$goxelctl" metrics | promtool check metrics >"$BATS_TEST_TMPDIR/prom" 2>&1 ||
            [ "$(grep -ci 'error' "$BATS_TEST_TMPDIR/prom")" -eq 0 ]
    fi
    "$goxelctl" metrics --json | jq -e '.daemon.queue_capacity > 0'
}

@test "an instance that is not there is named" {
    up
    run "$goxelctl" restart --instance nobody
    [ "$status" -eq 1 ]
    [[ $output == *nobody* ]]
}

@test "a daemon that waits for another one's data says so, and where the log is wanted" {
    "$GOX_BIN_DIR/goxel-daemon" --socket "$BATS_TEST_TMPDIR/first.sock" \
        --data-dir "$BATS_TEST_TMPDIR/data" 2>"$BATS_TEST_TMPDIR/first.log" 3>&- &
    first=$!
    until_true "$goxelctl" --socket "$BATS_TEST_TMPDIR/first.sock" ping
    GOXEL_DAEMON_TAKEOVER_SECONDS=60 "$GOX_BIN_DIR/goxel-manager" --backend builtin --log-stderr \
        "${up_args[@]:1}" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    manager=$!
    is_waiting() { "$goxelctl" health --last --json | jq -e '.reason | startswith("waiting for the data")'; }
    until_true is_waiting
    run "$goxelctl" health --last
    [ "$status" -eq 4 ]
    grep -q 'waiting for it for at most 60 s' "$BATS_TEST_TMPDIR/log"
    kill "$first"
    until_true "$goxelctl" health
    kill "$manager"
    wait "$manager"
    grep -q 'asked to stop' "$BATS_TEST_TMPDIR/log"
}

@test "wrong settings that only the daemon finds end the manager when that is wanted" {
    echo file >"$BATS_TEST_TMPDIR/data"
    run timeout 20 "$GOX_BIN_DIR/goxel-manager" --backend builtin --log-stderr --end-on-config "${up_args[@]:1}" 3>&-
    [ "$status" -eq 78 ]
    [[ $output == *"$BATS_TEST_TMPDIR/data"* ]]
    [[ $output == *'"event":"exited"'*'"code":78'* ]]
    [ ! -S "$GOXEL_SOCKET_PATH" ]
}
