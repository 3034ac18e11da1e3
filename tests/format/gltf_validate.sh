#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Validates what the glTF writers make with Khronos' gltf-validator, which comes
# from the npm registry into the build directory. Skips without npm or network.
set -eu

here=$(dirname "$0")
build=${GOX_BUILD_DIR:?set it to the build directory}
samples=${GOX_BIN_DIR:-$build/bin}/gltf_samples
version=2.0.0-dev.3.10
home=$build/gltf-validator

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "skipped: npm and node are needed for gltf-validator"
    exit 77
fi
mkdir -p "$home"
if [ ! -d "$home/node_modules/gltf-validator" ]; then
    if ! npm install --prefix "$home" --no-save --no-audit --no-fund \
        --loglevel=error "gltf-validator@$version" >"$home/npm.log" 2>&1; then
        echo "skipped: gltf-validator cannot be installed, see $home/npm.log"
        exit 77
    fi
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$samples" "$dir"
node "$here/gltf_validate.js" "$home/node_modules/gltf-validator" \
    "$dir"/*.gltf "$dir"/*.glb
