/* SPDX-License-Identifier: Apache-2.0
 * The files of the event log: <dir>/events.jsonl and, older and older,
 * events.jsonl.1, .2 ... Each line begins with {"seq":N, which is how numbers
 * are found again without a parser. */
#include "manager/events.h"

#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "rpc/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE_BYTES 16384
#define HEAD           "{\"seq\":"

struct gox_events {
    char *path;
    struct gox_events_config config;
    int fd; /* -1: could not be opened, tried again with the next event */
    uint64_t size;
    bool is_dirty;
    gox_event_fn *fn;
    void *ctx;
    struct gox_buf line;
    struct gox_events_stats stats;
};

static const struct {
    const char *name;
    bool is_stored;
} kinds[] = {
#define GOX_EVENT_ROW(name, text, stored) {text, stored},
        GOX_EVENT_LIST(GOX_EVENT_ROW)
#undef GOX_EVENT_ROW
};

const char *gox_event_name(enum gox_event_kind kind)
{
    return kinds[kind].name;
}

enum gox_event_kind gox_event_find(const char *name, size_t len)
{
    int i = 0;
    while (i < GOX_EVENT_COUNT &&
            (strlen(kinds[i].name) != len ||
                    memcmp(kinds[i].name, name, len) != 0))
        i++;
    return (enum gox_event_kind)i;
}

/* ---- files ---- */

/* Number 0 is the live file. NULL: no memory. */
static char *file_name(const gox_events *e, unsigned number)
{
    size_t size = strlen(e->path) + 16;
    char *name = gox_malloc(size);
    if (name == NULL)
        return NULL;
    if (number == 0)
        snprintf(name, size, "%s", e->path);
    else
        snprintf(name, size, "%s.%u", e->path, number);
    return name;
}

static int open_file(gox_events *e)
{
    struct stat st;
    e->fd = open(
            e->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (e->fd < 0)
        return GOX_ERR_IO;
    if (fstat(e->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(e->fd);
        e->fd = -1;
        errno = EINVAL;
        return GOX_ERR_IO;
    }
    e->size = (uint64_t)st.st_size;
    return 0;
}

/* The number of a line of ours, 0 when it is none. */
static uint64_t seq_of(const char *line, size_t len)
{
    uint64_t seq = 0;
    size_t i = sizeof HEAD - 1;
    if (len < i + 2 || memcmp(line, HEAD, i) != 0 || line[len - 1] != '}')
        return 0;
    for (; i < len && line[i] >= '0' && line[i] <= '9'; i++)
        seq = seq * 10 + (uint64_t)(line[i] - '0');
    return line[i] == ',' ? seq : 0;
}

typedef bool line_fn(void *ctx, uint64_t seq, const char *line, size_t len);

/* Calls fn for the whole lines of a file; *good gets where the last one ends.
 * False: fn wants no more. A file that is not there has no lines. */
static bool each_line(const char *path, line_fn *fn, void *ctx, size_t *good)
{
    struct gox_input in;
    bool goes_on = true;
    *good = 0;
    if (gox_input_read_file(&in, path, 0, NULL) < 0)
        return true;
    const char *data = (const char *)in.data;
    size_t pos = 0;
    while (goes_on && pos < in.len) {
        const char *end = memchr(data + pos, '\n', in.len - pos);
        if (end == NULL)
            break;
        size_t len = (size_t)(end - data) - pos;
        uint64_t seq = seq_of(data + pos, len);
        if (seq > 0)
            goes_on = fn(ctx, seq, data + pos, len);
        pos += len + 1;
        *good = pos;
    }
    gox_input_fini(&in);
    return goes_on;
}

struct range {
    uint64_t first, last;
};

static bool note_range(void *ctx, uint64_t seq, const char *line, size_t len)
{
    struct range *r = ctx;
    (void)line;
    (void)len;
    if (r->first == 0)
        r->first = seq;
    if (seq > r->last)
        r->last = seq;
    return true;
}

static bool note_first(void *ctx, uint64_t seq, const char *line, size_t len)
{
    note_range(ctx, seq, line, len);
    return false;
}

/* The first number that is still there. */
static void find_oldest(gox_events *e)
{
    struct range r = {0};
    size_t good;
    for (unsigned i = e->config.max_files; i-- > 0 && r.first == 0;) {
        char *name = file_name(e, i);
        if (name != NULL)
            (void)each_line(name, note_first, &r, &good);
        gox_free(name);
    }
    e->stats.oldest = r.first;
}

/* Cuts a torn last line off and finds the last number. */
static int recover(gox_events *e, struct gox_error *err)
{
    struct range r = {0};
    for (unsigned i = 0; i < e->config.max_files; i++) {
        size_t good;
        char *name = file_name(e, i);
        if (name == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        (void)each_line(name, note_range, &r, &good);
        gox_free(name);
        if (i == 0 && good < e->size) {
            e->stats.cut_bytes = e->size - good;
            if (ftruncate(e->fd, (off_t)good) != 0)
                return gox_error_set_errno(err, GOX_ERR_IO, errno,
                        "the torn end of %s cannot be cut off", e->path);
            e->size = good;
        }
        if (r.last > 0)
            break;
    }
    e->stats.last = r.last;
    find_oldest(e);
    return 0;
}

gox_events *gox_events_open(const char *dir,
        const struct gox_events_config *config, struct gox_error *err)
{
    size_t size = strlen(dir) + sizeof "/events.jsonl";
    gox_events *e = gox_calloc(1, sizeof *e);
    if (e == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    e->fd = -1;
    e->config = *config;
    gox_buf_init(&e->line, MAX_LINE_BYTES);
    int code = GOX_ERR_NOMEM;
    e->path = gox_malloc(size);
    if (e->path == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        goto out;
    }
    snprintf(e->path, size, "%s/events.jsonl", dir);
    code = open_file(e);
    if (code < 0) {
        gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the event log %s cannot be opened", e->path);
        goto out;
    }
    code = recover(e, err);
out:
    if (code == 0)
        return e;
    gox_events_close(e);
    return NULL;
}

void gox_events_close(gox_events *e)
{
    if (e == NULL)
        return;
    if (e->fd >= 0)
        close(e->fd);
    gox_buf_fini(&e->line);
    gox_free(e->path);
    gox_free(e);
}

void gox_events_set_listener(gox_events *e, gox_event_fn *fn, void *ctx)
{
    e->fn = fn;
    e->ctx = ctx;
}

/* ---- writing ---- */

/* events.jsonl becomes .1, .1 becomes .2 ...; the oldest goes. */
static void put_aside(gox_events *e)
{
    for (unsigned i = e->config.max_files - 1; i > 0; i--) {
        char *from = file_name(e, i - 1);
        char *to = file_name(e, i);
        int code = from != NULL && to != NULL ? rename(from, to) : -1;
        (void)code; /* a gap in the row of files loses nothing */
        gox_free(from);
        gox_free(to);
    }
    if (e->config.max_files == 1)
        unlink(e->path);
    close(e->fd);
    e->fd = -1;
    if (open_file(e) < 0)
        e->size = 0;
    find_oldest(e);
}

/* All of it, or nothing of it is left in the file. */
static bool append(gox_events *e, const void *data, size_t len)
{
    if (e->fd < 0 && open_file(e) < 0)
        return false;
    ssize_t put = write(e->fd, data, len);
    if (put == (ssize_t)len) {
        e->size += len;
        return true;
    }
    if (put > 0 && ftruncate(e->fd, (off_t)e->size) != 0) {
        /* Half a line stands there; what follows goes to another file. */
        put_aside(e);
    }
    return false;
}

static void store(gox_events *e, uint64_t seq)
{
    if (e->size > 0 && e->size + e->line.len > e->config.max_bytes)
        put_aside(e);
    if (!append(e, e->line.data, e->line.len)) {
        e->stats.lost++;
        e->stats.is_failing = true;
        return;
    }
    e->stats.is_failing = false;
    e->is_dirty = true;
    if (e->stats.oldest == 0)
        e->stats.oldest = seq;
}

static void encode(gox_events *e, enum gox_event_kind kind, uint64_t seq,
        const char *instance, const char *members, int64_t wall_ms)
{
    char at[GOX_TIME_TEXT_BYTES];
    struct gox_writer w;
    gox_time_format(wall_ms, at);
    gox_buf_reset(&e->line);
    gox_buf_put_str(&e->line, HEAD);
    gox_buf_put_uint(&e->line, seq);
    gox_writer_init(&w, &e->line);
    w.needs_comma = true;
    gox_writer_string(&w, "time", at);
    gox_writer_string(&w, "event", kinds[kind].name);
    if (instance[0] != '\0')
        gox_writer_string(&w, "name", instance);
    if (members != NULL && members[0] != '\0') {
        gox_buf_put_byte(&e->line, ',');
        gox_buf_put_str(&e->line, members);
    }
    gox_buf_put_str(&e->line, "}\n");
}

uint64_t gox_events_put(gox_events *e, enum gox_event_kind kind,
        const char *instance, const char *members, int64_t wall_ms)
{
    uint64_t seq = kinds[kind].is_stored ? ++e->stats.last : 0;
    encode(e, kind, seq, instance, members, wall_ms);
    if (gox_buf_error(&e->line) == GOX_ERR_TOO_LARGE)
        encode(e, kind, seq, instance, "\"is_cut\":true", wall_ms);
    if (gox_buf_error(&e->line) < 0) {
        e->stats.lost++;
        return seq;
    }
    if (seq > 0)
        store(e, seq);
    if (e->fn != NULL)
        e->fn(e->ctx, kind, seq, (const char *)e->line.data, e->line.len - 1);
    return seq;
}

/* ---- reading ---- */

struct replay {
    uint64_t after;
    line_fn *fn;
    void *ctx;
};

static bool pass_on(void *ctx, uint64_t seq, const char *line, size_t len)
{
    struct replay *r = ctx;
    return seq <= r->after || r->fn(r->ctx, seq, line, len);
}

int gox_events_replay(gox_events *e, uint64_t after, line_fn *fn, void *ctx)
{
    struct replay r = {after, fn, ctx};
    if (after >= e->stats.last)
        return 0;
    for (unsigned i = e->config.max_files; i-- > 0;) {
        size_t good;
        char *name = file_name(e, i);
        if (name == NULL)
            return GOX_ERR_NOMEM;
        bool goes_on = each_line(name, pass_on, &r, &good);
        gox_free(name);
        if (!goes_on)
            break;
    }
    return 0;
}

bool gox_events_is_dirty(const gox_events *e)
{
    return e->is_dirty;
}

void gox_events_sync(gox_events *e)
{
    if (e->fd >= 0 && e->is_dirty)
        (void)fdatasync(e->fd);
    e->is_dirty = false;
}

void gox_events_get_stats(gox_events *e, struct gox_events_stats *stats)
{
    *stats = e->stats;
}
