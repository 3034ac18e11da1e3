#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real Goxel editor (Debian package goxel, under xvfb) judges our files: what
# it exports as text must be the voxels that we wrote.
set -eu
source_dir=${GOX_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
bin=${GOX_BIN_DIR:-$source_dir/build/bin}
if ! command -v goxel >/dev/null 2>&1 || ! command -v xvfb-run >/dev/null 2>&1; then
    echo "skipped: the goxel editor or xvfb-run is not installed"
    exit 77
fi
export GOXEL_DAEMON_BINARY="$bin/goxel-daemon"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
checked=0

check() { # model extension
    name=$(basename "$1").$2
    checked=$((checked + 1))
    if ! "$bin/goxelctl" convert --force "$1" "$work/ours.$2" >"$work/log" 2>&1 ||
        ! "$bin/goxelctl" convert --force "$work/ours.$2" "$work/ours.txt" >>"$work/log" 2>&1; then
        echo "$name: $(cat "$work/log")"
        failed=$((failed + 1))
        return
    fi
    rm -f "$work/theirs.txt"
    # The editor exits with 0 whatever happens, so only its output counts.
    timeout 60 xvfb-run -a goxel -e "$work/theirs.txt" "$work/ours.$2" >/dev/null 2>&1 || true
    for who in ours theirs; do
        grep -v '^#' "$work/$who.txt" 2>/dev/null | LC_ALL=C sort >"$work/$who.sorted" || true
    done
    if [ ! -s "$work/ours.sorted" ] || ! cmp -s "$work/ours.sorted" "$work/theirs.sorted"; then
        echo "$name: we wrote $(wc -l <"$work/ours.sorted") voxels, the editor reads" \
            "$(wc -l <"$work/theirs.sorted")"
        diff "$work/ours.sorted" "$work/theirs.sorted" | head -n 5
        failed=$((failed + 1))
    fi
}

lighthouse=$source_dir/examples/lighthouse.gox
for extension in gox vox qb kvx; do
    check "$lighthouse" "$extension"
done
# Coordinates below zero and far apart, colours beyond a palette.
cat >"$work/odd.txt" <<'EOT'
-1 -2 -3 ff0000
-17 15 16 00ff00
1000 -1000 500 0000ff
-40000 40000 1 123456
EOT
check "$work/odd.txt" gox
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%d %d %d %06x\n", i % 20 - 10, int(i / 20) % 15 - 7, int(i / 300), i * 5477 % 16777216 }' >"$work/many.txt"
check "$work/many.txt" gox
check "$work/many.txt" qb
echo "$checked files, $failed that the editor reads otherwise"
[ "$failed" -eq 0 ]
