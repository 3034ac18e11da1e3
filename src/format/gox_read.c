/* SPDX-License-Identifier: Apache-2.0
 * Reading the editor's own .gox files: a container of chunks, blocks as small
 * PNGs, layers that refer to them by number.
 *
 * Method: one walk over the chunks checks the container and lists them; then
 * all blocks are decoded in parallel, equal ones once; then the other chunks
 * are read in order. Invariant: nothing is allocated by a count of the file
 * before the bytes that the count stands for are known to be there. */
#include "base/alloc.h"
#include "format/gox_internal.h"
#include "format/png.h"

#include <math.h>
#include <string.h>

#define MAX_KEY 255

/* ---- container ---- */

static int walk_chunks(struct gox__gox_reader *r, struct gox_bytes *in)
{
    size_t blocks = 0, capacity = 0;
    while (gox_bytes_left(in) > 0) {
        size_t at = in->pos;
        const uint8_t *type = gox_bytes_take(in, 4, "the type of a chunk");
        int32_t len = gox_bytes_i32le(in, "the length of a chunk");
        if (in->failed)
            return GOX_ERR_FORMAT;
        if (len < 0) {
            in->pos = at + 4;
            return gox_bytes_fail(
                    in, "a chunk cannot have the length %d", (int)len);
        }
        struct gox__gox_chunk chunk = {.len = (size_t)len};
        memcpy(chunk.type, type, 4);
        chunk.offset = in->pos;
        (void)gox_bytes_take(in, (size_t)len, "the content of a chunk");
        (void)gox_bytes_u32le(in, "the checksum of a chunk");
        if (in->failed)
            return GOX_ERR_FORMAT;
        if (memcmp(type, "BL16", 4) == 0)
            chunk.index = blocks++;
        else
            chunk.index = blocks;
        if (!gox_grow(&r->chunks, &capacity, r->chunk_count + 1,
                    sizeof(*r->chunks)))
            return GOX_ERR_NOMEM;
        r->chunks[r->chunk_count++] = chunk;
    }
    r->block_count = blocks;
    if (blocks > GOX_FORMAT_MAX_BLOCKS)
        return gox_error_set(r->err, GOX_ERR_TOO_LARGE,
                "%zu blocks; at most %u are read", blocks,
                GOX_FORMAT_MAX_BLOCKS);
    return 0;
}

static int read_header(struct gox__gox_reader *r, struct gox_bytes *in)
{
    const uint8_t *magic = gox_bytes_take(in, 4, "the magic number \"GOX \"");
    if (magic == NULL)
        return GOX_ERR_FORMAT;
    if (memcmp(magic, "GOX ", 4) != 0) {
        in->pos = 0;
        return gox_bytes_fail(in, "expected the magic number \"GOX \"");
    }
    r->version = gox_bytes_i32le(in, "the version");
    if (in->failed)
        return GOX_ERR_FORMAT;
    if (r->version > 2) {
        in->pos = 4;
        return gox_bytes_fail(in,
                "expected version 1 or 2, found %d: a newer program wrote it",
                (int)r->version);
    }
    return 0;
}

/* ---- blocks ---- */

static uint64_t hash_bytes(const uint8_t *p, size_t len)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ len;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    for (; len > 0; p++, len--)
        h = (h ^ *p) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* Lists the different PNGs; r->same[i] says which of them block i is. */
static int find_distinct(struct gox__gox_reader *r)
{
    size_t n = r->block_count, table_size = 16;
    while (table_size < 2 * n)
        table_size *= 2;
    uint32_t *table = gox_calloc(table_size, sizeof(*table));
    r->same = gox_malloc_array(n, sizeof(*r->same));
    r->distinct = gox_malloc_array(n, sizeof(*r->distinct));
    int rc = table != NULL && r->same != NULL && r->distinct != NULL
                     ? 0
                     : GOX_ERR_NOMEM;
    for (size_t i = 0; rc == 0 && i < r->chunk_count; i++) {
        const struct gox__gox_chunk *c = &r->chunks[i];
        if (memcmp(c->type, "BL16", 4) != 0)
            continue;
        size_t h = (size_t)hash_bytes(r->data + c->offset, c->len);
        for (h &= table_size - 1; table[h] != 0;
                h = (h + 1) & (table_size - 1)) {
            const struct gox__gox_chunk *d = r->distinct[table[h] - 1];
            if (d->len == c->len && memcmp(r->data + d->offset,
                                            r->data + c->offset, c->len) == 0)
                break;
        }
        if (table[h] == 0) {
            r->distinct[r->distinct_count++] = c;
            table[h] = (uint32_t)r->distinct_count;
        }
        r->same[c->index] = table[h] - 1;
    }
    gox_free(table);
    return rc;
}

struct decode_job {
    struct gox__gox_reader *r;
    struct gox_error *errors; /* one a thread */
    size_t *failed_at;        /* the block that it is about, one a thread */
};

static int decode_one(void *ctx, size_t i, unsigned thread)
{
    struct decode_job *job = ctx;
    const struct gox__gox_chunk *c = job->r->distinct[i];
    gox_rgba colors[GOX_BLOCK_VOXELS];
    struct gox_error *err = &job->errors[thread];
    int rc = gox_png_read_block(colors, job->r->data + c->offset, c->len, err);
    if (rc == 0) {
        job->r->blocks[i] = gox_block_new(colors);
        if (job->r->blocks[i] == NULL)
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    if (rc < 0)
        job->failed_at[thread] = i;
    return rc;
}

/* Among the errors of the threads the first in the file is reported, so that
 * the message does not depend on the order of work. */
static void report_block_error(
        const struct decode_job *job, unsigned threads, struct gox_error *err)
{
    size_t best = SIZE_MAX;
    unsigned thread = 0;
    for (unsigned t = 0; t < threads; t++)
        if (job->failed_at[t] < best) {
            best = job->failed_at[t];
            thread = t;
        }
    if (best == SIZE_MAX)
        return;
    const struct gox__gox_chunk *c = job->r->distinct[best];
    (void)gox_error_set_at(err, job->errors[thread].code, (int64_t)c->offset,
            "byte %zu: block %zu: %s", c->offset, c->index,
            job->errors[thread].text);
}

static int decode_blocks(struct gox__gox_reader *r, struct gox_task *task)
{
    if (r->block_count == 0)
        return 0;
    int rc = find_distinct(r);
    if (rc < 0)
        return rc;
    unsigned threads = gox_task_threads(task);
    struct decode_job job = {.r = r};
    job.errors = gox_calloc(threads, sizeof(*job.errors));
    job.failed_at = gox_malloc_array(threads, sizeof(*job.failed_at));
    r->blocks = gox_calloc(r->distinct_count, sizeof(gox_block *));
    rc = GOX_ERR_NOMEM;
    if (job.errors != NULL && job.failed_at != NULL && r->blocks != NULL) {
        for (unsigned t = 0; t < threads; t++)
            job.failed_at[t] = SIZE_MAX;
        rc = gox_parallel_for(task, r->distinct_count, decode_one, &job);
        if (rc < 0)
            report_block_error(&job, threads, r->err);
    }
    gox_free(job.errors);
    gox_free(job.failed_at);
    for (size_t i = 0; rc == 0 && i < r->distinct_count; i++)
        r->bytes += gox_block_bytes(r->blocks[i]);
    return rc;
}

/* ---- dictionaries ---- */

int gox__gox_next_entry(struct gox_bytes *in, struct gox__gox_entry *entry)
{
    if (gox_bytes_left(in) == 0)
        return in->failed ? GOX_ERR_FORMAT : 0;
    size_t at = in->pos;
    int32_t key_len = gox_bytes_i32le(in, "the length of a key");
    if (in->failed)
        return GOX_ERR_FORMAT;
    if (key_len == 0) {
        if (gox_bytes_left(in) == 0)
            return 0;
        return gox_bytes_fail(in,
                "expected the end of the chunk after the end of its "
                "dictionary, %zu bytes are left",
                gox_bytes_left(in));
    }
    if (key_len < 0 || key_len > MAX_KEY) {
        in->pos = at;
        return gox_bytes_fail(in, "expected a key of 1 to %d bytes, found %d",
                MAX_KEY, (int)key_len);
    }
    entry->key = (const char *)gox_bytes_take(in, (size_t)key_len, "a key");
    entry->key_len = (size_t)key_len;
    at = in->pos;
    int32_t len = gox_bytes_i32le(in, "the length of a value");
    if (in->failed)
        return GOX_ERR_FORMAT;
    if (len < 0) {
        in->pos = at;
        return gox_bytes_fail(
                in, "a value cannot have the length %d", (int)len);
    }
    entry->value = gox_bytes_sub(in, (size_t)len, "a value");
    return entry->value.failed ? GOX_ERR_FORMAT : 1;
}

bool gox__gox_is_key(const struct gox__gox_entry *entry, const char *key)
{
    return strlen(key) == entry->key_len &&
           memcmp(key, entry->key, entry->key_len) == 0;
}

int gox__gox_expect(struct gox__gox_entry *entry, size_t len)
{
    if (entry->value.len == len)
        return 0;
    return gox_bytes_fail(&entry->value,
            "the value of \"%.*s\" has %zu bytes, expected %zu",
            (int)entry->key_len, entry->key, entry->value.len, len);
}

int gox__gox_get_floats(
        struct gox__gox_entry *entry, float *values, size_t count)
{
    int rc = gox__gox_expect(entry, count * 4);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        size_t at = entry->value.pos;
        values[i] = gox_bytes_f32le(&entry->value, "a number");
        if (!isfinite(values[i])) {
            entry->value.pos = at;
            rc = gox_bytes_fail(&entry->value,
                    "number %zu of \"%.*s\" is not finite", i + 1,
                    (int)entry->key_len, entry->key);
        }
    }
    return rc;
}

int gox__gox_get_int(struct gox__gox_entry *entry, int32_t *value)
{
    int rc = gox__gox_expect(entry, 4);
    if (rc == 0)
        *value = gox_bytes_i32le(&entry->value, "a number");
    return rc;
}

int gox__gox_get_bool(struct gox__gox_entry *entry, bool *value)
{
    int rc = gox__gox_expect(entry, 1);
    if (rc == 0)
        *value = gox_bytes_u8(&entry->value, "a truth value") != 0;
    return rc;
}

/* ---- the format ---- */

static void reader_fini(struct gox__gox_reader *r)
{
    for (size_t i = 0; r->blocks != NULL && i < r->distinct_count; i++)
        gox_block_unref(r->blocks[i]);
    for (size_t i = 0; i < r->layer_count; i++)
        gox_layer_free(r->layers[i].layer);
    gox_free(r->layers);
    gox_free(r->blocks);
    gox_free(r->distinct);
    gox_free(r->same);
    gox_free(r->chunks);
}

int gox__gox_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__gox_reader r = {
            .img = img, .opts = opts, .data = data, .err = err};
    /* Bytes of blocks that a file may ask for: generous for real files (a flat
     * block of 100 bytes is small in memory too), but a file of a few bytes
     * cannot ask for gigabytes. */
    r.max_bytes = (UINT64_C(64) << 20) + (uint64_t)len * 512;
    if (r.max_bytes > GOX_FORMAT_MAX_MEMORY)
        r.max_bytes = GOX_FORMAT_MAX_MEMORY;
    struct gox_bytes in;
    gox_bytes_init(&in, data, len, err);
    int rc = read_header(&r, &in);
    if (rc == 0)
        rc = walk_chunks(&r, &in);
    if (rc == 0)
        rc = decode_blocks(&r, task);
    for (size_t i = 0; rc == 0 && i < r.chunk_count; i++) {
        rc = gox_task_check(task, err);
        if (rc == 0)
            rc = gox__gox_read_chunk(&r, &r.chunks[i]);
    }
    if (rc == 0)
        rc = gox__gox_finish_layers(&r);
    report->models = (uint32_t)img->layer_count;
    report->clipped = r.clipped;
    reader_fini(&r);
    return rc;
}

int gox__gox_probe(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, "GOX ", 4) == 0 ? 100 : 0;
}
