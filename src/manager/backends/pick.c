/* SPDX-License-Identifier: Apache-2.0
 * Choosing who runs the daemon: the first row that fits, in this order. */
#include "manager/backends/backends.h"
#include "manager/manager_internal.h"

#include <stdio.h>
#include <string.h>

/* Somebody else's service manager goes first: there must be one restarter. A
 * daemon that already answers at the socket is nobody's to start again. */
static const struct gox_backend *const rows[] = {
        &gox_backend_systemd,
        &gox_backend_systemd_user,
        &gox_backend_launchd,
        &gox_backend_windows,
        &gox_backend_external,
        &gox_backend_builtin,
};

const char *gox_backend_name(enum gox_backend_choice choice)
{
    static const char *const names[] = {
#define GOX_BACKEND_TEXT(name, text) text,
            GOX_BACKEND_LIST(GOX_BACKEND_TEXT)
#undef GOX_BACKEND_TEXT
    };
    return names[choice];
}

enum gox_backend_choice gox_backend_find(const char *name)
{
    int k = 0;
    while (k < GOX_BACKEND_COUNT &&
            strcmp(gox_backend_name((enum gox_backend_choice)k), name) != 0)
        k++;
    return (enum gox_backend_choice)k;
}

const struct gox_backend *gox_backend_pick(
        struct gox_instance *i, enum gox_backend_choice choice)
{
    char why[sizeof i->backend_reason];
    size_t last = sizeof rows / sizeof rows[0] - 1;
    for (size_t k = 0; k <= last; k++) {
        if (choice != GOX_BACKEND_AUTO && rows[k]->choice == choice) {
            snprintf(i->backend_reason, sizeof i->backend_reason,
                    "asked for by --backend");
            return rows[k];
        }
        if (choice != GOX_BACKEND_AUTO || rows[k]->is_fit == NULL)
            continue;
        bool is_fit = rows[k]->is_fit(i, why, sizeof why);
        snprintf(i->backend_reason, sizeof i->backend_reason, "%s", why);
        if (is_fit)
            return rows[k];
    }
    snprintf(i->backend_reason, sizeof i->backend_reason,
            "no service manager has a unit for this socket");
    return rows[last];
}
