#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# convert, info and render with the real daemon as a private child: good files,
# broken files, children that are killed, ^C, and outputs that are there.

load common

setup() {
    need_daemon
    cd "$BATS_TEST_TMPDIR"
    model "$PWD/a.gox"
}

@test "one file: the extension says the format" {
    separately "$goxelctl" convert a.gox a.glb
    [ "$status" -eq 0 ]
    [ -z "$err" ]
    [[ "$out" =~ ^a\.glb:\ [0-9]+\ voxels,\ [0-9]+\ faces,\ .*B ]]
    [ "$(head -c 4 a.glb)" = glTF ]
    nothing_left .
}

@test "--json has figures of each file" {
    "$goxelctl" convert a.gox a.vox --json >j
    jq -e '.converted == 1 and .failed == 0 and .files[0].ok and
        .files[0].voxels > 0 and .files[0].output == "a.vox"' j
    [ "$(wc -l <j)" -eq 1 ]
    bytes=$(stat -c %s a.vox)
    jq -e ".files[0].bytes == $bytes" j
}

@test "the options of a mesh reach the writer" {
    "$goxelctl" convert a.gox merged.obj
    "$goxelctl" convert a.gox raw.obj --faces raw
    [ "$(grep -c ^f raw.obj)" -gt "$(grep -c ^f merged.obj)" ]
    "$goxelctl" convert a.gox z.obj --up z-up --scale 2 --pivot bottom
    # The lowest point is on the ground when the pivot is at the bottom.
    awk '/^v /{if (m == "" || $4 < m) m = $4} END {exit m != 0}' z.obj
    [ -s raw.mtl ] || ! grep -q mtllib raw.obj
    nothing_left .
}

@test "an option that the format does not take is refused" {
    for row in "--up z|x.glb" "--faces raw|x.vox" "--scale 2|x.txt"; do
        # shellcheck disable=SC2086
        separately "$goxelctl" convert a.gox "${row#*|}" ${row%|*}
        [ "$status" -eq 2 ]
        [[ "$err" == *"means nothing for"* ]]
        [ ! -e "${row#*|}" ]
    done
    separately "$goxelctl" convert a.gox -
    [ "$status" -eq 2 ]
    [ ! -e ./- ]
}

@test "--size makes voxels of a mesh" {
    "$goxelctl" convert a.gox a.ply
    "$goxelctl" convert a.ply b.gox --size 20
    "$goxelctl" info --json b.gox | jq -e '.files[0].box.dimensions | max == 20'
}

@test "an output that is there: error, --force, --no-clobber" {
    echo mine >a.glb
    separately "$goxelctl" convert a.gox a.glb
    [ "$status" -eq 1 ]
    [[ "$err" == *"a.glb is there already"*"--force"* ]]
    [ "$(cat a.glb)" = mine ]
    "$goxelctl" convert -n a.gox a.glb
    [ "$(cat a.glb)" = mine ]
    "$goxelctl" convert -f a.gox a.glb
    [ "$(head -c 4 a.glb)" = glTF ]
}

@test "inputs that are none: missing, a directory, a pipe, unreadable" {
    mkdir d
    mkfifo p
    for row in "gone.vox|no such file" "d|is a directory" \
        "p|not a regular file"; do
        separately "$goxelctl" convert "${row%|*}" x.glb
        [ "$status" -eq 1 ]
        [[ "$err" == *"${row%|*}: "*"${row#*|}"* ]]
        [ "$(wc -l <<<"$err")" -eq 1 ]
        separately "$goxelctl" info "${row%|*}"
        [ "$status" -eq 1 ]
        separately "$goxelctl" render "${row%|*}" -o x.png
        [ "$status" -eq 1 ]
    done
    [ ! -e x.glb ] && [ ! -e x.png ]
}

@test "content of no known format names the file, once, on one line" {
    head -c 300 /dev/zero >bad.vox
    head -c 200 a.gox >cut.gox
    for f in bad.vox cut.gox; do
        for c in "convert $f x.glb" "info $f" "render $f -o x.png"; do
            # shellcheck disable=SC2086
            separately "$goxelctl" $c
            [ "$status" -eq 1 ]
            [ "$(wc -l <<<"$err")" -eq 1 ]
            [[ "$err" == *"$f"* ]]
        done
    done
    nothing_left .
}

@test "outputs that cannot be: unknown extension, no directory, a directory" {
    for row in "a.xyz|a.xyz" "gone/a.glb|make the directory first" \
        "/dev/null|no regular file"; do
        separately "$goxelctl" convert a.gox "${row%|*}"
        [ "$status" -eq 1 ]
        [[ "$err" == *"${row#*|}"* ]] || { echo "$err"; false; }
        # The hidden place where it was written is nobody's business.
        [[ "$err" != *".goxelctl-"* ]]
    done
    nothing_left .
}

@test "a batch with one bad file in five: four done, one told, 1" {
    for i in 1 2 3 4; do cp a.gox in$i.gox; done
    echo nonsense >in5.gox
    separately "$goxelctl" convert in*.gox --to glb --out-dir out/deep
    [ "$status" -eq 1 ]
    [ "$(ls out/deep | wc -l)" -eq 4 ]
    [[ "$err" == *FAILED*in5.gox* ]]
    [[ "$err" != *in4.gox* ]]
    [[ "$out" == "4 converted, 1 failed in "* ]]
    nothing_left .
    separately "$goxelctl" convert in*.gox --to vox --json -j 3
    [ "$status" -eq 1 ]
    jq -e '.converted == 4 and .failed == 1 and
        ([.files[] | select(.ok | not)][0].input == "in5.gox")' <<<"$out"
    [ -s in1.vox ] && [ ! -e in5.vox ]
}

@test "a batch: an unknown format, two inputs for one output, a directory" {
    mkdir d out
    cp a.gox d/a.gox
    separately "$goxelctl" convert a.gox d/a.gox --to nope
    [ "$status" -eq 2 ]
    [[ "$err" == *"goxelctl formats"* ]]
    separately "$goxelctl" convert a.gox d/a.gox --to glb -o out
    [ "$status" -eq 1 ]
    [[ "$err" == *"d/a.gox"*"same output as a.gox"* ]]
    [ -s out/a.glb ]
    "$goxelctl" convert a.gox d/a.gox d --to ply && false
    "$goxelctl" convert a.gox out --to .ply
    [ -s out/a.ply ]
    separately "$goxelctl" convert a.gox out
    [ "$status" -eq 2 ]
    [[ "$err" == *"--to"* ]]
}

# The children of a process.
children() {
    pgrep -P "$1"
}

@test "a child that is killed fails its file only and is started again" {
    mkdir in
    for i in $(seq 200); do ln a.gox in/$i.gox; done
    "$goxelctl" convert -j 1 in/*.gox --to glb -o out --json >j 2>e 3>&- &
    pid=$!
    until_true test -e out/1.glb
    kill -KILL "$(children $pid)"
    status=0
    wait $pid || status=$?
    [ "$status" -eq 1 ]
    jq -e '.converted == 199 and .failed == 1 and
        ([.files[] | select(.ok | not)][0].error |
            test("killed by signal 9"))' j
    [ "$(ls out | wc -l)" -eq 199 ]
    nothing_left .
}

@test "a daemon that crashes at every file: each is told, then the next" {
    printf '#!/bin/bash\nread -r line\nkill -SEGV $$\n' >crashing
    chmod +x crashing
    cp a.gox b.gox
    export GOXEL_DAEMON_BINARY=$PWD/crashing
    separately "$goxelctl" convert a.gox x.glb
    [ "$status" -eq 1 ]
    [[ "$err" == *"killed by signal 11"* ]]
    [ "$(wc -l <<<"$err")" -eq 1 ]
    separately "$goxelctl" info a.gox b.gox
    [ "$status" -ne 0 ]
    [ "$(grep -c "killed by signal 11" <<<"$err")" -eq 2 ]
    nothing_left .
}

# A daemon that never answers a load.
stuck_daemon() {
    printf '#!/bin/bash\nwhile read -r line; do\n:\ndone\n' >stuck
    chmod +x stuck
}

@test "--job-timeout gives a file up and goes on" {
    stuck_daemon
    GOXEL_DAEMON_BINARY=$PWD/stuck separately timeout 20 "$goxelctl" convert \
        a.gox x.glb --job-timeout 1
    [ "$status" -eq 1 ]
    [[ "$err" == *"longer than 1 s"* ]]
    nothing_left .
}

@test "^C leaves no output, no hidden file and no child" {
    stuck_daemon
    for signal in INT TERM HUP; do
        # A shell without job control has its background jobs ignore SIGINT.
        GOXEL_DAEMON_BINARY=$PWD/stuck env --default-signal=INT,HUP \
            "$goxelctl" convert a.gox x.glb 2>e 3>&- &
        pid=$!
        until_true bash -c 'find . -name ".goxelctl-*" | grep -q .'
        child=$(children $pid)
        [ -n "$child" ]
        kill -$signal $pid
        status=0
        wait $pid || status=$?
        # It died of that signal, as its parent expects.
        [ "$status" -eq $((128 + $(kill -l $signal))) ]
        [[ "$(cat e)" == *interrupted* ]]
        nothing_left .
        [ ! -e x.glb ]
        [ ! -d "/proc/$child" ]
    done
}

@test "info: text and JSON" {
    separately "$goxelctl" info a.gox
    [ "$status" -eq 0 ]
    for word in format voxels box layers colours materials cameras; do
        [[ "$out" == *"$word"* ]]
    done
    "$goxelctl" info --json a.gox | jq -e '.files[0] | .format == "gox" and
        .voxels > 0 and (.layers | length) > 0 and .colors == 1 and
        (.box.dimensions == [8, 8, 8])'
    separately "$goxelctl" info --json a.gox gone.gox
    [ "$status" -eq 1 ]
    jq -e '.files[1].error' <<<"$out"
}

@test "render: one picture, a sheet, several files" {
    "$goxelctl" render a.gox -o a.png --size 64x48 --samples 1
    [ "$(head -c 4 a.png | tail -c 3)" = PNG ]
    [ "$(od -An -tu1 -j16 -N8 a.png | tr -s ' ')" = " 0 0 0 64 0 0 0 48" ]
    "$goxelctl" render a.gox -o sheet.png --views front,top,isometric
    "$goxelctl" render a.gox -o all.png --views all --ortho --edges --no-ao \
        --no-shadows --transparent
    run cmp -s sheet.png all.png
    [ "$status" -eq 1 ]
    separately "$goxelctl" render a.gox -o a.png
    [ "$status" -eq 1 ]
    [[ "$err" == *"a.png is there already"* ]]
    "$goxelctl" render a.gox -fo a.png --background '#102030' --json |
        jq -e '.files[0].output == "a.png"'
    mkdir pics
    cp a.gox b.gox
    "$goxelctl" render a.gox b.gox -o pics --size 32
    [ "$(ls pics)" = "$(printf 'a.png\nb.png')" ]
    separately "$goxelctl" render a.gox c.png
    [ "$status" -eq 2 ]
    [[ "$err" == *"behind -o"* ]]
    separately "$goxelctl" render a.gox -o c.png --background nocolour
    [ "$status" -eq 1 ]
    [ ! -e c.png ]
    nothing_left .
}

@test "formats and methods need no server" {
    "$goxelctl" formats --socket-less 2>/dev/null && false
    XDG_RUNTIME_DIR=$PWD "$goxelctl" formats --stdio >f
    grep -q '^  vox ' f
    "$goxelctl" formats --stdio --json | jq -e '.formats | length > 5'
    "$goxelctl" methods --stdio | grep -q 'goxel.add_voxel'
    "$goxelctl" help --stdio goxel.add_voxel | grep -q 'Parameters'
    "$goxelctl" help --stdio render_scene | grep -q 'goxel.render_scene'
    separately "$goxelctl" help --stdio goxel.ad_voxel
    [ "$status" -eq 1 ]
    [[ "$err" == *"did you mean goxel.add_voxel"* ]]
}

@test "names that are not UTF-8 are told as such" {
    name=$(printf 'x\xff.gox')
    cp a.gox "$name"
    for c in info render convert; do
        last=()
        if [ $c = convert ]; then last=(x.vox); fi
        separately "$goxelctl" $c "$name" "${last[@]}"
        [ "$status" -eq 1 ]
        [[ "$err" == *"not UTF-8"*"rename it"* ]]
        [ "$(wc -l <"$BATS_TEST_TMPDIR/.err")" -eq 1 ]
    done
    separately "$goxelctl" convert a.gox "$(printf 'y\xff.vox')"
    [ "$status" -eq 1 ]
    [[ "$err" == *"not named in UTF-8"* ]]
    nothing_left .
}
