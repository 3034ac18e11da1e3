/* SPDX-License-Identifier: Apache-2.0
 * A service of the Windows service control manager, by its own commands. There
 * is no signal to reload with: the daemon's own daemon.reload does that. Not
 * tested on a machine of that kind. */
#include "manager/backends/backends.h"
#include "manager/backends/order.h"

#include <stdio.h>

static const struct gox__order order_start = {{"sc.exe", "start", "%"}};
static const struct gox__order order_stop = {{"sc.exe", "stop", "%"}};
static const struct gox__order order_restart = {{"powershell.exe", "-NoProfile",
        "-Command", "Restart-Service", "-Name", "%"}};
static const struct gox__order question = {{"sc.exe", "query", "%"}};

static bool is_fit(struct gox_instance *i, char *why, size_t size)
{
    if (!gox__order_has_program("sc.exe") || !i->config.is_usual_socket ||
            !gox__order_ask(i, &question, i->config.unit))
        return false;
    snprintf(why, size, "the service control manager has the service %s",
            i->config.unit);
    return true;
}

static int start(struct gox_instance *i, struct gox_error *err)
{
    return gox__order_give(i, &order_start, i->config.unit, err);
}
static int stop(struct gox_instance *i, struct gox_error *err)
{
    return gox__order_give(i, &order_stop, i->config.unit, err);
}
static int restart(struct gox_instance *i, struct gox_error *err)
{
    return gox__order_give(i, &order_restart, i->config.unit, err);
}

const struct gox_backend gox_backend_windows = {
        .choice = GOX_BACKEND_WINDOWS,
        .is_fit = is_fit,
        .open = gox__order_open,
        .close = gox__order_close,
        .start = start,
        .stop = stop,
        .restart = restart,
};
