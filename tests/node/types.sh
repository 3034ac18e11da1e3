#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# index.d.ts under the TypeScript compiler: right uses pass, wrong ones do not.
# Skipped (77) when npm cannot fetch it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/mcp/npm.sh
. "$here/../mcp/npm.sh"

npm_install typescript typescript@5.9.3 @types/node@22.19.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/node_modules"
ln -s "$here/../../node" "$work/node_modules/goxel-daemon-manager"
ln -s "$dir/node_modules/@types" "$dir/node_modules/undici-types" "$work/node_modules/"
cp "$here/types/right.ts" "$work/right.cts"
cp "$here/types/right.ts" "$work/right.mts"
cp "$here/types/wrong.ts" "$work/wrong.mts"
echo '{"private":true}' >"$work/package.json"
compile() {
    (cd "$work" && "$dir/node_modules/.bin/tsc" --noEmit --strict --target es2022 --module nodenext \
        --types node --preserveSymlinks "$@")
}
compile right.cts right.mts
echo "ok - right uses"
# Each line that is marked must be an error, and no other.
compile wrong.mts >"$work/errors" && {
    echo "not ok - wrong uses pass"
    exit 1
}
grep -n '// wrong' "$work/wrong.mts" | cut -d: -f1 >"$work/wanted"
sed -n 's/^wrong\.mts(\([0-9]*\),.*/\1/p' "$work/errors" | sort -nu | diff "$work/wanted" - || {
    cat "$work/errors"
    exit 1
}
echo "ok - wrong uses"
