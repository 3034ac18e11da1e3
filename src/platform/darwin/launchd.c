/* SPDX-License-Identifier: Apache-2.0
 * Sockets from launchd. Written to launch(3); not tested on macOS yet.
 *
 * One name may stand for several sockets (IPv4 and IPv6); launchd gives each
 * name once in the life of a process. */
#include "platform/launchd.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <launch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int code_of(int error)
{
    switch (error) {
    case ESRCH:
        return GOX_ERR_UNSUPPORTED;
    case ENOENT:
        return GOX_ERR_NOT_FOUND;
    case EALREADY:
        return GOX_ERR_EXISTS;
    default:
        return GOX_ERR_IO;
    }
}

static int add(struct gox_listen_fds *fds, const char *name, int fd)
{
    struct gox_listen_fd *item = &fds->items[fds->count];
    *item = (struct gox_listen_fd){.fd = fd};
    memcpy(item->name, name, strlen(name) + 1);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    int code = gox_socket_describe(fd, &item->info);
    fds->count += code == 0;
    return code;
}

int gox_launchd_take(
        struct gox_listen_fds *fds, const char *name, struct gox_error *err)
{
    int *list = NULL;
    size_t count = 0;
    if (strlen(name) > GOX_LISTEN_NAME_MAX)
        return gox_error_set(
                err, GOX_ERR_NOT_FOUND, "the name of the socket is too long");
    int error = launch_activate_socket(name, &list, &count);
    if (error != 0)
        return gox_error_set_errno(err, code_of(error), error,
                "launchd gives no socket named \"%.60s\"", name);
    struct gox_listen_fd *items = gox_realloc_array(
            fds->items, fds->count + count, sizeof *fds->items);
    int code = items != NULL ? 0 : GOX_ERR_NOMEM;
    if (items != NULL)
        fds->items = items;
    for (size_t i = 0; i < count; i++) {
        if (code == 0)
            code = add(fds, name, list[i]);
        if (code < 0)
            close(list[i]);
    }
    free(list);
    return code == 0 ? 0
                     : gox_error_set(err, code,
                               "the socket \"%.60s\" of launchd cannot be used",
                               name);
}
