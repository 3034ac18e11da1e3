/* SPDX-License-Identifier: Apache-2.0
 * The part of an output that is the same for all: collecting small writes into
 * chunks, the sticky error, and the output into memory. */
#include "base/alloc.h"
#include "base/io.h"

#include <stdio.h>

static void fail(struct gox_output *out, int code)
{
    if (out->error != 0)
        return;
    out->error = code;
    if (code == GOX_ERR_NOMEM)
        gox_error_set(out->err, code,
                "out of memory while writing; nothing was replaced");
}

static void flush(struct gox_output *out)
{
    if (out->error != 0 || out->pending.len == 0)
        return;
    int rc = out->ops->write(out, out->pending.data, out->pending.len);
    out->pending.len = 0;
    if (rc < 0)
        fail(out, rc);
}

uint8_t *gox_output_reserve(struct gox_output *out, size_t len)
{
    if (out->pending.len + len > GOX_OUTPUT_CHUNK)
        flush(out);
    if (out->error != 0)
        return NULL;
    uint8_t *at = gox_buf_reserve(&out->pending, len);
    if (at == NULL)
        fail(out, gox_buf_error(&out->pending));
    return at;
}

void gox_output_advance(struct gox_output *out, size_t used)
{
    gox_buf_commit(&out->pending, used);
    out->written_bytes += used;
}

void gox_output_put(struct gox_output *out, const void *data, size_t len)
{
    if (len > GOX_OUTPUT_CHUNK / 4) {
        flush(out);
        int rc = out->error == 0 ? out->ops->write(out, data, len) : 0;
        if (rc < 0)
            fail(out, rc);
        out->written_bytes += len;
        return;
    }
    uint8_t *at = len > 0 ? gox_output_reserve(out, len) : NULL;
    if (at == NULL)
        return;
    memcpy(at, data, len);
    gox_output_advance(out, len);
}

void gox_output_put_str(struct gox_output *out, const char *text)
{
    gox_output_put(out, text, strlen(text));
}

void gox_output_printf(struct gox_output *out, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text) {
        fail(out, GOX_ERR_INTERNAL);
        gox_error_set(out->err, GOX_ERR_INTERNAL,
                "a line of over %zu bytes was to be written; nothing was "
                "replaced",
                sizeof text - 1);
        return;
    }
    gox_output_put(out, text, (size_t)len);
}

int gox_output_commit(struct gox_output *out)
{
    flush(out);
    if (out->error == 0)
        out->error = out->ops->commit(out);
    return out->error;
}

void gox_output_close(struct gox_output *out)
{
    if (out == NULL)
        return;
    gox_buf_fini(&out->pending);
    out->ops->close(out);
}

struct memory_output {
    struct gox_output base;
    struct gox_buf content;
    struct gox_buf *dest;
};

static int memory_write(struct gox_output *out, const void *data, size_t len)
{
    struct memory_output *mem = (struct memory_output *)out;
    gox_buf_put(&mem->content, data, len);
    return gox_buf_error(&mem->content);
}

static int memory_commit(struct gox_output *out)
{
    struct memory_output *mem = (struct memory_output *)out;
    gox_buf_put(mem->dest, mem->content.data, mem->content.len);
    if (gox_buf_error(mem->dest) == GOX_ERR_TOO_LARGE)
        return gox_error_set(out->err, GOX_ERR_TOO_LARGE,
                "the result has %zu bytes, more than the allowed %zu",
                mem->content.len, mem->dest->max_bytes);
    return gox_buf_error(mem->dest);
}

static void memory_close(struct gox_output *out)
{
    struct memory_output *mem = (struct memory_output *)out;
    gox_buf_fini(&mem->content);
    gox_free(mem);
}

static const struct gox_output_ops MEMORY_OPS = {
        .write = memory_write,
        .commit = memory_commit,
        .close = memory_close,
};

struct gox_output *gox_output_open_memory(
        struct gox_buf *dest, struct gox_error *err)
{
    struct memory_output *mem = gox_calloc(1, sizeof *mem);
    if (mem == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for an output");
        return NULL;
    }
    mem->base.ops = &MEMORY_OPS;
    mem->base.err = err;
    mem->dest = dest;
    return &mem->base;
}
