#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files of a deployment: versions beside each other, the link that names the
# current one, units, settings. Sourced by deploy_daemon.sh.
#
# Invariant: `current` and `previous` name whole versions at every moment; what
# an administrator has edited is never replaced.
# shellcheck disable=SC2034,SC2154 # variables of deploy_daemon.sh

programs="goxel-daemon goxelctl goxel-manager goxel-mcp"

# The id of a build: its version and the sum of all its programs, so that two
# builds of one version are two versions.
cat_programs() { # BINARY
    cat "$1"
    for program in $programs; do
        [ "$program" = goxel-daemon ] || [ ! -x "$(dirname "$1")/$program" ] ||
            cat "$(dirname "$1")/$program"
    done
}
id_of() { # BINARY
    version=$("$1" --version 2>/dev/null | sed -n '1s/^goxel-daemon //p')
    [ -n "$version" ] || return 1
    printf '%s-%s\n' "$version" "$(cat_programs "$1" | cksum | tr ' ' '-')"
}

linked() { # current|previous -> id, or nothing
    target=$(readlink "$lib/$1" 2>/dev/null) || return 0
    printf '%s\n' "${target#versions/}"
}

# sed words that fit the units and the property list to this deployment.
render() { # SOURCE
    sed -e "s|ExecPaths=/usr/bin/goxel-daemon /usr/bin/goxelctl|ExecPaths=$prefix/lib/goxel-daemon|" \
        -e "s|/usr/bin/goxel|$prefix/lib/goxel-daemon/current/bin/goxel|g" \
        -e "s|/usr/local/bin/goxel|$prefix/lib/goxel-daemon/current/bin/goxel|g" \
        -e "s|^User=goxel\$|User=$user|; s|^Group=goxel\$|Group=$group|" \
        -e "s|^SocketGroup=goxel\$|SocketGroup=$group|" \
        -e "s|^g goxel |g $group |; s|^u goxel -|u $user $(sysusers_id)|" \
        -e "s|\(0640\|2755\) root goxel|\1 root $group|" \
        -e "s|<string>_goxel</string>|<string>$user</string>|" \
        -e "s|<!-- group --><string>$user</string>|<!-- group --><string>$group</string>|" \
        "$1"
}

# A user whose group has another name is written "-:group", which needs a
# number or a group that exists; systemd takes the name's own group otherwise.
sysusers_id() {
    if [ "$user" = "$group" ]; then printf -- '-'; else printf -- '-:%s' "$group"; fi
}

systemd_version() {
    systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'
}

# All rendered units of a version, as they go to /etc.
stage_units() { # DIRECTORY
    units=$config/systemd
    mkdir -p "$1/systemd" || return 1
    for name in goxel-daemon.service goxel-daemon.socket goxel-daemon-http.socket \
        goxel-daemon@.service goxel-daemon@.socket; do
        render "$units/$name" >"$1/systemd/$name" || return 1
    done
    has=$(systemd_version)
    for drop_in in "$units"/drop-ins/*.conf; do
        name=$(basename "$drop_in")
        [ "${name%%-*}" -le "${has:-0}" ] || continue
        for dir in goxel-daemon.service.d goxel-daemon@.service.d; do
            mkdir -p "$1/systemd/$dir" || return 1
            render "$drop_in" >"$1/systemd/$dir/$name" || return 1
        done
    done
    render "$config/sysusers.d/goxel.conf" >"$1/sysusers.conf" || return 1
    render "$config/tmpfiles.d/goxel.conf" >"$1/tmpfiles.conf" || return 1
    render "$config/launchd/com.goxel.daemon.plist" >"$1/com.goxel.daemon.plist"
}

# Copies the programs beside the old ones. The directory gets its name when it
# is whole.
stage_version() { # ID BINARY
    from=$(dirname "$2")
    fresh=$lib/versions/.new.$$
    mkdir -p "$fresh/bin" || return 1
    for program in $programs; do
        [ -x "$from/$program" ] || continue
        cp "$from/$program" "$fresh/bin/$program" && chmod 0755 "$fresh/bin/$program" || return 1
    done
    # Another name than its siblings' is fine for the file that was given.
    cp "$2" "$fresh/bin/goxel-daemon" && chmod 0755 "$fresh/bin/goxel-daemon" || return 1
    stage_units "$fresh" || return 1
    rm -rf "$lib/versions/$1"
    mv "$fresh" "$lib/versions/$1"
}

# Only the units of a version that is there already: options may have changed.
restage_units() { # ID
    fresh=$lib/versions/.units.$$
    mkdir -p "$fresh" && stage_units "$fresh" || return 1
    rm -rf "$lib/versions/$1/systemd"
    for part in "$fresh"/*; do
        mv -f "$part" "$lib/versions/$1/" || return 1
    done
    rmdir "$fresh"
}

install_links() {
    for program in $programs; do
        [ -x "$lib/current/bin/$program" ] || [ "$dry" = 1 ] || continue
        link=$root$prefix/bin/$program
        goal=../lib/goxel-daemon/current/bin/$program
        if [ "$(readlink "$link" 2>/dev/null)" = "$goal" ]; then
            note_file "$prefix/bin/$program"
            continue
        fi
        if [ -e "$link" ] && [ ! -L "$link" ]; then
            warn "$link is not ours and stays; goxel-daemon runs from $prefix/lib/goxel-daemon"
            continue
        fi
        ensure_dir "$root$prefix/bin"
        act "link $prefix/bin/$program" switch_link "$goal" "$link" || return 1
        note_file "$prefix/bin/$program"
    done
}

# The units of the current version (of the given one in a dry run).
install_units() { # VERSION DIRECTORY
    case $service in
    systemd)
        for file in "$1"/systemd/*.service "$1"/systemd/*.socket "$1"/systemd/*.d/*.conf; do
            [ -f "$file" ] || continue
            ensure_file "$file" "$unit_dir/${file#"$1"/systemd/}" 0644 || return 1
        done
        drop_stale "$1"
        ensure_file "$1/sysusers.conf" "$root/etc/sysusers.d/goxel.conf" 0644 &&
            ensure_file "$1/tmpfiles.conf" "$root/etc/tmpfiles.d/goxel.conf" 0644
        ;;
    launchd)
        ensure_file "$1/com.goxel.daemon.plist" \
            "$root/Library/LaunchDaemons/com.goxel.daemon.plist" 0644
        ;;
    esac
}

# Drop-ins of ours that this version does not have (after a rollback).
drop_stale() { # VERSION DIRECTORY
    [ -f "$lib/installed" ] || return 0
    grep '\.service\.d/[0-9]*-[a-z]*\.conf$' "$lib/installed" | while IFS= read -r path; do
        name=${path##*/}
        [ -f "$1/systemd/goxel-daemon.service.d/$name" ] || [ "$dry" = 1 ] || rm -f "$root$path"
    done
}

# Installs settings that are not there; replaces them only when nobody has
# edited what an earlier deployment put there.
install_settings() {
    target=$settings
    shipped=$config/daemon_config.json
    ensure_dir "$etc"
    if [ "$dry" = 0 ] && is_live; then
        # Files that root makes or replaces there belong to the daemon's group.
        chown "root:$group" "$etc" && chmod 2755 "$etc"
    fi
    ensure_file "$config/daemon_config.schema.json" "$etc/daemon_config.schema.json" 0640 || return 1
    own_settings "$etc/daemon_config.schema.json"
    known=$(sed -n "s|^${target#"$root"} ||p" "$lib/sums" 2>/dev/null)
    if [ ! -f "$target" ]; then
        has_changed=1
        act "install ${target#"$root"}" put_file "$shipped" "$target" 0640 || return 1
    elif cmp -s "$shipped" "$target"; then
        :
    elif [ -n "$known" ] && [ "$known" = "$(sum_of "$target")" ]; then
        has_changed=1
        act "replace ${target#"$root"}, which nobody has edited" \
            put_file "$shipped" "$target" 0640 || return 1
    else
        step "keep ${target#"$root"}, which was edited"
        [ "$known" = "$(sum_of "$shipped")" ] || [ -z "$known" ] ||
            act "put the new settings beside it (${target##*/}.new)" \
                put_file "$shipped" "$target.new" 0640 || return 1
        return 0
    fi
    own_settings "$target"
    [ "$dry" = 1 ] && return 0
    {
        grep -v "^${target#"$root"} " "$lib/sums" 2>/dev/null
        printf '%s %s\n' "${target#"$root"}" "$(sum_of "$shipped")"
    } >"$lib/sums.new.$$"
    mv -f "$lib/sums.new.$$" "$lib/sums"
}

own_settings() { # FILE
    [ "$dry" = 1 ] || ! is_live || chown "root:$group" "$1" 2>/dev/null || true
}

# A person's own file is taken as it is, once.
adopt_settings() { # FILE
    if [ -f "$settings" ] && cmp -s "$1" "$settings"; then
        return 0
    fi
    if [ -f "$settings" ] && ! ask "$settings is there and differs from $1. Replace it?"; then
        die "$settings is there and differs from $1; nothing was changed. Replace it with --yes, or leave --config away"
    fi
    has_changed=1
    act "install $1 as ${settings#"$root"}" put_file "$1" "$settings" 0640 || return 1
    own_settings "$settings"
}

# Versions that are neither current nor previous.
prune_versions() {
    for dir in "$lib"/versions/* "$lib"/versions/.new.*; do
        [ -d "$dir" ] || continue
        case ${dir##*/} in
        "$(linked current)" | "$(linked previous)") ;;
        *) act "remove the old version ${dir##*/}" rm -rf "$dir" ;;
        esac
    done
}
