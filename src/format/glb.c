/* SPDX-License-Identifier: Apache-2.0
 * .glb out: a header, the JSON padded with spaces, and the buffer as it is. The
 * header tells the whole length first, which the plan knows, so the buffer is
 * streamed. */
#include "format/gltf_internal.h"

#define MAGIC      0x46546c67u /* "glTF" */
#define CHUNK_JSON 0x4e4f534au /* "JSON" */
#define CHUNK_BIN  0x004e4942u /* "BIN\0" */

static void put_u32(struct gox_output *out, uint32_t value)
{
    uint8_t bytes[4];
    gox_mesh_put_u32le(bytes, value);
    gox_output_put(out, bytes, sizeof(bytes));
}

static int put_file(const struct gox__gltf *g, const struct gox_buf *json,
        struct gox_output *out, struct gox_task *task, struct gox_error *err)
{
    uint64_t total = 12 + 8 + json->len;
    if (g->buffer_bytes > 0)
        total += 8 + g->buffer_bytes;
    if (total > UINT32_MAX)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the file would have %llu bytes, a .glb holds 4 GiB; merge "
                "faces or write the model in parts",
                (unsigned long long)total);
    put_u32(out, MAGIC);
    put_u32(out, 2);
    put_u32(out, (uint32_t)total);
    put_u32(out, (uint32_t)json->len);
    put_u32(out, CHUNK_JSON);
    gox_output_put(out, json->data, json->len);
    if (g->buffer_bytes == 0)
        return out->error;
    put_u32(out, (uint32_t)g->buffer_bytes);
    put_u32(out, CHUNK_BIN);
    return gox__gltf_put_data(g, out, task, err);
}

static int write_glb(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__gltf g;
    struct gox_buf json;
    gox_buf_init(&json, 0);
    int rc = gox__gltf_init(&g, img, opts, report, task, err);
    if (rc == 0) {
        gox__gltf_put_json(&g, &json);
        if (g.buffer_bytes > 0)
            gox_buf_put_str(&json, "}]}");
        while (json.len % 4 != 0 && json.error == 0)
            gox_buf_put_byte(&json, ' ');
        rc = gox_buf_error(&json);
    }
    if (rc == 0)
        rc = put_file(&g, &json, out, task, err);
    gox_buf_fini(&json);
    gox__gltf_fini(&g);
    return rc;
}

const struct gox_format gox_format_glb = {
        .name = "glb",
        .title = "glTF 2.0 binary",
        .extensions = {"glb", NULL},
        .mime = "model/gltf-binary",
        .options =
                GOX_OPT_FACES | GOX_OPT_SCALE | GOX_OPT_PIVOT | GOX_OPT_HIDDEN,
        .write = write_glb,
};
