#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files that are made from goxel-mcp's tables are the ones that it makes now.

bin=${GOX_BIN_DIR:-build/bin}
root=${GOX_SOURCE_DIR:-.}

@test "goxel-mcp(1) is made from --help" {
    "$root/docs/man/make-goxel-mcp" "$bin/goxel-mcp" | diff -u "$root/docs/man/goxel-mcp.1" - ||
        { echo "stale: docs/man/make-goxel-mcp goxel-mcp"; false; }
}

@test "docs/mcp.md names every tool, prompt and option" {
    for name in $(printf '%s\n' \
        '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' \
        '{"jsonrpc":"2.0","id":2,"method":"prompts/list"}' |
        "$bin/goxel-mcp" | jq -r '.result | (.tools // .prompts)[].name') \
        $("$bin/goxel-mcp" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
        grep -q -- "\`$name" "$root/docs/mcp.md" || { echo "not in docs/mcp.md: $name"; false; }
    done
}

@test "the bundle holds the programs and names all tools" {
    out=$BATS_TEST_TMPDIR
    "$root/scripts/mcp_bundle.sh" --name io.github.example/goxel-mcp \
        --url https://example.com "$bin" "$out"
    (cd "$out" && cmake -E tar xf goxel-mcp-*.mcpb)
    [ -x "$out/bin/goxel-mcp" ] && [ -x "$out/bin/goxel-daemon" ]
    version=$("$bin/goxel-mcp" --version | cut -d' ' -f2)
    jq -e --arg v "$version" '.version == $v and .manifest_version == "0.3"
        and (.tools | length) == 15' "$out/manifest.json"
    jq -e --arg v "$version" '.version == $v and
        (.packages[0].fileSha256 | length) == 64' "$out/server.json"
}

@test "usage" {
    run "$bin/goxel-mcp" --nix
    [ "$status" -eq 2 ]
    run "$bin/goxel-mcp" --timeout nix
    [ "$status" -eq 2 ]
    run "$bin/goxel-mcp" --http 0.0.0.0:0
    [ "$status" -eq 1 ]
    [[ $output == *--token-file* ]]
    run "$bin/goxel-mcp" --http nix:nix
    [ "$status" -eq 1 ]
}
