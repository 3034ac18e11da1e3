#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` leaves is enough to build a program with the client
# library, by pkg-config alone, and to read the manuals.

load common
load manager

setup_file() {
    root=$BATS_FILE_TMPDIR/root
    DESTDIR=$root cmake --install "$GOX_BUILD_DIR" >"$BATS_FILE_TMPDIR/log" ||
        true
    prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' \
        "$GOX_BUILD_DIR/CMakeCache.txt")
    export root prefix
}

teardown() { end_manager; }

@test "manuals, completions, headers and the library are installed" {
    for f in share/man/man1/goxelctl.1 share/man/man1/goxel-daemon.1 \
        share/man/man3/goxel-client.3 share/man/man1/goxel-manager.1 \
        share/man/man3/goxel-manager.3 include/goxel/manager.h \
        share/bash-completion/completions/goxelctl \
        share/zsh/site-functions/_goxelctl \
        share/fish/vendor_completions.d/goxelctl.fish \
        include/goxel/client.h include/goxel/error.h include/goxel/version.h; do
        [ -s "$root$prefix/$f" ] || { echo "missing: $f"; cat "$BATS_FILE_TMPDIR/log"; false; }
    done
    [ -n "$(find "$root$prefix" -name libgoxel-client.a)" ]
    [ -n "$(find "$root$prefix" -name libgoxel-manager.a)" ]
    [ -n "$(find "$root$prefix" -name goxel-manager.pc)" ]
    [ -x "$root$prefix/bin/goxel-manager" ]
    [ -x "$root$prefix/bin/goxelctl" ]
}

@test "the example of goxel-client(3) builds and runs" {
    dir=$BATS_TEST_TMPDIR
    sed -n '/^\.Bd -literal/,/^\.Ed/p' \
        "$root$prefix/share/man/man3/goxel-client.3" |
        sed '1d;$d;s/\\e/\\/g' >"$dir/example.c"
    pc=$(dirname "$(find "$root$prefix" -name goxel-client.pc)")
    # The sysroot is put before the paths of our .pc; jansson's are the
    # system's own.
    flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs \
        --define-variable=prefix="$root$prefix" goxel-client)
    sanitizers=$(sed -n 's/^GOX_SANITIZE:[A-Z]*=//p' \
        "$GOX_BUILD_DIR/CMakeCache.txt")
    # shellcheck disable=SC2086
    cc -Wall -Wextra -Werror -o "$dir/example" "$dir/example.c" $flags \
        ${sanitizers:+-fsanitize=$sanitizers}
    if [ -x "$daemon" ]; then
        PATH=$GOX_BIN_DIR:$PATH run "$dir/example"
        [ "$status" -eq 0 ]
        [[ "$output" == *'"version"'* ]]
    fi
    PATH=/nonexistent run "$dir/example"
    [ "$status" -eq 1 ]
    [[ "$output" == *"cannot start goxel-daemon"* ]]
}

@test "the header alone compiles as C and C++" {
    inc=$root$prefix/include
    echo '#include <goxel/client.h>' >"$BATS_TEST_TMPDIR/a.c"
    cc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$inc" \
        "$BATS_TEST_TMPDIR/a.c"
    if command -v c++ >/dev/null; then
        c++ -x c++ -Wall -Wextra -Werror -fsyntax-only -I"$inc" \
            "$BATS_TEST_TMPDIR/a.c"
    fi
}

@test "daemon_control.sh, the Node package and samples are installed" {
    share=$root$prefix/share/goxel-daemon
    for f in scripts/daemon_control.sh scripts/mcp_daemon_manager.js node/index.js node/index.mjs \
        node/index.d.ts node/package.json node/lib/manager.js config/daemon_config.json \
        config/systemd/goxel-daemon.service config/haproxy/haproxy.cfg; do
        [ -s "$share/$f" ] || { echo "missing: $f"; false; }
    done
    [ "$(find "$share" -type f -name '*.test.js' -o -name .gitignore | wc -l)" -eq 0 ]
}

# Only what was installed, with no word on where the rest is.
installed() {
    need_manager
    goxelctl=$root$prefix/bin/goxelctl
    [ -x "$root$prefix/bin/goxel-daemon" ] || skip "goxel-daemon is not built"
    unset GOXELCTL
}

@test "the installed daemon_control.sh works from the prefix" {
    installed
    control=$root$prefix/share/goxel-daemon/scripts/daemon_control.sh
    "$control" start "${up_args[@]}" 3>&-
    run "$control" test
    daemon_pid=$(pid_of daemon)
    exe=$(readlink "/proc/$daemon_pid/exe")
    "$control" stop
    echo "$output $exe"
    [ "$status" -eq 0 ]
    [ "$exe" = "$root$prefix/bin/goxel-daemon" ]
}

@test "the installed Node package works from the prefix" {
    installed
    command -v node >/dev/null || skip "node is not installed"
    cat >"$BATS_TEST_TMPDIR/use.js" <<'END'
const { GoxelDaemonManager } = require(process.argv[2]);
const manager = new GoxelDaemonManager({ managerArguments: ['--state-dir', process.argv[3]] });
(async () => {
  await manager.start();
  await manager.call('goxel.create_project', { name: 'castle' });
  console.log((await manager.call('goxel.list_projects')).projects.map((p) => p.name).join());
  await manager.stop();
})().catch((err) => { console.log(err); process.exitCode = 1; });
END
    PATH=$root$prefix/bin:$PATH GOXEL_PATHS_DATA_DIR=$BATS_TEST_TMPDIR/data run node "$BATS_TEST_TMPDIR/use.js" \
        "$root$prefix/share/goxel-daemon/scripts/mcp_daemon_manager.js" "$BATS_TEST_TMPDIR/manager"
    end_manager
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = castle ]
}
