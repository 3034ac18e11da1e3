#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows the whole way of a model: starts the daemon as an ordinary user would,
# loads, edits, renders and exports a real model, and stops the daemon again.
# Every step is one goxelctl call; each line shows its time. Files go to out/.
set -eu
cd "$(dirname "$0")/.."
bin=build/bin
out=$PWD/out
example=$PWD/examples/lighthouse.gox
work=$(mktemp -d)
export GOXEL_SOCKET_PATH="$work/goxel.sock"
daemon=""

finish() {
    status=$?
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

now_ms() {
    date +%s%N | cut -b1-13
}

step() { # text command...
    text=$1
    shift
    begin=$(now_ms)
    if ! "$@" >"$work/answer" 2>"$work/errors"; then
        printf '  failed   %s\n' "$text"
        cat "$work/answer" "$work/errors"
        exit 1
    fi
    printf '  %5d ms  %s\n' "$(($(now_ms) - begin))" "$text"
}

call() {
    "$bin/goxelctl" call "$@"
}

start_daemon() {
    "$bin/goxel-daemon" --socket "$GOXEL_SOCKET_PATH" --data-dir "$work" \
        --set security.allowed_paths="$PWD/examples:$out" 2>"$work/daemon.log" &
    daemon=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$bin/goxelctl" ping >/dev/null 2>&1 && return 0
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.05
    done
    cat "$work/daemon.log"
    return 1
}

mkdir -p "$out"
echo "goxel-daemon: a model from file to picture"
step "start goxel-daemon" start_daemon
step "load examples/lighthouse.gox" call goxel.load_project path="$example"
step "add a layer \"Boat\"" call goxel.create_layer name=Boat project=lighthouse
step "draw the hull" call goxel.procedural_shape project=lighthouse \
    shape_type=ellipsoid 'size=[18,9,9]' 'center=[26,-38,3]' color='"#7A4A2B"'
step "cut it open" call goxel.procedural_shape project=lighthouse \
    shape_type=cube 'size=[20,11,6]' 'center=[26,-38,7]' mode=subtract
step "raise a mast" call goxel.procedural_shape project=lighthouse \
    shape_type=line 'from=[26,-38,2]' 'to=[26,-38,18]' color='"#E8E2D0"'
step "hoist a sail" call goxel.procedural_shape project=lighthouse \
    shape_type=wedge axis=x 'size=[9,1,12]' 'center=[31,-38,12]' color=white
step "paint the red stripes blue" call goxel.replace_color project=lighthouse \
    layer_id=Tower 'from="#C8372D"' 'to="#2D6CC8"'
step "take that back" call goxel.undo project=lighthouse
step "render six views to a contact sheet" call goxel.render_scene \
    project=lighthouse output_path="$out/lighthouse-sheet.png" \
    width=1200 height=900 \
    'views=["isometric","front","right","back","left","top"]'
step "render one large picture" call goxel.render_scene project=lighthouse \
    output_path="$out/lighthouse-large.png" width=1280 height=960 \
    'options={"samples":3}'
for extension in gox vox glb obj; do
    step "export lighthouse.$extension" call goxel.export_model \
        project=lighthouse path="$out/lighthouse.$extension"
done
step "stop goxel-daemon" sh -c "kill $daemon; while kill -0 $daemon 2>/dev/null; do sleep 0.01; done"
daemon=""

echo
echo "Files made in out/:"
for file in "$out"/lighthouse*; do
    printf '  %9d bytes  out/%s\n' "$(wc -c <"$file")" "$(basename "$file")"
done
cat <<EOT

How to go on:
  $bin/goxelctl info out/lighthouse.vox
  $bin/goxelctl convert out/lighthouse.gox house.ply
  $bin/goxelctl render out/lighthouse.gox -o house.png --views all
  $bin/goxel-daemon &              # then, in the same user's shell:
  $bin/goxelctl shell              # type .help
EOT
