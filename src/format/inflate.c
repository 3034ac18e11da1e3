/* SPDX-License-Identifier: Apache-2.0
 * Exact reads from a zlib stream: a reader asks for the bytes that its format
 * says come next, and never holds more than one small buffer of them, so a
 * stream that unpacks to gigabytes costs time only as far as it is asked for.
 */
#include "base/alloc.h"
#include "format/helpers_internal.h"

#include <limits.h>
#include <string.h>

static voidpf zlib_alloc(voidpf ctx, uInt count, uInt size)
{
    (void)ctx;
    return gox_calloc(count, size);
}

static void zlib_free(voidpf ctx, voidpf ptr)
{
    (void)ctx;
    gox_free(ptr);
}

int gox__inflate_init(struct gox__inflater *inf, const uint8_t *data,
        size_t len, size_t base, struct gox_error *err)
{
    memset(&inf->z, 0, sizeof(inf->z));
    inf->next = data;
    inf->left = len;
    inf->base = base;
    inf->err = err;
    inf->at = inf->have = 0;
    inf->has_ended = false;
    inf->z.zalloc = zlib_alloc;
    inf->z.zfree = zlib_free;
    inf->is_open = inflateInit(&inf->z) == Z_OK;
    return inf->is_open ? 0 : GOX_ERR_NOMEM;
}

void gox__inflate_fini(struct gox__inflater *inf)
{
    if (inf->is_open)
        inflateEnd(&inf->z);
    inf->is_open = false;
}

static int fail_stream(
        const struct gox__inflater *inf, const char *what, const char *why)
{
    size_t offset = inf->base + inf->z.total_in;
    return gox_error_set_at(inf->err, GOX_ERR_FORMAT, (int64_t)offset,
            "byte %zu: the compressed data of %s is damaged: %s", offset, what,
            why);
}

/* Fills buf again. have stays 0 at the end of the stream. */
static int refill(struct gox__inflater *inf, const char *what)
{
    inf->at = inf->have = 0;
    while (inf->have == 0 && !inf->has_ended) {
        if (inf->z.avail_in == 0) {
            uInt piece = inf->left > UINT_MAX ? UINT_MAX : (uInt)inf->left;
            inf->z.next_in = (z_const Bytef *)inf->next;
            inf->z.avail_in = piece;
            inf->next += piece;
            inf->left -= piece;
        }
        if (inf->z.avail_in == 0)
            return fail_stream(inf, what, "it is cut short");
        inf->z.next_out = inf->buf;
        inf->z.avail_out = sizeof(inf->buf);
        int code = inflate(&inf->z, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR)
            return GOX_ERR_NOMEM;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return fail_stream(
                    inf, what, inf->z.msg != NULL ? inf->z.msg : "not zlib");
        inf->has_ended = code == Z_STREAM_END;
        inf->have = sizeof(inf->buf) - inf->z.avail_out;
        inf->total_out += inf->have;
    }
    if (inf->total_out > GOX_FORMAT_MAX_MEMORY)
        return gox_error_set_at(inf->err, GOX_ERR_TOO_LARGE, (int64_t)inf->base,
                "byte %zu: the compressed data of %s unpacks to more than "
                "%llu MiB, which is the limit",
                inf->base, what,
                (unsigned long long)(GOX_FORMAT_MAX_MEMORY >> 20));
    return 0;
}

int gox__inflate_read(
        struct gox__inflater *inf, void *to, size_t len, const char *what)
{
    uint8_t *out = to;
    while (len > 0) {
        if (inf->at == inf->have) {
            int rc = refill(inf, what);
            if (rc < 0)
                return rc;
            if (inf->have == 0)
                return fail_stream(inf, what, "it ends too early");
        }
        size_t n = inf->have - inf->at;
        if (n > len)
            n = len;
        memcpy(out, inf->buf + inf->at, n);
        inf->at += n;
        out += n;
        len -= n;
    }
    return 0;
}

int gox__inflate_at_end(struct gox__inflater *inf)
{
    if (inf->at < inf->have)
        return 0;
    int rc = refill(inf, "the end");
    return rc < 0 ? rc : inf->have == 0;
}
