/* SPDX-License-Identifier: Apache-2.0
 * .gltf out: the JSON with the buffer inside as a base64 data URI, one file. */
#include "base/alloc.h"
#include "format/gltf_internal.h"

#include <string.h>

/* An output that passes base64 on to another. Invariant: fewer than 3 bytes
 * wait for their group. */
struct base64 {
    struct gox_output base;
    struct gox_output *dest; /* borrowed */
    uint8_t rest[3];
    size_t rest_len;
    char pairs[4096][2]; /* the text of each 12 bits */
};

static void init_pairs(struct base64 *b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 4096; i++) {
        b->pairs[i][0] = digits[i >> 6];
        b->pairs[i][1] = digits[i & 63];
    }
}

static void put_groups(struct base64 *b, const uint8_t *data, size_t groups)
{
    while (groups > 0) {
        size_t n =
                groups < GOX_OUTPUT_CHUNK / 8 ? groups : GOX_OUTPUT_CHUNK / 8;
        uint8_t *to = gox_output_reserve(b->dest, 4 * n);
        if (to == NULL)
            return;
        for (size_t i = 0; i < n; i++, data += 3, to += 4) {
            unsigned v =
                    (unsigned)data[0] << 16 | (unsigned)data[1] << 8 | data[2];
            memcpy(to, b->pairs[v >> 12], 2);
            memcpy(to + 2, b->pairs[v & 4095], 2);
        }
        gox_output_advance(b->dest, 4 * n);
        groups -= n;
    }
}

static int write_base64(struct gox_output *out, const void *data, size_t len)
{
    struct base64 *b = (struct base64 *)out;
    const uint8_t *from = data;
    while (b->rest_len > 0 && b->rest_len < 3 && len > 0) {
        b->rest[b->rest_len++] = *from++;
        len--;
        if (b->rest_len == 3) {
            put_groups(b, b->rest, 1);
            b->rest_len = 0;
        }
    }
    put_groups(b, from, len / 3);
    from += len - len % 3;
    if (len % 3 > 0) {
        b->rest_len = len % 3;
        memcpy(b->rest, from, b->rest_len);
    }
    return b->dest->error;
}

static int commit_base64(struct gox_output *out)
{
    struct base64 *b = (struct base64 *)out;
    if (b->rest_len > 0) {
        char text[4] = {'=', '=', '=', '='};
        unsigned v = (unsigned)b->rest[0] << 16 |
                     (b->rest_len > 1 ? (unsigned)b->rest[1] << 8 : 0u);
        memcpy(text, b->pairs[v >> 12], 2);
        if (b->rest_len > 1)
            text[2] = b->pairs[v & 4095][0];
        gox_output_put(b->dest, text, 4);
        b->rest_len = 0;
    }
    return b->dest->error;
}

static void close_base64(struct gox_output *out)
{
    gox_free(out);
}

static int put_base64(const struct gox__gltf *g, struct gox_output *out,
        struct gox_task *task, struct gox_error *err)
{
    static const struct gox_output_ops ops = {
            .write = write_base64,
            .commit = commit_base64,
            .close = close_base64,
    };
    struct base64 *b = gox_calloc(1, sizeof(*b));
    if (b == NULL)
        return GOX_ERR_NOMEM;
    b->base.ops = &ops;
    b->base.err = err;
    gox_buf_init(&b->base.pending, 0);
    b->dest = out;
    init_pairs(b);
    int rc = gox__gltf_put_data(g, &b->base, task, err);
    if (rc == 0)
        rc = gox_output_commit(&b->base);
    gox_output_close(&b->base);
    return rc;
}

static int write_gltf(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__gltf g;
    struct gox_buf json;
    gox_buf_init(&json, 0);
    int rc = gox__gltf_init(&g, img, opts, report, task, err);
    if (rc == 0) {
        gox__gltf_put_json(&g, &json);
        rc = gox_buf_error(&json);
    }
    if (rc == 0)
        gox_output_put(out, json.data, json.len);
    if (rc == 0 && g.buffer_bytes > 0) {
        gox_output_put_str(
                out, ",\"uri\":\"data:application/octet-stream;base64,");
        rc = put_base64(&g, out, task, err);
        gox_output_put_str(out, "\"}]}");
    }
    gox_buf_fini(&json);
    gox__gltf_fini(&g);
    return rc;
}

const struct gox_format gox_format_gltf = {
        .name = "gltf",
        .title = "glTF 2.0",
        .extensions = {"gltf", NULL},
        .mime = "model/gltf+json",
        .options =
                GOX_OPT_FACES | GOX_OPT_SCALE | GOX_OPT_PIVOT | GOX_OPT_HIDDEN,
        .write = write_gltf,
};
