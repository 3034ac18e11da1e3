#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Commands that speak to a daemon on its socket.

load common

setup() {
    need_daemon
    cd "$BATS_TEST_TMPDIR"
    start_daemon
    export GOXEL_SOCKET_PATH=$socket
}

teardown() {
    stop_daemon
}

@test "ping and status" {
    run "$goxelctl" ping
    [ "$status" -eq 0 ]
    [[ "$output" == "$socket answers in "*" ms" ]]
    "$goxelctl" ping --json | jq -e '.pong and .ms >= 0'
    run "$goxelctl" status
    [[ "$output" == *"$daemon_pid"* ]]
    "$goxelctl" status --json | jq -e ".pid == $daemon_pid"
}

@test "call: pairs, JSON, standard input, order by position" {
    "$goxelctl" call goxel.create_project name=one >/dev/null
    "$goxelctl" call goxel.add_voxel project=one x=1 y=2 z=3 color='#ff8000' \
        >/dev/null
    "$goxelctl" call --json goxel.get_voxel \
        '{"project":"one","x":1,"y":2,"z":3}' |
        jq -e '.exists and .color == [255, 128, 0, 255]'
    echo '{"voxels": [{"x":4,"y":5,"z":6,"color":"#ffffff"}],
        "project": "one"}' | "$goxelctl" call goxel.add_voxels - >/dev/null
    [ "$("$goxelctl" call --json echo '[1,"a"]')" = '[1,"a"]' ]
    # Indented unless --json.
    [ "$("$goxelctl" call ping | wc -l)" -gt 1 ]
}

@test "call: errors are one line, 1, and JSON with --json" {
    separately "$goxelctl" call goxel.get_voxl x=1
    [ "$status" -eq 1 ]
    [ -z "$out" ]
    [ "$(wc -l <<<"$err")" -eq 1 ]
    [[ "$err" == *"did you mean"*"goxel.get_voxel"* ]]
    separately "$goxelctl" call goxel.get_voxel x=a --json
    [ "$status" -eq 1 ]
    jq -e '.error.code == -32602' <<<"$out"
    separately "$goxelctl" call goxel.load_project path=/nonexistent
    [ "$status" -eq 1 ]
}

@test "the daemon dies under a call: 3, with a reason" {
    kill -STOP "$daemon_pid"
    "$goxelctl" call ping >o 2>e &
    pid=$!
    kill -KILL "$daemon_pid"
    status=0
    wait $pid || status=$?
    [ "$status" -eq 3 ]
    [ "$(wc -l <e)" -eq 1 ]
}

@test "--timeout gives up, the request is cancelled" {
    kill -STOP "$daemon_pid"
    separately "$goxelctl" call ping --timeout 0.1
    kill -CONT "$daemon_pid"
    [ "$status" -eq 1 ]
    [[ "$err" == *"no answer to ping"* ]]
    "$goxelctl" ping
}

@test "a shell session from a pipe" {
    cat >session <<'END'
# a comment, and an empty line

goxel.create_project name=shelly
goxel.add_voxel x=1 y=1 z=1 color=[255, 0, 0]
goxel.get_voxel {"x": 1, "y": 1, "z": 1}
.quit
not.reached
END
    separately "$goxelctl" shell --json <session
    [ "$status" -eq 0 ]
    [ -z "$err" ]
    [ "$(wc -l <<<"$out")" -eq 3 ]
    tail -1 <<<"$out" | jq -e '.exists and .color[0] == 255'

    separately "$goxelctl" shell --json <<<$'no.such\nping\n"open'
    [ "$status" -eq 1 ]
    jq -e -s '.[1].pong' <<<"$out"
    [[ "$err" == *"not closed"* ]]
    separately "$goxelctl" shell <<<$'.methods voxels\n.help goxel.add_voxel\n.help\n.nope'
    [ "$status" -eq 1 ]
    [[ "$out" == *goxel.add_voxels*"Parameters"*".quit"* ]]
}

@test "methods, formats and help ask the daemon on the socket" {
    "$goxelctl" methods --json | jq -e '.count > 30'
    "$goxelctl" formats | grep -q '^  gox '
    "$goxelctl" help goxel.create_project | grep -q '^  width  *integer'
    "$goxelctl" help --json get_voxel | jq -e '.name == "goxel.get_voxel"'
}

@test "readline: completion and history on a terminal" {
    command -v script >/dev/null || skip "script(1) is not installed"
    printf 'goxel.create_pro\tname=tt\n.quit\n' |
        TERM=xterm script -qec "$goxelctl shell" /dev/null >typed 2>&1
    grep -q 'goxel.create_project' typed
    grep -q '"success": true' typed
    grep -q 'goxel.create_project' "$XDG_STATE_HOME/goxel/goxelctl_history"
}

@test "without a session the client looks where the daemon listens" {
    [ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null || skip "no setpriv"
    as=()
    if [ "$(id -u)" -eq 0 ]; then
        cp "$goxelctl" "$daemon" "$BATS_TEST_TMPDIR"
        chmod a+x "$BATS_TEST_TMPDIR"/goxel*
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${as[@]}" test -x "$BATS_TEST_TMPDIR/goxelctl" ||
            skip "the directory of the test is closed to others"
        goxelctl=$BATS_TEST_TMPDIR/goxelctl
        daemon=$BATS_TEST_TMPDIR/goxel-daemon
    fi
    for runtime in "" XDG_RUNTIME_DIR=/gone XDG_RUNTIME_DIR=relative; do
        place=$(env -i $runtime "${as[@]}" "$daemon" --print-config |
            sed -n 's/^daemon.socket_path=\([^ ]*\).*/\1/p')
        separately env -i $runtime "${as[@]}" "$goxelctl" ping --timeout 2
        # The other place it may name is the system's, when a daemon is there.
        [ "$status" -eq 0 ] || [[ "$err" == *"$place"* ]] ||
            [ -e /run/goxel-daemon.sock ]
    done
}

@test "reload without a manager: what acts, and what waits for a restart" {
    stop_daemon
    echo '{"server": {"timeout_seconds": 30, "workers": 2}}' >c.json
    start_daemon --config c.json
    run "$goxelctl" reload
    [ "$output" = reloaded ]
    echo '{"server": {"timeout_seconds": 31, "workers": 3}}' >c.json
    run "$goxelctl" reload
    [ "$status" -eq 0 ]
    [ "$output" = "reloaded: server.timeout_seconds
changed, but needs a restart: server.workers" ]
    "$goxelctl" reload --json | jq -e '.needs_restart == ["server.workers"]'
    echo '{"server": {"timeout_seconds": "x"}}' >c.json
    run "$goxelctl" reload
    [ "$status" -eq 1 ]
    [[ "$output" == "goxelctl reload: the settings stay as they are"*"c.json:1:32"* ]]
}
