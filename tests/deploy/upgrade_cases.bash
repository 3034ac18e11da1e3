# SPDX-License-Identifier: Apache-2.0
# A deployment through its life: upgrades, settings, tokens, more instances, a
# reboot. Sourced by scripts/test_deployment.sh after failure_cases.bash.

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
    (cd "$work/root/opt/goxel/$1" && cat goxel-daemon goxelctl goxel-manager goxel-mcp | cksum | tr ' ' '-')
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
    add_drop_in StateDirectoryMode=0755
    fails inside deploy upgrade /opt/goxel/build/bin/goxel-daemon >"$work/out" 2>&1
    contains "$(cat "$work/out")" "nor does ${before#versions/} now"
    is "$(inside readlink /usr/local/lib/goxel-daemon/current)" "$before"
    drop_drop_in
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

# Root and the service's own user change one file, and both can read it.
case_root_manages_the_tokens() {
    local secret id
    ctl config set --file /etc/goxel/daemon_config.json security.enable_authentication true
    inside systemctl restart goxel-daemon
    secret=$(ctl token new --scopes read --name by-root 2>/dev/null)
    is "$(inside stat -c '%a %U:%G' /var/lib/goxel/tokens)" '600 goxel:goxel'
    contains "$(ctl token list)" by-root
    until_true 5 with_token "$secret" ctl call goxel.get_voxel_count
    inside runuser -u goxel -- goxelctl token new --name by-goxel --file /var/lib/goxel/tokens
    contains "$(ctl token list)" by-goxel
    id=$(ctl token list | awk '/by-root/ {print $1}')
    inside runuser -u goxel -- goxelctl token revoke "$id" --file /var/lib/goxel/tokens
    until_true 5 fails with_token "$secret" ctl call goxel.get_voxel_count
    ctl config set --file /etc/goxel/daemon_config.json security.enable_authentication false
    inside systemctl restart goxel-daemon
}
with_token() { # SECRET COMMAND...
    local GOXEL_TOKEN=$1
    shift
    "$@"
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
