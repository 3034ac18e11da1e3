#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures the release build: prints the table and writes build/bench.json. The
# corpus is looked for in GOX_CORPUS, then in ../shared/corpus.
set -eu
cd "$(dirname "$0")/.."
corpus=${GOX_CORPUS:-../shared/corpus}
[ -d "$corpus" ] || corpus=""
exec build/bin/goxel-bench build/bin "$corpus" build/bench.json
