#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the tests: `all` (default) the release build with every test,
# then the unit, daemon and fuzz tests under ASan+UBSan and the threaded ones under
# TSan; or one of release, asan, tsan. Ends with one line of totals.
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
passed=0 failed=0 skipped=0

run_preset() { # preset ctest-arguments...
    preset=$1
    dir=build
    [ "$preset" = release ] || dir=build-$preset
    shift
    target=all
    [ "$preset" != tsan ] || target=thread_tests
    echo "== $preset"
    if ! cmake --preset "$preset" >"/tmp/goxel-cmake-$$.log" 2>&1 ||
        ! cmake --build --preset "$preset" -j "$jobs" --target "$target" >>"/tmp/goxel-cmake-$$.log" 2>&1; then
        grep -E 'error|warning|FAILED|Error' "/tmp/goxel-cmake-$$.log" | head -n 40
        echo "$preset does not build; the whole log is in /tmp/goxel-cmake-$$.log"
        failed=$((failed + 1))
        return
    fi
    rm -f "/tmp/goxel-cmake-$$.log"
    log=$dir/ctest.log
    (cd "$dir" && ctest --output-on-failure -j "$jobs" "$@") | tee "$log"
    fail=$(sed -n 's/.* \([0-9]*\) tests\{0,1\} failed out of .*/\1/p' "$log" | tail -n 1)
    total=$(sed -n 's/.* tests\{0,1\} failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    skip=$(grep -c '\*\*\*Skipped' "$log")
    if [ -z "$total" ]; then
        failed=$((failed + 1))
        return
    fi
    failed=$((failed + fail))
    skipped=$((skipped + skip))
    passed=$((passed + total - fail - skip))
}

asan() {
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
        run_preset asan -L 'unit|daemon|fuzz'
}

tsan() {
    run_preset tsan -L threads
}

case ${1:-all} in
all)
    run_preset release
    asan
    tsan
    ;;
release) run_preset release ;;
asan) asan ;;
tsan) tsan ;;
*)
    echo "run_tests: '$1' is none of all, release, asan, tsan" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
