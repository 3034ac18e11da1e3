#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our validator and ajv with the generated schema must judge alike: the corpus,
# and for each setting values around its limits and of every other type.
set -eu
cd "${GOX_SOURCE_DIR:-$(dirname "$0")/../..}"
dir=${GOX_BUILD_DIR:-build}/tests/config/ajv
for tool in node npm; do
    if ! command -v $tool >/dev/null 2>&1; then
        echo "skipped: $tool is not installed"
        exit 77
    fi
done
mkdir -p "$dir"
if [ ! -d "$dir/node_modules/ajv" ] &&
    ! npm install --prefix "$dir" --no-save --no-audit --no-fund --silent \
        ajv@8 >"$dir/npm.log" 2>&1; then
    echo "skipped: npm could not install ajv (see $dir/npm.log)"
    exit 77
fi
NODE_PATH=$dir/node_modules exec node tests/config/ajv.js \
    "${GOX_BIN_DIR:-build/bin}/goxelctl" config/daemon_config.schema.json \
    tests/data/config "$dir"
