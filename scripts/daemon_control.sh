#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Steers the daemon for people and init scripts: start stop restart reload
# status health logs test version help. The work is done by goxelctl, which
# must be beside this script's programs or on PATH.
#
# Variables: GOXELCTL (the program), GOXEL_SOCKET_PATH, and those that goxelctl
# and goxel-manager read (GOXEL_DAEMON_BINARY, GOXEL_MANAGER_BINARY, ...).
# Exit codes: 0 done or healthy, 1 failed or degraded, 2 usage or unhealthy,
# 3 not running, 4 not known.
set -eu

usage() {
    cat <<'END'
usage: daemon_control.sh COMMAND [ARGUMENT...]

  start [-- ARG...]  start manager and daemon, as far as they do not run
  stop               stop the daemon and end the manager
  restart            stop the daemon and start it again
  reload             read the settings again
  status             how the daemon is
  health             socket test, process with memory and processor, checks,
                     recent errors of the log
  logs [ARG...]      what the daemon wrote (goxelctl logs)
  test               check that a running daemon makes, reads and saves a model
  version            versions of the programs
  help               this text

What follows the command goes to goxelctl; goxelctl COMMAND --help has more.
END
}

fail() {
    code=$1
    shift
    printf 'daemon_control.sh: %s\n' "$*" >&2
    exit "$code"
}

# $GOXELCTL, a build of this tree, an installation beside this script or with it
# (PREFIX/share/goxel-daemon/scripts), PATH.
find_goxelctl() {
    if [ -n "${GOXELCTL:-}" ]; then
        printf '%s\n' "$GOXELCTL"
        return
    fi
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
    for file in "$here/goxelctl" "$here/../build/bin/goxelctl" "$here/../bin/goxelctl" \
        "$here/../../../bin/goxelctl"; do
        if [ -x "$file" ]; then
            printf '%s\n' "$file"
            return
        fi
    done
    command -v goxelctl || fail 3 "goxelctl is not found; install it, or name it in GOXELCTL"
}

# The first member of that name in goxelctl's JSON: member NAME <json
member() {
    tr '{},' '[\n*]' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" | sed -n '/^null$/!p;q'
}

# The daemon's own line of ps; memory in KiB, processor in percent.
show_process() {
    pid=$(printf '%s\n' "$1" | member pid)
    if [ -z "$pid" ]; then
        echo "process: none"
    elif command -v ps >/dev/null 2>&1; then
        printf 'process: pid %s, ' "$pid"
        ps -o rss= -o pcpu= -o etime= -o stat= -p "$pid" |
            awk '{printf "memory %.1f MB, processor %s %%, up %s, state %s\n", $1 / 1024, $2, $3, $4}'
    else
        printf 'process: pid %s (ps is not installed)\n' "$pid"
    fi
}

show_socket() {
    path=$(printf '%s\n' "$1" | member socket)
    if [ -z "$path" ]; then
        echo "socket: not known"
    elif [ ! -S "$path" ]; then
        echo "socket: $path is not there"
    elif took=$("$ctl" ping --timeout 5 --socket "$path" 2>&1); then
        echo "socket: $took"
    else
        echo "socket: $path: no answer"
    fi
}

show_errors() {
    errors=$("$ctl" logs --errors --lines 5 2>/dev/null) || {
        echo "log: no manager keeps it"
        return
    }
    if [ -z "$errors" ]; then
        echo "log: no errors"
    else
        printf 'log: recent errors:\n%s\n' "$errors"
    fi
}

health() {
    status=$("$ctl" status --json 2>/dev/null) || true
    # Not to hang: with no process the held socket takes the connection.
    if [ "$(printf '%s\n' "$status" | member health)" != not_running ]; then
        show_socket "$status"
    else
        echo "socket: nobody answers"
    fi
    show_process "$status"
    show_errors
    code=0
    "$ctl" health "$@" || code=$?
    return "$code"
}

# Makes a model in a project of its own, reads it, and deletes the project.
self_test() {
    name=self-test-$$
    "$ctl" ping --timeout 5 >/dev/null || return
    result=0
    printf '%s\n' "goxel.create_project name=$name" \
        "goxel.add_voxel project=$name x=1 y=2 z=3 color=#102030" \
        "goxel.get_voxel project=$name x=1 y=2 z=3" |
        "$ctl" shell --json >/dev/null || result=1
    [ "$result" -ne 0 ] ||
        "$ctl" call goxel.get_voxel project="$name" x=1 y=2 z=3 --json |
        grep -q '"exists": *true' || result=1
    "$ctl" call goxel.delete_project name="$name" >/dev/null || result=1
    if [ "$result" -eq 0 ]; then
        echo "ok: a voxel was written and read again"
    else
        fail 1 "the daemon answers, but a voxel that was written could not be read again"
    fi
}

version() {
    "$ctl" version
    dir=$(dirname -- "$ctl")
    for program in goxel-manager goxel-daemon; do
        if [ -x "$dir/$program" ]; then
            "$dir/$program" --version
        elif command -v "$program" >/dev/null 2>&1; then
            "$program" --version
        else
            echo "$program: not found"
        fi
    done
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
help | -h | --help)
    usage
    exit 0
    ;;
start | stop | restart | reload | status | health | logs | test | version) ;;
*)
    usage >&2
    fail 2 "there is no command \"$command\""
    ;;
esac
ctl=$(find_goxelctl)
case $command in
start) "$ctl" up "$@" ;;
stop) "$ctl" down "$@" ;;
restart)
    # Of what does not run, a restart is a start.
    code=0
    "$ctl" status >/dev/null 2>&1 || code=$?
    if [ "$code" -eq 3 ]; then "$ctl" up "$@"; else "$ctl" restart "$@"; fi
    ;;
reload | status | logs) "$ctl" "$command" "$@" ;;
health) health "$@" ;;
test) self_test ;;
version) version ;;
esac
