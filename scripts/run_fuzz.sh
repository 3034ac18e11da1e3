#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target for SECONDS, starting from the test data and from what
# earlier runs found (build-fuzz/corpus). Fails when a target finds a fault.
set -eu
seconds=${1:-60}
cd "$(dirname "$0")/.."
scripts/install_packages.sh build test
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "${JOBS:-2}"
failed=0
for target in build-fuzz/bin/fuzz_*; do
    name=$(basename "$target")
    corpus=build-fuzz/corpus/$name
    mkdir -p "$corpus"
    seeds=tests/data/${name#fuzz_}
    [ -d "$seeds" ] || seeds=
    echo "== $name for $seconds s"
    # shellcheck disable=SC2086 # seeds may be empty
    if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
        -print_final_stats=0 -verbosity=0 -artifact_prefix="build-fuzz/$name-" \
        "$corpus" $seeds; then
        echo "$name found a fault; the input lies in build-fuzz/$name-*"
        failed=$((failed + 1))
    fi
done
[ "$failed" -eq 0 ]
