#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone: it includes all that it needs.
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
cc=${CC:-cc}
bad=0
count=0
for header in $(find src include -name '*.h' | sort); do
    count=$((count + 1))
    if ! printf '#include "%s"\ntypedef int gox_not_empty;\n' "$PWD/$header" |
        "$cc" -std=c17 -D_GNU_SOURCE -Isrc -Iinclude -Wall -Wextra -Wpedantic -Werror \
            -x c -fsyntax-only -; then
        echo "$header does not compile alone"
        bad=$((bad + 1))
    fi
done
echo "$count headers, $bad do not compile alone"
[ "$bad" -eq 0 ] && [ "$count" -gt 20 ]
