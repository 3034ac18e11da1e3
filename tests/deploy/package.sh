#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package in a booted container: install, use, upgrade, remove,
# purge. Nothing on this system is touched.
#
# usage: package.sh [--deb DIR] [--suite NAME] [--keep] [--only PATTERN]
#   --deb    directory with the packages (default: they are made by make_deb.sh)
#   others   as in scripts/test_deployment.sh (with --only, install goes first)
# Needs root, systemd-nspawn, debootstrap, debhelper and node; without them it
# is skipped (exit code 77). From `make test` it runs on CI, or with
# GOX_TEST_DEPLOY=1.
set -u
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
deb='' is_kept=0 only='.*' is_asked=0
[ $# = 0 ] || is_asked=1
while [ $# -gt 0 ]; do
    case $1 in
    --deb) deb=$(cd "$2" && pwd) && shift ;;
    --suite) suite=$2 && shift ;;
    --only) only=$2 && shift ;;
    --keep) is_kept=1 ;;
    --run) ;;
    *)
        sed -n '/^# usage/,/^#   others/s/^# //p' "$0"
        exit 2
        ;;
    esac
    shift
done

skip() {
    echo "package: skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}
[ $is_asked = 1 ] || [ "${CI:-}" = true ] || [ "${GOX_TEST_DEPLOY:-}" = 1 ] ||
    skip "not on CI; make test-deploy runs it"
[ "$(id -u)" = 0 ] || skip "it needs root to boot a container"
for tool in systemd-nspawn debootstrap nsenter node setsid dpkg-deb; do
    command -v "$tool" >/dev/null || skip "$tool is missing (scripts/install_packages.sh deploy deb)"
done

cache=${GOX_DEPLOY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/goxel-daemon}
arch=$(dpkg --print-architecture)
tree=$cache/$suite-$arch
work=$(mktemp -d "${TMPDIR:-/var/tmp}/goxel-package.XXXXXX") || exit 1
# shellcheck source=/dev/null
. "$source/tests/deploy/container.bash"
# shellcheck source=/dev/null
. "$source/tests/deploy/package_cases.bash"

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

if [ -z "$deb" ]; then
    command -v dh >/dev/null || skip "debhelper is missing (scripts/install_packages.sh deb)"
    GOX_DEB_DIR=$work/deb "$source/scripts/make_deb.sh" || exit 1
    deb=$work/deb
fi
package=$(find "$deb" -name "goxel-daemon_*_$arch.deb" | sort | tail -n 1)
library=$(find "$deb" -name "libgoxel-dev_*_$arch.deb" | sort | tail -n 1)
if [ -z "$package" ] || [ -z "$library" ]; then
    skip "no packages in $deb"
fi

make_tree || skip "no Debian tree could be made"
cp -a --reflink=auto "$tree" "$work/root"
get_dependencies || skip "the packages that ours depend on cannot be fetched: $(tail -n 2 "$work/apt.log" | tr '\n' ' ')"
fill_packages || skip "the packages that ours depend on cannot be installed"
start_container || skip "no systemd boots in a container here: $(tail -n 3 "$work/boot.log" | tr '\n' ' ')"
echo "# $(inside systemctl --version | head -n 1) in $suite, $(basename "$package") has $(wc -c <"$package") bytes"

passed=0 failed=0
mapfile -t names < <(sed -n 's/^\(case_[a-z0-9_]*\)() {$/\1/p' "$source/tests/deploy/package_cases.bash")
for name in "${names[@]}"; do
    [ "$name" = case_install ] || [[ $name =~ $only ]] || continue
    start=$(date +%s%N)
    # A shell of its own, so that the first command that fails ends the case.
    (set -e; [ -z "${GOX_TRACE:-}" ] || set -x; "$name") >"$work/output" 2>&1
    code=$?
    took=$((($(date +%s%N) - start) / 1000000))
    if [ $code = 0 ]; then
        passed=$((passed + 1))
        echo "ok ${name#case_} ($took ms)"
        grep '^#' "$work/output"
    else
        failed=$((failed + 1))
        echo "not ok ${name#case_} ($took ms)"
        tail -n 25 "$work/output" | sed 's/^/#   /'
        inside journalctl -b --no-pager -n 8 -u 'goxel-daemon*' 2>/dev/null | sed 's/^/#   /'
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
