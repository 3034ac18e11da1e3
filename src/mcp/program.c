/* SPDX-License-Identifier: Apache-2.0
 * goxel-mcp from start to end: one loop, one registry, one transport. */
#include "mcp/fixture.h"
#include "mcp/http.h"
#include "mcp/mcp.h"
#include "mcp/options.h"
#include "mcp/starter.h"
#include "mcp/stdio.h"
#include "mcp/voxel.h"
#include "platform/os.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct program {
    struct gox_mcp_options options;
    gox_loop *loop;
    gox_mcp_server *server;
    gox_backend *backend;
    struct gox_vox_app *app;
    gox_mcp_stdio *stdio;
    gox_mcp_http *http;
    gox_signal *signals[2];
};

static void stop(void *ctx)
{
    struct program *program = ctx;
    gox_loop_stop(program->loop);
}

/* The pipe's ends get other numbers, and 0 and 1 become harmless, so that
 * neither a child nor a stray printf can speak to the client. */
static int take_over(int fd, int mode)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int null = open("/dev/null", mode | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, fd);
        close(null);
    }
    return own;
}

static int fail(const char *what)
{
    fprintf(stderr, "goxel-mcp: cannot start: %s\n", what);
    return 1;
}

static bool make_server(struct program *p)
{
    struct gox_backend_options options = {.socket = p->options.socket,
            .may_start = p->options.may_start,
            .stops_daemon = p->options.stops_daemon,
            .timeout_ms = p->options.timeout_ms};
    if (p->options.is_conformance) {
        p->server = gox_mcp_server_new(p->loop, &gox_mcp_fixture, NULL);
        return p->server != NULL;
    }
    p->backend = gox_backend_new(p->loop, &options);
    p->app = p->backend != NULL ? gox_vox_app_new(p->backend) : NULL;
    p->server = p->app != NULL
                        ? gox_mcp_server_new(p->loop, &gox_mcp_voxel, p->app)
                        : NULL;
    if (p->server == NULL)
        return false;
    gox_vox_app_start(p->app, p->server);
    return true;
}

static int start_http(struct program *p)
{
    struct gox_mcp_http_options options = {.place = p->options.http,
            .token_file = p->options.token_file,
            .allow_origin = p->options.allow_origin};
    struct gox_error err = {.offset = -1};
    if (gox_mcp_http_open(p->server, &options, &p->http, &err) != 0)
        return fail(err.text);
    fprintf(stderr, "goxel-mcp: listening at http://%s/mcp\n",
            gox_mcp_http_place(p->http));
    return 0;
}

static int start(struct program *p)
{
    p->loop = gox_loop_new();
    if (p->loop == NULL)
        return fail("no memory or no descriptors");
    if (!make_server(p))
        return fail("out of memory");
    p->signals[0] = gox_signal_new(p->loop, SIGTERM, stop, p);
    p->signals[1] = gox_signal_new(p->loop, SIGINT, stop, p);
    if (!p->signals[0] || !p->signals[1])
        return fail("out of memory");
    if (p->options.http != NULL)
        return start_http(p);
    p->stdio = gox_mcp_stdio_new(
            p->server, take_over(0, O_RDONLY), take_over(1, O_WRONLY), stop, p);
    return p->stdio != NULL ? 0
                            : fail("standard input or output is not usable");
}

int gox_mcp_main(int argc, char **argv)
{
    struct program p = {0};
    int code;
    if (argc == 3 && strcmp(argv[1], GOX_MCP_STARTER_FLAG) == 0)
        return gox_mcp_starter_main(argv[2]);
    code = gox_mcp_options_read(&p.options, argc, argv);
    if (code < 0 && !p.options.is_conformance)
        code = gox_mcp_options_read_file(&p.options);
    if (code >= 0)
        return code;
    gox_os_ignore_signals();
    code = start(&p);
    if (code != 0)
        return code;
    gox_loop_run(p.loop);
    if (p.stdio != NULL)
        gox_mcp_stdio_close(p.stdio);
    gox_mcp_http_close(p.http);
    gox_mcp_server_free(p.server);
    gox_vox_app_free(p.app);
    gox_backend_free(p.backend);
    gox_signal_close(p.signals[0]);
    gox_signal_close(p.signals[1]);
    gox_loop_free(p.loop);
    return 0;
}
