/* SPDX-License-Identifier: Apache-2.0
 * The registry of render files. Lists are short (a ttl's worth of pictures), so
 * a plain array serves. */
#include "daemon/renders.h"

#include "base/alloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void gox_renders_init(
        struct gox_renders *renders, int64_t ttl_ms, uint64_t max_bytes)
{
    *renders = (struct gox_renders){.ttl_ms = ttl_ms, .max_bytes = max_bytes};
}

static void forget(struct gox_renders *renders, size_t i)
{
    renders->total_bytes -= renders->items[i].bytes;
    gox_free(renders->items[i].path);
    renders->count--;
    memmove(&renders->items[i], &renders->items[i + 1],
            (renders->count - i) * sizeof *renders->items);
}

void gox_renders_fini(struct gox_renders *renders)
{
    while (renders->count > 0)
        forget(renders, renders->count - 1);
    gox_free(renders->items);
    renders->items = NULL;
    renders->capacity = 0;
}

static size_t find(const struct gox_renders *renders, const char *path)
{
    for (size_t i = 0; i < renders->count; i++)
        if (strcmp(renders->items[i].path, path) == 0)
            return i;
    return renders->count;
}

const struct gox_render_file *gox_renders_find(
        const struct gox_renders *renders, const char *path)
{
    size_t i = find(renders, path);
    return i < renders->count ? &renders->items[i] : NULL;
}

/* A file that somebody else removed is as good as removed. */
static int remove_at(
        struct gox_renders *renders, size_t i, struct gox_error *err)
{
    if (unlink(renders->items[i].path) != 0 && errno != ENOENT)
        return gox_error_set_errno(err, GOX_ERR_IO, errno, "cannot remove %s",
                renders->items[i].path);
    forget(renders, i);
    return 0;
}

static void make_room(struct gox_renders *renders)
{
    size_t i = 0;
    while (renders->total_bytes > renders->max_bytes &&
            i + 1 < renders->count) {
        if (remove_at(renders, i, NULL) < 0)
            i++;
        else
            renders->evicted_count++;
    }
}

int gox_renders_add(struct gox_renders *renders, const char *path,
        uint64_t bytes, int width, int height,
        const char checksum[GOX_SHA256_HEX_BYTES], int64_t now_ms,
        const struct gox_render_file **file)
{
    struct gox_render_file item = {.path = gox_strdup(path),
            .bytes = bytes,
            .width = width,
            .height = height,
            .created_ms = now_ms,
            .expires_ms = now_ms + renders->ttl_ms};
    if (item.path == NULL ||
            !gox_grow(&renders->items, &renders->capacity, renders->count + 1,
                    sizeof *renders->items)) {
        gox_free(item.path);
        return GOX_ERR_NOMEM;
    }
    memcpy(item.checksum, checksum, GOX_SHA256_HEX_BYTES);
    size_t old = find(renders, path);
    if (old < renders->count)
        forget(renders, old);
    renders->items[renders->count++] = item;
    renders->total_bytes += bytes;
    renders->created_count++;
    make_room(renders);
    *file = &renders->items[renders->count - 1];
    return 0;
}

int gox_renders_remove(
        struct gox_renders *renders, const char *path, struct gox_error *err)
{
    size_t i = find(renders, path);
    if (i == renders->count)
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "%s is no registered render file; goxel.list_renders lists "
                "them",
                path);
    return remove_at(renders, i, err);
}

size_t gox_renders_expire(struct gox_renders *renders, int64_t now_ms)
{
    size_t removed = 0, i = 0;
    while (i < renders->count) {
        if (renders->items[i].expires_ms > now_ms ||
                remove_at(renders, i, NULL) < 0)
            i++;
        else
            removed++;
    }
    renders->expired_count += removed;
    return removed;
}
