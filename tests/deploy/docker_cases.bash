# SPDX-License-Identifier: Apache-2.0
# What must be true of the image, of a container and of a stack. Sourced by
# docker.sh; each case_* runs in a shell with -e and begins without containers.

hardened=(--label goxel.test --read-only --tmpfs /run/goxel:size=16m --cap-drop ALL
    --security-opt no-new-privileges --pids-limit 64 --memory 512m)

# "!" in front of a command keeps -e from seeing it.
not() {
    if "$@"; then return 1; fi
}
run() { # NAME OPTIONS...
    docker run -d "${hardened[@]}" --network none --name "$@" >/dev/null
}
edit() { # CONTAINER X
    docker exec "$1" goxelctl call goxel.add_voxel project=model "position=[$2,0,0]" color=red
}
make_model() {
    docker exec "$1" goxelctl call goxel.create_project name=model
}
has_voxel() { # CONTAINER X
    docker exec "$1" goxelctl call goxel.get_voxel project=model "position=[$2,0,0]" --json |
        jq -e '.. | .color? // empty | . == [255,0,0,255]'
}

case_image() {
    local over user
    over=$(($(size_of goxel-daemon:test) - $(size_of goxel-test-base)))
    echo "# $over bytes over the base image"
    [ "$over" -le 30000000 ]
    user=$(docker image inspect -f '{{.Config.User}}' goxel-daemon:test)
    [ "$user" = 10001:10001 ]
    docker image inspect goxel-daemon:test | jq -e '.[0].Config |
        .Labels["org.opencontainers.image.licenses"] == "Apache-2.0" and
        .Labels["org.opencontainers.image.version"] == "test" and
        .Healthcheck.Test[1] == "goxel-probe" and .Volumes["/var/lib/goxel"] == {}'
    docker run --rm --label goxel.test --user 0 --entrypoint sh goxel-daemon:test -c '
        test -z "$(find / -xdev -type f -perm /6000)" && ! command -v gcc &&
        test -z "$(find /var/lib/apt/lists -type f)"'
}

case_run() {
    local start
    start=$(date +%s%N)
    run one goxel-daemon:test
    until_true 30 docker exec one goxelctl ping
    echo "# answers after $(ms_since "$start") ms"
    until_true 30 is_healthy one
    echo "# healthy after $(ms_since "$start") ms"
    make_model one
    edit one 1
    has_voxel one 1
    docker exec one sh -c '
        test "$(cat /proc/1/comm)" = goxel-manager && test "$(id -u)" = 10001 &&
        ! touch /etc/x /usr/x /x 2>/dev/null &&
        grep -q "^CapBnd:.0000000000000000$" /proc/1/status &&
        grep -q "^NoNewPrivs:.1$" /proc/1/status'
    docker logs one 2>&1 | grep -q 'sandbox: best-effort: files'
    # Each record is one JSON object, in Docker's log.
    docker logs one 2>&1 | jq -e -s 'length > 0 and all(.level != null or .event != null)'
}

case_stop() {
    local start took
    run one -v stop:/var/lib/goxel goxel-daemon:test
    until_true 30 docker exec one goxelctl ping
    make_model one
    edit one 7
    start=$(date +%s%N)
    docker stop -t 10 one
    took=$(ms_since "$start")
    echo "# stopped in $took ms"
    [ "$took" -lt 2000 ]
    [ "$(exit_code_of one)" = 0 ]
    docker start one
    until_true 30 docker exec one goxelctl ping
    has_voxel one 7
}

# The daemon is process 1: for those who want no manager.
case_daemon_alone() {
    run one -v alone:/var/lib/goxel --entrypoint goxel-daemon goxel-daemon:test
    until_true 30 docker exec one goxelctl ping
    make_model one
    edit one 3
    until_true 30 is_healthy one
    # One writer in a volume.
    run two -v alone:/var/lib/goxel --entrypoint goxel-daemon goxel-daemon:test
    until_true 10 is_exited two
    [ "$(exit_code_of two)" = 75 ]
    docker logs two 2>&1 | grep -q 'is in use by another process'
    docker stop -t 10 one
    [ "$(exit_code_of one)" = 0 ]
}

# Clients outside use the socket of a mounted directory. Nobody is refused:
# the manager holds the socket.
case_daemon_killed() {
    local load k pid
    mkdir -m 1777 "$work/socket"
    docker run -d --label goxel.test --read-only --cap-drop ALL --network none --name one \
        -v "$work/socket:/run/goxel" goxel-daemon:test
    until_true 30 docker exec one goxelctl ping
    mkfifo "$work/go"
    node "$source/tests/deploy/load.js" "$work/socket/goxel-daemon.sock" model 4 \
        <"$work/go" >"$work/load.json" &
    load=$!
    exec 7>"$work/go"
    for k in 1 2 3; do
        pid=$(docker exec one goxelctl status --json | jq .pid)
        docker exec one sh -c "kill -9 $pid"
        # shellcheck disable=SC2016 # for the inner shell
        until_true 10 sh -c '[ "$(docker exec one goxelctl status --json | jq ".restarts.total")" = '"$k"' ] &&
            docker exec one goxelctl ping'
    done
    exec 7>&-
    wait $load || { cat "$work/load.json"; false; }
    echo "# three times kill -9: $(cat "$work/load.json")"
    jq -e '.lost == 0 and .refused == 0 and .acked > 100' "$work/load.json"
    [ "$(docker inspect -f '{{.RestartCount}}' one)" = 0 ]
    [ "$(docker logs one 2>&1 | grep -c '"event":"exited".*"signal":9')" = 3 ]
}

# "docker kill" turns the restart policy off, so process 1 is killed itself.
case_container_killed() {
    run one -v killed:/var/lib/goxel --restart always goxel-daemon:test
    until_true 30 docker exec one goxelctl ping
    make_model one
    edit one 5
    kill -9 "$(docker inspect -f '{{.State.Pid}}' one)"
    was_restarted() { [ "$(docker inspect -f '{{.RestartCount}}' one)" = 1 ]; }
    until_true 20 was_restarted
    until_true 30 docker exec one goxelctl ping
    has_voxel one 5
    docker kill one
    docker rm -f one
    # Another container, the same volume.
    run two -v killed:/var/lib/goxel goxel-daemon:test
    until_true 30 docker exec two goxelctl ping
    has_voxel two 5
}

case_bad_settings() {
    run one -e GOXEL_MAX_WORKERS=many goxel-daemon:test
    until_true 10 is_exited one
    [ "$(exit_code_of one)" = 78 ]
    docker logs one 2>&1 | grep 'GOXEL_MAX_WORKERS: server.workers: expected an integer from 0 to 256, got "many"'
    mkdir "$work/roots"
    run two -v "$work/roots:/var/lib/goxel" goxel-daemon:test
    until_true 10 is_exited two
    [ "$(exit_code_of two)" = 78 ]
    docker logs two 2>&1 | grep '/var/lib/goxel.*Permission denied'
    # Beyond loopback only with tokens.
    run three -e GOXEL_SERVER_PORT=7890 -e GOXEL_SERVER_BIND_ADDRESS=0.0.0.0 goxel-daemon:test
    until_true 10 is_exited three
    [ "$(exit_code_of three)" = 78 ]
    docker logs three 2>&1 | grep 'enable_authentication'
}

# The commands of a block of the guide's chapter on Docker.
guide_block() { # NUMBER
    awk -v want="$1" '/^## / {is_in = $2 == "Docker"}
        /^```$/ {is_on = 0} is_on && n == want {print} is_in && /^```sh$/ {is_on = ++n}' \
        "$source/config/README.md"
}

# The build was done before, with the same words.
case_guide() {
    docker tag goxel-daemon:test goxel-daemon
    mkdir "$work/guide"
    cd "$work/guide"
    guide_block 1 >block
    grep -qx 'docker build -f config/docker/Dockerfile -t goxel-daemon .' block
    sed -e '/^docker build /d' \
        -e '/-v goxel-projects:/a until docker exec goxel goxelctl ping; do :; done' block >block.sh
    [ "$(grep -c '^docker ' block.sh)" -ge 6 ]
    timeout 60 bash -eux block.sh
    [ -e castle.backup ]
    [ "$(exit_code_of goxel)" = 0 ]
    docker rm goxel
    # Settings of a file; variables win.
    echo '{"server": {"max_connections": 7, "queue_size": 9}}' >my.json
    run one -v "$PWD/my.json:/etc/goxel/daemon_config.json:ro" -e GOXEL_QUEUE_SIZE=11 \
        goxel-daemon --config /etc/goxel/daemon_config.json
    until_true 30 docker exec one goxelctl ping
    docker exec one goxelctl call daemon.health --json | jq -e \
        '.checks.connections.max == 7 and .checks.queue.capacity == 11'
}

# A token and its file, as the guide says.
make_tokens() {
    mkdir -p -m 0755 "$work/tokens.$1/config/docker"
    docker tag goxel-daemon:test goxel-daemon
    guide_block 2 | sed '/^docker compose /d' >"$work/tokens.sh"
    GOXEL_TOKEN=$(cd "$work/tokens.$1" && bash -eu "$work/tokens.sh" 2>/dev/null)
    echo "$GOXEL_TOKEN" >"$work/token"
    export GOXEL_TOKEN GOXEL_IMAGE=goxel-daemon:test
    export GOXEL_TOKENS=$work/tokens.$1/config/docker/tokens
}

case_compose() {
    local compose one
    if docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
    elif command -v docker-compose >/dev/null; then
        compose=(docker-compose)
    else
        echo "neither docker compose nor docker-compose is here"
        exit 77
    fi
    make_tokens compose
    compose+=(--project-name composed -f "$source/config/docker/compose.yaml")
    "${compose[@]}" up -d --no-build
    one=$("${compose[@]}" ps -q daemon)
    until_true 30 is_healthy "$one"
    docker exec -e GOXEL_TOKEN "$one" goxelctl call goxel.create_project name=model
    not docker exec "$one" goxelctl call goxel.create_project name=other
    docker inspect "$one" | jq -e '.[0].HostConfig | .ReadonlyRootfs and .CapDrop == ["ALL"] and
        (.SecurityOpt | any(startswith("no-new-privileges")))'
    "${compose[@]}" down
    docker volume inspect composed_projects
}

# ---- Swarm ----

stack() {
    docker stack deploy -c "$source/config/docker/compose.yaml" -c "$work/clients.yaml" goxel
}
task() {
    docker ps -q -f label=com.docker.swarm.service.name=goxel_daemon -f status=running
}
serves() {
    local one
    one=$(task)
    [ "$(wc -w <<<"$one")" = 1 ] && docker exec -e GOXEL_TOKEN "$one" goxelctl call goxel.list_projects
}
update_state() {
    docker service inspect -f '{{.UpdateStatus.State}}' goxel_daemon
}
state_is() {
    [ "$(update_state)" = "$1" ]
}

# Clients in the network of another service of the stack: they find the daemon
# by its name. The program is this system's; only network and resolver are the
# container's.
start_load() { # PROJECT
    local pid
    pid=$(docker inspect -f '{{.State.Pid}}' "$(docker ps -q -f label=com.docker.swarm.service.name=goxel_client)")
    cp "/proc/$pid/root/etc/resolv.conf" "$work/resolv.conf"
    rm -f "$work/go"
    mkfifo "$work/go"
    # shellcheck disable=SC2016 # for the inner shell
    nsenter -t "$pid" -n -- unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec node "$@"' \
        sh "$work/resolv.conf" "$source/tests/deploy/load.js" daemon:7890 "$1" 4 <"$work/go" >"$work/load.json" 2>&1 &
    load=$!
    exec 7>"$work/go"
}
end_load() {
    exec 7>&-
    wait "$load" || true
    echo "# $1: $(cat "$work/load.json")"
    jq -e '.lost == 0 and .errors == 0 and .acked > 100' "$work/load.json"
}

case_stack() {
    local node start
    if ! docker swarm init --advertise-addr 127.0.0.1 >"$work/swarm.log" 2>&1; then
        echo "no Swarm here: $(tail -n 1 "$work/swarm.log")"
        exit 77
    fi
    node=$(docker node ls -q)
    docker node update --label-add goxel=here "$node"
    make_tokens stack
    cat >"$work/clients.yaml" <<'END'
version: "3.9"
services:
  client:
    image: goxel-daemon:test
    entrypoint: [sleep, infinity]
    healthcheck: {disable: true}
END
    start=$(date +%s%N)
    stack
    until_true 60 serves
    echo "# stack serves after $(ms_since "$start") ms"
    docker inspect "$(task)" | jq -e '.[0] | .HostConfig.ReadonlyRootfs and
        .HostConfig.CapDrop == ["ALL"] and .HostConfig.Memory == 1073741824 and .Config.User == "10001:10001"'
    # The secret is the daemon's alone.
    [ "$(docker exec "$(task)" stat -c '%a %u' /run/secrets/goxel_tokens)" = '400 10001' ]
}

# The new one is there before the old one goes; it waits for the data.
case_stack_update() {
    local old
    docker service inspect goxel_daemon >/dev/null 2>&1 || { echo "no stack"; exit 77; }
    make_tokens_known
    old=$(task)
    derive_image goxel-daemon:next 'LABEL next=1'
    start_load updated
    GOXEL_IMAGE=goxel-daemon:next stack
    until_true 120 state_is completed
    [ "$(task)" != "$old" ]
    [ "$(docker inspect -f '{{.Config.Labels.next}}' "$(task)")" = 1 ]
    end_load "rolling update"
    docker logs "$(task)" 2>&1 | grep -o 'waited [0-9]* ms for the data directory' | sed 's/^/# the new one /'
}

# One that does not start is taken back; the old one has served all the time.
case_stack_rollback() {
    local old
    docker service inspect goxel_daemon >/dev/null 2>&1 || { echo "no stack"; exit 77; }
    make_tokens_known
    old=$(task)
    derive_image goxel-daemon:broken 'ENV GOXEL_MAX_WORKERS=many'
    start_load rolled
    GOXEL_IMAGE=goxel-daemon:broken stack
    until_true 120 state_is rollback_completed
    end_load "update to an image that does not start"
    jq -e '.repeated == 0' "$work/load.json"
    [ "$(task)" = "$old" ]
}

# A task that is killed is replaced, with its data.
case_stack_task_killed() {
    local old
    docker service inspect goxel_daemon >/dev/null 2>&1 || { echo "no stack"; exit 77; }
    make_tokens_known
    old=$(task)
    start_load killed
    read -r -t 1 <> <(:) || true
    kill -9 "$(docker inspect -f '{{.State.Pid}}' "$old")"
    is_another() { [ "$(task)" != "$old" ] && serves; }
    until_true 60 is_another
    end_load "process 1 killed"
    docker stack rm goxel
    docker volume inspect goxel_projects
}

# The token that case_stack made; cases are shells of their own.
make_tokens_known() {
    GOXEL_TOKEN=$(cat "$work/token")
    export GOXEL_TOKEN GOXEL_TOKENS=$work/tokens.stack/config/docker/tokens
}
