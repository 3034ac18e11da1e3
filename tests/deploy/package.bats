#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the Debian package is made of fits the tree. The package itself is built
# and used by package.sh.

setup() {
    cd "$GOX_SOURCE_DIR" || exit 1
}

@test "its version is the programs'" {
    version=$(sed -n 's/^#define GOX_VERSION  *"\(.*\)"/\1/p' include/goxel/version.h)
    [ -n "$version" ]
    [ "$(sed -n '1s/^goxel-daemon (\(.*\)) .*/\1/p' debian/changelog)" = "$version" ]
}

@test "it is built with what install_packages.sh installs" {
    packages=$(sed -n '/^build_debian="/,/"$/p' scripts/install_packages.sh | tr '"' ' ' | tr ' ' '\n' | grep -E '^(lib.*|zlib1g)-dev$' | grep -v libc6)
    [ "$(wc -l <<<"$packages")" -gt 8 ]
    for package in $packages; do
        grep -qwF "$package" debian/control || { echo "debian/control lacks $package"; false; }
    done
}

@test "units, users and modes are those of config/" {
    for link in debian/*.service debian/*.socket debian/*.sysusers debian/*.tmpfiles; do
        [ -L "$link" ] && [ -s "$link" ]
        [[ $(readlink "$link") == ../config/* ]]
    done
    for unit in config/systemd/*.service config/systemd/*.socket; do
        find debian -type l -printf '%l\n' | grep -qxF "../$unit" || { echo "$unit is not in the package"; false; }
    done
}

@test "shellcheck has nothing to say" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    shellcheck debian/goxel-daemon.p* scripts/make_deb.sh tests/deploy/*.sh
}
