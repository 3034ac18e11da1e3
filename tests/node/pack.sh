#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `npm pack` makes of node/: the files, and that it works when it is
# installed from the tarball into an empty directory. Nothing is fetched.
# Skipped (77) without npm or Node 18.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
if ! command -v npm >/dev/null 2>&1 ||
    ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null; then
    echo "skipped: npm with Node 18 or newer is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm_quiet() {
    npm --offline --no-audit --no-fund --no-update-notifier --loglevel=error --cache "$work/cache" "$@"
}

(cd "$source/node" && npm_quiet pack --pack-destination "$work" >/dev/null)
version=$(sed -n 's/^#define GOX_VERSION  *"\(.*\)"/\1/p' "$source/include/goxel/version.h")
tarball=$work/goxel-daemon-manager-$version.tgz
[ -f "$tarball" ] || {
    echo "not ok - the package's version is not the daemon's: $(ls "$work")"
    exit 1
}

# Everything of node/, and nothing of the tests.
(cd "$source/node" && find . -type f | sed 's|^\./|package/|' | sort) >"$work/wanted"
tar -tzf "$tarball" | sort | diff "$work/wanted" - || {
    echo "not ok - other files than those of node/"
    exit 1
}
for file in LICENSE README.md index.js index.mjs index.d.ts index.d.mts package.json; do
    grep -qx "package/$file" "$work/wanted" || {
        echo "not ok - $file is missing"
        exit 1
    }
done
cmp "$source/LICENSE" "$source/node/LICENSE"
echo "ok - $(wc -l <"$work/wanted") files, $(wc -c <"$tarball") bytes"

mkdir "$work/empty"
cd "$work/empty"
npm_quiet init -y >/dev/null
npm_quiet install "$tarball" >/dev/null
cat >use.cjs <<'END'
const { GoxelDaemonManager, GoxelError } = require('goxel-daemon-manager');
if (typeof GoxelDaemonManager !== 'function' || !(new GoxelError('x') instanceof Error)) process.exit(1);
const { version } = require('goxel-daemon-manager/package.json');
if (version !== process.argv[2]) process.exit(1);
END
cat >use.mjs <<'END'
import { createRequire } from 'node:module';
import { GoxelDaemonManager } from 'goxel-daemon-manager';
const required = createRequire(import.meta.url)('goxel-daemon-manager');
if (GoxelDaemonManager !== required.GoxelDaemonManager) process.exit(1);
END
node use.cjs "$version"
node use.mjs
# Insides are not for others.
if node -e 'require("goxel-daemon-manager/lib/config.js")' 2>/dev/null; then
    echo "not ok - insides can be required"
    exit 1
fi
echo "ok - installed from the tarball: require and import"

# The daemon through it, when it is built.
bin=${GOX_BIN_DIR:-$source/build/bin}
if [ ! -x "$bin/goxel-manager" ] || [ ! -x "$bin/goxel-daemon" ]; then
    echo "# not run against a daemon: none is built"
    exit 0
fi
cat >call.mjs <<'END'
import { GoxelDaemonManager } from 'goxel-daemon-manager';
const [bin, dir] = process.argv.slice(2);
const manager = new GoxelDaemonManager({ managerBinary: `${bin}/goxel-manager`, daemonBinary: `${bin}/goxel-daemon`,
  socketPath: `${dir}/s`, stopOnExit: true,
  managerArguments: ['--state-dir', `${dir}/state`, '--set', `paths.data_dir=${dir}/data`] });
await manager.start();
const { pong } = await manager.call('ping');
await manager.stop();
process.exitCode = pong === true ? 0 : 1;
END
node call.mjs "$bin" "$work"
echo "ok - a daemon was started and called"
