/* SPDX-License-Identifier: Apache-2.0
 * gzip by zlib. Level 6 on log lines makes about 60 MB/s, so a slice of 64 KiB
 * takes about a millisecond. */
#include "log/compress.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define SLICE_BYTES     65536
#define GZIP_WINDOW     (15 + 16) /* zlib: 16 asks for a gzip header */
#define COMPRESS_LEVEL  6
#define COMPRESS_MEMORY 8

struct gox_compress {
    char *path, *temporary, *target;
    int in, out;
    z_stream z;
    bool has_z, is_done;
    uint8_t from[SLICE_BYTES], to[SLICE_BYTES];
};

static char *join(const char *path, const char *suffix)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_buf_printf(&text, "%s%s", path, suffix);
    const char *all = gox_buf_text(&text);
    char *copy = all != NULL ? gox_strdup(all) : NULL;
    gox_buf_fini(&text);
    return copy;
}

void gox_compress_free(gox_compress *c)
{
    if (c == NULL)
        return;
    if (c->has_z)
        deflateEnd(&c->z);
    if (c->in >= 0)
        close(c->in);
    if (c->out >= 0)
        close(c->out);
    if (!c->is_done && c->out >= 0)
        unlink(c->temporary);
    gox_free(c->path);
    gox_free(c->temporary);
    gox_free(c->target);
    gox_free(c);
}

static bool open_files(gox_compress *c)
{
    struct stat st;
    c->in = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (c->in < 0 || fstat(c->in, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    /* What a crash may have left; O_EXCL then keeps links out. */
    unlink(c->temporary);
    c->out = open(c->temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
            st.st_mode & 0777);
    return c->out >= 0;
}

gox_compress *gox_compress_new(const char *path)
{
    gox_compress *c = gox_calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->in = c->out = -1;
    c->path = gox_strdup(path);
    c->temporary = join(path, GOX_COMPRESS_SUFFIX ".tmp");
    c->target = join(path, GOX_COMPRESS_SUFFIX);
    if (c->path == NULL || c->temporary == NULL || c->target == NULL ||
            !open_files(c))
        goto fail;
    if (deflateInit2(&c->z, COMPRESS_LEVEL, Z_DEFLATED, GZIP_WINDOW,
                COMPRESS_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        goto fail;
    c->has_z = true;
    return c;
fail:
    gox_compress_free(c);
    return NULL;
}

/* Everything is out: the name, then the plain file may go. */
static bool finish(gox_compress *c)
{
    if (fsync(c->out) != 0 || rename(c->temporary, c->target) != 0)
        return false;
    c->is_done = true;
    unlink(c->path);
    return false;
}

bool gox_compress_step(gox_compress *c)
{
    ssize_t got = read(c->in, c->from, sizeof c->from);
    if (got < 0)
        return errno == EINTR;
    c->z.next_in = c->from;
    c->z.avail_in = (uInt)got;
    int result = Z_OK;
    do {
        c->z.next_out = c->to;
        c->z.avail_out = sizeof c->to;
        result = deflate(&c->z, got == 0 ? Z_FINISH : Z_NO_FLUSH);
        size_t made = sizeof c->to - c->z.avail_out;
        if (result == Z_STREAM_ERROR ||
                gox_write_all(c->out, c->to, made) < made)
            return false;
    } while (c->z.avail_out == 0);
    return result == Z_STREAM_END ? finish(c) : true;
}
