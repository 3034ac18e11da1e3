#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The files for Docker, as far as they can be looked at without an engine; one
# of its own runs them in docker.sh.

setup() {
    docker=$GOX_SOURCE_DIR/config/docker
    cd "$GOX_SOURCE_DIR"
}

# The lines of the last stage, continuations joined.
last_stage() {
    sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$docker/Dockerfile" |
        awk '/^FROM /{text = ""} {text = text $0 "\n"} END {printf "%s", text}'
}

@test "the image runs as a user with a number, and not as root" {
    run bash -c "$(declare -f last_stage); docker=$docker last_stage | awk '/^USER /{u = \$2} END {print u}'"
    [[ $output =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]]
}

@test "the image has a check, a volume, and programs as lists of words" {
    stage=$(last_stage)
    for word in HEALTHCHECK VOLUME STOPSIGNAL LABEL; do
        grep -q "^$word " <<<"$stage"
    done
    grep '^ENTRYPOINT ' <<<"$stage" | sed 's/^ENTRYPOINT //' | jq -e 'type == "array"'
    grep '^HEALTHCHECK ' <<<"$stage" | sed 's/.* CMD //' | jq -e 'type == "array"'
}

@test "no base image floats, and nothing is fetched past the packages" {
    run grep -E '^ARG (BUILD|RUNTIME)_IMAGE=(.*latest|[a-z]+$)' "$docker/Dockerfile"
    [ "$status" -eq 1 ]
    run grep -E 'curl|wget|^ADD |https?://' "$docker/Dockerfile"
    [ "$status" -eq 1 ]
}

# A name that .dockerignore takes in: the last rule that fits it or a directory
# above it decides.
is_sent() {
    local rule path=$1 sent=1
    while read -r rule; do
        case $rule in
        '' | '#'*) ;;
        '*') sent=0 ;;
        '!'*) rule=${rule#!} && case $path in "$rule" | "$rule"/*) sent=1 ;; esac ;;
        *) case $path in "$rule" | "$rule"/*) sent=0 ;; esac ;;
        esac
    done <.dockerignore
    [ "$sent" = 1 ]
}

@test "what the build copies and needs is sent to it" {
    grep -oE '^COPY [^-].*' "$docker/Dockerfile" | while read -r _ file _; do
        [ -e "$file" ]
        [ "$file" = . ] || is_sent "$file"
    done
    for file in CMakeLists.txt CMakePresets.json scripts/install_packages.sh src/main/goxelctl.c include/goxel/version.h; do
        [ -e "$file" ]
        is_sent "$file"
    done
    # Each rule names something that is there.
    sed -n 's/^!//p' .dockerignore | while read -r file; do [ -e "$file" ]; done
}

@test "nothing else is: no built files, no history, no secrets" {
    for file in build/bin/goxel-daemon build-asan/x .git/config config/docker/tokens node/node_modules/x out/x tests/x; do
        if is_sent "$file"; then
            echo "$file would be sent"
            false
        fi
    done
}

@test "the settings that image and stack name exist" {
    {
        sed -n 's/^ENV \(.*\)/\1/p;s/^    \(GOXEL_[A-Z_]*=[^ ]*\).*/\1/p' "$docker/Dockerfile" | sed 's/ *\\$//'
        sed -n 's/^      \(GOXEL_[A-Z_]*\): "\{0,1\}\([^"]*\)"\{0,1\}$/\1=\2/p' "$docker/compose.yaml"
    } >"$BATS_TEST_TMPDIR/variables"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/variables")" -ge 9 ]
    while IFS== read -r name _; do
        grep -q "\`$name\`" docs/settings.md || { echo "$name is no setting"; false; }
    done <"$BATS_TEST_TMPDIR/variables"
}

@test "the manager knows the flags that the image gives it" {
    grep '^ENTRYPOINT ' "$docker/Dockerfile" | sed 's/^ENTRYPOINT //' |
        jq -r '.[1:][] | select(startswith("--"))' >"$BATS_TEST_TMPDIR/flags"
    [ -s "$BATS_TEST_TMPDIR/flags" ]
    "$GOX_BIN_DIR/goxel-manager" --help >"$BATS_TEST_TMPDIR/help"
    while read -r flag; do
        grep -q -- "^  $flag\b" "$BATS_TEST_TMPDIR/help" || { echo "$flag is unknown"; false; }
    done <"$BATS_TEST_TMPDIR/flags"
}

@test "the probe tells healthy, degraded, waiting and the rest apart" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    answer() { # EXIT-CODE TEXT
        printf '#!/bin/sh\necho %s\nexit %s\n' "'$2'" "$1" >"$BATS_TEST_TMPDIR/bin/goxelctl"
        chmod +x "$BATS_TEST_TMPDIR/bin/goxelctl"
        run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$docker/goxel-probe"
    }
    answer 0 '{"status":"healthy"}' && [ "$status" -eq 0 ]
    answer 1 '{"status":"degraded"}' && [ "$status" -eq 0 ]
    answer 4 '{"state":"starting","reason":"waiting for the data directory of another daemon"}' && [ "$status" -eq 0 ]
    answer 4 '{"state":"starting","reason":"opening the projects"}' && [ "$status" -eq 1 ]
    answer 2 '{"status":"unhealthy","reason":"rpc: no answer"}' && [ "$status" -eq 1 ]
    [[ $output == *"no answer"* ]]
    answer 3 'not running' && [ "$status" -eq 1 ]
    # What the daemon says is what the probe looks for.
    words=$(sed -n 's/.*"reason":"\([^'\'']*\)'\''.*/\1/p' "$docker/goxel-probe")
    grep -rq "\"$words" src/daemon/takeover.c
}

@test "compose has the file's hardening, and one writer" {
    for line in 'read_only: true' 'cap_drop: \[ALL\]' 'no-new-privileges:true' 'replicas: 1' \
        'order: start-first' 'failure_action: rollback'; do
        grep -q "$line" "$docker/compose.yaml"
    done
    if docker compose version >/dev/null 2>&1; then
        docker compose -f "$docker/compose.yaml" config -q
    elif command -v docker-compose >/dev/null; then
        docker-compose -f "$docker/compose.yaml" config -q
    fi
}
