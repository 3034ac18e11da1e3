#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The objects for Kubernetes, without a cluster: their shape by the schemas that
# npm packages carry, how they fit each other and the daemon, and what the pod
# would run, run here.

kube=$GOX_SOURCE_DIR/config/kubernetes
chart=$kube/helm/goxel-daemon

# The cache of npm packages, or why there is none.
packages() {
    # shellcheck source=tests/mcp/npm.sh
    . "$GOX_SOURCE_DIR/tests/mcp/npm.sh"
    npm_install kubernetes kubernetes-models@5.1.0 @kubernetes-models/prometheus-operator@6.0.0 \
        yaml@2 ajv@8
    echo "$dir"
}

# helm, or a program of ours that renders the same templates.
renderer() {
    local gopath=/usr/share/gocode out=$GOX_BUILD_DIR/tests/deploy/helm_render
    local source=$GOX_SOURCE_DIR/tests/deploy/helm_render.go
    if command -v helm; then return; fi
    if ! command -v go >/dev/null || [ ! -d $gopath/src/github.com/Masterminds/sprig ]; then
        echo "skipped: neither helm nor golang-go with golang-github-masterminds-sprig-dev is installed"
        return 77
    fi
    mkdir -p "${out%/*}"
    if [ ! -x "$out" ] || [ "$source" -nt "$out" ]; then
        GO111MODULE=off GOPATH=$gopath GOCACHE=$GOX_BUILD_DIR/tests/deploy/gocache \
            go build -o "$out" "$source" >&2 || return 1
    fi
    echo "$out"
}

setup_file() {
    # The first time both take seconds: one waits for the net, one computes.
    renderer >"$BATS_FILE_TMPDIR/helm" 3>&- &
    npm=$(packages) || [ $? -eq 77 ]
    wait $! || [ $? -eq 77 ]
    helm=$(cat "$BATS_FILE_TMPDIR/helm")
    export npm helm
    [ "${npm#skipped}" = "$npm" ] || return 0
    check base "$kube/base" "$BATS_FILE_TMPDIR/base.yaml"
}

setup() {
    [ "${npm#skipped}" = "$npm" ] || skip "${npm#skipped: }"
}

# A plain "!" does not fail a test that goes on after it.
fails() {
    if "$@"; then
        echo "found no mistake: $*"
        return 1
    fi
}
check() {
    node "$GOX_SOURCE_DIR/tests/deploy/kube_check.mjs" "$npm" "$@"
}
need_kubectl() {
    command -v kubectl >/dev/null || skip "kubectl is not installed"
    # What is older has another kustomize: 2.0.3 in Debian 12's.
    kubectl version --client 2>/dev/null | grep -q 'Kustomize Version: v5' || skip "kubectl has no kustomize 5"
}
need_helm() {
    [ "${helm#skipped}" = "$helm" ] || skip "${helm#skipped: }"
}
render() { # [values.yaml] -> objects; notes go to standard error
    if [ "${helm##*/}" = helm ]; then
        helm template goxel-daemon "$chart" --namespace default ${1:+--values "$1"}
    else
        "$helm" "$chart" goxel-daemon default "$@"
    fi
}

@test "the base has the right shape and fits together" {
    check check "$BATS_FILE_TMPDIR/base.yaml"
}

@test "each of 37 mistakes would be found" {
    run check mutate "$BATS_FILE_TMPDIR/base.yaml"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "37 mistakes, 0 not found" ]
}

@test "kustomize makes the same of the base" {
    need_kubectl
    kubectl kustomize "$kube/base" >"$BATS_TEST_TMPDIR/base.yaml"
    check same "$BATS_FILE_TMPDIR/base.yaml" "$BATS_TEST_TMPDIR/base.yaml"
}

@test "the example overlay is whole, with Prometheus and three replicas" {
    need_kubectl
    cp -r "$kube" "$BATS_TEST_TMPDIR/k"
    cd "$BATS_TEST_TMPDIR/k/overlays/example"
    # As the overlay's own comment tells.
    "$GOX_BIN_DIR/goxelctl" token new --file "$PWD/tokens" --scopes read,edit --name clients
    "$GOX_BIN_DIR/goxelctl" token new --file "$PWD/tokens" --scopes read --name prometheus | tr -d '\n' >scrape-token
    grep -q '^goxel_' scrape-token
    kubectl kustomize . >"$BATS_TEST_TMPDIR/all.yaml"
    check check "$BATS_TEST_TMPDIR/all.yaml" closed
    [ "$(grep -c '^kind:' "$BATS_TEST_TMPDIR/all.yaml")" -eq 13 ]
    grep -q 'replicas: 3' "$BATS_TEST_TMPDIR/all.yaml"
    grep -q 'image: registry.example.com/goxel-daemon:0.1.0' "$BATS_TEST_TMPDIR/all.yaml"
}

@test "the chart's values fit their schema, and wrong ones do not" {
    cd "$BATS_TEST_TMPDIR"
    sed 's/^replicaCount: 1/replicas: 1/' "$chart/values.yaml" >a.yaml
    sed 's/metrics_listen: 0.0.0.0:9464/metrics_listen: 127.0.0.1:9464/' "$chart/values.yaml" >b.yaml
    sed 's/accessMode: ReadWriteOnce/accessMode: ReadWriteMany/' "$chart/values.yaml" >c.yaml
    check values "$chart/values.schema.json" "$chart/values.yaml" a.yaml b.yaml c.yaml
    # The check can fail.
    fails check values "$chart/values.schema.json" a.yaml
    fails check values "$chart/values.schema.json" "$chart/values.yaml" "$chart/values.yaml"
}

@test "the chart makes what the base is" {
    need_helm
    render >"$BATS_TEST_TMPDIR/chart.yaml" 2>"$BATS_TEST_TMPDIR/notes"
    check same "$BATS_FILE_TMPDIR/base.yaml" "$BATS_TEST_TMPDIR/chart.yaml"
    check check "$BATS_TEST_TMPDIR/chart.yaml"
    [ "${helm##*/}" != helm ] || helm lint --strict "$chart"
}

@test "with Prometheus the chart makes what base and component are" {
    need_helm
    need_kubectl
    cp -r "$kube" "$BATS_TEST_TMPDIR/k"
    mkdir "$BATS_TEST_TMPDIR/k/overlays/both"
    cd "$BATS_TEST_TMPDIR/k/overlays/both"
    printf '%s\n' 'resources: [../../base]' 'components: [../../components/monitoring]' >kustomization.yaml
    kubectl kustomize . >both.yaml
    echo 'serviceMonitor: {enabled: true}' >values.yaml
    render values.yaml >chart.yaml
    check same both.yaml chart.yaml
}

@test "the chart with all that can be set has the right shape" {
    need_helm
    cd "$BATS_TEST_TMPDIR"
    cat >values.yaml <<'END'
fullnameOverride: my-goxel-daemon
replicaCount: 3
auth: {tokens: "# no token yet\n"}
image: {digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
imagePullSecrets: [{name: registry}]
config:
  server: {workers: 8, drain_seconds: 60}
  performance: {max_memory_mb: 3000}
terminationGracePeriodSeconds: 90
resources: {limits: {memory: 4Gi, cpu: 8}}
service: {type: NodePort, annotations: {a.example/b: "c"}}
persistence: {storageClassName: fast, accessMode: ReadWriteOncePod, size: 1Ti}
networkPolicy: {extraFrom: [{namespaceSelector: {matchLabels: {team: art}}}]}
serviceMonitor: {enabled: true, labels: {release: kube-prometheus-stack}, tokenSecret: {name: my-goxel-daemon-scrape, key: t}}
podAnnotations: {a.example/b: "c"}
podLabels: {team: art}
priorityClassName: high
nodeSelector: {disk: ssd}
tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}}
topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
END
    render values.yaml >chart.yaml
    check check chart.yaml
    [ "$(grep -c '^kind: Service$' chart.yaml)" -eq 4 ]
    grep -q 'image: goxel-daemon@sha256:0123' chart.yaml
    grep -q 'priorityClassName: high' chart.yaml
}

@test "the chart refuses what cannot work" {
    need_helm
    cd "$BATS_TEST_TMPDIR"
    refuses() { # what it says, values
        printf '%s\n' "$2" >bad.yaml
        run render bad.yaml
        echo "$output"
        [ "$status" -ne 0 ]
        [[ $output == *"$1"* ]]
    }
    refuses "must be true" 'config: {security: {enable_authentication: false}}'
    refuses "must be more than" 'terminationGracePeriodSeconds: 10'
    refuses "exclude each other" 'auth: {tokens: a, existingSecret: b}'
}

@test "versions and the image's user are the same everywhere" {
    version=$(sed -n 's/^#define GOX_VERSION "\(.*\)"/\1/p' "$GOX_SOURCE_DIR/include/goxel/version.h")
    grep -qx "appVersion: \"$version\"" "$chart/Chart.yaml"
    grep -qx "version: $version" "$chart/Chart.yaml"
    [ "$(grep -c "image: goxel-daemon:$version\$" "$kube/base/statefulset.yaml")" -eq 2 ]
    grep -q "newTag: $version\$" "$kube/overlays/example/kustomization.yaml"
    dockerfile=$GOX_SOURCE_DIR/config/docker/Dockerfile
    [ -e "$dockerfile" ] || skip "there is no Dockerfile"
    grep -q 'USER 10001:10001' "$dockerfile"
    grep -q 'config/docker/goxel-probe /usr/bin/' "$dockerfile"
    grep -q 'GOXEL_SOCKET_PATH=/run/goxel/goxel-daemon.sock' "$dockerfile"
    grep -q 'GOXEL_PATHS_DATA_DIR=/var/lib/goxel' "$dockerfile"
}

@test "the guide names values, files and objects that there are" {
    sed -n '/^## Kubernetes/,/^## Windows/p' "$GOX_SOURCE_DIR/config/README.md" >"$BATS_TEST_TMPDIR/guide"
    [ -s "$BATS_TEST_TMPDIR/guide" ]
    node -e 'const [, p, f, ...keys] = process.argv; const v = require(p).parse(require("fs").readFileSync(f, "utf8"));
        for (const k of keys) if (k.split(".").reduce((o, n) => o[n], v) === undefined) throw new Error(k);' \
        "$npm/node_modules/yaml" "$chart/values.yaml" replicaCount image.tag networkPolicy.extraFrom terminationGracePeriodSeconds \
        $(grep -oE -e '--set(-file)? [a-zA-Z.]+=' "$BATS_TEST_TMPDIR/guide" | sed 's/.* //; s/=//')
    for file in $(grep -oE '(config/kubernetes/[a-z/-]+|kubernetes/overlays/[a-z]+)' "$BATS_TEST_TMPDIR/guide"); do
        [ -e "$GOX_SOURCE_DIR/config/${file#config/}" ]
    done
    for name in $(sed -n 's/^| [A-Z][A-Za-z]* `\(.*\)` | .*/\1/p' "$BATS_TEST_TMPDIR/guide"); do
        grep -q "$name" "$BATS_FILE_TMPDIR/base.yaml"
    done
}

# As the image's user where the test is root. One exec after the other, so that
# the process number of the first is the last one's.
as_pod() {
    "${pod_words[@]}" sh "$pod/$1.sh"
}
set_pod_words() {
    pod_words=(env -i "PATH=$pod/bin:$PATH" "GOXEL_SECURITY_SANDBOX=${GOXEL_SECURITY_SANDBOX:-best-effort}")
    [ "$(id -u)" -ne 0 ] || pod_words+=(setpriv --reuid "$1" --regid "$1" --clear-groups
        --no-new-privs --bounding-set=-all --inh-caps=-all)
}

teardown() {
    [ -z "${daemon-}" ] || kill -9 "$daemon" 2>/dev/null || true
    [ -z "${pod-}" ] || rm -rf "$pod"
}

@test "the pod's commands do here what they would do there" {
    command -v curl >/dev/null || skip "curl is not installed"
    probe=$GOX_SOURCE_DIR/config/docker/goxel-probe
    [ -x "$probe" ] || skip "there is no goxel-probe"
    # A directory that the image's user can reach.
    pod=$(mktemp -d /tmp/gox-pod.XXXXXX)
    chmod 755 "$pod"
    mkdir "$pod/bin"
    cp "$GOX_BIN_DIR/goxel-daemon" "$GOX_BIN_DIR/goxelctl" "$probe" "$pod/bin/"
    port=$(node -e 'const s = require("net").createServer().listen(0, () => { console.log(s.address().port); s.close(); })')
    check pod "$BATS_FILE_TMPDIR/base.yaml" "$pod" "$port"
    set_pod_words "$(cat "$pod/user")"
    read_token=$("$GOX_BIN_DIR/goxelctl" token new --file "$pod/etc/goxel-tokens/tokens" --scopes read)
    edit_token=$("$GOX_BIN_DIR/goxelctl" token new --file "$pod/etc/goxel-tokens/tokens" --scopes read,edit)
    # Volumes as fsGroup leaves them.
    chmod 0440 "$pod/etc/goxel-tokens/tokens"
    chmod 2777 "$pod/run/goxel"
    chmod 2775 "$pod/var/lib/goxel"
    chmod 700 "$pod/var/lib/goxel/lost+found"
    if [ "$(id -u)" -eq 0 ]; then
        chgrp "$(cat "$pod/user")" "$pod/etc/goxel-tokens/tokens" "$pod/run/goxel" "$pod/var/lib/goxel"
        chmod 755 "$pod/etc/goxel-tokens"
    fi

    # Before the daemon is there: the probe fails, the tokens are missing.
    run as_pod live
    [ "$status" -eq 1 ]
    run as_pod check
    [ "$status" -eq 78 ]
    as_pod init
    as_pod check

    "${pod_words[@]}" sh "$pod/start.sh" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    daemon=$!
    for _ in $(seq 400); do
        ! as_pod live >/dev/null 2>&1 || break
        sleep 0.05
    done
    cat "$BATS_TEST_TMPDIR/log"
    as_pod live

    code() { curl -s -o "$BATS_TEST_TMPDIR/body" -w '%{http_code}' -H "Host: 10.1.2.3:$port" "$@"; }
    [ "$(code "$(cat "$pod/ready")")" = 200 ]
    [ "$(code "http://127.0.0.1:$port/healthz")" = 200 ]
    [ "$(code "http://127.0.0.1:$port/metrics")" = 401 ]
    [ "$(code "http://127.0.0.1:$port/metrics" -H "Authorization: Bearer $read_token")" = 200 ]
    grep -q '^goxel_ready 1' "$BATS_TEST_TMPDIR/body"
    call() { # token, request
        code "http://127.0.0.1:$port/rpc" -H 'Content-Type: application/json' -H "Authorization: Bearer $1" -d "$2"
    }
    make='{"jsonrpc":"2.0","id":1,"method":"goxel.create_project","params":{"name":"house"}}'
    [ "$(call "$edit_token" "$make")" = 200 ]
    grep -q '"result"' "$BATS_TEST_TMPDIR/body"
    [ "$(call "$read_token" "$make")" != 401 ]
    grep -q '"error"' "$BATS_TEST_TMPDIR/body"

    # One that hangs is told from one that is busy, within timeoutSeconds (5).
    kill -STOP "$daemon"
    run timeout 5 "${pod_words[@]}" sh "$pod/live.sh"
    kill -CONT "$daemon"
    echo "$output"
    [ "$status" -eq 1 ]
    as_pod live

    # It ends well before the kubelet would kill it.
    kill -TERM "$daemon"
    began=$SECONDS
    wait "$daemon"
    [ $((SECONDS - began)) -lt "$(cat "$pod/grace")" ]
    run as_pod live
    [ "$status" -eq 1 ]
}
