/* SPDX-License-Identifier: Apache-2.0
 * A daemon that somebody else runs: it is watched through its socket, and
 * stopped or restarted by nobody but its owner. SIGTERM is passed on when the
 * operator asks for it. */
#include "manager/backends/backends.h"
#include "manager/backends/order.h"
#include "platform/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Another program's socket that answers, while we have no process of our own
 * to take over. */
static bool is_fit(struct gox_instance *i, char *why, size_t size)
{
    struct gox_proc_id id, now;
    struct gox_error err;
    int fd;
    if (gox__record_read(i, &id) && gox_proc_id_get(id.pid, &now) == 0 &&
            gox_proc_id_is_same(&id, &now))
        return false; /* ours, of an earlier manager */
    if (i->manager->is_successor ||
            gox_socket_connect_unix(i->config.socket_path, &fd, &err) < 0)
        return false;
    close(fd);
    snprintf(why, size, "a daemon that this manager did not start answers");
    return true;
}

static int pass_on(struct gox_instance *i, int number, const char *name,
        struct gox_error *err)
{
    if (i->attached_pid <= 1)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "the process behind %s is not known, so %s cannot be sent",
                i->config.socket_path, name);
    if (kill((pid_t)i->attached_pid, number) == 0)
        return 0;
    return gox_error_set_errno(err,
            errno == EPERM ? GOX_ERR_FORBIDDEN : GOX_ERR_NOT_FOUND, errno,
            "%s cannot be sent to process %lld", name,
            (long long)i->attached_pid);
}

static int stop(struct gox_instance *i, struct gox_error *err)
{
    return pass_on(i, SIGTERM, "SIGTERM", err);
}

static int reload(struct gox_instance *i, struct gox_error *err)
{
    return pass_on(i, SIGHUP, "SIGHUP", err);
}

const struct gox_backend gox_backend_external = {
        .choice = GOX_BACKEND_EXTERNAL,
        .is_fit = is_fit,
        .open = gox__order_open,
        .close = gox__order_close,
        .stop = stop,
        .reload = reload,
};
