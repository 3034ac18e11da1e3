# SPDX-License-Identifier: Apache-2.0
# Taking a deployment away, and what needs a clean system. Sourced by
# scripts/test_deployment.sh at the end.

case_undeploy_leaves_nothing() {
    # The manager goes with it.
    ctl up
    inside deploy undeploy --purge --remove-user --yes
    list_system | diff "$work/before" -
    fails inside sh -c 'grep -qs goxel /proc/[0-9]*/comm'
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

ann_pid() {
    as_ann systemctl --user show --value -p MainPID goxel-daemon.service
}
case_goxelctl_steers_a_users_own_unit() {
    local before
    inside cp -a /opt/goxel/build/bin/goxel-manager /usr/bin/
    before=$(ann_pid)
    contains "$(as_ann goxelctl up)" "(pid $before, systemd-user)"
    as_ann goxelctl restart
    fails is "$(ann_pid)" "$before"
    contains "$(as_ann goxelctl status)" "pid $(ann_pid)"
    contains "$(as_ann goxelctl doctor)" 'All is well.'
    as_ann goxelctl down
    fails as_ann systemctl --user is-active goxel-daemon.service
    as_ann goxelctl up
    as_ann systemctl --user is-active goxel-daemon.service
    as_ann goxelctl down --leave
}

# A user's settings with a mistake: as with the system's.
case_a_users_bad_settings_are_not_tried_again() {
    as_ann mkdir -p /home/ann/.config/goxel
    as_ann sh -c 'echo "{\"server\": {\"workers\": \"many\"}}" >/home/ann/.config/goxel/daemon_config.json'
    fails as_ann systemctl --user restart goxel-daemon.service
    until_true 5 fails as_ann systemctl --user is-active goxel-daemon.socket
    fails as_ann goxelctl ping
    as_ann rm /home/ann/.config/goxel/daemon_config.json
    as_ann systemctl --user start goxel-daemon.socket
    as_ann goxelctl ping
}
