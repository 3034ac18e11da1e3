#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Removes the files that `make install` put below DESTDIR, by CMake's manifest.
set -eu
destdir=$1 manifest=$2
if [ ! -f "$manifest" ]; then
    echo "uninstall: $manifest is missing; run make install with the same PREFIX first" >&2
    exit 1
fi
while IFS= read -r path || [ -n "$path" ]; do
    rm -f -- "$destdir$path"
    rmdir -p --ignore-fail-on-non-empty -- "$(dirname "$destdir$path")" 2>/dev/null || true
done <"$manifest"
