#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real files through the real programs: each row of the corpus' expected.csv is
# converted to text by goxelctl; count, bounding box and hash of the sorted lines
# must be the truth. Malformed files must fail with one line, in under a second
# and 64 MiB. GOX_CORPUS names the folder; without one the test is skipped.
set -eu
source_dir=${GOX_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
bin=${GOX_BIN_DIR:-$source_dir/build/bin}
corpus=${GOX_CORPUS:-$source_dir/../shared/corpus}
if [ ! -f "$corpus/expected.csv" ]; then
    echo "skipped: no corpus at $corpus (set GOX_CORPUS)"
    exit 77
fi
export GOXEL_DAEMON_BINARY="$bin/goxel-daemon"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checked=0
failed=0
is_instrumented=0
grep -qs '^GOX_SANITIZE:STRING=..*' "${GOX_BUILD_DIR:-$source_dir/build}/CMakeCache.txt" &&
    is_instrumented=1

complain() {
    echo "$1"
    failed=$((failed + 1))
}

# "count|minx miny minz|maxx maxy maxz|sha256" of a text export
summary() {
    grep -v '^#' "$1" >"$work/lines" || true
    hash=$(LC_ALL=C sort "$work/lines" | sha256sum | cut -d' ' -f1)
    awk -v hash="$hash" '
        NR == 1 { for (i = 1; i <= 3; i++) { min[i] = $i; max[i] = $i } }
        { for (i = 1; i <= 3; i++) { if ($i < min[i]) min[i] = $i; if ($i > max[i]) max[i] = $i } }
        END {
            if (NR == 0) print "0|||" hash
            else print NR "|" min[1] " " min[2] " " min[3] "|" max[1] " " max[2] " " max[3] "|" hash
        }' "$work/lines"
}

check_good() { # file expected-count expected-min expected-max expected-hash
    if ! "$bin/goxelctl" convert --force "$corpus/$1" "$work/out.txt" >"$work/log" 2>&1; then
        complain "$1: $(cat "$work/log")"
        return
    fi
    got=$(summary "$work/out.txt")
    want="$2|$3|$4|$5"
    # Some rows of the table leave the box to the goxel011 columns.
    [ -n "$3" ] || want="$2|$(echo "$got" | cut -d'|' -f2,3)|$5"
    [ "$got" = "$want" ] || complain "$1: got $got, expected $want"
}

check_bad() { # file
    rm -f "$work/out.txt"
    start=$(date +%s%N)
    if "$bin/goxelctl" convert --force "$corpus/$1" "$work/out.txt" >"$work/log" 2>"$work/err"; then
        complain "$1: was accepted"
    fi
    took_ms=$((($(date +%s%N) - start) / 1000000))
    [ ! -e "$work/out.txt" ] || complain "$1: left an output"
    [ "$(wc -l <"$work/err")" -eq 1 ] || complain "$1: not one line: $(cat "$work/err")"
    if grep -q 'Sanitizer\|ended\|signal' "$work/err"; then
        complain "$1: crashed: $(cat "$work/err")"
    fi
    [ "$is_instrumented" -eq 0 ] || return 0
    [ "$took_ms" -lt 1000 ] || complain "$1: took $took_ms ms"
    if command -v /usr/bin/time >/dev/null; then
        /usr/bin/time -f '%M' -o "$work/rss" "$bin/goxelctl" convert --force \
            "$corpus/$1" "$work/out.txt" >/dev/null 2>&1 || true
        rss_kib=$(tail -n 1 "$work/rss")
        [ "$rss_kib" -lt 65536 ] || complain "$1: took $rss_kib KiB"
    fi
}

# Columns: 2 file, 5 voxels, 6 min, 7 max, 8 hash, 9-10 head, 11-12 independent,
# 13-16 scene, 18 truth. The notes may hold commas, but come last.
tail -n +2 "$corpus/expected.csv" >"$work/rows"
while IFS=, read -r _ file _ _ count min max hash hcount hhash icount ihash scount smin smax shash _ truth _; do
    checked=$((checked + 1))
    case $truth in
    error) check_bad "$file" ;;
    goxel011) check_good "$file" "$count" "$min" "$max" "$hash" ;;
    goxel_head) check_good "$file" "$hcount" "" "" "$hhash" ;;
    independent) check_good "$file" "$icount" "" "" "$ihash" ;;
    scene) check_good "$file" "$scount" "$smin" "$smax" "$shash" ;;
    none) "$bin/goxelctl" convert --force "$corpus/$file" "$work/out.txt" >/dev/null 2>&1 || true ;;
    *) complain "$file: unknown truth '$truth'" ;;
    esac
done <"$work/rows"
echo "$checked files, $failed complaints"
[ "$failed" -eq 0 ] && [ "$checked" -gt 60 ]
