/* SPDX-License-Identifier: Apache-2.0
 * The table of formats, finding a row by name, path or content, and the two
 * doors through which all reading and writing goes.
 *
 * Invariant: the rows see options and a report that are never NULL; what a
 * caller gets from a failed read is NULL and an error that names the format. */
#include "format/format.h"

#include "format/formats_internal.h"

#include <stdio.h>
#include <string.h>

/* In the order shown to people; the first of equals wins. */
const struct gox_format *const gox_formats[] = {
        &gox_format_gox,
        &gox_format_vox,
        &gox_format_slab6,
        &gox_format_txt,
        &gox_format_qb,
        &gox_format_qbcl,
        &gox_format_kvx,
        &gox_format_kv6,
        &gox_format_vxl,
        &gox_format_mts,
        &gox_format_image,
        &gox_format_slices,
        &gox_format_gltf,
        &gox_format_glb,
        &gox_format_obj,
        &gox_format_ply,
        &gox_format_stl,
        &gox_format_povray,
};
const size_t gox_format_count = sizeof(gox_formats) / sizeof(gox_formats[0]);

void gox_format_options_init(struct gox_format_options *opts)
{
    *opts = (struct gox_format_options){.up = GOX_UP_Z,
            .faces = GOX_FACES_MERGED,
            .scale = 1.0f,
            .pivot = GOX_PIVOT_ORIGIN};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equals_nocase(const char *a, const char *b, size_t b_len)
{
    for (size_t i = 0; i < b_len; i++)
        if (a[i] == '\0' || lower(a[i]) != lower(b[i]))
            return false;
    return a[b_len] == '\0';
}

static bool has_extension(
        const struct gox_format *format, const char *ext, size_t len)
{
    for (size_t i = 0; i < 5 && format->extensions[i] != NULL; i++)
        if (equals_nocase(format->extensions[i], ext, len))
            return true;
    return false;
}

const struct gox_format *gox_format_find(const char *name, size_t len)
{
    if (len > 0 && name[0] == '.') {
        name++;
        len--;
    }
    if (len == 0)
        return NULL;
    for (size_t i = 0; i < gox_format_count; i++)
        if (equals_nocase(gox_formats[i]->name, name, len))
            return gox_formats[i];
    for (size_t i = 0; i < gox_format_count; i++)
        if (has_extension(gox_formats[i], name, len))
            return gox_formats[i];
    return NULL;
}

/* The length of the extension of format that path ends in, 0 for none. A file
 * that is only ".vox" has no extension but a hidden name. */
static size_t match_extension(const struct gox_format *format, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t len = strlen(base);
    size_t best = 0;
    for (size_t i = 0; i < 5 && format->extensions[i] != NULL; i++) {
        size_t n = strlen(format->extensions[i]);
        if (n > best && len > n + 1 && base[len - n - 1] == '.' &&
                equals_nocase(format->extensions[i], base + len - n, n))
            best = n;
    }
    return best;
}

/* Among rows of the longest extension, the first that can do it; a row that
 * cannot is still better than none, because its error says so. */
static const struct gox_format *find_by_path(const char *path, bool to_write)
{
    const struct gox_format *best = NULL;
    size_t best_len = 0;
    bool best_can = false;
    for (size_t i = 0; i < gox_format_count; i++) {
        const struct gox_format *f = gox_formats[i];
        size_t n = match_extension(f, path);
        bool can = to_write ? f->write != NULL : f->read != NULL;
        if (n > best_len || (n > 0 && n == best_len && can && !best_can)) {
            best = f;
            best_len = n;
            best_can = can;
        }
    }
    return best;
}

const struct gox_format *gox_format_find_path(const char *path)
{
    return find_by_path(path, true);
}

const struct gox_format *gox_format_detect(
        const uint8_t *data, size_t len, const char *path_hint)
{
    const struct gox_format *best = NULL;
    int best_score = 0;
    size_t best_hint = 0; /* length of the extension that the path ends in */
    for (size_t i = 0; i < gox_format_count; i++) {
        const struct gox_format *f = gox_formats[i];
        int score = f->probe != NULL ? f->probe(data, len) : 0;
        if (score <= 0 || score < best_score)
            continue;
        size_t hint = path_hint != NULL ? match_extension(f, path_hint) : 0;
        if (score > best_score || hint > best_hint) {
            best = f;
            best_score = score;
            best_hint = hint;
        }
    }
    return best;
}

/* Says what a content of no known kind begins with. */
static int unknown_content(
        const uint8_t *data, size_t len, struct gox_error *err)
{
    if (len == 0)
        return gox_error_set_at(
                err, GOX_ERR_UNSUPPORTED, 0, "the file is empty");
    char start[4 * 8 + 1];
    size_t at = 0;
    for (size_t i = 0; i < len && i < 8; i++) {
        bool plain = data[i] >= 0x20 && data[i] < 0x7f && data[i] != '\\';
        at += (size_t)snprintf(start + at, sizeof(start) - at,
                plain ? "%c" : "\\x%02x", data[i]);
    }
    return gox_error_set_at(err, GOX_ERR_UNSUPPORTED, 0,
            "the content is of no known model format; it begins with \"%s\"",
            start);
}

static void finish_report(struct gox_format_report *report,
        const struct gox_image *img, bool is_read)
{
    if (is_read && report->voxels == 0)
        report->voxels = gox_image_solid(img);
    if (report->clipped > 0 && report->note[0] == '\0')
        snprintf(report->note, sizeof(report->note),
                "%llu voxels lie outside the grid and were left out",
                (unsigned long long)report->clipped);
}

/* Codes without a text of their own, such as those of the voxel core. */
static void complete_error(
        struct gox_error *err, int code, const struct gox_format *format)
{
    if (err == NULL)
        return;
    if (err->code == 0)
        gox_error_set(err, code, "%s", gox_error_text(code));
    gox_error_prefix(err, "%s", format->name);
}

static void clear_error(struct gox_error *err)
{
    if (err != NULL)
        *err = (struct gox_error){.offset = -1};
}

int gox_format_read(struct gox_image **img, const struct gox_format *format,
        const uint8_t *data, size_t len, const char *path_hint,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_format_options default_opts;
    struct gox_format_report own_report;
    gox_format_options_init(&default_opts);
    if (opts == NULL)
        opts = &default_opts;
    if (report == NULL)
        report = &own_report;
    *report = (struct gox_format_report){0};
    *img = NULL;
    clear_error(err);

    if (format == NULL)
        format = gox_format_detect(data, len, path_hint);
    /* The reader that the name asks for says best what is wrong. */
    if (format == NULL && path_hint != NULL && len > 0)
        format = find_by_path(path_hint, false);
    if (format == NULL)
        return unknown_content(data, len, err);
    if (format->read == NULL)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s files can be written but not read", format->title);

    struct gox_image *result = gox_image_new_empty();
    int rc = result != NULL ? 0 : GOX_ERR_NOMEM;
    if (rc == 0)
        rc = format->read(result, data, len, opts, report, task, err);
    if (rc >= 0)
        rc = gox_image_finish(result);
    if (rc < 0) {
        gox_image_free(result);
        complete_error(err, rc, format);
        return rc;
    }
    finish_report(report, result, true);
    *img = result;
    return 0;
}

int gox_format_write(const struct gox_image *img,
        const struct gox_format *format, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_format_options default_opts;
    struct gox_format_report own_report;
    gox_format_options_init(&default_opts);
    if (opts == NULL)
        opts = &default_opts;
    if (report == NULL)
        report = &own_report;
    *report = (struct gox_format_report){0};
    clear_error(err);

    if (format->write == NULL)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s files can be read but not written", format->title);
    int rc = format->write(img, out, opts, report, task, err);
    if (rc >= 0)
        rc = gox_output_commit(out);
    if (rc < 0) {
        complete_error(err, rc, format);
        return rc;
    }
    finish_report(report, img, false);
    return 0;
}
