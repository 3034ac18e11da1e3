# SPDX-License-Identifier: Apache-2.0
# What the tests of the programs share: where they are, a directory of their
# own, and a daemon to talk to.

goxelctl=$GOX_BIN_DIR/goxelctl
daemon=$GOX_BIN_DIR/goxel-daemon
export NO_COLOR=1 XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
# Never a daemon that runs on this machine for other reasons.
export GOXEL_SOCKET_PATH=$BATS_TEST_TMPDIR/no-daemon.sock
unset GOXEL_DAEMON_BINARY

need_daemon() {
    [ -x "$daemon" ] || skip "goxel-daemon is not built"
}

# Runs a command with the two outputs apart, in $out and $err.
separately() {
    status=0
    "$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" || status=$?
    out=$(cat "$BATS_TEST_TMPDIR/.out")
    err=$(cat "$BATS_TEST_TMPDIR/.err")
}

# Makes a small model with the real daemon: model FILE [SIZE]
model() {
    printf '%s\n' "goxel.create_project name=m" \
        "goxel.procedural_shape shape_type=sphere size_x=${2:-8} size_y=${2:-8} size_z=${2:-8} r=200 g=80 b=20 a=255" \
        "goxel.save_project path=$1" |
        "$goxelctl" shell --stdio --json >/dev/null
    [ -s "$1" ]
}

# Waits until a command succeeds, at most 10 s.
until_true() {
    local end=$((SECONDS + 10))
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.02 <> <(:) || true
    done
}

start_daemon() { # [OPTION...]
    socket=$BATS_TEST_TMPDIR/d.sock
    "$daemon" --socket "$socket" --log-level error \
        --data-dir "$BATS_TEST_TMPDIR" --allowed-paths "$BATS_TEST_TMPDIR" \
        "$@" 3>&- &
    daemon_pid=$!
    until_true "$goxelctl" ping --socket "$socket" >/dev/null 2>&1
}

stop_daemon() {
    if [ -n "${daemon_pid:-}" ]; then
        kill "$daemon_pid" 2>/dev/null || true
        wait "$daemon_pid" 2>/dev/null || true
    fi
}

# No hidden directory or temporary file of ours is left below a directory.
nothing_left() {
    [ -z "$(find "$1" -name '.goxel*' -print -quit)" ]
}
