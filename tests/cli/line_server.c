/* SPDX-License-Identifier: Apache-2.0
 * The scripted peer, see the header. */
#include "cli/line_server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *run(void *ctx)
{
    struct line_server *server = ctx;

    server->play(server);
    /* The end of the script is the end of the stream. */
    shutdown(server->fd, SHUT_RDWR);
    return NULL;
}

int line_server_start(struct line_server *server,
        void (*play)(struct line_server *server), void *ctx)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    server->fd = ends[1];
    server->play = play;
    server->ctx = ctx;
    server->line[0] = '\0';
    if (pthread_create(&server->thread, NULL, run, server) != 0)
        abort();
    return ends[0];
}

void line_server_finish(struct line_server *server)
{
    pthread_join(server->thread, NULL);
    close(server->fd);
}

int line_server_read(struct line_server *server)
{
    size_t len = 0;

    while (len < sizeof(server->line) - 1) {
        char c;
        if (recv(server->fd, &c, 1, 0) != 1)
            return 0;
        if (c == '\n')
            break;
        server->line[len++] = c;
    }
    server->line[len] = '\0';
    return 1;
}

void line_server_write(struct line_server *server, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(server->fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

void line_server_puts(struct line_server *server, const char *text)
{
    line_server_write(server, text, strlen(text));
}

long line_server_id(const struct line_server *server)
{
    const char *at = strstr(server->line, "\"id\":");

    return at ? strtol(at + 5, NULL, 10) : -1;
}
