#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Taking a deployment away. Sourced by deploy_daemon.sh.
#
# Invariant: only what a deployment has put there is removed, and data only
# when that was asked for in words (--purge) and confirmed.
# shellcheck disable=SC2034,SC2154 # variables of deploy_daemon.sh

remove_data() {
    for dir in "$state_dir" "$log_dir" "$run_dir"; do
        [ ! -e "$dir" ] || act "remove ${dir#"$root"}" rm -rf "$dir"
    done
    for file in "$settings" "$settings.new"; do
        [ ! -e "$file" ] || act "remove ${file#"$root"}" rm -f "$file"
    done
}

# Everything that `installed` lists; directories, when they are empty then.
remove_files() {
    sort -r "$lib/installed" >"$tmp/installed" 2>/dev/null || return 0
    act "remove $prefix/lib/goxel-daemon" rm -rf "$lib"
    while IFS= read -r path; do
        case $path in
        */etc/goxel/*) [ "$is_purge" = 1 ] || continue ;;
        esac
        case $path in
        */)
            [ "$dry" = 1 ] || rmdir "$root$path" 2>/dev/null || true
            continue
            ;;
        esac
        [ -e "$root$path" ] || [ -L "$root$path" ] || continue
        act "remove $path" rm -f "$root$path"
    done <"$tmp/installed"
}

# Only a user that looks like the one that deploy makes.
is_ours() {
    getent passwd "$user" 2>/dev/null | grep -q ':Goxel voxel daemon:/var/lib/goxel:'
}

remove_user() {
    is_live && is_ours || return 0
    if [ "$is_remove_user" = 0 ]; then
        step "keep the user $user (--remove-user removes it)"
        return 0
    fi
    act "remove the user $user" userdel "$user"
    # Its own group has gone with it, but for some settings of login.defs.
    if [ "$group" = "$user" ] && [ "$dry" = 0 ] && has_group; then
        act "remove the group $group" groupdel "$group"
    fi
}

forget_instance() {
    [ "$dry" = 1 ] && return 0
    grep -vxF -- "${instance:--}" "$lib/instances" >"$lib/instances.new" 2>/dev/null
    mv -f "$lib/instances.new" "$lib/instances"
}

undeploy() {
    if [ ! -d "$lib" ]; then
        finish true "nothing is deployed in $prefix"
        return 0
    fi
    if [ "$is_purge" = 1 ] && [ "$dry" = 0 ] &&
        ! ask "All projects in $state_dir, the logs and the settings will be gone."; then
        die "--purge removes all projects in $state_dir; confirm with --yes. Nothing was changed"
    fi
    read_options
    take_lock
    stop_service "${instance:--}"
    forget_instance
    is_live && [ "$dry" = 0 ] && rm -f "$socket"
    [ "$is_purge" = 0 ] || remove_data
    if [ -s "$lib/instances" ] && [ "$dry" = 0 ]; then
        drop_lock
        finish true "removed the instance; the programs stay for: $(tr '\n' ' ' <"$lib/instances")"
        return 0
    fi
    remove_files
    if is_live && [ "$service" = systemd ]; then
        act "let systemd read its units again" systemctl daemon-reload
    fi
    [ "$is_purge" = 0 ] || [ "$dry" = 1 ] || rmdir "$etc" 2>/dev/null || true
    remove_user
    has_lock=0
    if [ "$is_purge" = 1 ]; then
        finish true "removed"
    else
        finish true "removed; projects stay in ${state_dir#"$root"}, settings in ${etc#"$root"}"
    fi
}
