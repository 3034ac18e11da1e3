#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What every file of the tree keeps to: the licence line, the size, no leftovers,
# the formatting (when clang-format is installed).
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
bad=0
complain() {
    echo "$1"
    bad=$((bad + 1))
}
files=$(find src include tests bench -name '*.[ch]' | sort)
for file in $files; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
        complain "$file: no SPDX line"
done
for file in $(find src include -name '*.[ch]' | sort); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || complain "$file: $lines lines, split it at 600"
    if grep -nwE 'TODO|FIXME|XXX' "$file"; then
        complain "$file: leftovers"
    fi
done
for file in src/main/*.c; do
    [ "$(wc -l <"$file")" -lt 100 ] || complain "$file: a main file has under 100 lines"
done
if command -v clang-format >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # one word a file
    clang-format --dry-run --Werror $files 2>&1 | grep 'error:' | head -n 20 >/tmp/goxel-style.$$ || true
    if [ -s /tmp/goxel-style.$$ ]; then
        cat /tmp/goxel-style.$$
        complain "some files are not formatted; run make format"
    fi
    rm -f /tmp/goxel-style.$$
else
    echo "clang-format is not installed: formatting not checked"
fi
echo "$bad complaints"
[ "$bad" -eq 0 ]
