#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# deploy_daemon.sh below a directory of its own: what is installed, kept, taken
# back and removed. What needs a running systemd is in scripts/test_deployment.sh.

setup() {
    export DESTDIR=$BATS_TEST_TMPDIR/root
    mkdir -p "$DESTDIR"
    deploy=$GOX_SOURCE_DIR/scripts/deploy_daemon.sh
    lib=$DESTDIR/usr/local/lib/goxel-daemon
    settings=$DESTDIR/etc/goxel/daemon_config.json
    first=$GOX_BIN_DIR/goxel-daemon
}

# The same program in other bytes is another version.
second() {
    mkdir -p "$BATS_TEST_TMPDIR/second"
    cp "$GOX_BIN_DIR/goxelctl" "$GOX_BIN_DIR/goxel-daemon" "$BATS_TEST_TMPDIR/second/"
    printf 'second' >>"$BATS_TEST_TMPDIR/second/goxel-daemon"
    echo "$BATS_TEST_TMPDIR/second/goxel-daemon"
}
files() {
    (cd "$DESTDIR" && find . ! -type d | sort)
}

@test "a dry run changes nothing" {
    "$deploy" deploy "$first" --dry-run
    [ -z "$(find "$DESTDIR" -mindepth 1)" ]
}

@test "what is installed runs and is complete" {
    "$deploy" deploy "$first"
    "$DESTDIR/usr/local/bin/goxel-daemon" --version
    "$lib/current/bin/goxelctl" config check "$settings"
    for file in etc/systemd/system/goxel-daemon.service etc/systemd/system/goxel-daemon.socket \
        etc/systemd/system/goxel-daemon@.service etc/systemd/system/goxel-daemon@.socket \
        etc/sysusers.d/goxel.conf etc/tmpfiles.d/goxel.conf; do
        [ "$(stat -c %a "$DESTDIR/$file")" = 644 ]
    done
    [ "$(stat -c %a "$settings")" = 640 ]
    grep -qx 'ExecStart=/usr/local/lib/goxel-daemon/current/bin/goxel-daemon --config /etc/goxel/daemon_config.json' \
        "$DESTDIR/etc/systemd/system/goxel-daemon.service"
    ! grep -rn '/usr/bin/goxel' "$DESTDIR/etc"
}

@test "prefix, user and group reach the units, and are remembered" {
    "$deploy" deploy "$first" --prefix /opt/goxel --user vox --group modellers
    unit=$DESTDIR/etc/systemd/system/goxel-daemon.service
    grep -qx 'User=vox' "$unit"
    grep -qx 'Group=modellers' "$unit"
    grep -q '^ExecStart=/opt/goxel/lib/goxel-daemon/current/bin/goxel-daemon ' "$unit"
    grep -qx 'SocketGroup=modellers' "$DESTDIR/etc/systemd/system/goxel-daemon.socket"
    grep -q '^u vox ' "$DESTDIR/etc/sysusers.d/goxel.conf"
    "$deploy" deploy "$first" --prefix /opt/goxel
    grep -qx 'User=vox' "$unit"
    grep -qx 'Group=modellers' "$unit"
}

@test "deploying again changes nothing" {
    "$deploy" deploy "$first"
    before=$(cd "$DESTDIR" && find . -type f -exec cksum {} + | sort)
    "$deploy" deploy "$first"
    [ "$before" = "$(cd "$DESTDIR" && find . -type f -exec cksum {} + | sort)" ]
}

@test "an upgrade keeps the version before, rollback goes back to it" {
    "$deploy" deploy "$first"
    old=$(readlink "$lib/current")
    "$deploy" upgrade "$(second)"
    new=$(readlink "$lib/current")
    [ "$old" != "$new" ]
    [ "$(readlink "$lib/previous")" = "$old" ]
    "$deploy" rollback
    [ "$(readlink "$lib/current")" = "$old" ]
    [ "$(readlink "$lib/previous")" = "$new" ]
}

@test "only two versions are kept" {
    "$deploy" deploy "$first"
    "$deploy" upgrade "$(second)"
    cp "$BATS_TEST_TMPDIR/second/goxel-daemon" "$BATS_TEST_TMPDIR/third"
    printf 'third' >>"$BATS_TEST_TMPDIR/second/goxel-daemon"
    "$deploy" upgrade "$BATS_TEST_TMPDIR/second/goxel-daemon"
    [ "$(find "$lib/versions" -mindepth 1 -maxdepth 1 | wc -l)" -eq 2 ]
}

@test "a program that does not work is refused before anything changes" {
    "$deploy" deploy "$first"
    before=$(files)
    mkdir "$BATS_TEST_TMPDIR/broken"
    cp "$GOX_BIN_DIR/goxelctl" "$BATS_TEST_TMPDIR/broken/"
    printf '#!/bin/sh\n[ "$1" != --version ] || echo goxel-daemon 9.9.9\n' >"$BATS_TEST_TMPDIR/broken/goxel-daemon"
    chmod 0755 "$BATS_TEST_TMPDIR/broken/goxel-daemon"
    run "$deploy" upgrade "$BATS_TEST_TMPDIR/broken/goxel-daemon"
    [ "$status" -eq 1 ]
    [[ $output == *'nothing was changed'* ]]
    [ "$before" = "$(files)" ]
}

@test "settings with a mistake are refused before anything changes" {
    echo '{"server": {"workers": "many"}}' >"$BATS_TEST_TMPDIR/mine.json"
    run "$deploy" deploy "$first" --config "$BATS_TEST_TMPDIR/mine.json"
    [ "$status" -eq 1 ]
    [[ $output == *'server.workers'*'nothing was changed'* ]]
    [ -z "$(files)" ]
}

@test "edited settings stay, others follow the sample" {
    copy=$BATS_TEST_TMPDIR/config
    cp -a "$GOX_SOURCE_DIR/config" "$copy"
    "$deploy" deploy "$first"
    sed -i 's/"queue_size": 256/"queue_size": 300/' "$copy/daemon_config.json"
    GOXEL_CONFIG_SOURCE=$copy "$deploy" deploy "$first"
    grep -q '"queue_size": 300' "$settings"
    sed -i 's/"queue_size": 300/"queue_size": 77/' "$settings"
    sed -i 's/"queue_size": 300/"queue_size": 400/' "$copy/daemon_config.json"
    GOXEL_CONFIG_SOURCE=$copy "$deploy" deploy "$first"
    grep -q '"queue_size": 77' "$settings"
    grep -q '"queue_size": 400' "$settings.new"
}

@test "settings of one's own are not put over other ones without a yes" {
    "$deploy" deploy "$first"
    sed 's/"queue_size": 256/"queue_size": 55/' "$settings" >"$BATS_TEST_TMPDIR/mine.json"
    run "$deploy" deploy "$first" --config "$BATS_TEST_TMPDIR/mine.json" </dev/null
    [ "$status" -eq 1 ]
    grep -q '"queue_size": 256' "$settings"
    "$deploy" deploy "$first" --config "$BATS_TEST_TMPDIR/mine.json" --yes
    grep -q '"queue_size": 55' "$settings"
}

@test "undeploy leaves settings, with --purge nothing" {
    "$deploy" deploy "$first"
    "$deploy" undeploy
    [ "$(files)" = "$(printf '%s\n' ./etc/goxel/daemon_config.json ./etc/goxel/daemon_config.schema.json)" ]
    "$deploy" deploy "$first"
    run "$deploy" undeploy --purge </dev/null
    [ "$status" -eq 1 ]
    [ -e "$lib/current" ]
    "$deploy" undeploy --purge --yes
    [ -z "$(files)" ]
}

@test "a first deployment taken away leaves not even a directory" {
    "$deploy" deploy "$first"
    "$deploy" undeploy --purge --yes
    [ -z "$(find "$DESTDIR" -mindepth 1)" ]
}

@test "a file that is not ours stays" {
    mkdir -p "$DESTDIR/usr/local/bin"
    echo mine >"$DESTDIR/usr/local/bin/goxelctl"
    "$deploy" deploy "$first"
    "$deploy" undeploy --purge --yes
    [ "$(cat "$DESTDIR/usr/local/bin/goxelctl")" = mine ]
}

@test "an interrupted deployment is finished by the next" {
    "$deploy" deploy "$first"
    mkdir -p "$lib/versions/.new.99999/bin"
    echo 99999999 >"$lib/.lock"
    "$deploy" upgrade "$(second)"
    [ ! -e "$lib/versions/.new.99999" ]
    [ ! -e "$lib/.lock" ]
}

@test "two at a time are not possible" {
    "$deploy" deploy "$first"
    echo $$ >"$lib/.lock"
    run "$deploy" deploy "$first"
    [ "$status" -eq 1 ]
    [[ $output == *'another deployment'* ]]
}

@test "the document is JSON" {
    for words in "deploy $first" verify status "upgrade $(second)" rollback "undeploy --purge --yes"; do
        # shellcheck disable=SC2086 # words
        "$deploy" $words --json >"$BATS_TEST_TMPDIR/out.json"
        jq -e '.ok == true and (.steps | type == "array")' "$BATS_TEST_TMPDIR/out.json"
    done
    run "$deploy" rollback --json
    [ "$status" -eq 1 ]
    [ "$(printf '%s\n' "$output" | jq .ok)" = false ]
}

@test "wrong usage is told as such" {
    for words in '' nonsense 'deploy --nonsense' 'deploy --prefix relative' 'deploy --instance Two' \
        'deploy --user a;b' 'deploy --service cron' upgrade 'deploy --prefix'; do
        # shellcheck disable=SC2086 # words
        run "$deploy" $words
        [ "$status" -eq 2 ] || { echo "$words: $status"; false; }
    done
}
