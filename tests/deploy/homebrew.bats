#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The Homebrew formula without Homebrew: its syntax and words, its test block
# with the real programs, and that it agrees with launchd's list and the places.

formula=$GOX_SOURCE_DIR/config/homebrew/goxel-daemon.rb

setup() {
    command -v ruby >/dev/null || skip "ruby is not installed"
    cd "$BATS_TEST_TMPDIR"
    mkdir -p etc/goxel
    cp "$GOX_SOURCE_DIR/config/daemon_config.json" etc/goxel/
}

look() { # formula
    ruby "$GOX_SOURCE_DIR/tests/deploy/formula.rb" "$1" "$GOX_BIN_DIR" "$PWD/etc"
}
# A plain "!" does not fail a test that goes on after it.
fails() {
    if "$@"; then
        echo "found no mistake: $*"
        return 1
    fi
}

@test "the formula is Ruby, and its test block passes" {
    ruby -wc "$formula"
    look "$formula" >noted
    [ "$(jq .assertions noted)" -eq 3 ]
    sed 's/keep_alive/keep_alove/' "$formula" >bad.rb
    fails look bad.rb
    sed 's/goxelctl --version/goxelctl --versions/' "$formula" >bad.rb
    fails look bad.rb
}

@test "the service is what launchd's list says" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    look "$formula" >noted
    # Of the list: words of the command but places, the restart rule, the kind,
    # and which variables are set.
    python3 - "$GOX_SOURCE_DIR/config/launchd/com.goxel.daemon.plist" >list <<'END'
import json, os, plistlib, sys
job = plistlib.load(open(sys.argv[1], "rb"))
print(json.dumps([[os.path.basename(word) for word in job["ProgramArguments"]],
                  job["KeepAlive"]["SuccessfulExit"], job["ProcessType"].lower(), job["WorkingDirectory"],
                  sorted(job["EnvironmentVariables"])]))
END
    jq -c '.service | [[.run[] | split("/")[-1]], .keep_alive.successful_exit, .process_type, .working_dir,
        (.environment_variables | keys)]' noted >ours
    diff <(jq -c . list) ours
}

@test "files are in the places that the programs know" {
    look "$formula" >noted
    place() { sed -n "s/^| \`$1\`.* | [^|]* | [^|]* | \`\(.*\)\` | [^|]* |\$/\1/p" "$GOX_SOURCE_DIR/docs/settings.md" | tail -1; }
    [ "$(jq -r '.service.run[2]' noted)" = "$(place --config)" ]
    variable() { jq -r ".service.environment_variables.$1" noted; }
    [ "$(variable GOXEL_SOCKET_PATH)" = "$(place daemon.socket_path)" ]
    [ "$(variable GOXEL_LOG_FILE)" = "$(place daemon.log_file)" ]
    [ "$(variable GOXEL_PATHS_DATA_DIR)" = "$(place paths.data_dir)" ]
}

@test "it depends on what the build needs" {
    look "$formula" >noted
    eval "$(sed -n '/^build_brew=/,/"$/p' "$GOX_SOURCE_DIR/scripts/install_packages.sh")"
    # pkgconf is what pkg-config is called there now; the rest is for Linux.
    wanted=$(printf '%s\n' $build_brew libseccomp linux zlib | sed 's/^pkg-config$/pkgconf/' | sort)
    diff <(echo "$wanted") <(jq -r '.depends_on[]' noted | sort)
}
