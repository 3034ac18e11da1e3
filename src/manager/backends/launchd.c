/* SPDX-License-Identifier: Apache-2.0
 * A job of launchd (macOS). The job's KeepAlive must be {SuccessfulExit =
 * false}, so that a daemon that ended after SIGTERM stays down. Not tested on a
 * machine of that kind. */
#include "manager/backends/backends.h"
#include "manager/backends/order.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LAUNCHCTL "/bin/launchctl"

static const struct gox__order order_start = {{"launchctl", "kickstart", "%"}};
static const struct gox__order order_stop = {
        {"launchctl", "kill", "SIGTERM", "%"}};
static const struct gox__order order_restart = {
        {"launchctl", "kickstart", "-k", "%"}};
static const struct gox__order order_reload = {
        {"launchctl", "kill", "SIGHUP", "%"}};
static const struct gox__order question = {{"launchctl", "print", "%"}};

/* "system/label" for root, else the user's own domain. */
static void target_of(const gox_instance *i, char target[160])
{
    if (strchr(i->config.unit, '/') != NULL)
        snprintf(target, 160, "%.150s", i->config.unit);
    else if (getuid() == 0)
        snprintf(target, 160, "system/%.140s", i->config.unit);
    else
        snprintf(target, 160, "gui/%lu/%.120s", (unsigned long)getuid(),
                i->config.unit);
}

static bool is_fit(struct gox_instance *i, char *why, size_t size)
{
    char target[160];
    if (access(LAUNCHCTL, X_OK) != 0 || !i->config.is_usual_socket)
        return false;
    target_of(i, target);
    if (!gox__order_ask(i, &question, target))
        return false;
    snprintf(why, size, "launchd has the job %s", target);
    return true;
}

static int give(
        gox_instance *i, const struct gox__order *order, struct gox_error *err)
{
    char target[160];
    target_of(i, target);
    return gox__order_give(i, order, target, err);
}

static int start(struct gox_instance *i, struct gox_error *err)
{
    return give(i, &order_start, err);
}
static int stop(struct gox_instance *i, struct gox_error *err)
{
    return give(i, &order_stop, err);
}
static int restart(struct gox_instance *i, struct gox_error *err)
{
    return give(i, &order_restart, err);
}
static int reload(struct gox_instance *i, struct gox_error *err)
{
    return give(i, &order_reload, err);
}

const struct gox_backend gox_backend_launchd = {
        .choice = GOX_BACKEND_LAUNCHD,
        .is_fit = is_fit,
        .open = gox__order_open,
        .close = gox__order_close,
        .start = start,
        .stop = stop,
        .restart = restart,
        .reload = reload,
};
