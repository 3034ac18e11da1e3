#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure of the packages for `build`, `test`, `deploy` and `deb` on Debian and its relatives;
# on other systems names them and stops. Installs only what is missing.
set -eu

# shellcheck disable=SC2034 # read by name in list_for
{
build_debian="gcc libc6-dev make cmake ninja-build pkg-config libuv1-dev libjansson-dev
libspng-dev libdeflate-dev zlib1g-dev libmujs-dev libmd-dev libsqlite3-dev libreadline-dev
libmicrohttpd-dev libseccomp-dev"
test_debian="libcmocka-dev bats clang libclang-rt-dev clang-format shellcheck mandoc
goxel xvfb xauth nodejs npm procps time jq haproxy ruby golang-go
golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev"

deb_debian="build-essential debhelper dpkg-dev lintian"
deploy_debian="debootstrap systemd systemd-container util-linux nodejs docker.io docker-compose
iproute2 jq"

build_dnf="gcc make cmake ninja-build pkgconf-pkg-config libuv-devel jansson-devel
libspng-devel libdeflate-devel zlib-devel mujs-devel libmd-devel sqlite-devel readline-devel
libmicrohttpd-devel libseccomp-devel"
deb_dnf=""
deploy_dnf="debootstrap systemd systemd-container util-linux nodejs moby-engine docker-compose
iproute jq"
test_dnf="libcmocka-devel bats clang compiler-rt clang-tools-extra ShellCheck mandoc
goxel xorg-x11-server-Xvfb nodejs npm procps-ng time jq haproxy ruby helm"
build_pacman="gcc make cmake ninja pkgconf libuv jansson libspng libdeflate zlib mujs
libmd sqlite readline libmicrohttpd libseccomp"
deb_pacman=""
deploy_pacman="debootstrap systemd util-linux nodejs docker docker-compose iproute2 jq"
test_pacman="cmocka bats clang compiler-rt shellcheck mandoc goxel
xorg-server-xvfb nodejs npm procps-ng time jq haproxy ruby helm"
build_brew="cmake ninja pkg-config libuv jansson libspng libdeflate mujs libmd sqlite readline
libmicrohttpd"
deb_brew=""
deploy_brew="node"
test_brew="cmocka bats-core clang-format shellcheck mandoc node jq haproxy helm"
}

list_for() { # system -> the names for all wanted groups
    for group in $groups; do
        eval "printf '%s ' \$${group}_$1"
    done
}

groups=${*:-build}
for group in $groups; do
    case $group in
    build | test | deploy | deb) ;;
    *)
        echo "install_packages: unknown group '$group'; use build, test, deploy or deb" >&2
        exit 2
        ;;
    esac
done

if ! command -v apt-get >/dev/null 2>&1; then
    for tool in dnf pacman brew; do
        command -v "$tool" >/dev/null 2>&1 || continue
        case $tool in
        dnf) verb="sudo dnf install" ;;
        pacman) verb="sudo pacman -S --needed" ;;
        brew) verb="brew install" ;;
        esac
        # Nothing to do when the libraries are there already.
        if pkg-config --exists libuv jansson spng libdeflate mujs libmd sqlite3 readline libmicrohttpd 2>/dev/null &&
            command -v cmake >/dev/null && command -v ninja >/dev/null; then
            exit 0
        fi
        echo "Packages are missing. Install them, then run make again:" >&2
        echo "  $verb $(list_for "$tool")" >&2
        exit 1
    done
    echo "No known package manager. These Debian packages are needed under their" >&2
    echo "names on this system: $(list_for debian)" >&2
    exit 1
fi

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed' && return 0
    # A newer compiler or Node.js from elsewhere serves as well.
    case $1 in
    gcc | clang | cmake | npm | bats | shellcheck | ruby) command -v "$1" >/dev/null 2>&1 ;;
    nodejs) command -v node >/dev/null 2>&1 ;;
    docker.io) command -v dockerd >/dev/null 2>&1 ;;
    docker-compose) docker compose version >/dev/null 2>&1 ;;
    golang-go) command -v go >/dev/null 2>&1 ;;
    *) return 1 ;;
    esac
}

missing=""
for package in $(list_for debian); do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Packages are missing and there is no sudo. As root, run:" >&2
        echo "  apt-get install$missing" >&2
        exit 1
    fi
    sudo="sudo"
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the words are meant to be split
$sudo apt-get -qq update
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends \
    -o Dpkg::Progress-Fancy=0 $missing 2>&1 |
    awk '/^(Setting up|E:|W:)/ {print "  " $0; fflush()}'
for package in $missing; do
    if ! is_installed "$package"; then
        echo "install_packages: $package could not be installed" >&2
        exit 1
    fi
done
