/* SPDX-License-Identifier: Apache-2.0
 * Becoming another manager without letting go: the sockets and pipes stay open
 * across exec, and an environment variable says which descriptor is what. The
 * process keeps its number, so the daemons stay its children.
 *
 * Form: "control=FD,LOCK;NAME=LISTEN,LOCK,OUT,ERR;..."; -1 says none. */
#include "manager/handover.h"

#include "base/alloc.h"
#include "manager/control.h"
#include "platform/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "GOXEL_MANAGER_HANDOVER"
#define CHECK_MS 5000

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

/* Our own file, or what has its name now. */
static const char *own_binary(char *self, size_t size)
{
    if (gox_proc_program(getpid(), self, size) < 0)
        return NULL;
    /* After the file was replaced the system adds this to the name. */
    char *deleted = strstr(self, " (deleted)");
    if (deleted != NULL)
        *deleted = '\0';
    return self;
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    return len;
}

/* Runs it with --check. True when it would serve at our control socket; text
 * says why not. */
static bool is_fit(const gox_manager *m, const char *const *argv, char *text,
        size_t size, struct gox_error *err)
{
    char out[GOX_SOCKET_PATH_MAX * 8];
    struct gox_process p;
    struct gox_process_spec spec = {.program = argv[0],
            .argv = argv,
            .env = (const char *const *)environ,
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_PIPE,
            .err = GOX_STREAM_PIPE};
    if (gox_process_start(&p, &spec, err) < 0) {
        snprintf(text, size, "%s", err->text);
        return false;
    }
    bool is_done = gox_process_wait(&p, CHECK_MS) >= 0;
    if (!is_done && gox_process_signal(&p, SIGKILL) == 0)
        (void)!gox_process_wait(&p, CHECK_MS);
    bool is_good =
            is_done && p.exit.is_known && !p.exit.is_signal && p.exit.code == 0;
    read_all(p.out_fd, out, sizeof out);
    if (read_all(p.err_fd, text, size) == 0)
        snprintf(text, size, "%s",
                is_done && !is_good
                        ? "--check failed"
                        : "it is no goxel-manager for this control socket");
    gox_process_close(&p);
    return is_good && strstr(out, m->options->control_path) != NULL;
}

/* Waits for the other program, since nothing is worth an end without anyone
 * left who looks after the daemons; the check takes milliseconds. */
int gox__handover_check(
        gox_manager *m, const char *binary, struct gox_error *err)
{
    char self[4096], text[400];
    size_t count = 0;
    if (binary == NULL)
        binary = own_binary(self, sizeof self);
    while (m->options->argv[count] != NULL)
        count++;
    const char **argv = gox_calloc(count + 2, sizeof *argv);
    if (binary == NULL || argv == NULL) {
        gox_free(argv);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    argv[0] = binary;
    argv[1] = "--check";
    for (size_t k = 1; k < count; k++)
        argv[k + 1] = m->options->argv[k];
    bool is_good = is_fit(m, argv, text, sizeof text, err);
    gox_free(argv);
    return is_good ? 0
                   : gox_error_set(err, GOX_ERR_PARAMS,
                             "%s would not serve, so this manager goes on: %s",
                             binary, text);
}

int gox__handover_exec(gox_manager *m, struct gox_error *err)
{
    struct gox_buf text;
    char self[4096];
    const char *binary = m->exec_binary;
    if (binary == NULL)
        binary = own_binary(self, sizeof self);
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
