# SPDX-License-Identifier: Apache-2.0
# The deployment tests in the order in which they run: each goes on from what
# the one before has left. Sourced by scripts/test_deployment.sh. A function
# whose name begins with case_ is a test; it fails when a command in it fails.

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
    until_true 10 eval "ctl call goxel.get_voxel_count project=$1 --json | grep -q 'count\":[1-9]'"
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

case_bad_settings_are_not_tried_again() {
    fails inside systemctl restart goxel-daemon
    is "$(property ExecMainStatus)" 78
    is "$(property ActiveState)" failed
    is "$(property NRestarts)" 0
    inside sed -i 's/"loud"/"info"/' /etc/goxel/daemon_config.json
    inside systemctl reset-failed goxel-daemon
    ctl ping
}

case_kill_under_load_loses_nothing() {
    local before
    start_load killed
    for _ in 1 2 3; do
        before=$(main_pid)
        inside sh -c "kill -KILL $before"
        until_true 10 is_new_process "$before"
    done
    end_load
    is "$(property NRestarts)" 3
}

case_watchdog_kills_a_blocked_daemon() {
    local before
    inside mkdir -p /run/systemd/system/goxel-daemon.service.d
    inside sh -c 'printf "[Service]\nWatchdogSec=1s\n" >/run/systemd/system/goxel-daemon.service.d/99-test.conf'
    inside systemctl daemon-reload
    inside systemctl restart goxel-daemon
    start_load blocked
    before=$(main_pid)
    inside sh -c "kill -STOP $before"
    until_true 20 is_new_process "$before"
    end_load
    contains "$(inside journalctl -b -o cat -u goxel-daemon --no-pager)" 'Watchdog timeout'
    inside rm /run/systemd/system/goxel-daemon.service.d/99-test.conf
    inside rmdir /run/systemd/system/goxel-daemon.service.d
    inside systemctl daemon-reload
    inside systemctl restart goxel-daemon
}

case_endless_crashes_end() {
    local before
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        before=$(main_pid)
        [ "$before" != 0 ] || break
        inside sh -c "kill -KILL $before"
        until_true 5 eval 'is_new_process '"$before"' || [ "$(property ActiveState)" = failed ]'
    done
    is "$(property ActiveState)" failed
    inside systemctl reset-failed goxel-daemon.service goxel-daemon.socket
    inside systemctl start goxel-daemon.socket
    ctl ping
}

case_records_in_the_journal() {
    inside journalctl -b -o json --no-pager SYSLOG_IDENTIFIER=goxel-daemon >"$work/journal.json"
    node -e '
const lines = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map(JSON.parse);
const started = lines.find((r) => /started, pid/.test(r.MESSAGE));
const wanted = {PRIORITY: "6", GOXEL_COMPONENT: "daemon", _TRANSPORT: "journal", _SYSTEMD_UNIT: "goxel-daemon.service"};
for (const [key, value] of Object.entries(wanted))
  if (!started || started[key] !== value) { console.log(key, started && started[key]); process.exit(1); }
' "$work/journal.json"
}

case_upgrade_under_load_loses_nothing() {
    local before
    before=$(main_pid)
    start_load upgraded
    inside deploy upgrade /opt/goxel/second/goxel-daemon
    end_load
    fails is "$(main_pid)" "$before"
    contains "$(inside readlink "/proc/$(main_pid)/exe")" "$(sum_of second)"
}
sum_of() {
    cksum <"$work/root/opt/goxel/$1/goxel-daemon" | tr ' ' '-'
}

case_rollback() {
    inside deploy rollback
    contains "$(inside readlink "/proc/$(main_pid)/exe")" "$(sum_of build/bin)"
    inside deploy rollback --no-restart
    contains "$(inside readlink "/proc/$(main_pid)/exe")" "$(sum_of second)"
}

case_a_broken_program_changes_nothing() {
    local before
    before=$(main_pid)
    list_system >"$work/once"
    fails inside deploy upgrade /opt/goxel/broken/goxel-daemon >"$work/out" 2>&1
    contains "$(cat "$work/out")" 'nothing was changed'
    is "$(main_pid)" "$before"
    list_system | diff "$work/once" -
}

case_a_failing_upgrade_is_taken_back() {
    list_system >"$work/once"
    fails inside deploy upgrade /opt/goxel/bad/goxel-daemon >"$work/out" 2>&1
    contains "$(cat "$work/out")" 'serves again'
    contains "$(inside readlink "/proc/$(main_pid)/exe")" "$(sum_of second)"
    list_system | diff "$work/once" -
    inside deploy verify
}

# The unit starts, but a check fails, with either version.
case_a_failed_check_takes_the_upgrade_back() {
    local before
    before=$(inside readlink /usr/local/lib/goxel-daemon/current)
    inside mkdir -p /run/systemd/system/goxel-daemon.service.d
    inside sh -c 'printf "[Service]\nStateDirectoryMode=0755\n" >/run/systemd/system/goxel-daemon.service.d/99-test.conf'
    fails inside deploy upgrade /opt/goxel/build/bin/goxel-daemon >"$work/out" 2>&1
    contains "$(cat "$work/out")" "nor does ${before#versions/} now"
    is "$(inside readlink /usr/local/lib/goxel-daemon/current)" "$before"
    inside rm -r /run/systemd/system/goxel-daemon.service.d
    inside systemctl daemon-reload
    inside systemctl restart goxel-daemon
    inside deploy verify
}

case_edited_settings_stay() {
    ctl config set --file /etc/goxel/daemon_config.json server.queue_size 99
    inside deploy deploy
    contains "$(ctl config show server.queue_size --json)" '"value":99'
}

case_verify_with_tokens() {
    ctl config set --file /etc/goxel/daemon_config.json security.enable_authentication true
    ctl token new --file /var/lib/goxel/tokens --scopes read
    inside systemctl restart goxel-daemon
    fails ctl call goxel.create_project name=refused
    inside deploy verify
    inside systemctl reload goxel-daemon
    ctl config set --file /etc/goxel/daemon_config.json security.enable_authentication false
    inside systemctl restart goxel-daemon
}

case_http_on_a_socket_of_its_own() {
    inside systemctl enable goxel-daemon-http.socket
    inside systemctl stop goxel-daemon.service
    inside systemctl start goxel-daemon-http.socket goxel-daemon.service
    inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/9464; printf "GET /metrics HTTP/1.0\r\n\r\n" >&3; cat <&3' >"$work/metrics"
    grep -q '^goxel_' "$work/metrics"
}

case_a_second_instance() {
    inside deploy deploy --instance two
    inside deploy verify --instance two
    ctl call goxel.create_project name=only_two --socket /run/goxel-daemon-two.sock
    fails ctl call goxel.open_project name=only_two
    inside deploy undeploy --instance two --purge --yes
    fails ctl ping --socket /run/goxel-daemon-two.sock
    fails inside ls /var/lib/goxel-two
    ctl ping
}

case_data_is_there_after_a_reboot() {
    ctl call goxel.create_project name=kept
    ctl call goxel.add_voxel project=kept position='[1,2,3]' color='[4,5,6,255]'
    reboot_container
    is "$(property ActiveState)" active
    contains "$(ctl call goxel.get_voxel project=kept position='[1,2,3]' --json)" '"color":[4,5,6,255]'
    inside deploy verify
}

case_backup_and_restore() {
    ctl call goxel.backup_project name=kept path=/var/lib/goxel/kept.backup
    ctl call goxel.add_voxel project=kept position='[1,2,3]' color='[9,9,9,255]'
    ctl call goxel.restore_project path=/var/lib/goxel/kept.backup name=back
    contains "$(ctl call goxel.get_voxel project=back position='[1,2,3]' --json)" '"color":[4,5,6,255]'
    ctl call goxel.add_voxel project=kept position='[1,2,3]' color='[4,5,6,255]'
}

case_stopping_the_socket_stops_both() {
    inside systemctl stop goxel-daemon.socket
    is "$(property ActiveState)" inactive
    fails ctl ping
    inside systemctl start goxel-daemon.socket
    ctl ping
}

case_undeploy_keeps_projects() {
    inside deploy undeploy
    fails ctl ping
    inside ls /var/lib/goxel/projects
    inside deploy deploy
    contains "$(ctl call goxel.get_voxel project=kept position='[1,2,3]' --json)" '"color":[4,5,6,255]'
}

case_data_is_not_removed_without_a_yes() {
    fails inside deploy undeploy --purge </dev/null
    ctl ping
}

# The manager finds the unit and leaves the restarts to systemd.
case_the_manager_attaches_to_the_unit() {
    inside test -x /usr/local/bin/goxel-manager
    local before
    before=$(main_pid)
    inside sh -c 'goxel-manager --backend systemd --state-dir /run/goxel-manager --control /run/goxel-manager.sock --verbose >/run/manager.log 2>&1 & echo $! >/run/manager.pid'
    until_true 10 eval "manager_status | grep -q attached"
    contains "$(manager_status)" '"backend":"systemd"'
    is "$(main_pid)" "$before"
    inside sh -c 'kill -KILL $(cat /run/goxel/goxel-daemon.pid)'
    until_true 10 is_new_process "$before"
    until_true 10 ctl ping
    is "$(property NRestarts)" 1
    inside sh -c 'kill $(cat /run/manager.pid)'
    until_true 10 fails inside sh -c 'kill -0 $(cat /run/manager.pid)'
    ctl ping
    inside rm -rf /run/goxel-manager /run/manager.pid /run/manager.log /run/goxel-manager.sock /run/goxel-manager.sock.lock
}
manager_status() {
    ctl call manager.status --socket /run/goxel-manager.sock --json
}

case_undeploy_leaves_nothing() {
    inside deploy undeploy --purge --remove-user --yes
    list_system | diff "$work/before" -
}

case_another_user_and_group() {
    inside groupadd modellers
    inside deploy deploy --user vox --group modellers --prefix /opt/vox
    is "$(inside stat -c %U:%G "/proc/$(main_pid)")" vox:modellers
    is "$(inside stat -c %U:%G /run/goxel-daemon.sock)" root:modellers
    inside deploy undeploy --prefix /opt/vox --purge --remove-user --yes
    inside groupdel modellers
    inside rmdir /opt/vox/lib /opt/vox 2>/dev/null || true
    list_system | diff "$work/before" -
}

# A user's own daemon, under the user's systemd.
as_ann() {
    inside runuser -u ann -- env XDG_RUNTIME_DIR="/run/user/$(inside id -u ann)" \
        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$(inside id -u ann)/bus" "$@"
}
case_a_users_own_daemon() {
    inside useradd --create-home ann
    inside loginctl enable-linger ann
    until_true 10 as_ann systemctl --user is-active default.target
    inside mkdir -p /etc/systemd/user
    inside cp /opt/goxel/config/systemd/user/goxel-daemon.service \
        /opt/goxel/config/systemd/user/goxel-daemon.socket /etc/systemd/user/
    inside cp -a /opt/goxel/build/bin/goxel-daemon /opt/goxel/build/bin/goxelctl /usr/bin/
    as_ann systemctl --user daemon-reload
    as_ann systemctl --user enable --now goxel-daemon.socket
    as_ann goxelctl ping
    as_ann systemctl --user is-active goxel-daemon.service
    as_ann systemctl --user reload goxel-daemon.service
    as_ann goxelctl call goxel.create_project name=own
    inside ls /home/ann/.local/state/goxel/projects/own.goxdb
    is "$(inside stat -c %a "/run/user/$(inside id -u ann)/goxel/goxel-daemon.sock")" 600
}
