#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Enforces which folder of src may include which: the table below is the design.
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"

# folder: the folders it may include besides itself and base
table='base:
voxel:
rpc:
platform:
format: voxel
render: voxel
loop: platform
store: voxel format
config: rpc platform
log: platform
http: loop platform
client: rpc loop platform
daemon: voxel format render store rpc loop platform config log http
manager: client rpc loop platform config log
mcp: client rpc loop platform manager config http
cli: client rpc loop platform manager config log
main: daemon manager mcp cli platform'

bad=0
checked=0
for file in $(find src -name '*.[ch]' | sort); do
    folder=${file#src/}
    folder=${folder%%/*}
    row=$(printf '%s\n' "$table" | sed -n "s/^$folder://p")
    if ! printf '%s\n' "$table" | grep -q "^$folder:"; then
        echo "$file: folder '$folder' is not in the table"
        bad=$((bad + 1))
        continue
    fi
    # shellcheck disable=SC2013 # header names hold no spaces
    for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        target=${header%%/*}
        checked=$((checked + 1))
        case $header in
        */*) ;;
        *)
            echo "$file: \"$header\" names no folder"
            bad=$((bad + 1))
            continue
            ;;
        esac
        case " $folder base goxel $row " in
        *" $target "*) ;;
        *)
            echo "$file: may not include \"$header\""
            bad=$((bad + 1))
            ;;
        esac
        case $header in
        *_internal.h)
            if [ "$target" != "$folder" ]; then
                echo "$file: \"$header\" is private to $target"
                bad=$((bad + 1))
            fi
            ;;
        esac
    done
done
echo "$checked includes checked, $bad against the table"
[ "$bad" -eq 0 ] && [ "$checked" -gt 100 ]
