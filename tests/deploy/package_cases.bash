# SPDX-License-Identifier: Apache-2.0
# The tests of the Debian package in the order in which they run: each goes on
# from what the one before has left. Sourced by package.sh.
# shellcheck disable=SC2154 # variables of package.sh

# Its helpers; none of its cases.
# shellcheck source=/dev/null
. "$source/tests/deploy/cases.bash"

# What ours depend on and recommend, fetched once for each list of names.
get_dependencies() {
    local debs=$cache/packages-$suite-$arch key
    key=$(dpkg-deb -f "$package" Depends Recommends | sha256sum | cut -c1-16)
    if [ ! -f "$debs/$key/done" ]; then
        echo "# fetching what the package depends on (once)"
        mkdir -p "$debs/$key" "$work/root/opt/debs/partial"
        cp "$package" "$work/root/opt/goxel-daemon.deb"
        cp /etc/resolv.conf "$work/root/etc/resolv.conf"
        chroot "$work/root" sh -c 'apt-get update && apt-get install -y --download-only \
            -o Dir::Cache::archives=/opt/debs /opt/goxel-daemon.deb' >"$work/apt.log" 2>&1 </dev/null || return 1
        cp "$work"/root/opt/debs/*.deb "$debs/$key/" || return 1
        touch "$debs/$key/done"
        rm -rf "$work/root/opt/debs" "$work/root/opt/goxel-daemon.deb"
        find "$work/root/var/lib/apt/lists" -type f -delete
        rm -f "$work"/root/var/cache/apt/*.bin
    fi
    mkdir -p "$work/root/opt/goxel"
    cp -r "$debs/$key" "$work/root/opt/goxel/dependencies"
    rm "$work/root/opt/goxel/dependencies/done"
    rm -f "$work/root/opt/goxel/dependencies"/goxel-daemon*
}

# The same files under another version, with another default of one setting.
make_newer() { # NAME QUEUE_SIZE
    local dir=$work/newer
    rm -rf "$dir"
    dpkg-deb -R "$package" "$dir"
    sed -i "s/^Version: .*/&+$1/" "$dir/DEBIAN/control"
    sed -i "s/\"queue_size\": [0-9]*/\"queue_size\": $2/" "$dir/etc/goxel/daemon_config.json"
    dpkg-deb --root-owner-group -b "$dir" "$work/root/opt/goxel/$1.deb" >/dev/null
}

fill_packages() {
    local dir=$work/root/opt/goxel
    chroot "$work/root" sh -c 'dpkg -i /opt/goxel/dependencies/*.deb' >"$work/apt.log" 2>&1 </dev/null || return 1
    cp "$package" "$dir/first.deb"
    cp "$library" "$dir/library.deb"
    make_newer second 99 && make_newer third 98 || return 1
    # For deploy_daemon.sh.
    dpkg-deb -x "$package" "$work/unpacked"
    mkdir -p "$dir/build"
    cp -a "$work/unpacked/usr/bin" "$dir/build/bin"
    cp -a "$source/scripts" "$source/config" "$dir/"
}

# Files of dpkg and apt themselves, and what ldconfig keeps, do not count.
list_installed() {
    list_system | grep -vE '^\./var/(lib/(dpkg|apt|pam)|cache|log)/'
}
apt() { # WORDS...
    inside env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 "$@" </dev/null
}
installed_version() {
    inside dpkg-query -W -f "\${Version}" goxel-daemon
}
pid_of_two() {
    property MainPID goxel-daemon@two.service
}

case_install() {
    local start took
    list_installed >"$work/before"
    start=$(date +%s%N)
    apt install /opt/goxel/first.deb
    took=$((($(date +%s%N) - start) / 1000000))
    echo "# installed in $took ms"
    [ $took -lt 60000 ]
    ctl ping
    for unit in goxel-daemon.socket goxel-daemon.service; do
        is "$(inside systemctl is-enabled $unit)" enabled
        is "$(property ActiveState $unit)" active
    done
    is "$(inside systemctl is-enabled goxel-daemon-http.socket || true)" disabled
    is "$(inside readlink "/proc/$(main_pid)/exe")" /usr/bin/goxel-daemon
    is "$(inside stat -c '%U:%G' "/proc/$(main_pid)")" goxel:goxel
}

case_modes_and_sums() {
    is "$(inside stat -c '%a %U:%G' /etc/goxel/daemon_config.json)" '640 root:goxel'
    is "$(inside stat -c '%a %U:%G' /etc/goxel)" '2755 root:goxel'
    is "$(inside stat -c '%a %U:%G' /run/goxel-daemon.sock)" '660 root:goxel'
    is "$(inside stat -c '%a %U:%G' /var/lib/goxel)" '700 goxel:goxel'
    is "$(inside dpkg -V goxel-daemon)" ''
}

case_the_sandbox_is_in_force() {
    local score
    score=$(inside systemd-analyze security --no-pager goxel-daemon.service | sed -n 's/.*exposure level for.*: \([0-9.]*\) .*/\1/p')
    echo "# exposure $score"
    awk "BEGIN {exit !($score <= 0.5)}"
    is "$(inside systemd-analyze verify goxel-daemon.service goxel-daemon.socket goxel-daemon@two.service 2>&1)" ''
}

case_it_works() {
    ctl call goxel.create_project name=kept
    ctl call goxel.add_voxel project=kept position='[1,2,3]' color='[4,5,6,255]'
    inside /usr/share/goxel-daemon/scripts/daemon_control.sh test
    inside setpriv --reuid=65534 --regid=65534 --groups=goxel goxelctl ping
    fails inside setpriv --reuid=65534 --regid=65534 --clear-groups goxelctl ping --socket /run/goxel-daemon.sock
}

case_an_instance() {
    inside cp -p /etc/goxel/daemon_config.json /etc/goxel/two.json
    inside systemctl enable --now goxel-daemon@two.socket
    ctl call goxel.create_project name=only_two --socket /run/goxel-daemon-two.sock
    fails ctl call goxel.open_project name=only_two
}

case_http_when_it_is_wanted() {
    inside systemctl enable goxel-daemon-http.socket
    inside systemctl stop goxel-daemon.service
    inside systemctl start goxel-daemon-http.socket goxel-daemon.service
    inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/9464; printf "GET /metrics HTTP/1.0\r\n\r\n" >&3; cat <&3' >"$work/metrics"
    grep -q '^goxel_' "$work/metrics"
}

case_upgrade_under_load() {
    local before two
    before=$(main_pid)
    two=$(pid_of_two)
    start_load upgraded
    apt install /opt/goxel/second.deb
    end_load
    contains "$(installed_version)" +second
    is_new_process "$before"
    until_true 10 fails is "$(pid_of_two)" "$two"
    # Nobody had edited the settings.
    contains "$(ctl config show server.queue_size --json)" '"value":99'
    is "$(inside stat -c '%a %U:%G' /etc/goxel/daemon_config.json)" '640 root:goxel'
    contains "$(ctl call goxel.get_voxel project=kept position='[1,2,3]' --json)" '"color":[4,5,6,255]'
}

case_upgrade_keeps_edited_settings() {
    ctl config set --file /etc/goxel/daemon_config.json server.queue_size 77
    apt install -o Dpkg::Options::=--force-confold /opt/goxel/third.deb
    contains "$(installed_version)" +third
    contains "$(ctl config show server.queue_size --json)" '"value":77'
    inside grep -q '"queue_size": 98' /etc/goxel/daemon_config.json.dpkg-dist
    is "$(inside stat -c '%a %U:%G' /etc/goxel/daemon_config.json)" '640 root:goxel'
}

case_back_to_the_version_before() {
    apt install --allow-downgrades -o Dpkg::Options::=--force-confold /opt/goxel/first.deb
    fails contains "$(installed_version)" +
    ctl ping
}

case_a_reboot() {
    reboot_container
    is "$(property ActiveState)" active
    ctl ping
    ctl ping --socket /run/goxel-daemon-two.sock
}

case_the_library_package() {
    local dir=$work/library pc flags
    apt install -o Dpkg::Options::=--force-depends /opt/goxel/library.deb || inside dpkg --force-depends -i /opt/goxel/library.deb
    inside ls /usr/include/goxel/manager.h /usr/include/goxel/client.h
    dpkg-deb -x "$library" "$dir"
    pc=$(dirname "$(find "$dir" -name goxel-manager.pc)")
    gzip -dc "$dir/usr/share/man/man3/goxel-client.3.gz" | sed -n '/^\.Bd -literal/,/^\.Ed/p' |
        sed '1d;$d;s/\\e/\\/g' >"$work/example.c"
    for name in goxel-client goxel-manager; do
        flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs --define-variable=prefix="$dir/usr" "$name")
        if [ $name = goxel-manager ]; then
            printf '#include <goxel/manager.h>\nint main(void) { return 0; }\n' >"$work/example.c"
        fi
        # shellcheck disable=SC2086
        cc -Wall -Wextra -Werror -o "$work/example" "$work/example.c" $flags
    done
    inside dpkg --purge libgoxel-dev
}

case_remove_keeps_projects_and_settings() {
    apt remove goxel-daemon
    fails inside ls /usr/bin/goxel-daemon
    for path in /run/goxel-daemon.sock /run/goxel-daemon-two.sock /run/goxel; do
        fails inside ls "$path"
    done
    fails inside pidof goxel-daemon
    inside ls /var/lib/goxel/projects/kept.goxdb /var/lib/goxel-two/projects/only_two.goxdb
    inside grep -q '"queue_size": 77' /etc/goxel/daemon_config.json
}

case_install_again_finds_them() {
    apt install -o Dpkg::Options::=--force-confold /opt/goxel/first.deb
    contains "$(ctl call goxel.get_voxel project=kept position='[1,2,3]' --json)" '"color":[4,5,6,255]'
    contains "$(ctl config show server.queue_size --json)" '"value":77'
    inside systemctl start goxel-daemon@two.socket
    ctl call goxel.open_project name=only_two --socket /run/goxel-daemon-two.sock
}

# Only the user stays, as for other packages.
case_purge_leaves_nothing() {
    apt purge goxel-daemon
    list_installed >"$work/after"
    diff "$work/before" "$work/after" | grep '^[<>]' | sort >"$work/different" || true
    cat "$work/different"
    printf '> group goxel\n> user goxel\n' | diff - "$work/different"
    is "$(inside find /var/lib/systemd /etc/systemd -name '*goxel*')" ''
}

case_not_over_a_deployed_daemon() {
    inside /opt/goxel/scripts/deploy_daemon.sh deploy
    ctl call goxel.create_project name=deployed
    fails apt install /opt/goxel/first.deb >"$work/out" 2>&1
    contains "$(cat "$work/out")" "run 'deploy_daemon.sh undeploy' first"
    ctl ping
    inside /opt/goxel/scripts/deploy_daemon.sh undeploy
    apt install -o Dpkg::Options::=--force-confold /opt/goxel/first.deb
    ctl call goxel.open_project name=deployed
    apt purge goxel-daemon
    fails inside ls /var/lib/goxel
}

# deploy_daemon.sh goes before the package, until undeploy.
case_a_deployed_daemon_over_it() {
    apt install /opt/goxel/first.deb
    ctl call goxel.create_project name=both
    inside /opt/goxel/scripts/deploy_daemon.sh deploy
    contains "$(inside readlink "/proc/$(main_pid)/exe")" /usr/local/lib/goxel-daemon/
    ctl call goxel.open_project name=both
    inside /opt/goxel/scripts/deploy_daemon.sh undeploy
    inside systemctl enable --now goxel-daemon.socket goxel-daemon.service
    is "$(inside readlink "/proc/$(main_pid)/exe")" /usr/bin/goxel-daemon
    ctl call goxel.open_project name=both
    is "$(inside dpkg -V goxel-daemon)" ''
    apt purge goxel-daemon
}
