#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl config, with a running daemon and without one.

load ../cli/common

setup() {
    cd "$BATS_TEST_TMPDIR"
    export XDG_CONFIG_HOME=$PWD/etc
    cat >c.json <<'JSON'
{
  "server": {
    "workers": 3
  },
  "logging": {"level": "warn"}
}
JSON
}

teardown() {
    stop_daemon
    [ -z "${home:-}" ] || rm -rf "$home"
}

@test "show a file, with the origins, one setting, what is not the default" {
    separately "$goxelctl" config show --file c.json server.workers
    [ "$status" -eq 0 ]
    [[ $out == *"server.workers"*"3"*"c.json:3"* ]]
    [[ $out != *"logging.level"* ]]
    separately "$goxelctl" config show --file c.json --changed logging
    [[ $out == *"logging.level"*"warn"* && $out != *rotation* ]]
    "$goxelctl" config show --file c.json --json |
        jq -e '."server.queue_size" == {"value": 256, "origin": "default"}'
    GOXEL_QUEUE_SIZE=9 "$goxelctl" config show --file c.json --json |
        jq -e '."server.queue_size".origin == "environment GOXEL_QUEUE_SIZE"'
    separately "$goxelctl" config show --file c.json nothing
    [ "$status" -eq 1 ]
    [[ $err == *'no setting or section "nothing"'* ]]
}

@test "show asks the running daemon" {
    need_daemon
    start_daemon
    separately "$goxelctl" --socket "$socket" config show daemon.socket_path
    [ "$status" -eq 0 ]
    [[ $out == *"$socket"*"command line"* ]]
    separately "$goxelctl" --socket "$PWD/nobody" config show
    [ "$status" -eq 3 ]
}

@test "check tells all that is wrong" {
    separately "$goxelctl" config check c.json
    [ "$status" -eq 0 ]
    [ "$out" = "$PWD/c.json is valid" ]
    printf '{"server": {"workers": "x",\n "prot": 1}}' >bad.json
    separately "$goxelctl" config check bad.json
    [ "$status" -eq 1 ]
    [[ $err == *"bad.json:1:24: error: /server/workers"* ]]
    [[ $err == *"bad.json:2:2: error: /server/prot"*"did you mean port?"* ]]
    run "$goxelctl" config check bad.json --json
    jq -e '.valid == false and (.errors | length) == 2 and
        .errors[1].line == 2 and .errors[1].pointer == "/server/prot"' <<<"$output"
}

@test "diff: against the defaults, between files, against the daemon" {
    need_daemon
    "$goxelctl" config diff c.json --json |
        jq -e 'map(.name) == ["server.workers", "logging.level"]'
    echo '{"server": {"workers": 4}}' >d.json
    "$goxelctl" config diff c.json d.json --json |
        jq -e '.[0] == {"name": "server.workers", "old": 3, "new": 4, "applies": "restart"}'
    "$goxelctl" config diff c.json c.json | grep -qx "no difference"
    "$daemon" --config c.json --socket "$PWD/d.sock" --data-dir "$PWD/data" 3>&- &
    daemon_pid=$!
    until_true "$goxelctl" ping --socket "$PWD/d.sock" >/dev/null 2>&1
    "$goxelctl" config set --file c.json server.queue_size 7
    "$goxelctl" config diff --socket "$PWD/d.sock" --json |
        jq -e '.[0] == {"name": "server.queue_size", "old": 256, "new": 7, "applies": "reload"}'
}

@test "set changes one value and nothing else, or nothing" {
    cp c.json before.json
    "$goxelctl" config set --file c.json logging.level debug
    diff before.json c.json >changes || true
    [ "$(grep -c '^[<>]' changes)" -eq 2 ]
    separately "$goxelctl" config set --file c.json logging.level loud
    [ "$status" -eq 1 ]
    [[ $err == *"error, warn, info or debug"* ]]
    separately "$goxelctl" config set --file c.json logging.levle debug
    [[ $err == *"did you mean logging.level?"* ]]
    jq -e '.logging.level == "debug" and .server.workers == 3' c.json
    "$goxelctl" config set --file c.json environment.LANG C
    jq -e '.environment == {"LANG": "C"}' c.json
    # A new file is for its owner and group only.
    "$goxelctl" config set --file new.json server.workers 2
    [ "$(stat -c %a new.json)" = 640 ]
    nothing_left .
}

@test "the first setting makes the file, a reload finds it, unset takes it out" {
    home=$(mktemp -d /tmp/gox-config.XXXXXX)
    export HOME=$home XDG_RUNTIME_DIR=$home GOXEL_SOCKET_PATH=$home/d.sock
    unset XDG_CONFIG_HOME XDG_STATE_HOME
    # Root's place is that of the system, which is not the test's to write.
    as_user=()
    if [ "$(id -u)" = 0 ]; then
        chown 65534:65534 "$home"
        as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    cd "$home"
    "${as_user[@]}" test -x "$daemon" || skip "the programs are closed to others"
    # Not even its directory is there when the daemon locks itself in.
    "${as_user[@]}" "$daemon" --socket "$home/d.sock" --data-dir "$home/data" --log-level error 3>&- &
    daemon_pid=$!
    until_true "${as_user[@]}" "$goxelctl" ping >/dev/null 2>&1
    "${as_user[@]}" "$goxelctl" config set server.queue_size 7
    place=$home/.config/goxel/daemon_config.json
    jq -e '.server == {"queue_size": 7}' "$place"
    [[ $("${as_user[@]}" "$goxelctl" reload) == *server.queue_size* ]]
    "${as_user[@]}" "$goxelctl" config unset server.queue_size
    jq -e '.server == {}' "$place"
    [[ $("${as_user[@]}" "$goxelctl" reload) == *server.queue_size* ]]
    "${as_user[@]}" "$goxelctl" config show server.queue_size | grep -q '256 *default'
    cd /
}

@test "unset needs a setting there is, and makes no file" {
    "$goxelctl" config unset --file none.json server.workers
    [ ! -e none.json ]
    run "$goxelctl" config unset --file c.json server.wrokers
    [ "$status" -eq 1 ]
    [[ $output == *"did you mean server.workers?"* ]]
    "$goxelctl" config unset --file c.json server.workers
    jq -e '.server | has("workers") | not' c.json
    "$goxelctl" config set --file c.json security.allowed_paths '["/a", "/b"]'
    jq -e '.security.allowed_paths == ["/a", "/b"]' c.json
}

@test "set tells what makes the new value act" {
    separately "$goxelctl" config set --file c.json logging.levels.store debug
    [[ $out == *'`goxelctl reload` applies it' ]]
    separately "$goxelctl" config set --file c.json server.workers 5
    [[ $out == *'`goxelctl restart`'* && $out != *reload* ]]
    separately "$goxelctl" config set --file c.json mcp_integration.port 5001
    [[ $out == *'the program that reads it'* && $out != *reload* ]]
    "$goxelctl" config set --file c.json security.allowed_paths /a:/b
    jq -e '.security.allowed_paths == ["/a", "/b"]' c.json
    [[ $("$goxelctl" config --help) == *"colons"* ]]
}

@test "schema and sample are JSON, and the sample is valid" {
    "$goxelctl" config schema | jq -e '."$schema" | test("2020-12")'
    "$goxelctl" config sample >sample.json
    "$goxelctl" config check sample.json
    separately "$goxelctl" config nothing
    [ "$status" -eq 2 ]
}
