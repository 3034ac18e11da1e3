/* SPDX-License-Identifier: Apache-2.0
 * Becoming another manager without letting go: the sockets and pipes stay open
 * across exec, and an environment variable says which descriptor is what. The
 * process keeps its number, so the daemons stay its children.
 *
 * Form: "control=FD,LOCK;NAME=LISTEN,LOCK,OUT,ERR;..."; -1 says none. */
#include "manager/handover.h"

#include "base/alloc.h"
#include "manager/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "GOXEL_MANAGER_HANDOVER"

static void keep_open(int fd, bool keep)
{
    int old = fd >= 0 ? fcntl(fd, F_GETFD) : -1;
    if (old >= 0)
        (void)fcntl(fd, F_SETFD, keep ? old & ~FD_CLOEXEC : old | FD_CLOEXEC);
}

static int stream_fd(const gox_stream *s)
{
    return s != NULL ? gox_stream_fd(s) : -1;
}

static void put_all(gox_manager *m, bool keep, struct gox_buf *text)
{
    int fds[4] = {gox_control_fd(m->control), gox_control_lock_fd(m->control)};
    gox_buf_printf(text, "control=%d,%d", fds[0], fds[1]);
    keep_open(fds[0], keep);
    keep_open(fds[1], keep);
    for (size_t k = 0; k < m->instance_count; k++) {
        gox_instance *i = m->instances[k];
        fds[0] = i->listen_fd;
        fds[1] = i->lock_fd;
        fds[2] = stream_fd(i->capture.streams[0]);
        fds[3] = stream_fd(i->capture.streams[1]);
        gox_buf_printf(text, ";%s=%d,%d,%d,%d", i->config.name, fds[0], fds[1],
                fds[2], fds[3]);
        for (size_t f = 0; f < 4; f++)
            keep_open(fds[f], keep);
    }
}

int gox__handover_exec(gox_manager *m, struct gox_error *err)
{
    struct gox_buf text;
    char self[4096];
    const char *binary = m->exec_binary;
    if (binary == NULL && gox_proc_program(getpid(), self, sizeof self) == 0) {
        /* After the file was replaced the system adds this to the name. */
        char *deleted = strstr(self, " (deleted)");
        if (deleted != NULL)
            *deleted = '\0';
        binary = self;
    }
    gox_buf_init(&text, 0);
    put_all(m, true, &text);
    if (binary == NULL || gox_buf_text(&text) == NULL ||
            setenv(VARIABLE, gox_buf_text(&text), 1) != 0) {
        gox_buf_fini(&text);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    gox_events_sync(m->events);
    execv(binary, m->options->argv);
    int error = errno;
    unsetenv(VARIABLE);
    gox_buf_reset(&text);
    put_all(m, false, &text);
    gox_buf_fini(&text);
    return gox_error_set_errno(err, GOX_ERR_IO, error,
            "%s cannot be run; this manager goes on", binary);
}

/* The text behind "NAME=" in the variable, or NULL. */
static const char *find(const char *text, const char *name)
{
    size_t len = strlen(name);
    while (text != NULL && *text != '\0') {
        if (strncmp(text, name, len) == 0 && text[len] == '=')
            return text + len + 1;
        text = strchr(text, ';');
        text = text != NULL ? text + 1 : NULL;
    }
    return NULL;
}

bool gox__handover_read(const char *name, int *fds, size_t count)
{
    const char *at = find(getenv(VARIABLE), name);
    for (size_t f = 0; f < count; f++)
        fds[f] = -1;
    if (at == NULL)
        return false;
    for (size_t f = 0; f < count; f++) {
        char *end;
        long fd = strtol(at, &end, 10);
        if (end == at || fd < -1 || fd > 1 << 20)
            return false;
        /* Not open: somebody else's variable, or a stale one. */
        if (fd >= 0 && fcntl((int)fd, F_GETFD) >= 0)
            fds[f] = (int)fd;
        keep_open(fds[f], false);
        at = *end == ',' ? end + 1 : end;
    }
    return fds[0] >= 0;
}

void gox__handover_end(void)
{
    unsetenv(VARIABLE);
}
