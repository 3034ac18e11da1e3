/* SPDX-License-Identifier: Apache-2.0
 * A server for the tests of the listener. */
#ifndef GOX_TESTS_HTTP_SERVER_H
#define GOX_TESTS_HTTP_SERVER_H

#include "http/http_client.h"

#include <sys/types.h>

#define HTTP_SERVER_MAX_BODY 65536
#define HTTP_GET(path)       "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

struct http_server {
    unsigned port;
    pid_t pid;
};

/* For cmocka: starts it; *state is the struct http_server. */
int http_server_set_up(void **state);
/* The server must be alive and end without a leak. */
int http_server_tear_down(void **state);
/* The answer, which is freed, has this status and text in its body. */
void http_expect(struct http_answer a, int status, const char *text);
/* Asks /stats until text is there. */
void http_expect_stats(unsigned port, const char *text);

#endif
