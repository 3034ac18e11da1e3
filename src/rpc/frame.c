/* SPDX-License-Identifier: Apache-2.0
 * Splitting a stream into lines, bounded.
 *
 * Invariant: data is either the fed bytes or kept.data; kept never holds more
 * than max_bytes and one read. */
#include "rpc/frame.h"

#include <string.h>

/* Of gox_frame.keep_bytes, when nobody sets it. */
#define KEEP_BYTES 65536

void gox_frame_init(struct gox_frame *f, size_t max_bytes)
{
    *f = (struct gox_frame){.max_bytes = max_bytes, .keep_bytes = KEEP_BYTES};
    gox_buf_init(&f->kept, 0);
}

void gox_frame_fini(struct gox_frame *f)
{
    gox_buf_fini(&f->kept);
    f->data = NULL;
    f->len = f->pos = f->searched = 0;
}

static void use_kept(struct gox_frame *f)
{
    f->data = (const char *)f->kept.data;
    f->len = f->kept.len;
}

static bool uses_kept(const struct gox_frame *f)
{
    return f->data == (const char *)f->kept.data;
}

/* Drops what was taken already from the front of kept. */
static void compact(struct gox_frame *f)
{
    if (f->pos == 0)
        return;
    gox_buf_drop(&f->kept, f->pos);
    f->searched -= f->pos;
    f->pos = 0;
    if (f->kept.len == 0 && f->kept.capacity > f->keep_bytes) {
        gox_buf_fini(&f->kept);
        gox_buf_init(&f->kept, 0);
    }
    use_kept(f);
}

int gox_frame_feed(struct gox_frame *f, const char *data, size_t len)
{
    if (gox_frame_pending(f) == 0) {
        f->data = data;
        f->len = len;
        f->pos = f->searched = 0;
        return 0;
    }
    compact(f);
    gox_buf_put(&f->kept, data, len);
    use_kept(f);
    return gox_buf_error(&f->kept);
}

/* Passes over the line that is too large; false while it goes on. */
static bool skip_rest(struct gox_frame *f)
{
    const char *end = memchr(f->data + f->pos, '\n', f->len - f->pos);
    f->pos = end != NULL ? (size_t)(end - f->data) + 1 : f->len;
    f->searched = f->pos;
    if (end == NULL)
        return false;
    f->is_skipping = f->is_reported = false;
    return true;
}

static bool is_blank(struct gox_slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

static enum gox_frame_result report_large(struct gox_frame *f)
{
    f->is_skipping = true;
    f->is_reported = true;
    return GOX_FRAME_TOO_LARGE;
}

enum gox_frame_result gox_frame_next(
        struct gox_frame *f, struct gox_slice *line)
{
    while (f->pos < f->len) {
        if (f->is_skipping) {
            if (!skip_rest(f))
                return GOX_FRAME_NONE;
            continue;
        }
        const char *end =
                memchr(f->data + f->searched, '\n', f->len - f->searched);
        if (end == NULL) {
            f->searched = f->len;
            return f->len - f->pos > f->max_bytes ? report_large(f)
                                                  : GOX_FRAME_NONE;
        }
        size_t at = (size_t)(end - f->data);
        *line = (struct gox_slice){f->data + f->pos, at - f->pos};
        f->pos = f->searched = at + 1;
        if (line->len > f->max_bytes)
            return GOX_FRAME_TOO_LARGE;
        if (!is_blank(*line))
            return GOX_FRAME_LINE;
    }
    return GOX_FRAME_NONE;
}

int gox_frame_keep(struct gox_frame *f)
{
    if (f->is_skipping)
        f->pos = f->searched = f->len;
    if (uses_kept(f)) {
        compact(f);
        return 0;
    }
    if (f->pos == f->len && f->kept.capacity > f->keep_bytes)
        gox_buf_fini(&f->kept);
    gox_buf_reset(&f->kept);
    gox_buf_put(&f->kept, f->data + f->pos, f->len - f->pos);
    f->searched -= f->pos;
    f->pos = 0;
    use_kept(f);
    if (gox_buf_error(&f->kept) == 0)
        return 0;
    f->len = f->searched = 0;
    return gox_buf_error(&f->kept);
}

enum gox_frame_result gox_frame_flush(
        struct gox_frame *f, bool is_end, struct gox_slice *line)
{
    *line = gox_frame_peek(f);
    if (f->is_skipping || line->len == 0 || is_blank(*line)) {
        if (is_end)
            f->pos = f->searched = f->len;
        return GOX_FRAME_NONE;
    }
    if (!is_end) {
        struct gox_json_scan scan = {0};
        size_t used = gox_json_scan(&scan, line->data, line->len);
        if (used == 0)
            return GOX_FRAME_NONE;
        line->len = used;
    }
    f->pos += line->len;
    f->searched = f->pos;
    return GOX_FRAME_LINE;
}
