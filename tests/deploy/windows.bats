#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The files for Windows, as far as they can be looked at on another system:
# WinSW's elements, the scripts' syntax, the settings, and that all name the same.

win=$GOX_SOURCE_DIR/config/windows

# A plain "!" does not fail a test that goes on after it.
fails() {
    if "$@"; then
        echo "found no mistake: $*"
        return 1
    fi
}

finds() { # file, sed program that makes a mistake: check tells of it
    local bad=$BATS_TEST_TMPDIR/bad.${1##*.}
    sed "$2" "$win/$1" >"$bad"
    fails cmp -s "$win/$1" "$bad" || return 1
    fails check "$bad"
}

@test "the service definition has only what WinSW knows" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    check() { python3 "$GOX_SOURCE_DIR/tests/deploy/winsw.py" "$1"; }
    check "$win/goxel-daemon.xml"
    finds goxel-daemon.xml 's/stoptimeout/stoptimout/'
    finds goxel-daemon.xml 's/30 sec</30 secunds</'
    finds goxel-daemon.xml 's/action="restart" delay="1 sec"/action="again"/'
    finds goxel-daemon.xml 's/roll-by-size/rol-by-size/'
    finds goxel-daemon.xml 's/<.service>//'
}

# PowerShell's own parser where there is one, else a grammar of tree-sitter.
@test "the scripts are PowerShell, and -WhatIf changes nothing" {
    # shellcheck source=tests/mcp/npm.sh
    if npm=$(. "$GOX_SOURCE_DIR/tests/mcp/npm.sh"
            npm_install powershell --ignore-scripts web-tree-sitter@0.27.1 tree-sitter-powershell@0.26.4
            echo "$dir"); then
        # V8's optimizing compiler takes 10 s for the grammar's one large function.
        check() { node --liftoff-only "$GOX_SOURCE_DIR/tests/deploy/powershell.mjs" "$npm" "$@"; }
        run check "$win/install.ps1" "$win/uninstall.ps1"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ $output == *" 0 mistakes" ]]
        finds install.ps1 's/^function Get-Installed {/function Get-Installed (/'
        finds install.ps1 's/^\$installed = Get-Installed/Stop-Service -Name $service/'
        finds uninstall.ps1 's/^Remove-IfEmpty \$bin/Remove-Item -Recurse $bin/'
    elif ! command -v pwsh >/dev/null; then
        skip "${npm#skipped: }"
    fi
}

@test "PowerShell's own parser has nothing to say" {
    command -v pwsh >/dev/null || skip "pwsh is not installed"
    for script in "$win"/*.ps1; do
        pwsh -NoProfile -Command "\$e = \$null; [void][System.Management.Automation.Language.Parser]::ParseFile('$script', [ref]\$null, [ref]\$e); \$e; exit \$e.Count"
    done
}

@test "the settings are right, in the places of Windows" {
    "$GOX_BIN_DIR/goxelctl" config check "$win/daemon_config.json"
    page=$GOX_SOURCE_DIR/docs/settings.md
    place() { sed -n "s/^| \`$1\`.* | \`\(.*\)\` |\$/\1/p" "$page" | tail -1; }
    [ "$(place --config)" = 'C:\ProgramData\Goxel\daemon_config.json' ]
    [ "$(jq -r .daemon.socket_path "$win/daemon_config.json")" = "$(place daemon.socket_path)" ]
    [[ $(jq -r .paths.data_dir "$win/daemon_config.json") == "$(place paths.data_dir)\\"* ]]
}

@test "the guide names parameters that there are" {
    for word in $(sed -n '/^## Windows/,/^## Homebrew/p' "$GOX_SOURCE_DIR/config/README.md" |
        sed -n 's/^\.\\\([a-z]*\)\.ps1/\1/p' | sed 's/#.*//' | awk '{for (i = 2; i <= NF; i++) if ($i ~ /^-/) print $1 $i}' | sort -u); do
        name=${word#*-}
        [ "$name" = WhatIf ] || grep -qE "\[(string|switch)\] \\\$$name\b" "$win/${word%%-*}.ps1" ||
            { echo "$word is not there"; false; }
        seen="${seen-} $word"
    done
    [[ $seen == *install-WinSWSha256* && $seen == *uninstall-Purge* ]]
}

@test "definition and scripts name the same" {
    grep -q '<id>GoxelDaemon</id>' "$win/goxel-daemon.xml"
    for script in "$win"/*.ps1; do
        grep -q "^\$service = 'GoxelDaemon'" "$script"
        grep -q "^\$data = Join-Path \$env:ProgramData 'Goxel'" "$script"
        grep -q "^\$wrapper = Join-Path \$Prefix 'goxel-daemon.exe'" "$script"
    done
    grep -q '<executable>%BASE%\\bin\\goxel-daemon.exe<' "$win/goxel-daemon.xml"
    grep -q '%ProgramData%\\Goxel\\daemon_config.json' "$win/goxel-daemon.xml"
    # The daemon knows the options.
    arguments=$(sed -n 's/.*<arguments>\(.*\)<.arguments>/\1/p' "$win/goxel-daemon.xml")
    "$GOX_BIN_DIR/goxel-daemon" --help >"$BATS_TEST_TMPDIR/help"
    for option in $(grep -o -e '--[a-z-]*' <<<"$arguments"); do
        grep -q -e "^  $option\$" "$BATS_TEST_TMPDIR/help"
    done
    # It is stopped in more time than it takes to drain.
    [ "$(sed -n 's/.*<stoptimeout>\([0-9]*\) sec<.*/\1/p' "$win/goxel-daemon.xml")" -gt \
        "$(jq .server.drain_seconds "$win/daemon_config.json")" ]
}
