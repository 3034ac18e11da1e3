#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests config/docker for real: an engine of its own builds the image, runs it,
# and updates it as a stack of a Swarm of one machine; nothing that belongs to
# an engine of this host is touched.
#
# usage: docker.sh [--keep] [--only PATTERN]
#   --keep   leave the engine's files for a look
#   --only   only cases whose name matches
# Needs root, docker and dockerd, a Debian tree (as scripts/test_deployment.sh
# makes it; debootstrap) and packages from Debian; without them it is skipped
# (exit code 77).
set -u
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
is_kept=0 only='.*'
while [ $# -gt 0 ]; do
    case $1 in
    --only) only=$2 && shift ;;
    --keep) is_kept=1 ;;
    *)
        sed -n '/^# usage/,/^# (exit/s/^# //p' "$0"
        exit 2
        ;;
    esac
    shift
done

skip() {
    echo "docker: skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "it needs root to run an engine"
for tool in docker dockerd debootstrap nsenter unshare node jq; do
    command -v "$tool" >/dev/null || skip "$tool is missing (packages docker.io, debootstrap, util-linux, nodejs, jq)"
done

work=$(mktemp -d "${TMPDIR:-/var/tmp}/goxel-docker.XXXXXX") || exit 1
chmod 0755 "$work"
suite=bookworm
# shellcheck disable=SC2034 # used by make_tree and import_base
tree=${GOX_DEPLOY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/goxel-daemon}/$suite-$(dpkg --print-architecture 2>/dev/null || uname -m)
# shellcheck source=/dev/null
. "$source/tests/deploy/container.bash" # make_tree
# shellcheck source=/dev/null
. "$source/tests/deploy/docker_engine.bash"
# shellcheck source=/dev/null
. "$source/tests/deploy/docker_cases.bash"

finish() {
    stop_engine
    if [ "$is_kept" = 1 ]; then
        echo "# kept: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

make_tree || skip "no Debian tree could be made"
start_engine host || skip "no engine starts here: $(tail -n 1 "$work/engine.log")"
import_base || skip "no base image could be made"
start=$(date +%s%N)
if ! build_image >"$work/build.log" 2>&1; then
    grep -q 'E: Failed to fetch\|Could not resolve\|Unable to locate package' "$work/build.log" &&
        skip "a container reaches no Debian packages"
    tail -n 20 "$work/build.log"
    echo "0 passed, 1 failed"
    exit 1
fi
echo "ok build ($(ms_since "$start") ms)"
stop_engine
start_engine own || skip "no engine starts in a network of its own: $(tail -n 1 "$work/engine.log")"
echo "# $(docker version -f 'Docker {{.Server.Version}}'), $(docker info -f '{{.Driver}}' 2>/dev/null)"

passed=1 failed=0 skipped=0
mapfile -t names < <(sed -n 's/^\(case_[a-z0-9_]*\)() {$/\1/p' "$source/tests/deploy/docker_cases.bash")
for name in "${names[@]}"; do
    [[ $name =~ $only ]] || continue
    start=$(date +%s%N)
    # A shell of its own, so that the first command that fails ends the case.
    (set -eE; [ -z "${GOX_TRACE:-}" ] || set -x
        trap 'echo "failed: $BASH_COMMAND (line $LINENO)"' ERR
        "$name") >"$work/output" 2>&1
    code=$?
    took=$(ms_since "$start")
    case $code in
    0) passed=$((passed + 1)) && echo "ok ${name#case_} ($took ms)" && grep '^#' "$work/output" ;;
    77) skipped=$((skipped + 1)) && echo "skipped ${name#case_}: $(tail -n 1 "$work/output")" ;;
    *)
        failed=$((failed + 1))
        echo "not ok ${name#case_} ($took ms)"
        tail -n 25 "$work/output" | sed 's/^/#   /'
        ;;
    esac
    # shellcheck disable=SC2046 # numbers
    docker rm -f $(docker ps -aq --filter label=goxel.test) >/dev/null 2>&1
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
