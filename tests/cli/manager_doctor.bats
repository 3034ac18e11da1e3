#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl doctor: each trouble is made for real, and must be found and named.

load common
load manager
setup() { need_manager; }
teardown() {
    end_manager
    stop_daemon
}

# finding CHECK: what a check found
finding() {
    "$goxelctl" doctor --json 2>/dev/null | jq -r "[.checks[] | select(.check == \"$1\").finding] | join(\" \")"
}

@test "all is well" {
    up
    run "$goxelctl" doctor
    [ "$status" -eq 0 ]
    [[ $output == *"All is well."* ]]
    "$goxelctl" doctor --json | jq -e '.finding == "ok"'
}

@test "nothing runs" {
    run "$goxelctl" doctor
    [ "$status" -eq 1 ]
    [[ $output == *"goxelctl up"* ]]
    [ "$(finding daemon)" = fail ]
}

@test "a file, and a socket that is left over, where the socket should be" {
    touch "$GOXEL_SOCKET_PATH"
    [ "$(finding socket)" = fail ]
    "$goxelctl" doctor | grep -q "is no socket"
    rm "$GOXEL_SOCKET_PATH"
    start_daemon
    mv "$socket" "$GOXEL_SOCKET_PATH"
    kill -9 "$daemon_pid"
    wait "$daemon_pid" || true
    daemon_pid=
    [ "$(finding socket)" = warn ]
    "$goxelctl" doctor | grep -q "nobody listens"
}

@test "a stale PID file is told from one that is in use" {
    export GOXEL_PID_FILE=$BATS_TEST_TMPDIR/d.pid
    echo $$ >"$GOXEL_PID_FILE"
    [ "$(finding "pid file")" = warn ]
    "$goxelctl" doctor | grep -q "stale: it says $$"
    up
    [ "$(finding "pid file")" = ok ]
}

@test "a daemon that cannot begin: its own words, everywhere" {
    start_daemon
    up_args=(-- --state-dir "$BATS_TEST_TMPDIR/manager" --set "paths.data_dir=$BATS_TEST_TMPDIR"
        --set auto_start.max_restarts=1 --set auto_start.restart_delay_ms=10)
    run up
    [ "$status" -ne 0 ]
    [[ $output == *"code 75"*"in use by another process ($daemon_pid)"* ]]
    for c in status doctor "events --types failed"; do
        run "$goxelctl" $c
        [[ $output == *"in use by another process ($daemon_pid)"* ]]
    done
    run "$goxelctl" status
    [ "$status" -eq 3 ]
    [[ $output == *"next try    in "*" min"* ]]
    run "$goxelctl" doctor
    [ "$status" -eq 1 ]
    [[ $output == *"the manager says failed"$'\n'*"given up, it is tried again in "*" min"* ]]
    # Nothing of the last process's checks is shown as if it were now.
    run "$goxelctl" health
    [ "$status" -eq 3 ]
    [[ $output != *pass* && $output == *"goxelctl start"* ]]
}

@test "a socket that this user may not use" {
    [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null || skip "needs root and setpriv"
    as_other=(setpriv --reuid=12345 --regid=12345 --clear-groups)
    "${as_other[@]}" "$goxelctl" version >/dev/null 2>&1 || skip "the programs are not for all users"
    up
    chmod 0755 "$BATS_TEST_TMPDIR"
    chmod 0600 "$GOXEL_SOCKET_PATH"
    run "${as_other[@]}" "$goxelctl" doctor
    [ "$status" -eq 1 ]
    [[ $output == *"may not steer the manager"* ]]
    [[ $output == *"may not connect"*"security.socket_group"* ]]
    [[ $output == *"cannot see whether it runs"* && $output != *"it does not run"* ]]
}

@test "settings with mistakes" {
    export GOXEL_MAX_WORKERS=many
    [ "$(finding settings)" = fail ]
    "$goxelctl" doctor | grep -q "config check"
}

@test "a port that somebody else has" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    python3 -c '
import signal, socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
signal.alarm(60)
print(s.getsockname()[1], flush=True); signal.pause()' \
        >"$BATS_TEST_TMPDIR/port" 3>&- &
    holder=$!
    until_true test -s "$BATS_TEST_TMPDIR/port"
    GOXEL_MONITORING_METRICS_LISTEN=127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
    export GOXEL_MONITORING_METRICS_LISTEN
    [ "$(finding ports)" = fail ]
    kill "$holder"
    wait "$holder" || true
    [ "$(finding ports)" = ok ]
}

@test "programs: missing, and of another version" {
    GOXEL_DAEMON_BINARY=$BATS_TEST_TMPDIR/none run "$goxelctl" doctor
    [ "$status" -eq 1 ]
    [[ $output == *"$BATS_TEST_TMPDIR/none"* ]]
    printf '#!/bin/sh\necho goxel-daemon 9.9.9\n' >"$BATS_TEST_TMPDIR/old"
    chmod +x "$BATS_TEST_TMPDIR/old"
    GOXEL_DAEMON_BINARY=$BATS_TEST_TMPDIR/old run "$goxelctl" doctor
    [[ $output == *9.9.9* ]]
}

@test "a crash names its bundle" {
    up
    kill -9 "$(pid_of daemon)"
    until_true bash -c "'$goxelctl' doctor | grep -q 'read $BATS_TEST_TMPDIR/manager/.*bundle-'"
    [ "$(finding "last exit")" = warn ]
}

@test "a daemon that is stopped does not hang the doctor" {
    start_daemon
    export GOXEL_SOCKET_PATH=$socket
    kill -STOP "$daemon_pid"
    run "$goxelctl" doctor --timeout 1
    kill -CONT "$daemon_pid"
    [ "$status" -eq 1 ]
    [[ $output == *"does not answer"* ]]
}
