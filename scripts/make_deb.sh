#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the Debian packages of this tree in build/deb, for the release that this
# system is, out of a copy of the sources; looks at them with lintian when that
# is installed.
#
# usage: make_deb.sh [VERSION-SUFFIX]   such as "+test1": goxel-daemon_0.1.0+test1
set -eu
cd "$(dirname "$0")/.."
suffix=${1:-}
for tool in dpkg-buildpackage dh; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "make_deb: $tool is missing; scripts/install_packages.sh build deb installs it (Debian and its relatives)" >&2
        exit 1
    }
done
version=$(sed -n 's/^#define GOX_VERSION  *"\(.*\)"/\1/p' include/goxel/version.h)
packaged=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
if [ "$version" != "$packaged" ]; then
    echo "make_deb: debian/changelog says $packaged, include/goxel/version.h $version" >&2
    exit 1
fi

out=${GOX_DEB_DIR:-build/deb}
mkdir -p "$out"
out=$(cd "$out" && pwd)
tree=$out/goxel-daemon-$version$suffix
rm -rf "$tree"
mkdir "$tree"
if [ -e .git ]; then
    git ls-files -z | tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -C "$tree" -xf -
else
    tar --exclude=./build --exclude='./build-*' --exclude=./out -cf - . | tar -C "$tree" -xf -
fi
[ -z "$suffix" ] || sed -i "1s/($version)/($version$suffix)/" "$tree/debian/changelog"

if command -v ccache >/dev/null 2>&1; then
    # debhelper gives the compiler another home.
    CCACHE_DIR=$(ccache --get-config cache_dir)
    CMAKE_C_COMPILER_LAUNCHER=ccache
    export CCACHE_DIR CMAKE_C_COMPILER_LAUNCHER
fi
if ! (cd "$tree" && dpkg-buildpackage --build=binary --unsigned-changes --jobs="$(nproc)") >"$out/build.log" 2>&1; then
    grep -E 'error|Unmet|dh_|make' "$out/build.log" | tail -n 20 >&2
    echo "make_deb: it does not build; the whole log is $out/build.log" >&2
    exit 1
fi
rm -rf "$tree"
arch=$(dpkg --print-architecture)
if command -v lintian >/dev/null 2>&1; then
    lintian --fail-on error "$out/goxel-daemon_$version${suffix}_$arch.changes"
    echo "lintian: no errors"
fi
for file in "$out"/*_"$version${suffix}_$arch.deb"; do
    echo "$(wc -c <"$file") bytes  $file"
done
