# SPDX-License-Identifier: Apache-2.0
# A manager for a test, with a directory of its own; ended by its own number.

need_manager() {
    need_daemon
    [ -x "$GOX_BIN_DIR/goxel-manager" ] || skip "goxel-manager is not built"
    export GOXEL_SOCKET_PATH=$BATS_TEST_TMPDIR/m.sock
    # Root's directories are not below XDG's.
    up_args=(-- --state-dir "$BATS_TEST_TMPDIR/manager" --set "paths.data_dir=$BATS_TEST_TMPDIR/data")
}

up() {
    # Descriptor 3 is bats' own; a background program must not hold it.
    "$goxelctl" up "$@" "${up_args[@]}" 3>&-
}

# Of the two programs: pid_of manager|daemon
pid_of() {
    case $1 in
    manager) "$goxelctl" status --json | jq .manager.pid ;;
    daemon) "$goxelctl" status --json | jq .pid ;;
    esac
}

end_manager() {
    "$goxelctl" down --timeout 10 >/dev/null 2>&1 || true
}

# "goxelctl status" exits with this code.
status_is() {
    local code=0
    "$goxelctl" status >/dev/null 2>&1 || code=$?
    [ "$code" -eq "$1" ]
}

# Gone, or ended and not yet reaped by init.
has_ended() {
    ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
}
