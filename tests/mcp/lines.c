/* SPDX-License-Identifier: Apache-2.0
 * The client in memory. */
#include "mcp/lines.h"

#include <string.h>

void lines_init(struct lines *lines)
{
    lines->sent = json_array();
    lines->status = 0;
    lines->finals = 0;
}

void lines_fini(struct lines *lines)
{
    json_decref(lines->sent);
}

static void on_send(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    struct lines *lines = ctx;
    json_array_append_new(lines->sent, json_loadb(line, len, 0, NULL));
    if (is_final) {
        lines->status = status;
        lines->finals++;
    }
}

struct gox_mcp_sink lines_sink(struct lines *lines)
{
    return (struct gox_mcp_sink){on_send, lines, NULL, NULL};
}

const json_t *lines_find(const struct lines *lines, json_int_t id)
{
    size_t i;
    json_t *one;
    json_array_foreach(lines->sent, i, one)
    {
        const json_t *its = json_object_get(one, "id");
        if (json_is_integer(its) && json_integer_value(its) == id &&
                json_object_get(one, "method") == NULL)
            return one;
    }
    return NULL;
}

size_t lines_count(const struct lines *lines, const char *method)
{
    size_t i, count = 0;
    json_t *one;
    json_array_foreach(lines->sent, i, one)
    {
        const char *its = json_string_value(json_object_get(one, "method"));
        count += its != NULL && strcmp(its, method) == 0;
    }
    return count;
}
