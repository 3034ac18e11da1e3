/* SPDX-License-Identifier: Apache-2.0
 * The real daemon with its HTTP listener, and JSON-RPC to it. */
#include "daemon/http_rig.h"

unsigned http_rig_start(struct wire *w, const char *const *more)
{
    const char *args[20] = {"--metrics-listen", "127.0.0.1:0"};
    size_t count = 2;
    while (more != NULL && *more != NULL)
        args[count++] = *more++;
    args[count] = NULL;
    wire_start(w, args);
    char *rest = wire_wait_log(w, "HTTP at http://127.0.0.1:");
    unsigned port = (unsigned)strtoul(rest, NULL, 10);
    free(rest);
    assert_true(port > 0);
    return port;
}

void http_rig_expect(struct http_answer a, int status, const char *text)
{
    if (a.status != status || strstr(a.body, text) == NULL)
        fail_msg("%d with %s expected, got %s%s", status, text, a.head, a.body);
    http_answer_free(&a);
}

char *http_rig_make_post(const char *json, const char *headers)
{
    size_t size = strlen(json) + strlen(headers) + 200;
    char *text = malloc(size);
    int len = snprintf(text, size,
            "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n",
            headers, strlen(json));
    for (const char *c = json; *c != '\0'; c++)
        text[len++] = *c == '\'' ? '"' : *c;
    text[len] = '\0';
    return text;
}

struct http_answer http_rig_post(
        unsigned port, const char *json, const char *headers)
{
    char *text = http_rig_make_post(json, headers);
    struct http_answer a = http_once(port, text);
    free(text);
    return a;
}
