# SPDX-License-Identifier: Apache-2.0
# What goes wrong while the service runs, and what systemd makes of it. Sourced
# by scripts/test_deployment.sh after cases.bash.

add_drop_in() { # LINE...
    inside mkdir -p /run/systemd/system/goxel-daemon.service.d
    printf '%s\n' '[Service]' "$@" |
        inside sh -c 'cat >/run/systemd/system/goxel-daemon.service.d/99-test.conf'
    inside systemctl daemon-reload
}
drop_drop_in() {
    inside rm -r /run/systemd/system/goxel-daemon.service.d
    inside systemctl daemon-reload
}
# The cases start it more often than a minute of real life does.
forget_starts() {
    inside systemctl reset-failed goxel-daemon.service goxel-daemon.socket
}
journal_count() { # TEXT
    inside journalctl -b -o cat --no-pager -u goxel-daemon.service | grep -c -e "$1" || true
}
state_of() { # UNIT
    property ActiveState "$1"
}
both_are() { # STATE of the service, STATE of the socket
    [ "$(state_of goxel-daemon.service)" = "$1" ] && [ "$(state_of goxel-daemon.socket)" = "$2" ]
}

# Not by systemd, and not by clients that wait: they are refused.
case_bad_settings_are_not_tried_again() {
    local before ended=0
    before=$(journal_count status=78)
    fails inside systemctl restart goxel-daemon
    is "$(property ExecMainStatus)" 78
    is "$(property NRestarts)" 0
    until_true 5 both_are failed inactive
    fails ctl ping
    is "$(journal_count status=78)" $((before + 1))
    # The first client of many starts it; all of them are told.
    inside systemctl start goxel-daemon.socket
    for _ in 1 2 3 4 5; do
        (ctl ping --timeout 20 || true) &
    done
    wait
    until_true 5 both_are failed inactive
    is "$(journal_count status=78)" $((before + 2))
    inside sed -i 's/"loud"/"info"/' /etc/goxel/daemon_config.json
    inside systemctl start goxel-daemon.socket
    ctl ping
}

# The data belongs to a process that systemd does not know. That passes: clients
# wait, and no start fails meanwhile.
start_other() {
    inside systemd-run --quiet --unit=other --collect -p User=goxel -p RuntimeDirectory=other \
        goxel-daemon --config /etc/goxel/daemon_config.json --socket /run/other/sock \
        --data-dir /var/lib/goxel --pid-file /run/other/pid
    until_true 10 ctl ping --socket /run/other/sock
}
is_waiting() {
    contains "$(property StatusText)" 'waiting for the data directory'
}
case_another_daemon_is_waited_for() {
    forget_starts
    inside systemctl stop goxel-daemon.service 2>/dev/null
    start_other
    ctl ping --timeout 60 &
    local client=$!
    until_true 5 is_waiting
    is "$(property NRestarts)" 0
    is "$(state_of goxel-daemon.service)" activating
    inside systemctl stop other.service
    wait "$client"
    is "$(state_of goxel-daemon.service)" active
    is "$(property NRestarts)" 0
}

# It stays longer than that: exit code 75, which is tried again, slowly.
has_restarted() { # COUNT
    [ "$(property NRestarts)" -ge "$1" ]
}
case_exit_code_75_is_tried_again_slowly() {
    local start count
    add_drop_in Environment=GOXEL_DAEMON_TAKEOVER_SECONDS=1
    inside systemctl stop goxel-daemon.service 2>/dev/null
    start_other
    start=$(date +%s%N)
    inside systemctl start --no-block goxel-daemon.service
    until_true 15 has_restarted 2
    # A start takes a second here, and 15 with the unit as it is.
    [ $((($(date +%s%N) - start) / 1000000)) -ge 2000 ]
    count=$(journal_count status=75)
    [ "$count" -ge 2 ]
    [ "$count" -le 5 ]
    inside systemctl stop other.service
    until_true 15 eval '[ "$(state_of goxel-daemon.service)" = active ]'
    ctl ping
    drop_drop_in
    inside systemctl restart goxel-daemon.service
}

case_kill_under_load_loses_nothing() {
    local before
    forget_starts
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
    add_drop_in WatchdogSec=1s
    inside systemctl restart goxel-daemon
    forget_starts
    start_load blocked
    before=$(main_pid)
    inside sh -c "kill -STOP $before"
    until_true 20 is_new_process "$before"
    end_load
    contains "$(inside journalctl -b -o cat -u goxel-daemon --no-pager)" 'Watchdog timeout'
    drop_drop_in
    inside systemctl restart goxel-daemon
}

# Waits that grow, as systemd 254 and later make them, never come to the limit.
case_endless_crashes_end() {
    local before
    add_drop_in RestartSteps=0
    inside systemctl start goxel-daemon.service
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        before=$(main_pid)
        [ "$before" != 0 ] || break
        inside sh -c "kill -KILL $before"
        until_true 5 eval 'is_new_process '"$before"' || [ "$(property ActiveState)" = failed ]'
    done
    is "$(property ActiveState)" failed
    # Who waited is refused, and the socket does not start it either.
    fails ctl ping
    until_true 5 both_are failed failed
    drop_drop_in
    forget_starts
    inside systemctl start goxel-daemon.socket
    ctl ping
}

# What the daemon cannot lock on this system is told; "require" insists on it.
case_verify_tells_what_the_sandbox_lacks() {
    forget_starts
    add_drop_in SystemCallFilter=~landlock_create_ruleset
    inside systemctl restart goxel-daemon.service
    inside deploy verify --no-restart --json >"$work/verify.json"
    contains "$(cat "$work/verify.json")" '{"check":"sandbox-own","verdict":"warn","detail":"best-effort: system calls; not files'
    ctl config set --file /etc/goxel/daemon_config.json security.sandbox require
    fails inside deploy verify --no-restart --json >"$work/verify.json"
    contains "$(cat "$work/verify.json")" '{"check":"sandbox-own","verdict":"fail"'
    fails inside systemctl restart goxel-daemon.service
    drop_drop_in
    inside systemctl start goxel-daemon.socket goxel-daemon.service
    inside deploy verify --no-restart --json >"$work/verify.json"
    contains "$(cat "$work/verify.json")" '{"check":"sandbox-own","verdict":"pass","detail":"require: '
    ctl config set --file /etc/goxel/daemon_config.json security.sandbox best-effort
    inside systemctl restart goxel-daemon.service
}
