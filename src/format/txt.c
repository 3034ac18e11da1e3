/* SPDX-License-Identifier: Apache-2.0
 * The editor's text export: one voxel a line, "X Y Z RRGGBB" in decimal and
 * lower-case hex, "#" begins a comment line.
 *
 * Invariants: the writer's order is fixed: blocks by z, y, x and voxels by z,
 * y, x inside a block, so equal models give equal bytes; alpha is not kept, a
 * voxel is written when its alpha is at least GOX_ALPHA_SOLID. */
#include "base/alloc.h"
#include "format/formats_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

struct parser {
    const char *at, *end; /* the rest of the line; end without the newline */
    const char *line;     /* where it begins */
    size_t number;        /* from 1 */
};

static void skip_spaces(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
}

static bool parse_int(struct parser *p, int32_t *value)
{
    skip_spaces(p);
    bool is_negative = p->at < p->end && *p->at == '-';
    if (is_negative)
        p->at++;
    int64_t v = 0;
    const char *first = p->at;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
        v = v * 10 + (*p->at - '0');
        if (v > INT32_MAX)
            return false;
    }
    *value = (int32_t)(is_negative ? -v : v);
    return p->at > first && p->at < p->end && (*p->at == ' ' || *p->at == '\t');
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool parse_color(struct parser *p, gox_rgba *color)
{
    skip_spaces(p);
    if (p->end - p->at < 6)
        return false;
    uint8_t rgb[3];
    for (int i = 0; i < 3; i++) {
        int high = hex_digit(p->at[2 * i]), low = hex_digit(p->at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        rgb[i] = (uint8_t)(high << 4 | low);
    }
    p->at += 6;
    skip_spaces(p);
    *color = gox_rgba_make(rgb[0], rgb[1], rgb[2], 255);
    return p->at == p->end;
}

static bool parse_voxel(struct parser *p, struct gox_pos *pos, gox_rgba *color)
{
    return parse_int(p, &pos->x) && parse_int(p, &pos->y) &&
           parse_int(p, &pos->z) && parse_color(p, color);
}

/* Goes to the next line that is not blank and not a comment; false at the end.
 * *next is where the line after it begins. */
static bool next_line(struct parser *p, const char **next, const char *end)
{
    while (*next < end) {
        const char *newline = memchr(*next, '\n', (size_t)(end - *next));
        p->line = p->at = *next;
        p->end = newline != NULL ? newline : end;
        *next = newline != NULL ? newline + 1 : end;
        p->number++;
        if (p->end > p->at && p->end[-1] == '\r')
            p->end--;
        skip_spaces(p);
        if (p->at < p->end && *p->at != '#')
            return true;
    }
    return false;
}

static int bad_line(
        const struct parser *p, const uint8_t *data, struct gox_error *err)
{
    char shown[41];
    size_t n = 0;
    for (const char *c = p->line; c < p->end && n < sizeof(shown) - 1; c++)
        shown[n++] = *c >= 0x20 && *c < 0x7f ? *c : '?';
    shown[n] = '\0';
    return gox_error_set_at(err, GOX_ERR_FORMAT,
            (int64_t)(p->line - (const char *)data),
            "line %zu: expected \"X Y Z RRGGBB\" (integers and a colour in "
            "hex), found \"%s\"",
            p->number, shown);
}

static int probe_txt(const uint8_t *data, size_t len)
{
    struct parser p = {.number = 0};
    const char *next = (const char *)data;
    struct gox_pos pos;
    gox_rgba color;
    if (len == 0 || data[0] == 0)
        return 0;
    if (!next_line(&p, &next, next + len))
        return p.line != NULL && memchr(data, '#', len) != NULL ? 5 : 0;
    return parse_voxel(&p, &pos, &color) ? 60 : 0;
}

/* How many lines are read between two looks at the task. */
#define LINES_PER_CHECK 16384

static int read_lines(struct gox__sink *sink, const uint8_t *data, size_t len,
        struct gox_task *task, struct gox_error *err)
{
    struct parser p = {.number = 0};
    const char *next = (const char *)data, *end = next + len;
    while (len > 0 && next_line(&p, &next, end)) {
        struct gox_pos pos;
        gox_rgba color;
        if (!parse_voxel(&p, &pos, &color))
            return bad_line(&p, data, err);
        int rc = gox__sink_put(sink, pos, color);
        if (rc == 0 && p.number % LINES_PER_CHECK == 0) {
            gox_task_progress(task, len - (size_t)(end - next), len);
            rc = gox_task_check(task, err);
        }
        if (rc < 0)
            return rc;
    }
    return gox__sink_flush(sink);
}

static int read_txt(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    struct gox__sink sink;
    if (layer == NULL || gox__sink_init(&sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    int rc = read_lines(&sink, data, len, task, err);
    report->clipped = sink.clipped;
    report->models = 1;
    gox__sink_fini(&sink);
    return rc;
}

/* ---- writing ---- */

/* "-8388608 -8388608 -8388608 rrggbb\n" */
#define LINE_MAX        36
#define CELL_MAX        12 /* a number and its space, padded for one copy */
#define BLOCKS_PER_ITEM 16
#define ITEMS_PER_BATCH 32

/* The 16 numbers that an axis of one block can have, ready as text. */
struct axis_text {
    char text[GOX_BLOCK_SIZE][CELL_MAX];
    uint8_t len[GOX_BLOCK_SIZE];
};

static void fill_axis(struct axis_text *axis, int32_t block)
{
    for (int i = 0; i < GOX_BLOCK_SIZE; i++) {
        int32_t v = block * GOX_BLOCK_SIZE + i;
        char digits[CELL_MAX];
        int n = 0;
        uint32_t rest = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
        do {
            digits[n++] = (char)('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (v < 0)
            digits[n++] = '-';
        memset(axis->text[i], ' ', CELL_MAX);
        for (int k = 0; k < n; k++)
            axis->text[i][k] = digits[n - 1 - k];
        axis->len[i] = (uint8_t)(n + 1);
    }
}

/* CELL_MAX bytes are always copied; what is too much is written over by the
 * next cell, which is what makes this fast. */
static inline char *put_cell(char *to, const struct axis_text *axis, unsigned i)
{
    memcpy(to, axis->text[i], CELL_MAX);
    return to + axis->len[i];
}

static inline char *put_color(char *to, gox_rgba c)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = 0; shift < 24; shift += 8) {
        *to++ = digits[c >> (shift + 4) & 15];
        *to++ = digits[c >> shift & 15];
    }
    *to++ = '\n';
    return to;
}

struct write_job {
    const struct gox_block_entry *blocks;
    size_t block_count;
    size_t first; /* block of item 0 */
    struct gox_buf text[ITEMS_PER_BATCH];
    uint64_t voxels[ITEMS_PER_BATCH];
};

static uint64_t put_block(
        struct gox_buf *buf, const struct gox_block_entry *entry)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    struct axis_text x, y, z;
    char *start = (char *)gox_buf_reserve(
            buf, (size_t)gox_block_solid(entry->block) * LINE_MAX + CELL_MAX);
    if (start == NULL)
        return 0;
    fill_axis(&x, entry->pos.x);
    fill_axis(&y, entry->pos.y);
    fill_axis(&z, entry->pos.z);
    gox_block_decode(entry->block, colors);
    char *to = start;
    uint64_t voxels = 0;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (gox_rgba_a(colors[i]) < GOX_ALPHA_SOLID)
            continue;
        to = put_cell(to, &x, i & 15);
        to = put_cell(to, &y, i >> 4 & 15);
        to = put_cell(to, &z, i >> 8);
        to = put_color(to, colors[i]);
        voxels++;
    }
    gox_buf_commit(buf, (size_t)(to - start));
    return voxels;
}

static int format_item(void *ctx, size_t item, unsigned thread)
{
    (void)thread;
    struct write_job *job = ctx;
    size_t begin = job->first + item * BLOCKS_PER_ITEM;
    size_t end = begin + BLOCKS_PER_ITEM;
    if (end > job->block_count)
        end = job->block_count;
    gox_buf_reset(&job->text[item]);
    job->voxels[item] = 0;
    for (size_t i = begin; i < end; i++)
        job->voxels[item] += put_block(&job->text[item], &job->blocks[i]);
    return gox_buf_error(&job->text[item]);
}

static int write_batches(struct write_job *job, struct gox_output *out,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err)
{
    const size_t batch = (size_t)BLOCKS_PER_ITEM * ITEMS_PER_BATCH;
    for (job->first = 0; job->first < job->block_count; job->first += batch) {
        size_t left = job->block_count - job->first;
        size_t items = ITEMS_PER_BATCH;
        if (left < batch)
            items = (left + BLOCKS_PER_ITEM - 1) / BLOCKS_PER_ITEM;
        int rc = gox_task_check(task, err);
        if (rc == 0)
            rc = gox_parallel_for(task, items, format_item, job);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < items; i++) {
            gox_output_put(out, job->text[i].data, job->text[i].len);
            report->voxels += job->voxels[i];
        }
        gox_task_progress(task,
                job->block_count - left + (left < batch ? left : batch),
                job->block_count);
    }
    return 0;
}

static int write_txt(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    gox_volume *vol = NULL;
    int rc = gox_image_composite(img, &vol, task, err);
    if (rc < 0)
        return rc;
    struct write_job *job = gox_calloc(1, sizeof(*job));
    struct gox_block_entry *blocks = NULL;
    if (job == NULL) {
        rc = GOX_ERR_NOMEM;
        goto out;
    }
    blocks = gox_volume_sorted_blocks(vol, &job->block_count);
    if (blocks == NULL && !gox_volume_is_empty(vol)) {
        rc = GOX_ERR_NOMEM;
        goto out;
    }
    job->blocks = blocks;
    gox_output_put_str(out, "# Goxel-daemon\n# One line per voxel\n"
                            "# X Y Z RRGGBB\n");
    rc = write_batches(job, out, report, task, err);
    report->models = 1;
out:
    for (size_t i = 0; job != NULL && i < ITEMS_PER_BATCH; i++)
        gox_buf_fini(&job->text[i]);
    gox_free(job);
    gox_free(blocks);
    gox_volume_free(vol);
    return rc;
}

const struct gox_format gox_format_txt = {
        .name = "txt",
        .title = "Goxel text",
        .extensions = {"txt", NULL},
        .mime = "text/plain",
        .probe = probe_txt,
        .read = read_txt,
        .write = write_txt,
};
