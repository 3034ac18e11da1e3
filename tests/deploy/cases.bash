# SPDX-License-Identifier: Apache-2.0
# The deployment tests in the order in which they run: each goes on from what
# the one before has left; the other *_cases.bash follow, in the order that
# scripts/test_deployment.sh gives. A function whose name begins with case_ is a
# test; it fails when a command in it fails, and 77 says that it was skipped.

ctl() {
    inside goxelctl "$@"
}
property() { # NAME [UNIT]
    inside systemctl show --value -p "$1" "${2:-goxel-daemon.service}"
}
main_pid() {
    property MainPID
}
is() { # SEEN WANTED
    [ "$1" = "$2" ] && return 0
    echo "'$1', should be '$2'"
    return 1
}
# `!` does not count for set -e.
fails() {
    if "$@"; then
        echo "it did not fail: $*"
        return 1
    fi
}
contains() { # TEXT PART
    case $1 in *"$2"*) return 0 ;; esac
    echo "'$1' lacks '$2'"
    return 1
}
is_new_process() { # OLD PID
    local pid
    pid=$(main_pid)
    [ "$pid" != 0 ] && [ "$pid" != "$1" ] && [ "$(property ActiveState)" = active ]
}
# Files, users and units, without what systemd itself writes as it runs.
list_system() {
    (
        cd "$work/root" || exit 1
        find . -path ./proc -prune -o -path ./sys -prune -o -path ./dev -prune -o \
            -path ./run -prune -o -path ./tmp -prune -o -path ./var/tmp -prune -o \
            -path ./var/log/journal -prune -o -path ./var/lib/systemd -prune -o \
            -path ./opt/goxel -prune -o -print |
            grep -vxE './etc/(passwd-|group-|shadow-|gshadow-|\.pwd\.lock|subuid-|subgid-)'
    ) | sort
    cut -d: -f1 "$work/root/etc/passwd" | sed 's/^/user /'
    cut -d: -f1 "$work/root/etc/group" | sed 's/^/group /'
    inside systemctl list-unit-files --no-legend --no-pager | sed 's/^/unit /'
    inside sh -c 'ls /run' | sed 's/^/run /'
}

# Load from outside, through the container's own socket.
start_load() { # PROJECT
    exec {load_in}> >(exec node "$source/tests/deploy/load.js" \
        "/proc/$(leader)/root/run/goxel-daemon.sock" "$1" >"$work/load.json" 2>"$work/load.err")
    load_pid=$!
    until_true 10 eval "ctl call goxel.get_voxel_count project=$1 --json | grep -q 'count\":[1-9]'" && return
    echo "no load: $(cat "$work/load.json" "$work/load.err")"
    return 1
}
end_load() {
    local code=0
    exec {load_in}>&-
    wait "$load_pid" || code=$?
    echo "# $(cat "$work/load.json" "$work/load.err")"
    return $code
}

case_deploy() {
    list_system >"$work/before"
    local start=$SECONDS
    inside deploy deploy
    [ $((SECONDS - start)) -lt 60 ]
    # Landlock works below the unit's own filter.
    contains "$(ctl status --json)" 'files, TCP, signals, system calls'
}

case_verify_as_json_in_5_seconds() {
    local start=$SECONDS
    inside deploy verify --json >"$work/verify.json"
    [ $((SECONDS - start)) -le 5 ]
    node -e '
const d = JSON.parse(require("fs").readFileSync(process.argv[1]));
if (!d.ok || d.verify.length < 20 || d.verify.some((c) => c.verdict !== "pass")) process.exit(1);
' "$work/verify.json"
}

case_verify_sees_what_is_wrong() {
    inside chmod 0644 /etc/goxel/daemon_config.json
    fails inside deploy verify --no-restart --json >"$work/verify.json"
    inside chmod 0640 /etc/goxel/daemon_config.json
    contains "$(cat "$work/verify.json")" '{"check":"settings-mode","verdict":"fail"'
}

case_second_deploy_changes_nothing() {
    local before
    list_system >"$work/once"
    before=$(main_pid)
    inside deploy deploy --no-restart
    is "$(main_pid)" "$before"
    list_system | diff "$work/once" -
}

case_first_connection_starts_the_daemon() {
    inside systemctl stop goxel-daemon.service 2>/dev/null
    is "$(property ActiveState)" inactive
    ctl ping
    is "$(property ActiveState)" active
}

as_group_member() {
    inside setpriv --reuid=65534 --regid=65534 --groups=goxel goxelctl ping --socket /run/goxel-daemon.sock
}

case_only_the_group_may_connect() {
    as_group_member
    fails inside setpriv --reuid=65534 --regid=65534 --clear-groups goxelctl ping --socket /run/goxel-daemon.sock
}

case_the_daemon_sees_who_connects() {
    local uid
    uid=$(inside id -u goxel)
    ctl config set --file /etc/goxel/daemon_config.json security.allowed_uids "$uid"
    inside systemctl reload goxel-daemon
    until_true 5 fails as_group_member
    inside runuser -u goxel -- goxelctl ping --socket /run/goxel-daemon.sock
    inside cp /opt/goxel/config/daemon_config.json /etc/goxel/daemon_config.json
    inside systemctl reload goxel-daemon
    until_true 5 as_group_member
}

# As the service's own user, with what the unit sets.
check_as_service() {
    # shellcheck disable=SC2046 # words
    inside runuser -u goxel -- env $(property Environment) \
        goxel-daemon --check --config /etc/goxel/daemon_config.json
}
case_a_check_knows_that_the_socket_is_passed() {
    contains "$(check_as_service)" "/run/goxel-daemon.sock is a service manager's"
    inside systemctl stop goxel-daemon.service 2>/dev/null
    contains "$(check_as_service)" "/run/goxel-daemon.sock is a service manager's"
    inside systemctl stop goxel-daemon.socket
    inside rm /run/goxel-daemon.sock
    fails check_as_service
    inside systemctl start goxel-daemon.socket
    ctl ping
}

case_reload_takes_new_settings() {
    local before
    before=$(main_pid)
    ctl config set --file /etc/goxel/daemon_config.json logging.level debug
    inside systemctl reload goxel-daemon
    until_true 5 eval 'ctl config show logging.level --json | grep -q "\"debug\""'
    is "$(main_pid)" "$before"
    is "$(inside stat -c '%a %U:%G' /etc/goxel/daemon_config.json)" '640 root:goxel'
}

case_reload_refuses_bad_settings() {
    local before
    before=$(main_pid)
    inside sed -i 's/"debug"/"loud"/' /etc/goxel/daemon_config.json
    fails inside systemctl reload goxel-daemon
    is "$(main_pid)" "$before"
    contains "$(ctl config show logging.level --json)" '"debug"'
}
