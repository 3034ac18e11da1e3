#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl store, with a daemon that has the projects and without one.

load common

setup() {
    need_daemon
    cd "$BATS_TEST_TMPDIR"
    export GOXEL_SOCKET_PATH=$PWD/socket
}

teardown() {
    [ -z "$daemon_pid" ] || kill "$daemon_pid" 2>/dev/null || true
    [ -z "$daemon_pid" ] || wait "$daemon_pid" || true
}

start_daemon() {
    "$GOX_BIN_DIR/goxel-daemon" --data-dir "$PWD/data" --log-level error 3>&- &
    daemon_pid=$!
    for _ in $(seq 500); do
        "$goxelctl" ping >/dev/null 2>&1 && return
    done
    return 1
}

stop_daemon() {
    kill "$daemon_pid"
    wait "$daemon_pid"
    daemon_pid=
}

@test "what a running daemon has: list, check, backup, compact, restore" {
    start_daemon
    "$goxelctl" call goxel.create_project name=castle >/dev/null
    "$goxelctl" call goxel.add_voxel project=castle x=1 y=2 z=3 color=red >/dev/null
    "$goxelctl" store list --json | jq -e '.projects[] |
        select(.name == "castle") | .open and .voxel_count == 1 and .revision == 1'
    "$goxelctl" store check | grep -q '^castle: whole'
    "$goxelctl" store backup castle data/c.goxdb
    "$goxelctl" store compact castle
    "$goxelctl" store restore data/c.goxdb second
    "$goxelctl" store export second data/second.vox
    [ "$(head -c 4 data/second.vox)" = "VOX " ]
    # Its projects are locked.
    run "$goxelctl" store --data-dir "$PWD/data" list
    [ "$status" -eq 3 ]
    [[ "$output" =~ "in use by another process ($daemon_pid)" ]]
}

@test "files outside the daemon's directories are carried" {
    start_daemon
    mkdir out
    "$goxelctl" call goxel.create_project name=castle >/dev/null
    "$goxelctl" call goxel.add_voxel project=castle x=1 y=2 z=3 color=red >/dev/null
    run "$goxelctl" call goxel.export_model project=castle path="$PWD/out/no.vox"
    [[ "$output" == *"security.allowed_paths"* ]]
    [ "$("$goxelctl" store backup castle out/c.goxdb --json | jq -r .path)" = "$PWD/out/c.goxdb" ]
    "$goxelctl" store restore out/c.goxdb second
    "$goxelctl" store export second out/second.obj
    grep -q '^mtllib second.mtl' out/second.obj
    [ "$(ls out)" = "$(printf '%s\n' c.goxdb second.mtl second.obj second.palette.png)" ]
    echo old >out/second.vox
    "$goxelctl" store export second out/second.vox
    [ "$(head -c 4 out/second.vox)" = "VOX " ]
    # What fails is told with the user's name for it, and changes nothing.
    run "$goxelctl" store restore out/second.obj third
    [ "$status" -eq 1 ]
    [[ "$output" == "goxelctl store: $PWD/out/second.obj: it is no backup"* ]]
    run "$goxelctl" store export none out/second.vox
    [ "$status" -eq 1 ]
    run "$goxelctl" store restore out/none.goxdb third
    [[ "$output" == *"out/none.goxdb: No such file"* ]]
    [ "$(head -c 4 out/second.vox)" = "VOX " ]
    [ -z "$(find . -name '.goxelctl*')" ]
}

@test "without a daemon a private one does it" {
    start_daemon
    "$goxelctl" call goxel.create_project name=castle >/dev/null
    "$goxelctl" call goxel.add_voxel project=castle x=1 y=2 z=3 color=red >/dev/null
    stop_daemon
    "$goxelctl" store --data-dir "$PWD/data" list | grep -q castle
    "$goxelctl" store --data-dir "$PWD/data" backup castle elsewhere.goxdb
    [ -s elsewhere.goxdb ]
    "$goxelctl" store --data-dir "$PWD/data" restore elsewhere.goxdb other
    "$goxelctl" store --data-dir "$PWD/data" check --json |
        jq -e 'length == 2 and all(.success)'
}

@test "the trash" {
    start_daemon
    "$goxelctl" call goxel.create_project name=gone >/dev/null
    "$goxelctl" call goxel.delete_project name=gone >/dev/null
    "$goxelctl" store trash | grep -q gone
    "$goxelctl" store undelete gone
    "$goxelctl" store list | grep -q gone
}

@test "damage: check says so and exits with 1" {
    start_daemon
    "$goxelctl" call goxel.create_project name=hurt >/dev/null
    "$goxelctl" call goxel.procedural_shape project=hurt shape_type=sphere size=[30,30,30] >/dev/null
    stop_daemon
    # In the middle of the journal.
    size=$(stat -c %s data/projects/hurt.goxdb)
    printf 'XXXX' | dd of=data/projects/hurt.goxdb bs=1 seek=$((size - 200)) conv=notrunc 2>/dev/null
    run "$goxelctl" store --data-dir "$PWD/data" check hurt
    [ "$status" -eq 1 ]
    [[ "$output" =~ "hurt: 1 problems" ]] || [[ "$output" =~ problem ]]
}

@test "wrong words" {
    run "$goxelctl" store frob
    [ "$status" -eq 2 ]
    run "$goxelctl" store backup
    [ "$status" -eq 2 ]
    run "$goxelctl" store --data-dir "$PWD/none" check nope
    [ "$status" -eq 1 ]
}

@test "a mistyped directory, bytes that are no UTF-8, and too few arguments" {
    separately "$goxelctl" store --data-dir "$PWD/dtaa" list
    [ "$status" -eq 1 ]
    [[ $err == *"$PWD/dtaa"*"No such file"* ]]
    [ ! -e dtaa ]
    mkdir data
    [ "$("$goxelctl" store -d data check)" = "there are no projects" ]
    # The name of the project must not be left out.
    separately "$goxelctl" store -d data restore x.goxdb $'\xff'
    [ "$status" -eq 2 ]
    [[ $err == *"argument 3 is no UTF-8"* ]]
    separately "$goxelctl" store backup
    [ "$status" -eq 2 ]
    [[ $err == *"backup takes PROJECT [FILE]"* ]]
}
