#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The files for service managers, as far as they can be looked at without one:
# systemd's own checks and score, stale copies, the keys of launchd's list.

setup_file() {
    config=$GOX_SOURCE_DIR/config
    units=$BATS_FILE_TMPDIR/units
    mkdir -p "$units/user" "$BATS_FILE_TMPDIR/run"
    # systemd wants the programs to be there.
    (cd "$config/systemd" &&
        for file in *.service *.socket user/*; do
            sed "s|/usr/bin/goxel|$GOX_BIN_DIR/goxel|g" "$file" >"$units/$file"
        done)
    export config units
}

need_systemd() {
    command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
}
# verify exits with 0 for what it only warns of.
quiet() {
    "$@" >"$BATS_TEST_TMPDIR/out" 2>&1
    cat "$BATS_TEST_TMPDIR/out"
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
}

@test "systemd has nothing to say about the units" {
    need_systemd
    cd "$units"
    quiet systemd-analyze verify ./goxel-daemon.service ./goxel-daemon.socket ./goxel-daemon-http.socket
    quiet systemd-analyze verify ./goxel-daemon@x.service ./goxel-daemon@x.socket
}

@test "nor about a user's units" {
    need_systemd
    cd "$units/user"
    XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/run quiet systemd-analyze verify --user ./goxel-daemon.service ./goxel-daemon.socket
}

@test "the check sees a wrong key" {
    need_systemd
    sed 's/^ProtectHome=/ProtectHouse=/' "$units/goxel-daemon.service" >"$BATS_TEST_TMPDIR/goxel-daemon.service"
    cp "$units/goxel-daemon.socket" "$BATS_TEST_TMPDIR/"
    cd "$BATS_TEST_TMPDIR"
    ! quiet systemd-analyze verify ./goxel-daemon.service
}

@test "the exposure is at most 0.5" {
    need_systemd
    cd "$units"
    systemd-analyze security --offline=true --threshold=5 ./goxel-daemon.service
    systemd-analyze security --offline=true --threshold=5 ./goxel-daemon@.service
}

@test "the exposure grows when a part of the sandbox is missing" {
    need_systemd
    grep -v '^SystemCallFilter=' "$units/goxel-daemon.service" >"$BATS_TEST_TMPDIR/goxel-daemon.service"
    ! systemd-analyze security --offline=true --threshold=5 "$BATS_TEST_TMPDIR/goxel-daemon.service"
}

@test "units of instances are made of the plain ones" {
    "$config/systemd/make_templates.sh" "$BATS_TEST_TMPDIR"
    for kind in service socket; do
        diff "$config/systemd/goxel-daemon@.$kind" "$BATS_TEST_TMPDIR/goxel-daemon@.$kind"
        # Nothing but the name of the group and program is shared.
        run grep -nE '^[A-Z][A-Za-z]*=.*(/run/goxel-daemon\.sock|/var/lib/goxel$|/run/goxel/|daemon_config)' \
            "$config/systemd/goxel-daemon@.$kind"
        [ "$status" -eq 1 ]
    done
}

@test "the files are reachable at their other places" {
    cmp "$config/goxel-daemon.service" "$config/systemd/goxel-daemon.service"
    cmp "$config/com.goxel.daemon.plist" "$config/launchd/com.goxel.daemon.plist"
}

@test "the exit codes that forbid a restart are the daemon's" {
    grep -qx 'RestartPreventExitStatus=2 78' "$config/systemd/goxel-daemon.service"
    run "$GOX_BIN_DIR/goxel-daemon" --no-such-option
    [ "$status" -eq 2 ]
    echo '{"server": {"workers": "many"}}' >"$BATS_TEST_TMPDIR/bad.json"
    run "$GOX_BIN_DIR/goxel-daemon" --config "$BATS_TEST_TMPDIR/bad.json"
    [ "$status" -eq 78 ]
}

@test "drop-ins begin with the version that they need" {
    for file in "$config"/systemd/drop-ins/*; do
        [[ ${file##*/} =~ ^[0-9]{3}-[a-z]+\.conf$ ]]
    done
}

@test "launchd's property list has only keys that there are, of the right types" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    python3 "$GOX_SOURCE_DIR/tests/deploy/plist.py" "$config/launchd/com.goxel.daemon.plist"
    sed 's/ThrottleInterval/ThrottelInterval/' "$config/launchd/com.goxel.daemon.plist" >"$BATS_TEST_TMPDIR/bad.plist"
    ! python3 "$GOX_SOURCE_DIR/tests/deploy/plist.py" "$BATS_TEST_TMPDIR/bad.plist"
}

@test "the guide names files and commands that there are" {
    guide=$config/README.md
    for file in $(sed -n '/^| file/,/^$/s/^| \(.*\) | .*/\1/p' "$guide" | grep -o '`[^`]*`' | tr -d '`'); do
        [ -e "$config/$file" ] || { echo "$file is not there"; false; }
    done
    "$GOX_SOURCE_DIR/scripts/deploy_daemon.sh" --help >"$BATS_TEST_TMPDIR/help"
    for option in $(grep -oE -e '--(prefix|user|group|config|service|instance|dry-run|json|no-restart|purge|yes|remove-user)' "$guide" | sort -u); do
        grep -q -e "$option" "$BATS_TEST_TMPDIR/help" || { echo "$option is not told by --help"; false; }
    done
    for method in $(grep -oE '(goxel|daemon)\.[a-z]+_[a-z]+|daemon\.(health|metrics)' "$guide" | sort -u); do
        case $method in daemon.*_*) continue ;; esac
        "$GOX_BIN_DIR/goxelctl" help "$method" >/dev/null || { echo "no method $method"; false; }
    done
    for unit in $(grep -oE 'goxel-daemon(-http)?\.(socket|service)' "$guide" | sort -u); do
        [ -e "$config/systemd/$unit" ]
    done
}
