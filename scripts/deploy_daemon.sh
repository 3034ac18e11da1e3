#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs goxel-daemon as a service, checks it, upgrades it, takes it away.
# `deploy_daemon.sh --help` tells how; config/README.md is the guide.
#
# Invariant: a new version lies beside the old one and is taken into use by one
# rename; when it does not pass `verify`, the old one serves again.
#
# shellcheck disable=SC1091,SC2034 # the parts in deploy/ are sourced and checked too
set -u
here=$(cd "$(dirname "$0")" && pwd)
config=${GOXEL_CONFIG_SOURCE:-$here/../config}
umask 022

usage() {
    cat <<'END'
usage: deploy_daemon.sh COMMAND [OPTION]...

  deploy [BINARY]   install or update programs, units, settings; start; verify
  verify            look at a deployment and talk to it (restarts the daemon once)
  status            what is deployed and how it runs
  upgrade BINARY    like deploy, of what is deployed already
  rollback          go back to the version before
  undeploy          stop and remove it; projects and settings stay

BINARY is goxel-daemon; goxelctl is taken from the same directory, and so are
goxel-manager and goxel-mcp when they are there. Default: build/bin/goxel-daemon.

  --prefix DIR      where programs go (default /usr/local)
  --user NAME       whom the daemon runs as (default goxel)
  --group NAME      whose members may use the socket (default: the user's name)
  --config FILE     settings to install (default: the sample, and never over
                    a file that was edited)
  --service KIND    systemd, launchd or none (default: what is there)
  --instance NAME   a second daemon: /run/goxel-daemon-NAME.sock,
                    /etc/goxel/NAME.json, /var/lib/goxel-NAME
  --dry-run         only say what would be done
  --no-restart      verify without the restart
  --remove-user     undeploy: also the user and group that deploy has made
  --purge           undeploy: also projects, logs and settings; asks
  --yes             do not ask
  --json            one JSON document
  DESTDIR=DIR       (environment) install below DIR and start nothing

Exit codes: 0 done, 1 failed (nothing changed, or the old version serves
again; the message says which), 2 wrong usage.
END
}

command=${1:-}
[ $# -eq 0 ] || shift
binary='' prefix=/usr/local user=goxel group='' own_settings_file='' service=auto
instance='' dry=0 is_json=0 is_yes=0 is_purge=0 is_remove_user=0 is_restarting=1
has_changed=0 has_lock=0
root=${DESTDIR:-}
root=${root%/}

. "$here/deploy/common.sh"
. "$here/deploy/files.sh"
. "$here/deploy/service.sh"
. "$here/deploy/verify.sh"
. "$here/deploy/undeploy.sh"

misuse() {
    warn "$1; deploy_daemon.sh --help tells more"
    exit 2
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --prefix | --user | --group | --config | --service | --instance)
            [ $# -ge 2 ] || misuse "$1 needs a value"
            case $1 in
            --prefix) prefix=$2 ;;
            --user) user=$2 has_user_option=1 ;;
            --group) group=$2 ;;
            --config) own_settings_file=$2 ;;
            --service) service=$2 ;;
            --instance) instance=$2 ;;
            esac
            shift
            ;;
        --dry-run) dry=1 ;;
        --no-restart) is_restarting=0 ;;
        --remove-user) is_remove_user=1 ;;
        --purge) is_purge=1 ;;
        --yes) is_yes=1 ;;
        --json) is_json=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) misuse "unknown option $1" ;;
        *)
            [ -z "$binary" ] || misuse "two binaries: $binary and $1"
            binary=$1
            ;;
        esac
        shift
    done
}

# They become words of units, paths and sed: letters that need no quoting.
check_words() {
    case $prefix in
    /*) ;;
    *) misuse "--prefix must be absolute, not '$prefix'" ;;
    esac
    case $prefix in *[!A-Za-z0-9/._+-]*) misuse "--prefix has a character that units cannot hold" ;; esac
    prefix=${prefix%/}
    for word in "$user" "$group"; do
        case $word in *[!A-Za-z0-9_-]* | -*) misuse "'$word' is no name of a user or group" ;; esac
    done
    [ -n "$user" ] || misuse "--user is empty"
    case $instance in
    daemon_config | *[!a-z0-9_]* | ?????????????????????????????????*)
        misuse "--instance takes up to 32 of a-z, 0-9 and _, and not daemon_config"
        ;;
    esac
    case $service in auto | systemd | launchd | none) ;; *) misuse "unknown service '$service'" ;; esac
    [ "$service" != launchd ] || [ -z "$instance" ] || misuse "--instance needs systemd"
}

set_places() {
    lib=$root$prefix/lib/goxel-daemon
    etc=$root/etc/goxel
    unit_dir=$root/etc/systemd/system
    suffix=${instance:+-$instance}
    settings=$etc/${instance:-daemon_config}.json
    socket=$root/run/goxel-daemon$suffix.sock
    state_dir=$root/var/lib/goxel$suffix
    log_dir=$root/var/log/goxel$suffix
    run_dir=$root/run/goxel$suffix
    unit=$(unit_of "${instance:--}")
}

# What an earlier deployment was given, unless said otherwise now.
read_options() {
    [ -f "$lib/options" ] || return 0
    while read -r key value; do
        case $key in
        user) [ "${has_user_option:-0}" = 1 ] || user=$value ;;
        group) [ "$is_group_given" = 1 ] || group=$value ;;
        service) [ "$is_service_given" = 1 ] || service=$value ;;
        esac
    done <"$lib/options"
}

write_options() {
    [ "$dry" = 1 ] || printf 'user %s\ngroup %s\nservice %s\n' "$user" "$group" "$service" >"$lib/options"
}

find_binary() {
    [ -n "$binary" ] || binary=$here/../build/bin/goxel-daemon
    if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then
        die "there is no program $binary; build it (make build) or name it"
    fi
    case $binary in /*) ;; *) binary=$PWD/$binary ;; esac
    [ -x "$(dirname "$binary")/goxelctl" ] || die "goxelctl is not beside $binary; reload and verify need it"
    id=$(id_of "$binary") || die "$binary does not run here: $("$binary" --version 2>&1 | head -n 1)"
}

# The new program must serve a private request and take the settings before
# anything is changed: what does not work at all never meets a client.
check_binary() {
    GOXEL_DAEMON_BINARY=$binary "$(dirname "$binary")/goxelctl" ping --stdio --timeout 20 \
        >"$tmp/output" 2>&1 ||
        die "$binary does not answer a request: $(tr '\n' ' ' <"$tmp/output"); nothing was changed"
}

check_settings() {
    file=${own_settings_file:-$settings}
    [ -z "$own_settings_file" ] || [ -f "$file" ] || die "there is no file $file"
    [ -f "$file" ] || file=$config/daemon_config.json
    "$(dirname "$binary")/goxelctl" config check "$file" >"$tmp/output" 2>&1 ||
        die "$id does not take $file: $(tr '\n' ' ' <"$tmp/output"); nothing was changed"
}

switch_to() { # ID
    old=$(linked current)
    if [ "$old" = "$1" ]; then
        return 0
    fi
    has_changed=1
    [ -z "$old" ] || act "keep $old for rollback" switch_link "versions/$old" "$lib/previous" || return 1
    act "take $1 into use" switch_link "versions/$1" "$lib/current"
}

place_version() {
    if [ "$dry" = 1 ]; then
        stage_units "$tmp/version"
        step "would copy the programs to $prefix/lib/goxel-daemon/versions/$id"
    elif [ -d "$lib/versions/$id" ]; then
        restage_units "$id"
    else
        act "copy the programs to $prefix/lib/goxel-daemon/versions/$id" stage_version "$id" "$binary"
    fi
}

install_all() {
    mkdir -p "$tmp/version"
    place_version || return 1
    staged=$lib/versions/$id
    [ "$dry" = 0 ] || staged=$tmp/version
    install_units "$staged" || return 1
    if is_live; then make_user || return 1; fi
    if [ -n "$own_settings_file" ]; then
        adopt_settings "$own_settings_file" || return 1
    fi
    install_settings && switch_to "$id" && install_links && remember_instance && write_options
}

# Starts what is current; on failure the version before is taken back.
start_and_verify() {
    start_service && { [ "$dry" = 1 ] || verify_all; }
}

go_back() { # ID
    switch_link "versions/$1" "$lib/current" && has_changed=1 &&
        install_units "$lib/versions/$1" && start_and_verify
}

deploy() {
    [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || [ "$dry" = 1 ] || die "this needs root (or DESTDIR, or --dry-run)"
    read_options
    pick_service
    find_binary
    check_binary
    check_settings
    before=$(linked current)
    before_previous=$(linked previous)
    take_lock
    if install_all && start_and_verify; then
        [ "$dry" = 1 ] || prune_versions
        drop_lock
        finish true "$id is deployed$([ "$dry" = 0 ] || echo ' (dry run: nothing was changed)')"
        return 0
    fi
    if [ -n "$before" ] && [ "$before" != "$id" ]; then
        step "$id does not work; back to $before"
        if go_back "$before"; then
            if [ -n "$before_previous" ]; then
                switch_link "versions/$before_previous" "$lib/previous"
            else
                rm -f "$lib/previous"
            fi
            prune_versions
            drop_lock
            die "$id did not pass; $before serves again"
        fi
        drop_lock
        die "$id did not pass, nor does $before now: see above, and journalctl -u $unit"
    fi
    drop_lock
    die "$id did not pass the checks; it stays for you to look at (journalctl -u $unit), undeploy removes it"
}

rollback() {
    [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || [ "$dry" = 1 ] || die "this needs root"
    old=$(linked current)
    id=$(linked previous)
    if [ -z "$id" ] || [ ! -d "$lib/versions/$id" ]; then
        die "there is no version to go back to"
    fi
    read_options
    pick_service
    take_lock
    if [ "$dry" = 1 ]; then
        step "would take $id into use and restart"
        finish true "dry run: nothing was changed"
        return 0
    fi
    if act "keep $old for the way back" switch_link "versions/$old" "$lib/previous" && go_back "$id"; then
        drop_lock
        finish true "$id serves again"
        return 0
    fi
    drop_lock
    die "$id does not pass the checks; see above, and journalctl -u $unit"
}

verify() {
    [ -d "$lib" ] || die "nothing is deployed in $prefix"
    is_live && [ "$(id -u)" -ne 0 ] && die "this needs root: it reads the units, modes and the process"
    read_options
    pick_service
    if verify_all; then
        finish true "all is well"
    else
        finish false "$(grep -c "$(printf '\tfail\t')" "$tmp/checks") checks failed"
        return 1
    fi
}

status() {
    read_options
    pick_service
    step "current: $(linked current)"
    step "previous: $(linked previous)"
    [ -n "$(linked current)" ] || die "nothing is deployed in $prefix"
    for name in $(each_instance); do
        one=$(unit_of "$name")
        state='not looked at'
        if is_live && [ "$service" = systemd ]; then
            state="socket $(systemctl is-active "$one.socket"), service $(systemctl is-active "$one.service"), restarts $(systemctl show --value -p NRestarts "$one.service"), $(systemctl show --value -p StatusText "$one.service")"
        fi
        step "$one: $state"
    done
    finish true
}

case $command in
-h | --help | help)
    usage
    exit 0
    ;;
deploy | verify | status | upgrade | rollback | undeploy) ;;
'') misuse "a command is needed" ;;
*) misuse "unknown command '$command'" ;;
esac
read_arguments "$@"
is_group_given=${group:+1}
is_group_given=${is_group_given:-0}
is_service_given=1
[ "$service" != auto ] || is_service_given=0
group=${group:-$user}
check_words
set_places
tmp=$(mktemp -d) || exit 1
: >"$tmp/steps"
trap 'drop_lock; rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

case $command in
upgrade)
    [ -n "$binary" ] || misuse "upgrade needs the new program"
    [ -n "$(linked current)" ] || die "nothing is deployed in $prefix; use deploy"
    deploy
    ;;
undeploy)
    [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || [ "$dry" = 1 ] || die "this needs root"
    read_options
    pick_service
    undeploy
    ;;
*) "$command" ;;
esac
