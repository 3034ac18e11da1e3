# SPDX-License-Identifier: Apache-2.0
# A Debian tree and a real systemd booted in it. Sourced by
# scripts/test_deployment.sh.
#
# Invariant: everything happens below $work and in namespaces of the container;
# what is stopped is stopped by the number of a process that was started here.

packages=systemd,systemd-sysv,dbus,libpam-systemd

# systemd-nspawn 252 does not know these calls and would refuse them; a real
# host has them.
calls='landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp'

# The tree is made once and kept outside the repository.
make_tree() {
    [ -d "$tree" ] && return 0
    echo "# making the Debian tree $tree (once)"
    mkdir -p "$(dirname "$tree")"
    rm -rf "$tree.new"
    if ! debootstrap --variant=minbase --include="$packages" "$suite" "$tree.new" \
        "${GOX_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1; then
        tail -n 3 "$work/debootstrap.log"
        rm -rf "$tree.new"
        return 1
    fi
    rm -rf "$tree.new"/var/cache/apt/archives/*.deb "$tree.new"/var/lib/apt/lists/*
    mv "$tree.new" "$tree"
}

# The number of nspawn is in a file: a case that boots anew runs in a shell of
# its own.
nspawn() {
    cat "$work/nspawn.pid" 2>/dev/null
}
has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

# The init of the container, from outside.
leader() {
    local child pid
    pid=$(nspawn)
    for child in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
        if [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ]; then
            echo "$child"
        fi
    done
}

inside() {
    local pid
    pid=$(leader)
    [ -n "$pid" ] || return 1
    nsenter -t "$pid" -a -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LC_ALL=C.UTF-8 GOXEL_TOKEN="${GOXEL_TOKEN-}" "$@"
}

is_booted() {
    case $(inside systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) false ;; esac
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.05 <> <(:) || true
    done
}

start_container() {
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid systemd-nspawn -q -b -D "$work/root" \
        --register=no --keep-unit --private-network --console=pipe \
        --system-call-filter="$calls" -M "goxel-test-$$" </dev/null >"$work/boot.log" 2>&1 &
    echo $! >"$work/nspawn.pid"
    until_true 60 is_booted
}

stop_container() {
    local pid
    pid=$(nspawn)
    [ -n "$pid" ] || return 0
    inside systemctl poweroff >/dev/null 2>&1 || true
    if ! until_true 20 has_ended "$pid"; then
        kill -TERM "$pid" 2>/dev/null
        until_true 10 has_ended "$pid" || kill -KILL "$pid" 2>/dev/null
    fi
    rm -f "$work/nspawn.pid"
}

# With --keep-unit nspawn leaves starting again to who started it (code 133).
reboot_container() {
    local pid
    pid=$(nspawn)
    inside systemctl reboot >/dev/null 2>&1 || true
    until_true 60 has_ended "$pid"
    start_container
}

# The libraries that the programs were linked with: the tree may be of another
# release, which has them in other versions. The C library is the tree's own.
copy_libraries() {
    local dir=$work/root/usr/lib/goxel-test file http
    mkdir -p "$dir"
    # This one is loaded only when HTTP is asked for.
    http=$(ldconfig -p | awk '/libmicrohttpd\.so\.[0-9]+ / {print $NF; exit}')
    for file in $http $(ldd "$bin/goxel-daemon" "$bin/goxelctl" $http | awk '$2 == "=>" {print $3}' | sort -u); do
        case $file in
        */libc.so* | */libm.so* | */ld-linux*) ;;
        *) cp -L "$file" "$dir/" ;;
        esac
    done
    echo /usr/lib/goxel-test >"$work/root/etc/ld.so.conf.d/zz-goxel-test.conf"
    chroot "$work/root" ldconfig
}

# What deploy takes along, in a place that undeploy does not know.
fill_container() {
    local dir=$work/root/opt/goxel
    copy_libraries
    mkdir -p "$dir/build/bin"
    cp -a "$source/scripts" "$source/config" "$dir/"
    for program in goxel-daemon goxelctl goxel-manager goxel-mcp; do
        [ ! -x "$bin/$program" ] || cp "$bin/$program" "$dir/build/bin/"
    done
    # The same program in other bytes is another version.
    cp -a "$dir/build/bin" "$dir/second"
    printf 'second' >>"$dir/second/goxel-daemon"
    # One that answers a private request and fails as a service.
    cp -a "$dir/build/bin" "$dir/bad"
    printf '#!/bin/sh\ncase "$*" in *--stdio* | *--version*) exec /opt/goxel/build/bin/goxel-daemon "$@" ;; esac\nexit 1\n' \
        >"$dir/bad/goxel-daemon"
    # One that does nothing.
    cp -a "$dir/build/bin" "$dir/broken"
    printf '#!/bin/sh\n[ "$1" != --version ] || echo goxel-daemon 9.9.9\n' >"$dir/broken/goxel-daemon"
    cat >"$work/root/usr/local/sbin/deploy" <<'END'
#!/bin/sh
exec /opt/goxel/scripts/deploy_daemon.sh "$@"
END
    chmod 0755 "$work/root/usr/local/sbin/deploy"
}
