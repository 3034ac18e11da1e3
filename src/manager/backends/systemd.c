/* SPDX-License-Identifier: Apache-2.0
 * A unit of systemd, of the system or of the user: systemd starts and restarts
 * it; it is watched through its socket, and orders are passed on. A stop takes
 * the socket unit along, or the next client would start the daemon again. */
#include "manager/backends/backends.h"
#include "manager/backends/order.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOTED "/run/systemd/system"

enum verb { VERB_START, VERB_STOP, VERB_RESTART };
enum question { ASK_ENABLED, ASK_ACTIVE, ASK_RELOAD };

// clang-format off
static const struct gox__order orders[2][3] = {
    {{{"systemctl", "--no-block", "start", "%"}},
     {{"systemctl", "--no-block", "stop", "%"}},
     {{"systemctl", "--no-block", "restart", "%"}}},
    {{{"systemctl", "--user", "--no-block", "start", "%"}},
     {{"systemctl", "--user", "--no-block", "stop", "%"}},
     {{"systemctl", "--user", "--no-block", "restart", "%"}}}};
/* What is short and has an answer. */
static const struct gox__order questions[2][3] = {
    {{{"systemctl", "--quiet", "is-enabled", "%"}},
     {{"systemctl", "--quiet", "is-active", "%"}},
     {{"systemctl", "reload", "%"}}},
    {{{"systemctl", "--user", "--quiet", "is-enabled", "%"}},
     {{"systemctl", "--user", "--quiet", "is-active", "%"}},
     {{"systemctl", "--user", "reload", "%"}}}};
// clang-format on

/* "name.service" unless it has a suffix already. */
static void unit_of(const gox_instance *i, const char *suffix, char unit[160])
{
    snprintf(unit, 160, "%.140s%s", i->config.unit,
            strchr(i->config.unit, '.') != NULL ? "" : suffix);
}

static bool is_in_use(gox_instance *i, int is_user, const char *unit)
{
    return gox__order_ask(i, &questions[is_user][ASK_ENABLED], unit) ||
           gox__order_ask(i, &questions[is_user][ASK_ACTIVE], unit);
}

/* It is meant for the daemon of the usual socket: another --socket is not the
 * unit's. */
static bool fits(gox_instance *i, int is_user, char *why, size_t size)
{
    static const char *const suffixes[] = {".service", ".socket"};
    char unit[160];
    bool is_found = false;
    if (access(BOOTED, F_OK) != 0 || !i->config.is_usual_socket)
        return false;
    /* Often only the socket is enabled, and starts the service. */
    for (size_t k = 0; k < 2 && !is_found; k++) {
        unit_of(i, suffixes[k], unit);
        is_found = is_in_use(i, is_user, unit);
    }
    if (!is_found)
        return false;
    snprintf(why, size, "systemd has the %s unit %s enabled or active",
            is_user ? "user" : "system", unit);
    return true;
}

/* Another user's usual socket is the user's own, and only root may steer the
 * system's units. */
static bool system_fits(struct gox_instance *i, char *why, size_t size)
{
    return geteuid() == 0 && fits(i, 0, why, size);
}
static bool user_fits(struct gox_instance *i, char *why, size_t size)
{
    return fits(i, 1, why, size);
}

static int give(gox_instance *i, enum verb verb, struct gox_error *err)
{
    int is_user = i->backend->choice == GOX_BACKEND_SYSTEMD_USER;
    char unit[160];
    if (verb == VERB_STOP && strchr(i->config.unit, '.') == NULL) {
        unit_of(i, ".socket", unit);
        int code = gox__order_give(i, &orders[is_user][verb], unit, err);
        if (code < 0)
            return code;
    }
    unit_of(i, ".service", unit);
    return gox__order_give(i, &orders[is_user][verb], unit, err);
}

static int start(struct gox_instance *i, struct gox_error *err)
{
    return give(i, VERB_START, err);
}
static int stop(struct gox_instance *i, struct gox_error *err)
{
    return give(i, VERB_STOP, err);
}
static int restart(struct gox_instance *i, struct gox_error *err)
{
    return give(i, VERB_RESTART, err);
}
static int reload(struct gox_instance *i, struct gox_error *err)
{
    int is_user = i->backend->choice == GOX_BACKEND_SYSTEMD_USER;
    char unit[160];
    unit_of(i, ".service", unit);
    if (gox__order_ask(i, &questions[is_user][ASK_RELOAD], unit))
        return 1;
    return gox_error_set(err, GOX_ERR_IO,
            "systemd did not reload %s; most often there is a mistake in the "
            "settings, and the old ones stay in use (goxelctl config check, "
            "journalctl %s-u %s)",
            unit, is_user ? "--user " : "", unit);
}

const struct gox_backend gox_backend_systemd = {
        .choice = GOX_BACKEND_SYSTEMD,
        .is_fit = system_fits,
        .open = gox__order_open,
        .close = gox__order_close,
        .start = start,
        .stop = stop,
        .restart = restart,
        .reload = reload,
};

const struct gox_backend gox_backend_systemd_user = {
        .choice = GOX_BACKEND_SYSTEMD_USER,
        .is_fit = user_fits,
        .open = gox__order_open,
        .close = gox__order_close,
        .start = start,
        .stop = stop,
        .restart = restart,
        .reload = reload,
};
