/* SPDX-License-Identifier: Apache-2.0
 * The flags of goxel-manager, and what the command line said, before it is put
 * together with the settings. */
#ifndef GOX_MANAGER_OPTIONS_INTERNAL_H
#define GOX_MANAGER_OPTIONS_INTERNAL_H

#include "manager/options.h"

#define GOX__MAX_SETS      64
#define GOX__MAX_INSTANCES 256

/* X(NAME, flag, what follows, help) */
// clang-format off
#define FLAG_LIST(X)                                                           \
    X(CONFIG, "config", "FILE", "settings of the daemon and of its supervision")\
    X(SOCKET, "socket", "PATH", "the daemon's socket")                         \
    X(CONTROL, "control", "PATH", "the control socket (default: the first "    \
      "instance's socket with .ctl behind it)")                                \
    X(CONTROL_GROUP, "control-group", "GROUP", "who may use the control "      \
      "socket besides this user")                                              \
    X(DAEMON, "daemon", "BINARY", "the program to keep running (default: "     \
      "goxel-daemon beside this one, or on PATH)")                             \
    X(STATE_DIR, "state-dir", "DIR", "where events, logs and bundles go")      \
    X(INSTANCE, "instance", "NAME=FILE", "one more daemon, with the settings " \
      "of FILE; may come again")                                               \
    X(BACKEND, "backend", "NAME", "who runs the daemon: auto, builtin, "       \
      "systemd, systemd-user, launchd, windows, external")                     \
    X(UNIT, "unit", "NAME", "the unit or job of that backend (default: "       \
      "goxel-daemon)")                                                         \
    X(HOOK, "hook", "EVENT[,EVENT...]=COMMAND", "run a shell command when "    \
      "this happens (all: any event); may come again")                         \
    X(HOOK_LIMIT, "hook-limit", "MS", "a hook that runs longer is killed "     \
      "(default 30000)")                                                       \
    X(MEMORY_SOFT, "memory-soft", "MIB", "restart the daemon in good order "   \
      "above this")                                                            \
    X(MEMORY_MAX, "memory-max", "MIB", "limit of the kernel (control group)")  \
    X(PIDS_MAX, "pids-max", "COUNT", "the same for processes and threads")     \
    X(FILES_MAX, "files-max", "COUNT", "open descriptors of the daemon")       \
    X(CORE, "core", NULL, "let the daemon write core files")                   \
    X(WATCHDOG, "watchdog", "MS", "the daemon must send WATCHDOG=1 this often")\
    X(NO_CHECKS, "no-checks", NULL, "make no rounds of checks")                \
    X(NO_START, "no-start", NULL, "wait for manager.start")                    \
    X(SET, "set", "SECTION.KEY=VALUE", "any setting, for both programs")       \
    X(FOREGROUND, "foreground", NULL, "stay in the foreground (always so, "    \
      "but for --daemonize)")                                                  \
    X(DAEMONIZE, "daemonize", NULL, "go to the background when the control "   \
      "socket is there")                                                       \
    X(LOG_STDERR, "log-stderr", NULL, "also write what the daemon writes, and "\
      "events, to standard error, for a container's log")                      \
    X(END_ON_CONFIG, "end-on-config", NULL, "end with the daemon's exit code " \
      "when its settings are wrong, instead of waiting for manager.start")     \
    X(CHECK, "check", NULL, "check the settings, start nothing")               \
    X(VERBOSE, "verbose", NULL, "say what happens on standard error")          \
    X(VERSION, "version", NULL, "print the version")                           \
    X(HELP, "help", NULL, "print this")
// clang-format on

enum gox__flag {
#define GOX__FLAG_ENUM(name, flag, value, help) FLAG_##name,
    FLAG_LIST(GOX__FLAG_ENUM)
#undef GOX__FLAG_ENUM
            FLAG_COUNT
};
struct gox__flag_row {
    const char *name, *value, *help;
};
extern const struct gox__flag_row gox__flags[FLAG_COUNT];

/* What the command line said, before it is put together. Borrowed texts. */
struct gox__raw {
    const char *values[FLAG_COUNT]; /* the last of each; "" for a switch */
    const char *sets[GOX__MAX_SETS];
    size_t set_count;
    const char *instances[GOX__MAX_INSTANCES];
    size_t instance_count;
    char **rest; /* behind "--" */
    int rest_count;
};

/* The number of a flag into *out, which stays when it was not given. */
int gox__options_number(const struct gox__raw *raw, enum gox__flag flag,
        uint64_t max, uint64_t *out, struct gox_error *err) GOX_MUST_CHECK;
/* Fills o->instances. */
int gox__options_instances(struct gox_manager_options *o,
        const struct gox__raw *raw, struct gox_error *err) GOX_MUST_CHECK;

#endif
