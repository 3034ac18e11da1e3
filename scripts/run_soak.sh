#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills the release build's daemon KILLS times under load, then repeats the other
# tests of the store's faults ROUNDS times. Stops at the first failure, whose data
# stays in /tmp; ends with one line of totals.
set -eu
kills=${1:-5000} rounds=${2:-20}
cd "$(dirname "$0")/.."
scripts/install_packages.sh build test
cmake --preset release >/dev/null
cmake --build --preset release -j "${JOBS:-2}" --target goxel-daemon \
    test_durability_kill test_durability_disk test_durability_sync \
    test_durability_files test_durability_load >/dev/null
export GOX_SOURCE_DIR="$PWD" GOX_BUILD_DIR="$PWD/build" GOX_BIN_DIR="$PWD/build/bin"
log=build/soak.log
: >"$log"
begin=$(date +%s)
echo "== $kills kills"
GOX_KILLS=$kills build/bin/test_durability_kill 2>&1 | tee -a "$log"
grep -q 'PASSED.*1 test' "$log" || exit 1
round=0
while [ "$round" -lt "$rounds" ]; do
    for name in disk sync files load; do
        if ! "build/bin/test_durability_$name" >"build/soak-$name.log" 2>&1; then
            cat "build/soak-$name.log"
            echo "soak: round $round of $name failed"
            exit 1
        fi
    done
    round=$((round + 1))
done
echo "soak: $(sed -n 's/^\([0-9]* kills, [0-9]* edits answered and all there\).*/\1/p' "$log" | tail -n 1);" \
    "$rounds rounds of the other faults; $(($(date +%s) - begin)) s"
