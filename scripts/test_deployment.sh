#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests the deployment for real: a Debian tree with its own systemd is booted in
# a container, and everything is done there; nothing on this system is touched.
#
# usage: test_deployment.sh [--suite NAME] [--bin DIR] [--keep] [--only PATTERN]
#   --suite  Debian release (default bookworm; its tree is kept in
#            $GOX_DEPLOY_CACHE, default ~/.cache/goxel-daemon)
#   --bin    where the programs are (default build/bin)
#   --keep   leave the container's files for a look
#   --only   only cases whose name matches (and deploy before them)
# Needs root, systemd-nspawn, debootstrap and node; without them it is skipped
# (exit code 77).
set -u
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=bookworm bin=$source/build/bin is_kept=0 only='.*'
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=$2 && shift ;;
    --bin) bin=$(cd "$2" && pwd) && shift ;;
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
    echo "test_deployment: skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "it needs root to boot a container"
for tool in systemd-nspawn debootstrap nsenter node setsid; do
    command -v "$tool" >/dev/null || skip "$tool is missing (packages systemd-container, debootstrap, util-linux, nodejs)"
done
[ -x "$bin/goxel-daemon" ] || skip "no programs in $bin; make build makes them"

work=$(mktemp -d "${TMPDIR:-/var/tmp}/goxel-deploy.XXXXXX") || exit 1
tree=${GOX_DEPLOY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/goxel-daemon}/$suite-$(dpkg --print-architecture 2>/dev/null || uname -m)
# shellcheck source=/dev/null
. "$source/tests/deploy/container.bash"
# In this order; each goes on from what the one before has left.
parts=(cases failure_cases upgrade_cases manager_cases removal_cases)
for part in "${parts[@]}"; do
    # shellcheck source=/dev/null
    . "$source/tests/deploy/$part.bash"
done

finish() {
    stop_container
    if [ "$is_kept" = 1 ]; then
        echo "# kept: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

make_tree || skip "no Debian tree could be made"
cp -a --reflink=auto "$tree" "$work/root"
fill_container
start_container || skip "no systemd boots in a container here: $(tail -n 3 "$work/boot.log" | tr '\n' ' ')"
echo "# $(inside systemctl --version | head -n 1) in $suite"

passed=0 failed=0 skipped=0
mapfile -t names < <(cd "$source/tests/deploy" && sed -n 's/^\(case_[a-z0-9_]*\)() {$/\1/p' "${parts[@]/%/.bash}")
for name in "${names[@]}"; do
    [ "$name" = case_deploy ] || [[ $name =~ $only ]] || continue
    start=$(date +%s%N)
    # A shell of its own, so that the first command that fails ends the case.
    (set -e; [ -z "${GOX_TRACE:-}" ] || set -x; "$name") >"$work/output" 2>&1
    code=$?
    took=$((($(date +%s%N) - start) / 1000000))
    if [ $code = 0 ]; then
        passed=$((passed + 1))
        echo "ok ${name#case_} ($took ms)"
        grep '^#' "$work/output"
    elif [ $code = 77 ]; then
        skipped=$((skipped + 1))
        echo "skip ${name#case_}: $(sed -n 's/^# skipped: //p' "$work/output")"
    else
        failed=$((failed + 1))
        echo "not ok ${name#case_} ($took ms)"
        tail -n 25 "$work/output" | sed 's/^/#   /'
        inside journalctl -b --no-pager -n 8 -u 'goxel-daemon*' 2>/dev/null | sed 's/^/#   /'
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
