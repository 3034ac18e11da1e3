/* SPDX-License-Identifier: Apache-2.0
 * From a result or an error to the bytes of a reply. */
#include "daemon/daemon_internal.h"

bool gox__parse_color(const char *text, size_t len, uint32_t *rgba)
{
    return gox_rgba_parse(text, len, rgba);
}

void gox__dispatch_error(
        gox_daemon *daemon, struct gox_buf *out, const struct gox_error *err)
{
    struct gox_writer w;
    struct gox_reply_error reply = {
            .err = err, .retry_after_ms = -1, .revision = -1};
    gox_writer_init(&w, out);
    gox_reply_error(&w, &reply, (struct gox_slice){"null", 4});
    daemon->stats.errors++;
}

static size_t max_reply(const gox_daemon *daemon)
{
    return (size_t)daemon->settings.performance_max_pending_mb << 20;
}

void gox__reply_count_error(struct gox_call_internal *c)
{
    const struct gox_method *m = c->call.method;
    int own_code = m != NULL ? m->error : 0;
    c->wire_code = gox_reply_code(
            c->call.err.code, own_code != 0 ? own_code : c->call.part_code);
    c->call.daemon->stats.errors++;
}

void gox__reply_put_error(
        struct gox_call_internal *c, struct gox_buf *out, int code)
{
    const struct gox_method *m = c->call.method;
    if (c->call.err.code == 0)
        gox_error_set(&c->call.err, code, "%s", gox_error_text(code));
    int own_code = m != NULL ? m->error : 0;
    struct gox_reply_error reply = {.err = &c->call.err,
            .method_code = own_code != 0 ? own_code : c->call.part_code,
            .param = &c->detail,
            .retry_after_ms = c->retry_after_ms,
            .revision = c->conflict_revision};
    struct gox_writer w;
    gox_writer_init(&w, out);
    gox_reply_error(&w, &reply, c->request.id);
    gox__reply_count_error(c);
}

void gox__reply_end(struct gox_call_internal *c, struct gox_buf *out,
        size_t start, int code)
{
    if (code >= 0)
        gox_reply_end(&c->writer, c->request.id);
    if (code >= 0 && gox_buf_error(out) < 0) {
        code = gox_buf_error(out);
        if (code == GOX_ERR_TOO_LARGE)
            gox_call_fail(&c->call, code,
                    "the answer has more than %zu MiB; ask for less at a time "
                    "(offset, limit, a smaller region)",
                    max_reply(c->call.daemon) >> 20);
    }
    if (code >= 0 && !c->request.is_notification)
        return;
    out->len = start;
    out->error = 0;
    if (!c->request.is_notification)
        gox__reply_put_error(c, out, code);
    else if (code < 0)
        gox__reply_count_error(c);
}

void gox__reply_begin(struct gox_call_internal *c, struct gox_buf *out)
{
    out->max_bytes = out->len + max_reply(c->call.daemon);
    gox_writer_init(&c->writer, out);
    gox_reply_begin(&c->writer);
}
