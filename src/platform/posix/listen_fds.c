/* SPDX-License-Identifier: Apache-2.0
 * Taking over passed sockets. They arrive without close-on-exec and the
 * variables are inherited by every child, so both are set right first. */
#include "platform/listen_fds.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A decimal variable; -1: not set, -2: no number. */
static int64_t env_number(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (text == NULL)
        return -1;
    if (text[0] < '0' || text[0] > '9')
        return -2;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? value : -2;
}

/* How many are for this process; 0: none, or for another. A wrapper between
 * the manager and us makes a foreign LISTEN_PID, which is no error. */
static int read_count(size_t *count, struct gox_error *err)
{
    int64_t pid = env_number("LISTEN_PID");
    int64_t number = env_number("LISTEN_FDS");
    *count = 0;
    if (number == -1 || pid != (int64_t)getpid())
        return 0;
    if (number < 0 || number > GOX_LISTEN_FDS_MAX)
        return gox_error_set(err, GOX_ERR_FORMAT,
                "LISTEN_FDS=%.40s is not a number from 0 to %d",
                getenv("LISTEN_FDS"), GOX_LISTEN_FDS_MAX);
    *count = (size_t)number;
    return 0;
}

/* The names in their order; too few or too many are a mistake that would give
 * a socket the wrong duty. */
static int read_names(struct gox_listen_fds *fds, struct gox_error *err)
{
    const char *names = getenv("LISTEN_FDNAMES");
    if (names == NULL) {
        for (size_t i = 0; i < fds->count; i++)
            memcpy(fds->items[i].name, "unknown", sizeof "unknown");
        return 0;
    }
    for (size_t i = 0; i < fds->count; i++) {
        size_t len = strcspn(names, ":");
        bool is_last = i + 1 == fds->count;
        if (len > GOX_LISTEN_NAME_MAX || (names[len] == ':') == is_last)
            return gox_error_set(err, GOX_ERR_FORMAT,
                    "LISTEN_FDNAMES=%.120s does not name the %zu sockets that "
                    "LISTEN_FDS announces",
                    getenv("LISTEN_FDNAMES"), fds->count);
        memcpy(fds->items[i].name, names, len);
        names += len + !is_last;
    }
    return 0;
}

static int prepare(struct gox_listen_fd *item, int fd, struct gox_error *err)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "descriptor %d, which the service manager announced, cannot "
                "be used",
                fd);
    int code = gox_socket_describe(fd, &item->info);
    if (code < 0)
        return gox_error_set(
                err, code, "descriptor %d cannot be looked at", fd);
    /* What else may be passed (a file from an fd store) keeps its mode. */
    if (item->info.is_listening)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    item->fd = fd;
    return 0;
}

static int take(struct gox_listen_fds *fds, struct gox_error *err)
{
    size_t count;
    int code = read_count(&count, err);
    if (code < 0 || count == 0)
        return code;
    fds->items = gox_calloc(count, sizeof *fds->items);
    if (fds->items == NULL)
        return gox_error_set(
                err, GOX_ERR_NOMEM, "no memory for the passed sockets");
    fds->count = count;
    code = read_names(fds, err);
    for (size_t i = 0; i < count && code == 0; i++)
        code = prepare(&fds->items[i], GOX_LISTEN_FDS_FIRST + (int)i, err);
    return code;
}

int gox_listen_fds_take(
        struct gox_listen_fds *fds, bool unset_env, struct gox_error *err)
{
    *fds = (struct gox_listen_fds){0};
    int code = take(fds, err);
    if (code < 0) {
        gox_free(fds->items);
        *fds = (struct gox_listen_fds){0};
    }
    if (unset_env) {
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        unsetenv("LISTEN_FDNAMES");
        unsetenv("LISTEN_PIDFDID");
    }
    return code;
}

void gox_listen_fds_fini(struct gox_listen_fds *fds)
{
    for (size_t i = 0; i < fds->count; i++)
        if (fds->items[i].fd >= 0)
            close(fds->items[i].fd);
    gox_free(fds->items);
    *fds = (struct gox_listen_fds){0};
}

struct gox_listen_fd *gox_listen_fds_find(const struct gox_listen_fds *fds,
        enum gox_socket_kind kind, const char *name)
{
    for (size_t i = 0; i < fds->count; i++) {
        struct gox_listen_fd *item = &fds->items[i];
        if (item->fd >= 0 && item->info.is_listening && item->info.is_stream &&
                item->info.kind == kind &&
                (name == NULL || strcmp(item->name, name) == 0))
            return item;
    }
    return NULL;
}
