#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes goxel-mcp-VERSION-SYSTEM.mcpb, which Claude Desktop installs with a
# double click, and with --name and --url also server.json for the registry:
#     scripts/mcp_bundle.sh [--name io.github.OWNER/goxel-mcp] [--url DOWNLOADS]
#         BIN_DIR OUT_DIR
# The manifest is made from what the program says of itself. The programs need
# the shared libraries that `make` needs.
set -eu
name="" url=""
while [ $# -gt 2 ]; do
    case $1 in
    --name) name=$2 ;;
    --url) url=$2 ;;
    *)
        echo "mcp_bundle: unknown option $1" >&2
        exit 2
        ;;
    esac
    shift 2
done
[ $# -eq 2 ] || { sed -n '3,8s/^# *//p' "$0" >&2; exit 2; }
bin=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
version=$("$bin/goxel-mcp" --version | cut -d' ' -f2)
system=$(uname -s | tr '[:upper:]' '[:lower:]')
case $system in linux) platform=linux ;; darwin) platform=darwin ;; *) platform=win32 ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin"
cp "$bin/goxel-mcp" "$bin/goxel-daemon" "$work/bin/"
cp "$(dirname "$0")/../LICENSE" "$work/" 2>/dev/null || :
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' \
    '{"jsonrpc":"2.0","id":2,"method":"prompts/list"}' | "$bin/goxel-mcp" |
    jq -s --arg version "$version" --arg platform "$platform" '{
        manifest_version: "0.3", name: "goxel-mcp", display_name: "Goxel",
        version: $version,
        description: "Build, look at, check and export voxel models",
        author: {name: "The goxel-daemon authors"}, license: "Apache-2.0",
        server: {type: "binary", entry_point: "bin/goxel-mcp",
            mcp_config: {command: "${__dirname}/bin/goxel-mcp", args: [],
                env: {GOXEL_DAEMON_BINARY: "${__dirname}/bin/goxel-daemon"}}},
        tools: [.[0].result.tools[] | {name, description: .title}],
        prompts: [.[1].result.prompts[] | {name, description,
            arguments: [.arguments[].name], text: .description}],
        keywords: ["voxel", "3d", "modelling"],
        compatibility: {platforms: [$platform]}}' >"$work/manifest.json"

bundle=goxel-mcp-$version-$system-$(uname -m).mcpb
rm -f "$out/$bundle"
(cd "$work" && cmake -E tar cf "$out/$bundle" --format=zip -- manifest.json bin)
echo "$out/$bundle"

if [ -z "$name" ] || [ -z "$url" ]; then
    echo "no server.json: it needs --name and --url" >&2
    exit 0
fi
sum=$(sha256sum "$out/$bundle" 2>/dev/null || shasum -a 256 "$out/$bundle")
jq -n --arg name "$name" --arg version "$version" --arg url "$url/$bundle" \
    --arg sum "${sum%% *}" '{
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        name: $name, title: "Goxel",
        description: "Build, look at, check and export voxel models",
        version: $version,
        packages: [{registryType: "mcpb", identifier: $url, fileSha256: $sum,
            transport: {type: "stdio"}}]}' >"$out/server.json"
echo "$out/server.json"
