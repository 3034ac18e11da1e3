#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# goxelctl mcp enters goxel-mcp into the files of AI clients, and only that.

load common

setup() {
    HOME=$BATS_TEST_TMPDIR
    export HOME
    unset XDG_CONFIG_HOME
    cd "$HOME"
}

@test "each client gets a file that is JSON and names the program" {
    for client in claude-desktop claude-code cursor vscode windsurf gemini; do
        "$goxelctl" mcp install --client "$client"
    done
    jq -e '.mcpServers.goxel.command' .claude.json
    jq -e '.mcpServers.goxel.type == "stdio"' .claude.json
    jq -e '.mcpServers.goxel' .config/Claude/claude_desktop_config.json
    jq -e '.servers.goxel.type == "stdio"' .config/Code/User/mcp.json
    jq -e '.mcpServers.goxel' .gemini/settings.json
    jq -e '.mcpServers.goxel' .codeium/windsurf/mcp_config.json
}

@test "every other byte stays, a backup is kept, twice is once" {
    mkdir .cursor
    printf '{\t"a": 1.10,\n "mcpServers": {\n  "x":{"command" :"y"} } , "z":[ ]}\n' >.cursor/mcp.json
    cp .cursor/mcp.json before
    "$goxelctl" mcp install --client cursor
    cmp before .cursor/mcp.json.before-goxel
    jq -e '.mcpServers.goxel and .mcpServers.x and .a == 1.1' .cursor/mcp.json
    # Without the entry and the comma before it, it is the old text.
    tr -d '\n' <.cursor/mcp.json | sed 's/,    "goxel": {[^}]*}//' >without
    tr -d '\n' <before | cmp - without
    cp .cursor/mcp.json once
    run "$goxelctl" mcp install --client cursor
    [[ $output == *already* ]]
    cmp once .cursor/mcp.json
}

@test "an old entry is replaced, a dry run changes nothing" {
    printf '{"mcpServers": {"goxel": {"command": "old"}, "x": 1}}' >.claude.json
    cp .claude.json before
    run "$goxelctl" mcp install --client claude-code --dry-run
    [[ $output == *goxel-mcp* ]]
    cmp before .claude.json
    "$goxelctl" mcp install --client claude-code --socket /run/x.sock
    jq -e '.mcpServers.goxel.args == ["--socket", "/run/x.sock"]' .claude.json
    jq -e '.mcpServers.x == 1' .claude.json
}

@test "a file with comments is left alone, with advice" {
    mkdir .gemini
    printf '// mine\n{}\n' >.gemini/settings.json
    run "$goxelctl" mcp install --client gemini
    [ "$status" -eq 1 ]
    [[ $output == *"by hand"* ]]
    [ "$(head -c 7 .gemini/settings.json)" = "// mine" ]
}

@test "a link stays a link" {
    echo '{}' >real.json
    ln -s real.json .claude.json
    "$goxelctl" mcp install --client claude-code
    [ -L .claude.json ]
    jq -e '.mcpServers.goxel' real.json
}

@test "projects, usage" {
    "$goxelctl" mcp install --client vscode --project
    jq -e '.servers.goxel' .vscode/mcp.json
    run "$goxelctl" mcp install --client claude-desktop --project
    [ "$status" -eq 2 ]
    run "$goxelctl" mcp install
    [ "$status" -eq 2 ]
    run "$goxelctl" mcp nix
    [ "$status" -eq 2 ]
    "$goxelctl" mcp clients --json | jq -e 'length == 6'
}
