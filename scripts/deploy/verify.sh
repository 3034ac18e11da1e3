#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Looks at a deployment from outside and talks to it. Sourced by
# deploy_daemon.sh. Each check is one row: name, pass, warn, fail or skip, and
# what was seen. Only a failure makes verify fail.
# shellcheck disable=SC2154 # variables of deploy_daemon.sh

check() { # NAME VERDICT DETAIL
    printf '%s\t%s\t%s\n' "$1" "$2" "$(printf '%s' "$3" | tr '\t\n' '  ')" >>"$tmp/checks"
}

# expect NAME SEEN WANTED
expect() {
    if [ "$2" = "$3" ]; then
        check "$1" pass "$2"
    else
        check "$1" fail "${2:-nothing}, should be $3"
    fi
}

ctl() {
    "$lib/current/bin/goxelctl" "$@" --socket "$socket" --timeout 20 2>&1
}

shown() { # PROPERTY [UNIT]
    systemctl show --value -p "$1" "${2:-$unit.service}"
}

check_files() {
    current=$(linked current)
    if [ -n "$current" ] && "$lib/current/bin/goxel-daemon" --version >/dev/null 2>&1; then
        check programs pass "$current"
    else
        check programs fail "$lib/current does not name a program that runs"
    fi
    if seen=$("$lib/current/bin/goxelctl" config check "$settings" 2>&1); then
        check settings pass "${settings#"$root"} is valid"
    else
        check settings fail "$seen"
    fi
    expect settings-mode "$(mode_of "$settings")" 640
    [ -n "$root" ] || expect settings-owner "$(owner_of "$settings")" "root:$group"
}

check_units() {
    for kind in socket service; do
        expect "$kind-active" "$(systemctl is-active "$unit.$kind" 2>/dev/null)" active
        expect "$kind-enabled" "$(systemctl is-enabled "$unit.$kind" 2>/dev/null)" enabled
    done
    expect socket-mode "$(mode_of "$socket")" 660
    expect socket-owner "$(owner_of "$socket")" "root:$group"
}

# The process that serves is the one that was deployed.
check_process() {
    pid=$(shown MainPID)
    exe=$(readlink "/proc/$pid/exe" 2>/dev/null)
    expect running-version "${exe#"$lib/versions/"}" "$(linked current)/bin/goxel-daemon"
    expect process-user "$(owner_of "/proc/$pid")" "$user:$group"
    expect pid-file-mode "$(mode_of "$run_dir/goxel-daemon.pid")" 644
    expect pid-file "$(cat "$run_dir/goxel-daemon.pid" 2>/dev/null)" "$pid"
    expect data-mode "$(mode_of "$state_dir")" 700
    expect data-owner "$(owner_of "$state_dir")" "$user:$group"
    check_log
}

check_log() {
    log=$("$lib/current/bin/goxelctl" config show daemon.log_file --file "$settings" --json \
        2>/dev/null | sed -n 's/.*"value":"\([^"]*\)".*/\1/p')
    if [ -n "$log" ]; then
        expect log-mode "$(mode_of "$log")" 640
    elif journalctl -q -n 1 "_PID=$(shown MainPID)" SYSLOG_IDENTIFIER=goxel-daemon -o cat 2>/dev/null | grep -q .; then
        check log pass "in the journal"
    else
        check log fail "neither a log file is set nor has the journal a record of it"
    fi
}

# What the daemon itself has locked, against what the settings ask for. Of
# "best-effort" what this system lacks is told; nothing at all is a failure.
check_own_sandbox() {
    asked=$("$lib/current/bin/goxelctl" config show security.sandbox --file "$settings" --json \
        2>/dev/null | sed -n 's/.*"value":"\([^"]*\)".*/\1/p')
    # Not `goxelctl status`, which asks a manager when there is one.
    seen=$(ctl call daemon.status --json | sed -n 's/.*"sandbox":"\([^"]*\)".*/\1/p')
    case $asked:$seen in
    *:) check sandbox-own fail "not known" ;;
    off:off*) check sandbox-own skip "off in the settings; the unit's own is in force" ;;
    *:off* | *:*': nothing'*) check sandbox-own fail "$seen" ;;
    require:*'; not '* | require:best-effort*) check sandbox-own fail "$seen; the settings require all" ;;
    best-effort:*'; not '*)
        check sandbox-own warn "$seen: this system cannot (Linux 6.12 can all)"
        ;;
    *) check sandbox-own pass "$seen" ;;
    esac
}

check_sandbox() {
    pid=$(shown MainPID)
    seen=$(sed -n 's/^\(NoNewPrivs\|Seccomp\|CapEff\|CapBnd\):[[:space:]]*//p' "/proc/$pid/status" | tr '\n' ' ')
    expect sandbox-process "$seen" "0000000000000000 0000000000000000 1 2 "
    if awk '$5 == "/" {split($6, o, ","); found = o[1]} END {exit found != "ro"}' "/proc/$pid/mountinfo"; then
        check sandbox-files pass "the file system is read-only for it"
    else
        check sandbox-files fail "the file system can be written (ProtectSystem has no effect)"
    fi
    check_own_sandbox
    seen=$(systemd-analyze security --no-pager "$unit.service" 2>/dev/null |
        sed -n 's/.*exposure level for.*: \([0-9.]*\) .*/\1/p')
    if [ -z "$seen" ]; then
        check exposure skip "systemd-analyze tells none"
    elif awk "BEGIN {exit !($seen <= 0.5)}"; then
        check exposure pass "$seen"
    else
        check exposure fail "$seen, should be at most 0.5"
    fi
}

# The daemon must have told systemd that it is alive since it is ready.
check_watchdog() {
    every=$(shown WatchdogUSec)
    at=$(shown WatchdogTimestampMonotonic)
    if [ "${at:-0}" -gt 0 ] && [ "$every" != 0 ] && [ "$every" != infinity ]; then
        check watchdog pass "armed, $every"
    else
        check watchdog fail "not armed (every ${every:-nothing}, last at ${at:-never})"
    fi
}

# With authentication on: a token of the caller's, or one for five minutes.
get_token() {
    [ -z "${GOXEL_TOKEN:-}" ] || return 0
    case $("$lib/current/bin/goxelctl" config show security.enable_authentication \
        --file "$settings" --json 2>/dev/null) in
    *'"value":true'*) ;;
    *) return 0 ;;
    esac
    file=$("$lib/current/bin/goxelctl" config show security.token_file --file "$settings" \
        --json 2>/dev/null | sed -n 's/.*"value":"\([^"]*\)".*/\1/p')
    case $file in '' | /var/lib/goxel/tokens) file=$state_dir/tokens ;; esac
    GOXEL_TOKEN=$("$lib/current/bin/goxelctl" token new --file "$file" \
        --scopes read,edit,admin --expires 5m --name deploy-verify 2>/dev/null) || return 0
    export GOXEL_TOKEN
    # The daemon looks for new tokens once a second.
    tries=0
    until ctl status >/dev/null || [ "$tries" -ge 3 ]; do
        sleep 1
        tries=$((tries + 1))
    done
}

check_health() {
    seen=$(ctl call daemon.health --json)
    state=$(printf '%s' "$seen" | sed -n 's/^{"status":"\([a-z]*\)".*/\1/p')
    case $state in
    healthy | degraded) check health pass "$state" ;;
    *) check health fail "${state:-$seen}" ;;
    esac
}

# An acknowledged edit is there after a restart, under another process.
check_restart() {
    if [ "$is_restarting" = 0 ]; then
        check edit-survives-restart skip "--no-restart"
        return 0
    fi
    project=deploy-verify-$$
    pid_before=$(shown MainPID)
    seen=$(ctl call goxel.create_project name="$project" --json &&
        ctl call goxel.add_voxel project="$project" position='[1,2,3]' color='[9,8,7,255]' --json) || {
        check edit-survives-restart fail "cannot edit: $seen"
        return 0
    }
    systemctl restart "$unit.service"
    seen=$(ctl call goxel.get_voxel project="$project" position='[1,2,3]' --json)
    pid_after=$(shown MainPID)
    ctl call goxel.delete_project name="$project" purge=true >/dev/null
    case $seen in
    *'"color":[9,8,7,255]'*)
        if [ "$pid_before" = "$pid_after" ]; then
            check edit-survives-restart fail "the process did not change"
        else
            check edit-survives-restart pass "written by process $pid_before, read from $pid_after"
        fi
        ;;
    *) check edit-survives-restart fail "$seen" ;;
    esac
}

check_service() {
    case $service in
    systemd) ;;
    launchd)
        if launchctl print system/com.goxel.daemon >/dev/null 2>&1; then
            check service-active pass com.goxel.daemon
        else
            check service-active fail "launchd does not know com.goxel.daemon"
        fi
        get_token
        check_health
        return
        ;;
    *)
        check service-active skip "no service manager"
        return
        ;;
    esac
    get_token
    # The first connection may be what starts it.
    ctl ping >/dev/null || true
    check_health
    check_restart
    check_units
    check_process
    check_watchdog
    check_sandbox
}

# Runs all checks; 0 when none failed. Leaves a table on standard output, or
# verify.json for the document.
verify_all() {
    : >"$tmp/checks"
    check_files
    if is_live; then check_service; else check service-active skip "below $root nothing runs"; fi
    put_json >"$tmp/verify.json"
    [ "$is_json" = 1 ] || awk -F '\t' '{printf "  %-4s  %-22s %s\n", $2, $1, $3}' "$tmp/checks"
    ! grep -q "$(printf '\tfail\t')" "$tmp/checks"
}

put_json() {
    printf '['
    comma=''
    while IFS="$(printf '\t')" read -r name verdict detail; do
        printf '%s{"check":%s,"verdict":%s,"detail":%s}' "$comma" "$(json_text "$name")" \
            "$(json_text "$verdict")" "$(json_text "$detail")"
        comma=,
    done <"$tmp/checks"
    printf ']'
}
