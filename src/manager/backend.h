/* SPDX-License-Identifier: Apache-2.0
 * Who runs the daemon: this manager, the system's own service manager, or
 * somebody else whom we only watch. One const row of functions each.
 *
 * Invariant: exactly one of them restarts. A backend that does not own its
 * process never starts a second one. */
#ifndef GOX_MANAGER_BACKEND_H
#define GOX_MANAGER_BACKEND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* X(NAME, text) */
#define GOX_BACKEND_LIST(X)                                                    \
    X(AUTO, "auto")                                                            \
    X(BUILTIN, "builtin")                                                      \
    X(SYSTEMD, "systemd")                                                      \
    X(SYSTEMD_USER, "systemd-user")                                            \
    X(LAUNCHD, "launchd")                                                      \
    X(WINDOWS, "windows")                                                      \
    X(EXTERNAL, "external")

enum gox_backend_choice {
#define GOX_BACKEND_ENUM(name, text) GOX_BACKEND_##name,
    GOX_BACKEND_LIST(GOX_BACKEND_ENUM)
#undef GOX_BACKEND_ENUM
            GOX_BACKEND_COUNT
};
const char *gox_backend_name(enum gox_backend_choice choice);
/* GOX_BACKEND_COUNT: no such name. */
enum gox_backend_choice gox_backend_find(const char *name);

struct gox_instance;

struct gox_backend {
    enum gox_backend_choice choice;
    bool owns_process; /* we start it, hold its socket, read its output */
    /* Is it usable for this instance? `why` (at least 160 bytes) gets the
     * reason either way. NULL: only when asked for. */
    bool (*is_fit)(struct gox_instance *i, char *why, size_t size);
    /* Begins to watch; calls ATTACH or LOST when it knows. */
    int (*open)(struct gox_instance *i, struct gox_error *err);
    void (*close)(struct gox_instance *i);
    /* These return at once; what comes of it is an input to the state table.
     * NULL: not possible. reload may return 1: it is done. */
    int (*start)(struct gox_instance *i, struct gox_error *err);
    int (*stop)(struct gox_instance *i, struct gox_error *err);
    int (*restart)(struct gox_instance *i, struct gox_error *err);
    int (*reload)(struct gox_instance *i, struct gox_error *err);
    void (*kill)(struct gox_instance *i);
    /* A look from time to time, with the rounds; NULL: not needed. */
    void (*look)(struct gox_instance *i);
};

/* The row of a choice, or for AUTO the first that fits; sets
 * i->backend_reason. Never NULL: what is not for this system says so when it is
 * opened. */
const struct gox_backend *gox_backend_pick(
        struct gox_instance *i, enum gox_backend_choice choice);

#endif
