#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line without any daemon: help, usage errors, exit codes.

load common

commands="convert info render formats call shell methods help status ping version completion"

@test "no arguments show the commands and fail as usage" {
    run "$goxelctl"
    [ "$status" -eq 2 ]
    for c in $commands; do [[ "$output" == *"  $c "* ]]; done
}

@test "--help of the program and of every command" {
    run "$goxelctl" --help
    [ "$status" -eq 0 ]
    for c in $commands; do
        run "$goxelctl" "$c" --help
        [ "$status" -eq 0 ]
        [[ "${lines[0]}" == "Usage: goxelctl $c"* ]]
        [[ "$output" == *"--json"* ]]
        run "$goxelctl" help "$c"
        [ "$status" -eq 0 ]
    done
}

@test "version, in three ways" {
    run "$goxelctl" version
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^goxelctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ "$("$goxelctl" --version)" = "$output" ]
    "$goxelctl" version --json | jq -e '.version and .name == "goxelctl"'
}

@test "an unknown command or option says what was meant" {
    separately "$goxelctl" convrt
    [ "$status" -eq 2 ]
    [ -z "$out" ]
    [[ "$err" == *'did you mean "convert"?'* ]]
    separately "$goxelctl" convert --outdir x a --to glb
    [ "$status" -eq 2 ]
    [[ "$err" == *"did you mean --out-dir?"* ]]
    separately "$goxelctl" --verson
    [ "$status" -eq 2 ]
}

@test "wrong usage is 2 and changes nothing" {
    cd "$BATS_TEST_TMPDIR"
    touch a.vox
    for line in "call" "convert" "convert a.vox" "convert a.vox b.vox c.vox" \
        "convert a.vox b --force --no-clobber" "convert a.vox b.glb --up x" \
        "convert a.vox b.glb --scale 0" "convert a.vox b.glb -j 0" \
        "convert a.vox b.glb --size x" "convert a.vox ." "info" "render" \
        "render a.vox --views side" "render a.vox --size 0x4" \
        "render a.vox --size 99999" "render a.vox --samples 9" \
        "render a.vox b.vox -o c.png" "ping now" "help a b" "completion csh" \
        "call m a" "call m {" "call m =1"; do
        # shellcheck disable=SC2086
        separately "$goxelctl" $line
        [ "$status" -eq 2 ] || { echo "$line: $status $err"; false; }
        [ -z "$out" ]
        [[ "$err" == goxelctl*"Try: goxelctl"*"--help" ]]
    done
    [ "$(ls)" = a.vox ]
}

@test "no daemon listens: 3, and what to do now" {
    for c in ping "call ping" shell; do
        # shellcheck disable=SC2086
        separately "$goxelctl" $c --socket "$BATS_TEST_TMPDIR/none" </dev/null
        [ "$status" -eq 3 ]
        [[ "$err" == *"there is no socket $BATS_TEST_TMPDIR/none"* ]]
        [[ "$err" == *"goxelctl up"* ]]
        [ "$(wc -l <<<"$err")" -eq 1 ]
    done
    GOXEL_SOCKET_PATH=$BATS_TEST_TMPDIR/env separately "$goxelctl" ping --json
    [ "$status" -eq 3 ]
    jq -e '.error.message | test("/env")' <<<"$out"
    touch "$BATS_TEST_TMPDIR/file"
    separately "$goxelctl" ping --socket "$BATS_TEST_TMPDIR/file"
    [ "$status" -eq 3 ]
}

@test "no goxel-daemon to start: 3, and where it is looked for" {
    cd "$BATS_TEST_TMPDIR"
    touch a.vox
    for c in "info a.vox" "convert a.vox b.glb" "render a.vox" formats \
        "call ping --stdio"; do
        # shellcheck disable=SC2086
        GOXEL_DAEMON_BINARY=/nonexistent/d separately "$goxelctl" $c
        [ "$status" -eq 3 ] || { echo "$c: $status $err"; false; }
        [[ "$err" == *"/nonexistent/d"*GOXEL_DAEMON_BINARY* ]]
    done
    # A program that is no daemon.
    GOXEL_DAEMON_BINARY=/bin/false separately "$goxelctl" convert a.vox b.glb
    [ "$status" -eq 3 ]
    [[ "$err" == *"cannot use /bin/false"* ]]
    nothing_left .
    [ ! -e b.glb ]
}

@test "completions load in their shells and know every command" {
    "$goxelctl" completion bash >"$BATS_TEST_TMPDIR/c.bash"
    words=$(bash -c 'source "$1"; COMP_WORDS=(goxelctl "") COMP_CWORD=1
        cur="" _goxelctl; echo "${COMPREPLY[*]}"' - "$BATS_TEST_TMPDIR/c.bash")
    for c in $commands; do [[ " $words " == *" $c "* ]]; done
    words=$(bash -c 'source "$1"; COMP_WORDS=(goxelctl convert --up "")
        COMP_CWORD=3; _goxelctl; echo "${COMPREPLY[*]}"' - \
        "$BATS_TEST_TMPDIR/c.bash")
    [ "$words" = "y z y-up z-up" ]
    for shell in zsh fish; do
        "$goxelctl" completion $shell >"$BATS_TEST_TMPDIR/c.$shell"
        for c in $commands; do grep -qw "$c" "$BATS_TEST_TMPDIR/c.$shell"; done
        if command -v $shell >/dev/null; then
            $shell -n "$BATS_TEST_TMPDIR/c.$shell"
        fi
    done
}

@test "a full disk is told" {
    [ -c /dev/full ] || skip "no /dev/full"
    run bash -c '"$1" --help >/dev/full' - "$goxelctl"
    [ "$status" -eq 1 ]
    run bash -c '"$1" version >/dev/full' - "$goxelctl"
    [ "$status" -eq 1 ]
}
