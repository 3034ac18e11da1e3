/* SPDX-License-Identifier: Apache-2.0
 * The live file: where to split, when to put it aside, what to do about a disk
 * that is full. */
#include "log/rotate.h"

#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "log/compress.h"
#include "log/rotate_internal.h"
#include "platform/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MS 1000
#define DAY_MS   (INT64_C(24) * 60 * 60 * 1000)
#define MODE     0640

struct gox_rotate {
    char *path;
    int fd;
    struct gox_rotate_config config;
    uint64_t size;          /* of the live file */
    int64_t start_ms;       /* when its first record came, as far as known */
    int64_t retry_ms;       /* after a failed write or rotation; 0: none */
    uint64_t lost;          /* lines */
    bool is_file;           /* a regular one */
    bool is_whole;          /* its last line has its end, or never will */
    bool is_torn;           /* its last line is a piece of one that was lost */
    bool is_failing;        /* the last write failed */
    gox_compress *compress; /* of what was put aside; or NULL */
};

/* True when the file's last byte ends a line. */
static bool ends_line(const char *path, off_t size)
{
    char last = '\n';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return true;
    if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
        last = '\n';
    close(fd);
    return last == '\n';
}

/* Opens path into the struct; errno on failure, with nothing changed. */
static bool open_live(gox_rotate *r)
{
    struct stat st;
    int fd = open(r->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
            MODE);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return false;
    }
    if (r->fd >= 0)
        close(r->fd);
    r->fd = fd;
    r->is_file = S_ISREG(st.st_mode);
    r->size = r->is_file ? (uint64_t)st.st_size : 0;
    r->is_whole = true;
    r->is_torn = r->is_file && !ends_line(r->path, st.st_size);
    int64_t birth_ms = r->size > 0 ? gox_os_file_birth_ms(fd) : 0;
    r->start_ms = birth_ms > 0 ? birth_ms : gox_time_wall_ms();
    return true;
}

static void sweep(gox_rotate *r, int64_t now_ms)
{
    if (r->is_file && r->config.is_enabled)
        gox__rotate_sweep(
                r->path, r->config.max_files, r->config.max_age_ms, now_ms);
}

static void start_compress(gox_rotate *r)
{
    struct gox_buf name;
    const struct gox_rotate_config *c = &r->config;
    if (!r->is_file || !c->is_enabled || !c->is_compressed || c->max_files == 0)
        return;
    gox_buf_init(&name, 0);
    const char *first = gox__rotate_name(&name, r->path, 1, "");
    if (first != NULL)
        r->compress = gox_compress_new(first);
    gox_buf_fini(&name);
}

gox_rotate *gox_rotate_open(const char *path,
        const struct gox_rotate_config *config, struct gox_error *err)
{
    gox_rotate *r = gox_calloc(1, sizeof *r);
    if (r != NULL)
        r->path = gox_strdup(path);
    if (r == NULL || r->path == NULL) {
        gox_free(r);
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    r->fd = -1;
    r->config = *config;
    if (!open_live(r)) {
        gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the log file %s cannot be opened", path);
        gox_rotate_close(r);
        return NULL;
    }
    sweep(r, gox_time_wall_ms());
    /* What a stop has left plain. */
    start_compress(r);
    return r;
}

static void end_compress(gox_rotate *r)
{
    while (gox_rotate_work(r))
        ;
}

void gox_rotate_close(gox_rotate *r)
{
    if (r == NULL)
        return;
    gox_compress_free(r->compress);
    if (r->fd >= 0)
        close(r->fd);
    gox_free(r->path);
    gox_free(r);
}

void gox_rotate_set_config(
        gox_rotate *r, const struct gox_rotate_config *config)
{
    r->config = *config;
    sweep(r, gox_time_wall_ms());
}

/* ---- rotation ---- */

static bool is_same_file(const gox_rotate *r)
{
    struct stat named, open_one;
    return stat(r->path, &named) == 0 && fstat(r->fd, &open_one) == 0 &&
           named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

void gox_rotate_now(gox_rotate *r, int64_t now_ms)
{
    if (!r->is_file || r->size == 0)
        return;
    end_compress(r); /* its file is about to get another name */
    /* Somebody else has moved it away: the name is not ours to move. */
    bool is_moved =
            is_same_file(r) && gox__rotate_shift(r->path, r->config.max_files);
    if (!open_live(r) || !is_moved) {
        r->retry_ms = now_ms + RETRY_MS;
        return;
    }
    r->start_ms = now_ms;
    sweep(r, now_ms);
    start_compress(r);
}

bool gox_rotate_work(gox_rotate *r)
{
    if (r->compress == NULL)
        return false;
    if (gox_compress_step(r->compress))
        return true;
    gox_compress_free(r->compress);
    r->compress = NULL;
    return false;
}

static bool is_waiting(const gox_rotate *r, int64_t now_ms)
{
    /* The wall clock may have been set back: no wait is longer than one. */
    return r->retry_ms > now_ms && r->retry_ms - now_ms <= RETRY_MS;
}

static bool is_old(const gox_rotate *r, int64_t now_ms)
{
    const struct gox_rotate_config *c = &r->config;
    int64_t limit = c->rotate_ms;
    if (limit == 0 && c->max_age_ms > 0) {
        limit = c->max_age_ms / (c->max_files > 0 ? c->max_files : 1);
        if (limit < DAY_MS)
            limit = DAY_MS;
        if (limit > c->max_age_ms)
            limit = c->max_age_ms;
    }
    return limit > 0 && now_ms - r->start_ms >= limit;
}

/* ---- writing ---- */

static size_t line_len(const char *data, size_t len)
{
    const char *end = memchr(data, '\n', len);
    return end != NULL ? (size_t)(end - data) + 1 : len;
}

/* How many of the first `room` bytes are whole lines. */
static size_t whole_lines(const char *data, size_t room)
{
    while (room > 0 && data[room - 1] != '\n')
        room--;
    return room;
}

/* How much of data belongs into the live file, which may become another. */
static size_t next_part(
        gox_rotate *r, const char *data, size_t len, int64_t now_ms)
{
    uint64_t max = r->config.max_bytes;
    if (!r->config.is_enabled || !r->is_file || is_waiting(r, now_ms))
        return len;
    bool is_full = max > 0 && r->size + line_len(data, len) > max;
    if (r->is_whole && r->size > 0 && (is_full || is_old(r, now_ms)))
        gox_rotate_now(r, now_ms);
    if (max == 0 || is_waiting(r, now_ms) || r->size + len <= max)
        return len;
    size_t part =
            r->size < max ? whole_lines(data, (size_t)(max - r->size)) : 0;
    if (part > 0)
        return part;
    /* A line that is longer than a file may be: up to twice that, then it is
     * split, or it could fill the disk. */
    if (r->size >= 2 * max)
        gox_rotate_now(r, now_ms);
    part = line_len(data, len);
    uint64_t room = r->size < 2 * max ? 2 * max - r->size : max;
    return part < room ? part : (size_t)room;
}

static uint64_t count_lines(const char *data, size_t len)
{
    uint64_t count = len > 0 && data[len - 1] != '\n';
    for (size_t i = 0; i < len; i++)
        count += data[i] == '\n';
    return count;
}

/* Takes a piece of a line back out of the file, when nobody else has appended
 * to it. */
static bool cut_back(gox_rotate *r, uint64_t size, uint64_t with_piece)
{
    struct stat st;
    return r->is_file && fstat(r->fd, &st) == 0 &&
           (uint64_t)st.st_size == with_piece &&
           ftruncate(r->fd, (off_t)size) == 0;
}

static int write_part(
        gox_rotate *r, const char *data, size_t len, int64_t now_ms)
{
    if (r->is_failing && is_waiting(r, now_ms)) {
        r->lost += count_lines(data, len);
        return GOX_ERR_IO;
    }
    r->is_failing = false;
    if (r->is_torn && gox_write_all(r->fd, "\n", 1) == 1) {
        r->is_torn = false;
        r->size++;
    }
    size_t done = r->is_torn ? 0 : gox_write_all(r->fd, data, len);
    if (done == len) {
        r->size += len;
        r->is_whole = data[len - 1] == '\n';
        return 0;
    }
    size_t kept = whole_lines(data, done);
    bool has_piece = kept == 0 && !r->is_whole;
    if (done > kept && cut_back(r, r->size + kept, r->size + done))
        done = kept;
    r->is_torn = r->is_torn || has_piece || done > kept;
    r->is_whole = true;
    r->size += done;
    r->lost += count_lines(data + kept, len - kept);
    r->is_failing = true;
    r->retry_ms = now_ms + RETRY_MS;
    return GOX_ERR_IO;
}

int gox_rotate_write(
        gox_rotate *r, const void *data, size_t len, int64_t now_ms)
{
    const char *rest = data;
    int code = 0;
    while (len > 0) {
        size_t part = next_part(r, rest, len, now_ms);
        int result = write_part(r, rest, part, now_ms);
        if (result < 0)
            code = result;
        rest += part;
        len -= part;
    }
    return code;
}

uint64_t gox_rotate_take_lost(gox_rotate *r)
{
    uint64_t lost = r->lost;
    r->lost = 0;
    return lost;
}

int gox_rotate_reopen(gox_rotate *r)
{
    end_compress(r);
    return open_live(r) ? 0 : GOX_ERR_IO;
}

int gox_rotate_fd(const gox_rotate *r)
{
    return r->fd;
}

bool gox_rotate_is_file(const gox_rotate *r)
{
    return r->is_file;
}
