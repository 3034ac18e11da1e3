#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What all parts of deploy_daemon.sh use: messages, steps, small file helpers.
# Sourced. Nothing here changes the system but through `act`, which a dry run
# turns into words.
# shellcheck disable=SC2034,SC2154 # dry, is_json, command, root, prefix: deploy_daemon.sh

# One line for a person; with --json it is kept for the document at the end.
step() {
    printf '%s\n' "$1" >>"$tmp/steps"
    [ "$is_json" = 1 ] || printf '  %s\n' "$1"
}

# act TEXT COMMAND...: does it and says so, or only says so. What the command
# prints is shown when it fails.
act() {
    if [ "$dry" = 1 ]; then
        step "would $1"
        return 0
    fi
    act_text=$1
    shift
    if "$@" >"$tmp/output" 2>&1; then
        step "$act_text"
        return 0
    fi
    warn "could not $act_text: $*"
    sed 's/^/    /' "$tmp/output" >&2
    return 1
}

warn() {
    printf 'deploy_daemon: %s\n' "$1" >&2
}

# json_text WORD: as a JSON string. Control characters become spaces.
json_text() {
    printf '%s' "$1" | tr '\000-\037' ' ' | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/"/'
    [ -n "$1" ] || printf '""'
}

# finish OK [MESSAGE]: the closing line or document of a command.
finish() {
    if [ "$is_json" = 1 ]; then
        {
            printf '{"command":%s,"ok":%s,"dry_run":%s' "$(json_text "$command")" "$1" \
                "$([ "$dry" = 1 ] && echo true || echo false)"
            printf ',"message":%s,"steps":[' "$(json_text "${2:-}")"
            comma=''
            while IFS= read -r line; do
                printf '%s%s' "$comma" "$(json_text "$line")"
                comma=,
            done <"$tmp/steps"
            printf ']'
            [ ! -s "$tmp/verify.json" ] || printf ',"verify":%s' "$(cat "$tmp/verify.json")"
            printf '}\n'
        }
    elif [ "$1" = true ]; then
        [ -z "${2:-}" ] || printf '%s\n' "$2"
    else
        warn "${2:-failed}"
    fi
}

# die MESSAGE [CODE]: 1 failed, 2 wrong usage.
die() {
    finish false "$1"
    exit "${2:-1}"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# GNU and BSD stat have no word in common.
mode_of() {
    stat -c %a "$1" 2>/dev/null || stat -f %Lp "$1" 2>/dev/null
}
owner_of() {
    stat -c %U:%G "$1" 2>/dev/null || stat -f %Su:%Sg "$1" 2>/dev/null
}
sum_of() {
    cksum <"$1"
}

# Points a link somewhere else in one step: readers see the old or the new one.
switch_link() { # TARGET LINK
    ln -s "$1" "$2.new.$$" || return 1
    mv -fT "$2.new.$$" "$2" 2>/dev/null || mv -fh "$2.new.$$" "$2"
}

# Puts a file in place in one step, with its mode.
put_file() { # SOURCE TARGET MODE
    cp "$1" "$2.new.$$" && chmod "$3" "$2.new.$$" && mv -f "$2.new.$$" "$2"
}

# Makes a directory, remembering those that were not there.
ensure_dir() {
    { [ -d "$1" ] || [ "$dry" = 1 ]; } && return 0
    dir=$1 fresh=''
    while [ ! -d "$dir" ]; do
        fresh="$fresh ${dir#"$root"}/"
        dir=$(dirname "$dir")
    done
    mkdir -p "$1" || return 1
    for dir in $fresh; do
        note_file "$dir"
    done
}

# Remembers what undeploy has to remove.
note_file() {
    [ "$dry" = 1 ] && return 0
    grep -qxF "$1" "$lib/installed" 2>/dev/null || printf '%s\n' "$1" >>"$lib/installed"
}

# ensure_file SOURCE TARGET MODE: like put_file, only when it differs. Sets
# has_changed.
ensure_file() {
    if [ -f "$2" ] && cmp -s "$1" "$2" && [ "$(mode_of "$2")" = "${3#0}" ]; then
        note_file "${2#"$root"}"
        return 0
    fi
    has_changed=1
    ensure_dir "$(dirname "$2")"
    act "install ${2#"$root"}" put_file "$1" "$2" "$3" || return 1
    note_file "${2#"$root"}"
}

# One at a time. A lock whose holder is gone is taken over.
take_lock() {
    [ "$dry" = 1 ] && return 0
    ensure_dir "$lib" || die "cannot make $lib"
    tries=0
    until (set -C; echo $$ >"$lib/.lock") 2>/dev/null; do
        holder=$(cat "$lib/.lock" 2>/dev/null)
        if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
            die "another deployment is under way (process $holder); try again when it is done"
        fi
        rm -f "$lib/.lock"
        tries=$((tries + 1))
        [ "$tries" -lt 3 ] || die "the lock $lib/.lock cannot be taken"
    done
    has_lock=1
}

drop_lock() {
    [ "${has_lock:-0}" = 0 ] || rm -f "$lib/.lock"
    has_lock=0
    rmdir "$lib" 2>/dev/null || true
}

# ask QUESTION: yes only by --yes or by a person.
ask() {
    [ "$is_yes" = 1 ] && return 0
    if [ ! -t 0 ]; then
        return 1
    fi
    printf '%s Type yes to go on: ' "$1" >&2
    read -r answer || return 1
    [ "$answer" = yes ]
}
