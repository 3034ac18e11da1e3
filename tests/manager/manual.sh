#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual and docs/manager.md say what the program does: options, methods,
# events, states and causes.
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
bin=${GOX_BIN_DIR:-build/bin}
bad=0
if ! docs/man/make-goxel-manager "$bin/goxel-manager" | diff -u docs/man/goxel-manager.1 -; then
    echo "stale: docs/man/make-goxel-manager $bin/goxel-manager >docs/man/goxel-manager.1"
    bad=1
fi
check() {
    for word in $2; do
        if ! grep -qE "\`[^\`]*${word}|[\" ]${word}[\"\`, ]" docs/manager.md; then
            echo "docs/manager.md does not name the $1 $word"
            bad=1
        fi
    done
}
check method "$(sed -n 's/.*\.name = "\(manager\.[a-z]*\)".*/\1/p' src/manager/methods.c)"
check event "$(sed -n 's/^    X([A-Z_]*, "\([a-z_]*\)", \(true\|false\)).*/\1/p' src/manager/events.h)"
check state "$(sed -n 's/^    X([A-Z]*, "\([a-z]*\)").*/\1/p' src/manager/state.h | grep -v none | head -n 10)"
check cause "$(sed -n 's/^    X([A-Z]*, "\([a-z]*\)").*/\1/p' src/manager/policy.h | grep -v none)"
exit $bad
