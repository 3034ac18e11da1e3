/* SPDX-License-Identifier: Apache-2.0
 * Events that were stored, and those to come: manager.events and
 * manager.subscribe. A subscription with `after` gets the stored ones behind
 * its answer, before any new one. */
#include "base/alloc.h"
#include "manager/methods.h"

#include <string.h>

enum { P_AFTER = GOX__P_NAME + 1, P_LIMIT, P_TYPES, P_LAST };
const struct gox_param gox__events_params[5] = {GOX__NAME_PARAM,
        {.name = "after",
                .type = GOX_PARAM_INT,
                .min = 0,
                .max = 9007199254740991.0,
                .help = "only events with a higher number"},
        {.name = "limit",
                .type = GOX_PARAM_INT,
                .min = 1,
                .max = 10000,
                .fallback = "100",
                .help = "at most so many"},
        {.name = "types",
                .type = GOX_PARAM_ARRAY,
                .help = "names of events; absent: all"},
        {.name = "last",
                .type = GOX_PARAM_INT,
                .min = 1,
                .max = 10000,
                .help = "the last so many instead of the first"}};
/* `after` is where it is for manager.events. */
enum { P_WITH_LOGS = P_AFTER + 1, P_SUBSCRIBED_TYPES };
const struct gox_param gox__subscribe_params[4] = {GOX__NAME_PARAM,
        {.name = "after",
                .type = GOX_PARAM_INT,
                .min = 0,
                .max = 9007199254740991.0,
                .help = "send the stored events above this number first; "
                        "absent: only what happens from now on"},
        {.name = "logs",
                .type = GOX_PARAM_BOOL,
                .fallback = "false",
                .help = "send what the daemon writes, too"},
        {.name = "types",
                .type = GOX_PARAM_ARRAY,
                .help = "names of events; absent: all"}};

/* An array of names to bits. */
static int read_types(
        struct gox_call *call, const struct gox_arg *arg, uint32_t *kinds)
{
    struct gox_reader r;
    struct gox_buf scratch;
    *kinds = UINT32_MAX;
    if (!arg->is_set)
        return 0;
    *kinds = 0;
    gox_buf_init(&scratch, 4096);
    gox_reader_init(&r, arg->text.data, arg->text.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        struct gox_slice name = gox_reader_string(&r, &scratch);
        enum gox_event_kind kind = gox_reader_error(&r) == 0
                                           ? gox_event_find(name.data, name.len)
                                           : GOX_EVENT_COUNT;
        if (kind != GOX_EVENT_COUNT)
            *kinds |= (uint32_t)1 << kind;
        else
            gox_reader_fail(&r, GOX_ERR_PARAMS,
                    "there is no event \"%.*s\"; the documentation of the "
                    "manager lists them",
                    (int)(name.len < 40 ? name.len : 40), name.data);
    }
    gox_buf_fini(&scratch);
    return gox_reader_error(&r);
}

/* Reads the kind and the instance back out of a stored line. */
static bool is_wanted(
        const char *line, size_t len, uint32_t kinds, const char *only)
{
    struct gox_reader r;
    struct gox_slice key;
    bool is_kind = kinds == UINT32_MAX;
    bool is_name = only == NULL;
    if (is_kind && is_name)
        return true;
    gox_reader_init(&r, line, len, NULL);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice v = gox_reader_skip(&r);
        if (v.len < 2)
            continue;
        struct gox_slice inner = {v.data + 1, v.len - 2};
        if (gox_slice_equals_json(key, "event")) {
            enum gox_event_kind kind = gox_event_find(inner.data, inner.len);
            is_kind = is_kind ||
                      (kind < GOX_EVENT_COUNT && (kinds >> kind & 1) != 0);
        } else if (gox_slice_equals_json(key, "name")) {
            is_name = is_name || gox_slice_equals_json(inner, only);
        }
    }
    return is_kind && is_name;
}

struct collect {
    struct gox_writer *w;
    struct gox_buf *raw; /* or as notifications */
    uint32_t kinds;
    const char *only;
    int64_t left, skip;
    uint64_t last;
    int64_t seen;
};

static bool count_event(void *ctx, uint64_t seq, const char *line, size_t len)
{
    struct collect *c = ctx;
    (void)seq;
    c->seen += is_wanted(line, len, c->kinds, c->only);
    return true;
}

static bool put_event(void *ctx, uint64_t seq, const char *line, size_t len)
{
    struct collect *c = ctx;
    if (!is_wanted(line, len, c->kinds, c->only))
        return true;
    if (c->skip > 0) {
        c->skip--;
        return true;
    }
    if (c->w != NULL) {
        gox_writer_raw(c->w, NULL, line, len);
    } else {
        gox_buf_put_str(c->raw, "{\"jsonrpc\":\"2.0\",\"method\":"
                                "\"manager.event\",\"params\":");
        gox_buf_put(c->raw, line, len);
        gox_buf_put_str(c->raw, "}\n");
    }
    c->last = seq;
    return --c->left > 0;
}

static const char *only_of(const struct gox_call *call)
{
    return call->args[GOX__P_NAME].is_set ? call->instance->config.name : NULL;
}

int gox__method_events(struct gox_call *call)
{
    struct gox_events_stats stats;
    struct collect c = {.w = call->out,
            .only = only_of(call),
            .left = call->args[P_LIMIT].i};
    uint64_t after =
            call->args[P_AFTER].is_set ? (uint64_t)call->args[P_AFTER].i : 0;
    int code = read_types(call, &call->args[P_TYPES], &c.kinds);
    if (code < 0)
        return code;
    if (call->args[P_LAST].is_set) {
        code = gox_events_replay(call->manager->events, after, count_event, &c);
        c.left = call->args[P_LAST].i;
        c.skip = c.seen > c.left ? c.seen - c.left : 0;
    }
    gox_events_get_stats(call->manager->events, &stats);
    c.last = after;
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "events");
    if (code == 0)
        code = gox_events_replay(call->manager->events, after, put_event, &c);
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "next", c.last);
    gox_writer_uint(call->out, "oldest", stats.oldest);
    gox_writer_uint(call->out, "latest", stats.last);
    uint64_t missed = call->args[P_AFTER].is_set && stats.oldest > after + 1
                              ? stats.oldest - after - 1
                              : 0;
    gox_writer_uint(call->out, "missed", missed);
    gox_writer_end_object(call->out);
    return code < 0 ? gox_error_set(&call->err, code,
                              "the stored events cannot be read")
                    : 0;
}

int gox__method_subscribe(struct gox_call *call)
{
    struct gox__session *s = call->session;
    struct gox_events_stats stats;
    uint32_t kinds;
    char *only = NULL;
    int code = read_types(call, &call->args[P_SUBSCRIBED_TYPES], &kinds);
    if (code < 0)
        return code;
    if (only_of(call) != NULL && (only = gox_strdup(only_of(call))) == NULL)
        return gox_error_set(&call->err, GOX_ERR_NOMEM, "out of memory");
    gox_free(s->only);
    s->only = only;
    s->kinds = kinds;
    s->is_subscribed = true;
    s->wants_logs = call->args[P_WITH_LOGS].b;
    gox_events_get_stats(call->manager->events, &stats);
    gox_writer_object(call->out, NULL);
    gox_writer_uint(call->out, "latest", stats.last);
    gox_writer_end_object(call->out);
    if (!call->args[P_AFTER].is_set)
        return 0;
    struct collect c = {.raw = call->after,
            .kinds = kinds,
            .only = only,
            .left = INT64_MAX};
    code = gox_events_replay(call->manager->events,
            (uint64_t)call->args[P_AFTER].i, put_event, &c);
    return code < 0 ? gox_error_set(&call->err, code,
                              "the stored events cannot be read")
                    : 0;
}
