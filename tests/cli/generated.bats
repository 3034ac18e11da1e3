#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files in docs/ that are made from tables are the ones that the programs make
# now, and the manual knows every flag of the daemon.

load common
docs=$GOX_SOURCE_DIR/docs

fresh() {
    "$goxelctl" "${@:2}" | diff -u "$docs/$1" - ||
        { echo "stale: goxelctl ${*:2} >docs/$1"; false; }
}

@test "the manual of goxelctl is made from the table" {
    fresh man/goxelctl.1 dump-man
}

@test "the completions are made from the table" {
    fresh completion/goxelctl.bash completion bash
    fresh completion/goxelctl.zsh completion zsh
    fresh completion/goxelctl.fish completion fish
}

@test "manuals pass mandoc's lint" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    for page in "$docs"/man/*.[1-9]; do
        # Pages refer to each other before they are installed.
        run bash -c 'mandoc -T lint "$1" | grep -v "referenced manual not found"' \
            - "$page"
        [ -z "$output" ] || { echo "$output"; false; }
    done
}

@test "goxel-daemon(1) is made from --help of the daemon" {
    need_daemon
    "$docs/man/make-goxel-daemon" "$daemon" | diff -u "$docs/man/goxel-daemon.1" - ||
        { echo "stale: docs/man/make-goxel-daemon goxel-daemon"; false; }
}

@test "goxel-client(3) has every function of the header" {
    header=$GOX_SOURCE_DIR/include/goxel/client.h
    for f in $(grep -o 'gox_client_[a-z_]*(' "$header" |
        tr -d '(' | grep -v '_fn$' | sort -u); do
        grep -q "^\.F[no] $f\b" "$docs/man/goxel-client.3" ||
            { echo "not in the manual: $f"; false; }
    done
}
