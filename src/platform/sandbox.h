/* SPDX-License-Identifier: Apache-2.0
 * The daemon locks itself in: after its start it can reach the directories it
 * was configured for and no others, and asks the kernel only for what a server
 * asks.
 *
 * Invariants: nothing is reported that does not hold; what was given up cannot
 * be had back, also not by children. Call once, before the first thread (a
 * thread that exists already would keep its rights), after sockets and log
 * files are open: what is open stays usable.
 *
 * LeakSanitizer needs ptrace and cannot run in here. */
#ifndef GOX_PLATFORM_SANDBOX_H
#define GOX_PLATFORM_SANDBOX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gox_sandbox_level {
    GOX_SANDBOX_OFF,
    GOX_SANDBOX_BEST_EFFORT, /* what this system can do; the rest is told */
    GOX_SANDBOX_REQUIRE,     /* all of it, or gox_sandbox_enter fails */
};

enum {
    GOX_SANDBOX_READ = 1,    /* files and directories */
    GOX_SANDBOX_WRITE = 2,   /* create, change, rename, remove; with READ */
    GOX_SANDBOX_EXECUTE = 4, /* with READ */
};
struct gox_sandbox_path {
    const char *path; /* a directory (all below it) or a file */
    unsigned access;  /* GOX_SANDBOX_* bits */
    bool is_optional; /* may be missing also under REQUIRE */
};

/* Besides the paths given here are allowed, read-only: the system's libraries,
 * its name and time zone files, /proc, and this program itself (which can be
 * executed again); and /dev/null, /dev/zero and /dev/urandom. */
struct gox_sandbox_spec {
    enum gox_sandbox_level level;
    const struct gox_sandbox_path *paths;
    size_t path_count;
    /* TCP ports that may still be bound; connecting is never allowed. With
     * is_tcp_free both stay free. Needs Landlock ABI 4; below it the result
     * says that TCP is not covered. */
    const uint16_t *bind_ports;
    size_t bind_port_count;
    bool is_tcp_free;
    /* Connecting to abstract sockets outside, as for NOTIFY_SOCKET=@...; else
     * it is refused from Landlock ABI 6 on. */
    bool needs_abstract_sockets;
};

struct gox_sandbox {
    enum gox_sandbox_level asked;
    int landlock_abi; /* of this system; 0: none */
    bool is_files;    /* files are confined */
    bool is_tcp;      /* TCP is confined */
    bool is_scoped;   /* signals and abstract sockets are confined */
    bool is_syscalls; /* the system call filter is on */
    bool is_full;     /* all that was asked for */
    char text[200];   /* one line for daemon.status and the log */
};

/* Before the event loop is made, when a sandbox is to be entered: io_uring is
 * gone from here on. libuv from 1.45 on would set a ring up, and abort when the
 * sandbox takes it away. For OFF, and where there is no such thing, nothing. A
 * failure is left to gox_sandbox_enter, which needs the same of the system. */
void gox_sandbox_prepare(enum gox_sandbox_level level);
/* GOX_ERR_UNSUPPORTED: REQUIRE and the system cannot; GOX_ERR_NOT_FOUND:
 * REQUIRE and a path is missing; GOX_ERR_IO. After an error under REQUIRE the
 * process must end, it may be half locked in. OFF and BEST_EFFORT return 0. */
int gox_sandbox_enter(struct gox_sandbox *sandbox,
        const struct gox_sandbox_spec *spec,
        struct gox_error *err) GOX_MUST_CHECK;

/* "off", "best-effort", "require"; NULL and GOX_ERR_PARAMS for others. */
const char *gox_sandbox_level_name(enum gox_sandbox_level level);
int gox_sandbox_level_parse(
        const char *name, enum gox_sandbox_level *level) GOX_MUST_CHECK;

#endif
