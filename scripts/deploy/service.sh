#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The service manager: users, starting, stopping. Sourced by deploy_daemon.sh.
#
# Below a DESTDIR nothing of the running system is touched.
# shellcheck disable=SC2154 # variables of deploy_daemon.sh

pick_service() {
    [ "$service" = auto ] || return 0
    if [ "$(uname -s)" = Darwin ]; then
        service=launchd
    elif [ -n "$root" ] || [ -d /run/systemd/system ]; then
        service=systemd
    else
        service=none
    fi
}

has_user() {
    id -u "$user" >/dev/null 2>&1
}
has_group() {
    getent group "$group" >/dev/null 2>&1 || grep -q "^$group:" /etc/group
}

make_user() {
    if has_user && has_group; then
        return 0
    fi
    if [ "$(uname -s)" = Darwin ]; then
        die "the user $user or the group $group is missing; make them with sysadminctl -addUser $user -roleAccount, then run this again"
    fi
    if have systemd-sysusers && [ "$service" = systemd ]; then
        act "make the user $user and the group $group" \
            systemd-sysusers "$root/etc/sysusers.d/goxel.conf"
        return
    fi
    has_group || act "make the group $group" groupadd --system "$group" || return 1
    has_user || act "make the user $user" useradd --system --gid "$group" \
        --home-dir /var/lib/goxel --comment 'Goxel voxel daemon' --shell /usr/sbin/nologin "$user"
}

is_live() {
    [ -z "$root" ]
}

# The names of all instances that are deployed: "-" is the one without a name.
each_instance() {
    [ ! -f "$lib/instances" ] || cat "$lib/instances"
}

unit_of() { # INSTANCE
    if [ "$1" = - ]; then echo goxel-daemon; else echo "goxel-daemon@$1"; fi
}

remember_instance() {
    [ "$dry" = 1 ] && return 0
    grep -qxF -- "${instance:--}" "$lib/instances" 2>/dev/null ||
        printf '%s\n' "${instance:--}" >>"$lib/instances"
}

# Starts, or restarts when something has changed. The socket is never closed
# for that, so clients wait instead of being refused.
start_unit() { # UNIT
    act "enable $1.socket and $1.service" systemctl --quiet enable "$1.socket" "$1.service" || return 1
    [ "$dry" = 1 ] || systemctl reset-failed "$1.service" "$1.socket" 2>/dev/null || true
    if [ "$has_changed" = 1 ] && systemctl --quiet is-active "$1.service"; then
        act "restart $1.service; its socket stays open" systemctl restart "$1.service"
        return
    fi
    act "start $1.socket" systemctl start "$1.socket" || return 1
    act "start $1.service" systemctl start "$1.service"
}

start_service() {
    is_live || {
        step "nothing is started below $root"
        return 0
    }
    case $service in
    systemd)
        act "let systemd read its units again" systemctl daemon-reload || return 1
        for name in $(each_instance; [ "$dry" != 1 ] || echo "${instance:--}"); do
            start_unit "$(unit_of "$name")" || return 1
        done
        ;;
    launchd)
        launchctl bootout system/com.goxel.daemon 2>/dev/null || true
        act "start com.goxel.daemon" launchctl bootstrap system \
            /Library/LaunchDaemons/com.goxel.daemon.plist
        ;;
    none) step "no service manager: start $prefix/bin/goxel-daemon --config $settings yourself" ;;
    esac
}

stop_unit() { # UNIT
    act "stop and disable $1" systemctl --quiet disable --now "$1.service" "$1.socket" || true
    [ "$dry" = 1 ] || systemctl reset-failed "$1.service" "$1.socket" 2>/dev/null || true
}

# One that `goxelctl up` has started would go on from files that are gone.
end_manager() { # SOCKET
    [ -S "$1.ctl" ] && [ "$dry" = 0 ] || return 0
    act "end the manager" "$lib/current/bin/goxelctl" down --leave --socket "$1" || true
    rm -f "$1.ctl" "$1.ctl.lock"
}

stop_service() { # INSTANCE
    is_live || return 0
    end_manager "$socket"
    case $service in
    systemd)
        stop_unit "$(unit_of "$1")"
        [ "$1" != - ] || ! systemctl --quiet is-enabled goxel-daemon-http.socket 2>/dev/null ||
            act "stop and disable goxel-daemon-http.socket" \
                systemctl --quiet disable --now goxel-daemon-http.socket
        ;;
    launchd) act "stop com.goxel.daemon" launchctl bootout system/com.goxel.daemon || true ;;
    esac
}
