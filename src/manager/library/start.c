/* SPDX-License-Identifier: Apache-2.0
 * Finding and starting goxel-manager. It goes to the background by itself and
 * tells by its exit code whether it serves, so there is nothing to guess: the
 * process that is started here has ended when this returns.
 *
 * Two programs that start one at the same moment are fine: the second manager
 * ends with "another one answers", and both programs connect to the first. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "manager/library/link_internal.h"
#include "platform/os.h"
#include "platform/process.h"
#include "platform/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGUMENTS 64

static int nomem(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

int gox__link_places(gox_manager_link *link,
        const struct gox_manager_config *config, struct gox_error *err)
{
    struct gox_buf path;
    const char *socket = config->socket_path;
    gox_buf_init(&path, 0);
    if (socket == NULL)
        socket = getenv("GOXEL_SOCKET_PATH");
    if (socket != NULL && socket[0] != '\0') {
        int code = gox_os_absolute(socket, &path);
        (void)code; /* the text is missing then */
    } else if (gox_os_runtime_dir(&path) == 0) {
        gox_buf_put_str(&path, "/goxel-daemon.sock");
    }
    if (path.len > 0 && gox_buf_text(&path) != NULL)
        link->socket = gox_strdup(gox_buf_text(&path));
    if (config->control_path != NULL) {
        link->control = gox_strdup(config->control_path);
    } else {
        gox_buf_put_str(&path, ".ctl");
        if (gox_buf_text(&path) != NULL)
            link->control = gox_strdup(gox_buf_text(&path));
    }
    gox_buf_fini(&path);
    return link->socket != NULL && link->control != NULL ? 0 : nomem(err);
}

static int find_manager(const struct gox_manager_config *config, char *path,
        size_t size, struct gox_error *err)
{
    const char *named = config->manager_binary;
    if (named == NULL)
        named = getenv("GOXEL_MANAGER_BINARY");
    if (named != NULL && named[0] != '\0') {
        snprintf(path, size, "%s", named);
        return 0;
    }
    if (gox_program_beside(
                config->daemon_binary, "goxel-manager", path, size) ||
            gox_program_beside_own("goxel-manager", path, size) ||
            gox_program_on_path("goxel-manager", path, size))
        return 0;
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "no manager answers, and goxel-manager is neither beside this "
            "program nor on PATH; set GOXEL_MANAGER_BINARY");
}

static size_t put_pair(
        const char **argv, size_t n, const char *flag, const char *value)
{
    if (value == NULL)
        return n;
    argv[n++] = flag;
    argv[n++] = value;
    return n;
}

/* What it wrote to standard error, in one line without its name. */
static void read_words(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    for (size_t k = 0; k < len; k++)
        if ((unsigned char)text[k] < ' ')
            text[k] = ' ';
}

static int run(const char *program, const char *const *argv, int timeout_ms,
        char *words, size_t size, struct gox_error *err)
{
    struct gox_process p;
    struct gox_process_spec spec = {.program = program,
            .argv = argv,
            .env = (const char *const *)environ,
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_NULL,
            .err = GOX_STREAM_PIPE};
    int code = gox_process_start(&p, &spec, err);
    if (code < 0)
        return code;
    code = gox_process_wait(&p, timeout_ms);
    read_words(p.err_fd, words, size);
    gox_process_close(&p);
    return code == GOX_ERR_TIMEOUT
                   ? gox_error_set(err, code,
                             "goxel-manager did not serve within %d ms; it was "
                             "left alone",
                             timeout_ms)
                   : 0;
}

int gox__link_start(gox_manager_link *link,
        const struct gox_manager_config *config, int timeout_ms,
        struct gox_error *err)
{
    char program[4200];
    char words[400] = "";
    const char *argv[MAX_ARGUMENTS + 16] = {program, "--daemonize"};
    size_t n = 2;
    int64_t end_at_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;
    int code = find_manager(config, program, sizeof program, err);
    if (code < 0)
        return code;
    n = put_pair(argv, n, "--socket",
            config->config_file != NULL && config->socket_path == NULL
                    ? NULL
                    : link->socket);
    n = put_pair(argv, n, "--control", link->control);
    n = put_pair(argv, n, "--daemon", config->daemon_binary);
    n = put_pair(argv, n, "--config", config->config_file);
    for (size_t k = 0; config->arguments != NULL &&
                       config->arguments[k] != NULL && k < MAX_ARGUMENTS;
            k++)
        argv[n++] = config->arguments[k];
    code = run(program, argv, timeout_ms, words, sizeof words, err);
    if (code < 0)
        return code;
    int64_t left_ms = (end_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
    link->client = gox_client_connect(
            link->control, left_ms > 100 ? (int)left_ms : 100, err);
    if (link->client == NULL)
        return gox_error_set(err, GOX_ERR_IO, "%s",
                words[0] != '\0' ? words
                                 : "goxel-manager was started and ended");
    link->was_started = true;
    return 0;
}
