# SPDX-License-Identifier: Apache-2.0
# A Docker engine of the test's own. Sourced by docker.sh.
#
# Invariant: what the engine keeps is below $work; it shares no socket, no
# containerd and, once containers run, no network with an engine of this host.
# It is stopped by the number of the process that was started here.

export DOCKER_HOST=unix://$work/docker.sock

has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.05 <> <(:) || true
    done
}

# In a mount namespace of its own, so that it finds no containerd of the host.
# start_engine host|own: the network; "host" can only build.
start_engine() {
    local storage net=() flags=()
    if [ "$1" = own ]; then
        net=(--net)
    else
        flags=(--bridge=none --iptables=false --ip-forward=false)
    fi
    for storage in overlay2 vfs; do
        # shellcheck disable=SC2016 # for the inner shell
        setsid unshare --mount "${net[@]}" sh -c '
            ip link set lo up 2>/dev/null
            [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd
            exec dockerd "$@"' sh --host "$DOCKER_HOST" --data-root "$work/data" \
            --exec-root "$work/exec" --pidfile "$work/docker.pid" \
            --storage-driver "$storage" "${flags[@]}" </dev/null >>"$work/engine.log" 2>&1 &
        engine=$!
        if until_true 30 engine_answers_or_ended && docker version >/dev/null 2>&1; then
            return 0
        fi
        stop_engine
    done
    return 1
}
engine_answers_or_ended() {
    has_ended "$engine" || docker version
}

stop_engine() {
    [ -n "${engine:-}" ] || return 0
    docker swarm leave --force >/dev/null 2>&1 || true
    # shellcheck disable=SC2046 # numbers
    docker rm -f $(docker ps -aq) >/dev/null 2>&1 || true
    kill -TERM "$engine" 2>/dev/null
    until_true 20 has_ended "$engine" || kill -KILL "$engine" 2>/dev/null
    wait "$engine" 2>/dev/null
    engine=
}

# No registry is asked: the base image is made of a Debian tree.
import_base() {
    tar --one-file-system --numeric-owner -C "$tree" --exclude=./proc/* --exclude=./sys/* -c . |
        docker import --change 'CMD ["bash"]' - goxel-test-base >/dev/null
}

# The variables are those that Docker itself hands on to a build.
build_image() {
    local args=() name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || args+=(--build-arg "$name")
    done
    docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
    docker build --network=host --build-arg BUILD_IMAGE=goxel-test-base \
        --build-arg RUNTIME_IMAGE=goxel-test-base --build-arg VERSION=test "${args[@]}" \
        -f "$source/config/docker/Dockerfile" -t goxel-daemon:test "$source" </dev/null
}

# The same image under another name, with one more instruction.
derive_image() { # NAME INSTRUCTION
    printf 'FROM goxel-daemon:test\n%s\n' "$2" | docker build -q -t "$1" - >/dev/null
}

health_of() {
    docker inspect -f '{{.State.Health.Status}}' "$1"
}
is_healthy() {
    [ "$(health_of "$1")" = healthy ]
}
exit_code_of() {
    docker inspect -f '{{.State.ExitCode}}' "$1"
}
is_exited() {
    [ "$(docker inspect -f '{{.State.Status}}' "$1")" = exited ]
}
size_of() {
    docker image inspect -f '{{.Size}}' "$1"
}
ms_since() { # of date +%s%N
    echo $((($(date +%s%N) - $1) / 1000000))
}
