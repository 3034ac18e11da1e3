/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the daemon over HTTP share. */
#ifndef GOX_TESTS_HTTP_RIG_H
#define GOX_TESTS_HTTP_RIG_H

#include "daemon/wire.h"
#include "http/http_client.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

#define CALL(method, params)                                                   \
    "{'jsonrpc':'2.0','id':7,'method':'" method "','params':" params "}"

/* With --metrics-listen on a free port (more options, NULL-ended); the port. */
unsigned http_rig_start(struct wire *w, const char *const *more);
/* The answer, which is freed, has this status and text in its body. */
void http_rig_expect(struct http_answer a, int status, const char *text);
/* A POST of json (' for ") with more headers, each with its end of line. */
char *http_rig_make_post(const char *json, const char *headers);
struct http_answer http_rig_post(
        unsigned port, const char *json, const char *headers);

#endif
