/* SPDX-License-Identifier: Apache-2.0
 * The sockets that the daemon serves: those that the service manager passed,
 * else its own; one Unix socket, and one for TCP when a port is set.
 *
 * Invariant: only a path that this process has bound is removed. */
#include "base/alloc.h"
#include "daemon/daemon_internal.h"
#include "daemon/lifecycle.h"
#include "platform/os.h"
#include "platform/socket.h"
#include "platform/user.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024
/* Names of passed sockets that are for HTTP (LISTEN_FDNAMES). */
#define HTTP_NAME "http"

static int make_parent(char *path, struct gox_error *err)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    *slash = '\0';
    int code = gox_os_make_dirs(path, err);
    *slash = '/';
    return code;
}

/* Adds who is there to the message of GOX_ERR_EXISTS. */
static void tell_pid(const char *path, struct gox_error *err)
{
    struct gox_peer peer;
    char before[sizeof err->text];
    int fd = -1;
    if (err == NULL || gox_socket_connect_unix(path, &fd, NULL) < 0)
        return;
    if (gox_socket_peer(fd, &peer) == 0 && peer.pid > 0) {
        snprintf(before, sizeof before, "%s", err->text);
        gox_error_set(err, GOX_ERR_EXISTS,
                "%.*s; it is the process with pid %lld",
                (int)sizeof before - 60, before, (long long)peer.pid);
    }
    close(fd);
}

int gox__listen_bind(const struct gox_settings *s, int *fd, int *lock_fd,
        struct gox_error *err)
{
    unsigned mode = (unsigned)s->security_socket_permissions;
    const char *group = s->security_socket_group;
    uint32_t gid = 0;
    bool has_group = group[0] != '\0';
    *fd = *lock_fd = -1;
    int code = has_group ? gox_user_find_group(group, &gid, err) : 0;
    if (code < 0) {
        gox_error_prefix(err, "security.socket_group");
        return code;
    }
    code = make_parent(s->daemon_socket_path, err);
    /* With a group: nobody else may come in before it has the socket. */
    if (code == 0)
        code = gox_socket_listen_unix(s->daemon_socket_path,
                has_group ? 0600 : mode, BACKLOG, fd, lock_fd, err);
    if (code == GOX_ERR_EXISTS)
        tell_pid(s->daemon_socket_path, err);
    if (code < 0 || !has_group)
        return code;
    code = gox_socket_set_access(s->daemon_socket_path, gid, mode, err);
    if (code < 0) {
        gox_socket_unlink_unix(s->daemon_socket_path, *fd);
        close(*fd);
        if (*lock_fd >= 0)
            close(*lock_fd);
        *fd = *lock_fd = -1;
    }
    return code;
}

static int add_listener(gox_daemon *d, int own_fd, gox_listener **listener,
        const char *name, struct gox_error *err)
{
    *listener = gox_listener_new(d->loop, own_fd, gox__daemon_accept, d);
    if (*listener == NULL)
        return gox_error_set(err, GOX_ERR_IO, "cannot listen at %s", name);
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "listens at %s", name);
    return 0;
}

/* A passed socket of this kind that is for us. */
static struct gox_listen_fd *find_passed(
        gox_daemon *d, enum gox_socket_kind kind)
{
    if (d->life == NULL)
        return NULL;
    for (size_t i = 0; i < d->life->passed.count; i++) {
        struct gox_listen_fd *fd = &d->life->passed.items[i];
        if (fd->fd >= 0 && fd->info.kind == kind && fd->info.is_listening &&
                fd->info.is_stream && strcmp(fd->name, HTTP_NAME) != 0)
            return fd;
    }
    return NULL;
}

static int take_passed(gox_daemon *d, struct gox_listen_fd *passed,
        gox_listener **listener, struct gox_error *err)
{
    int code = gox_socket_adopt(passed->fd, NULL, err);
    if (code < 0)
        return code;
    int fd = passed->fd;
    passed->fd = -1;
    return add_listener(d, fd, listener, passed->info.address, err);
}

static int open_unix(gox_daemon *d, struct gox_error *err)
{
    struct gox_listen_fd *passed = find_passed(d, GOX_SOCKET_UNIX);
    int fd = -1;
    int code = 0;
    if (passed != NULL)
        return take_passed(d, passed, &d->listener, err);
    if (d->life != NULL && d->life->listen_fd >= 0) {
        fd = d->life->listen_fd;
        d->lock_fd = d->life->lock_fd;
        d->life->listen_fd = d->life->lock_fd = -1;
    } else {
        code = gox__listen_bind(&d->settings, &fd, &d->lock_fd, err);
    }
    if (code < 0)
        return code;
    d->owns_socket = true;
    return add_listener(
            d, fd, &d->listener, d->settings.daemon_socket_path, err);
}

static int open_tcp(gox_daemon *d, struct gox_error *err)
{
    struct gox_listen_fd *passed = find_passed(d, GOX_SOCKET_TCP);
    const struct gox_settings *s = &d->settings;
    char name[100];
    int fd;
    if (passed != NULL)
        return take_passed(d, passed, &d->tcp_listener, err);
    if (s->server_port == 0)
        return 0;
    int code = gox_socket_listen_tcp(s->server_bind_address,
            (uint16_t)s->server_port, BACKLOG, &fd, err);
    if (code < 0)
        return code;
    snprintf(name, sizeof name, "%s port %lld", s->server_bind_address,
            (long long)s->server_port);
    return add_listener(d, fd, &d->tcp_listener, name, err);
}

int gox__listen_take_http(gox_daemon *d)
{
    for (size_t i = 0; d->life != NULL && i < d->life->passed.count; i++) {
        struct gox_listen_fd *passed = &d->life->passed.items[i];
        int fd = passed->fd;
        if (fd < 0 || strcmp(passed->name, HTTP_NAME) != 0)
            continue;
        passed->fd = -1;
        return fd;
    }
    return -1;
}

int gox__listen_open(gox_daemon *d, struct gox_error *err)
{
    int code = open_unix(d, err);
    return code < 0 ? code : open_tcp(d, err);
}

void gox__listen_unlink(gox_daemon *d)
{
    if (d->owns_socket && d->listener != NULL)
        gox_socket_unlink_unix(
                d->settings.daemon_socket_path, gox_listener_fd(d->listener));
    d->owns_socket = false;
}

void gox__listen_close(gox_daemon *d)
{
    gox_listener_close(d->listener);
    gox_listener_close(d->tcp_listener);
    d->listener = NULL;
    d->tcp_listener = NULL;
}
