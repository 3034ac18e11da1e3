# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced: installs npm packages once into a cache below the build directory.
#     npm_install NAME PACKAGE...   sets dir; exit 77 (skipped) when offline
cache=${GOX_NPM_CACHE:-${GOX_BUILD_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/build}/npm}

npm_install() {
    dir=$cache/$1
    shift
    [ -f "$dir/done" ] && return 0
    if ! command -v npm >/dev/null 2>&1; then
        echo "skipped: npm is not installed"
        exit 77
    fi
    mkdir -p "$dir"
    [ -f "$dir/package.json" ] || echo '{"private":true}' >"$dir/package.json"
    if ! (cd "$dir" && npm install --fetch-retries=0 --no-audit --no-fund --loglevel=error "$@" >npm.log 2>&1); then
        echo "skipped: npm cannot install $* (offline?); see $dir/npm.log"
        exit 77
    fi
    touch "$dir/done"
}
