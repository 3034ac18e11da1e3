/* SPDX-License-Identifier: Apache-2.0
 * A peer for tests of the client: a thread that plays a script on one end of a
 * socket pair, so that pieces, delays and sudden ends are exact.
 *
 * It checks nothing about the daemon: tests of the programs use the real one.
 */
#ifndef GOX_TESTS_LINE_SERVER_H
#define GOX_TESTS_LINE_SERVER_H

#include <pthread.h>
#include <stddef.h>

struct line_server {
    int fd;
    pthread_t thread;
    void (*play)(struct line_server *server);
    char line[4096]; /* the last line that was read */
    void *ctx;
};

/* Starts play in a thread; returns the client's end. */
int line_server_start(struct line_server *server,
        void (*play)(struct line_server *server), void *ctx);

/* Waits for the thread and closes its end. */
void line_server_finish(struct line_server *server);

/* For play: reads up to a newline (not stored), 0 at the end of the stream. */
int line_server_read(struct line_server *server);
void line_server_write(
        struct line_server *server, const char *data, size_t len);
void line_server_puts(struct line_server *server, const char *text);

/* The id in the last line. */
long line_server_id(const struct line_server *server);

#endif
