# SPDX-License-Identifier: Apache-2.0
# The manager, goxelctl and daemon_control.sh where systemd runs the daemon, and
# the manager in a control group of its own. Sourced by
# scripts/test_deployment.sh after upgrade_cases.bash.

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

units_are() { # STATE of both
    both_are "$1" "$1"
}

# Each order is the unit's, and is done when it answers.
case_goxelctl_steers_the_unit() {
    local before
    before=$(main_pid)
    contains "$(ctl up)" "(pid $before, systemd)"
    contains "$(ctl status --json)" '"backend":"systemd"'
    contains "$(ctl status)" "pid $before"
    ctl restart
    fails is "$(main_pid)" "$before"
    contains "$(ctl status)" "pid $(main_pid)"
    ctl reload
    inside sed -i 's/"level": "[a-z]*"/"level": "loud"/' /etc/goxel/daemon_config.json
    fails ctl reload
    inside sed -i 's/"level": "loud"/"level": "info"/' /etc/goxel/daemon_config.json
    ctl stop
    until_true 5 units_are inactive
    contains "$(ctl status || true)" 'not running'
    ctl start
    units_are active
    contains "$(ctl status)" "pid $(main_pid)"
    ctl down --leave
    units_are active
    ctl up
    ctl down
    until_true 5 units_are inactive
    ctl up
    units_are active
    ctl down --leave
}

case_doctor_knows_the_unit() {
    contains "$(ctl doctor)" 'no manager runs'
    ctl up
    ctl doctor >"$work/doctor"
    contains "$(cat "$work/doctor")" 'systemd has the system unit goxel-daemon.service'
    contains "$(cat "$work/doctor")" 'All is well.'
    ctl down
    until_true 5 units_are inactive
    fails ctl doctor >"$work/doctor"
    contains "$(cat "$work/doctor")" 'goxelctl up'
    inside systemctl start goxel-daemon.socket
    ctl ping
}

control() {
    inside env GOXELCTL=/usr/local/bin/goxelctl /opt/goxel/scripts/daemon_control.sh "$@"
}
case_the_control_script_steers_the_unit() {
    local before
    control start
    before=$(main_pid)
    control status
    contains "$(control health)" '/run/goxel-daemon.sock answers'
    control test
    control restart
    fails is "$(main_pid)" "$before"
    before=$(main_pid)
    control reload
    is "$(main_pid)" "$before"
    contains "$(control logs 2>&1)" 'journalctl -u goxel-daemon'
    contains "$(control version)" 'goxel-daemon '
    control stop
    until_true 5 units_are inactive
    fails control status
    control start
    units_are active
    ctl down --leave
}

# A group that systemd leaves to the manager: the daemon has one of its own
# there, whose whole tree ends with it, and the kernel keeps its limits.
start_delegated() { # ARGUMENT...
    inside systemd-run --quiet --unit=gm --collect -p Delegate=yes -p KillMode=mixed \
        goxel-manager --backend builtin --state-dir /run/gm --control /run/gm.ctl \
        --socket /run/gm.sock "$@" -- --data-dir /run/gm-data --pid-file ''
    until_true 10 ctl ping --socket /run/gm.sock --timeout 2
}
end_delegated() {
    inside systemctl stop gm.service
    inside rm -rf /run/gm /run/gm-data /run/gm.sock /run/gm.sock.lock /run/gm.sock.notify /run/gm.ctl /run/gm.ctl.lock
}
gm_status() {
    ctl call manager.status --socket /run/gm.ctl --json
}
gm_pid() {
    gm_status | node -p 'JSON.parse(require("fs").readFileSync(0)).pid'
}
case_the_daemon_has_a_control_group() {
    local pid
    start_delegated --pids-max 200
    pid=$(gm_pid)
    contains "$(inside cat "/proc/$pid/cgroup")" '/gm.service/goxel-default'
    # Where cgroup v2 has no controller for a limit, that is told.
    inside grep -qx 200 /sys/fs/cgroup/system.slice/gm.service/goxel-default/pids.max ||
        contains "$(inside journalctl -b -o cat -u gm.service)" 'pids.max cannot be set'
    inside sh -c "kill -KILL $pid"
    until_true 10 ctl ping --socket /run/gm.sock --timeout 2
    end_delegated
}

case_memory_beyond_its_limit_is_told() {
    case " $(inside cat /sys/fs/cgroup/cgroup.controllers) " in
    *' memory '*) ;;
    *)
        echo '# skipped: the memory controller is not in cgroup v2 here'
        return 77
        ;;
    esac
    start_delegated --memory-max 64
    is "$(inside cat "/sys/fs/cgroup/system.slice/gm.service/goxel-default/memory.max")" 67108864
    # Below what it needs: the kernel ends it at once.
    inside sh -c 'echo 1048576 >/sys/fs/cgroup/system.slice/gm.service/goxel-default/memory.max'
    ctl ping --socket /run/gm.sock --timeout 5 || true
    until_true 20 eval 'gm_status | grep -q "\"cause\":\"oom\""'
    until_true 10 ctl ping --socket /run/gm.sock --timeout 2
    end_delegated
}
