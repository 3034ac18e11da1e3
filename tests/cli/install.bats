#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` leaves is enough to build a program with the client
# library, by pkg-config alone, and to read the manuals.

load common

setup_file() {
    root=$BATS_FILE_TMPDIR/root
    DESTDIR=$root cmake --install "$GOX_BUILD_DIR" >"$BATS_FILE_TMPDIR/log" ||
        true
    prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' \
        "$GOX_BUILD_DIR/CMakeCache.txt")
    export root prefix
}

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
