#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl token: the file of hashes, with and without a daemon.

load common

setup() {
    file=$BATS_TEST_TMPDIR/tokens
}

teardown() {
    stop_daemon
}

@test "new prints the secret once, the file has its hash only" {
    separately "$goxelctl" token new --file "$file" --name "build server"
    [ "$status" -eq 0 ]
    [[ "$out" =~ ^goxel_[A-Za-z0-9_-]{43}$ ]]
    [ "$(stat -c %a "$file")" = 600 ]
    run grep -F "$out" "$file"
    [ "$status" -ne 0 ]
    hash=$(printf %s "$out" | sha256sum | cut -d' ' -f1)
    grep -q " read,edit [^ ]*Z - $hash build server$" "$file"
}

@test "list shows what there is, also as JSON" {
    "$goxelctl" token new --file "$file" --scopes read --expires 30d 2>/dev/null
    "$goxelctl" token new --file "$file" --scopes read,admin --name ops 2>/dev/null
    run "$goxelctl" token list --file "$file"
    [ "$status" -eq 0 ]
    [[ "$output" == *"read,admin"*"never"*"ops"* ]]
    run "$goxelctl" token list --file "$file" --json
    [ "$(jq -c '.[0].scopes' <<<"$output")" = '["read"]' ]
    [ "$(jq '.[0].expires | fromdateiso8601? // 1' <<<"${output//.000Z/Z}")" -gt 1 ]
    [ "$(jq -c '.[1].expires' <<<"$output")" = null ]
    [[ "$output" != *hash* ]]
}

@test "revoke removes one, by its id" {
    "$goxelctl" token new --file "$file" 2>/dev/null
    id=$("$goxelctl" token new --file "$file" --json | jq -r .id)
    run "$goxelctl" token revoke "$id" --file "$file"
    [ "$status" -eq 0 ]
    run "$goxelctl" token revoke "$id" --file "$file"
    [ "$status" -eq 1 ]
    [[ "$output" == *"no token"* ]]
    [ "$("$goxelctl" token list --file "$file" --json | jq length)" -eq 1 ]
}

@test "mistakes are told" {
    for args in "new --scopes write" "new --expires soon" "new --expires 0d" "make" "revoke" "list 1"; do
        # shellcheck disable=SC2086 # words
        run "$goxelctl" token $args --file "$file"
        [ "$status" -eq 2 ]
    done
    [ ! -e "$file" ]
    echo "no token at all" >"$file"
    chmod 600 "$file"
    run "$goxelctl" token list --file "$file"
    [ "$status" -eq 1 ]
    [[ "$output" == *"line 1"* ]]
    chmod 644 "$file"
    run "$goxelctl" token new --file "$file"
    [ "$status" -eq 1 ]
    [[ "$output" == *"chmod 600"* ]]
}

@test "without --file it is that of the settings" {
    mkdir -p "$BATS_TEST_TMPDIR/data"
    GOXEL_PATHS_DATA_DIR=$BATS_TEST_TMPDIR/data run "$goxelctl" token new
    [ "$status" -eq 0 ]
    [ -s "$BATS_TEST_TMPDIR/data/tokens" ]
    GOXEL_SECURITY_TOKEN_FILE=$file run "$goxelctl" token new
    [ -s "$file" ]
}

@test "GOXEL_TOKEN is the token of every command" {
    need_daemon
    secret=$("$goxelctl" token new --file "$file" 2>/dev/null)
    printf '{"security": {"enable_authentication": true, "token_file": "%s"}}\n' "$file" >"$BATS_TEST_TMPDIR/c.json"
    start_daemon --config "$BATS_TEST_TMPDIR/c.json"
    run "$goxelctl" call goxel.list_projects --socket "$socket"
    [ "$status" -eq 1 ]
    [[ "$output" == *"GOXEL_TOKEN"* ]]
    GOXEL_TOKEN=$secret "$goxelctl" call goxel.list_projects --socket "$socket"
    GOXEL_TOKEN=${secret}x run "$goxelctl" call goxel.list_projects --socket "$socket"
    [ "$status" -eq 1 ]
    [[ "$output" == *"GOXEL_TOKEN"* ]]
}
