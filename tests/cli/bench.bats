#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The benchmarks run to their end on today's programs. What they measure is not
# judged here: a busy machine misses a bar.

load common

bench="$GOX_BIN_DIR/goxel-bench"

setup() {
    [ -x "$bench" ] || skip "goxel-bench is not in this build"
}

# Every group that takes seconds; the others share their client and daemon.
@test "short groups of figures are complete" {
    for group in server model; do
        run "$bench" "$GOX_BIN_DIR" "" "$BATS_TEST_TMPDIR/$group.json" "$group"
        [ "$status" -le 1 ]
        [[ "${lines[-1]}" =~ ^[0-9]+\ figures, ]]
        jq -e 'length > 3 and all(.value > 0)' "$BATS_TEST_TMPDIR/$group.json"
    done
}

@test "an unknown group is refused" {
    run "$bench" "$GOX_BIN_DIR" "" "$BATS_TEST_TMPDIR/x.json" nothing
    [ "$status" -eq 2 ]
    [[ "$output" == *"groups:"* ]]
    [ ! -e "$BATS_TEST_TMPDIR/x.json" ]
}
