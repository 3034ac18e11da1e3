/* SPDX-License-Identifier: Apache-2.0
 * Raw HTTP for tests: bytes out, one answer in. */
#ifndef GOX_TESTS_HTTP_CLIENT_H
#define GOX_TESTS_HTTP_CLIENT_H

#include "gox_test.h"

#define HTTP_LIMIT_MS 20000

struct http_answer {
    int status; /* 0: the connection was closed without one */
    char *head; /* status line and headers */
    char *body; /* chunks put together */
    size_t body_len;
    bool is_closed; /* the connection ended with it */
};

/* A listening TCP socket on loopback; its port. */
int http_listen(unsigned *port);
int http_connect(unsigned port);
/* Sends all; false when the other end has closed. */
bool http_send(int fd, const char *data, size_t len);
void http_send_text(int fd, const char *text);
/* Reads one answer (is_head: to HEAD, without a body). */
struct http_answer http_read(int fd, bool is_head);
void http_answer_free(struct http_answer *a);
/* Sends and reads one answer on a new connection that is closed then. */
struct http_answer http_once(unsigned port, const char *text);
/* The value of a header in a static buffer; NULL: not there. */
const char *http_header(const struct http_answer *a, const char *name);
/* Reads until text has come; false at the end of the stream. */
bool http_read_until(int fd, const char *text);
/* Waits for the end of the stream; false when it does not come. */
bool http_wait_end(int fd, int ms);
double http_now_ms(void);

#endif
