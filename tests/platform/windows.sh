#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files for Windows compile without a warning, where MinGW is installed.
# They are not run.
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
cc=x86_64-w64-mingw32-gcc
if ! command -v "$cc" >/dev/null 2>&1; then
    echo "skipped: $cc is not installed"
    exit 77
fi
bad=0
for file in src/platform/windows/*.c; do
    "$cc" -std=c17 -Wall -Wextra -Werror -Isrc -Iinclude -fsyntax-only "$file" || bad=1
done
exit "$bad"
