/* SPDX-License-Identifier: Apache-2.0
 * The daemon's output: read as soon as it comes, kept in a ring, appended to a
 * file. The daemon never waits for more than this process' next turn; what the
 * disk does not take is counted.
 *
 * Invariant: the ring holds the last GOX_CAPTURE_RING_BYTES bytes. */
#include "base/alloc.h"
#include "base/time.h"
#include "manager/control.h"
#include "manager/manager_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_EVENTS_PER_SECOND 10
#define COMPRESS_TICK_MS      20

/* In JSON or in text. */
bool gox__capture_is_error(const char *line, size_t len)
{
    static const char *const marks[] = {"\"level\":\"error\"", " ERROR "};
    for (size_t k = 0; k < sizeof marks / sizeof marks[0]; k++)
        if (memmem(line, len, marks[k], strlen(marks[k])) != NULL)
            return true;
    return false;
}

static void tell_error(gox_instance *i, const char *line, size_t len)
{
    struct gox_capture *c = &i->capture;
    struct gox_buf members;
    struct gox_writer w;
    int64_t now = gox_time_now_ns();
    c->errors++;
    if (now - c->told_at_ns > GOX_NS_PER_S) {
        c->told_at_ns = now;
        c->told = 0;
    }
    if (c->told++ >= LOG_EVENTS_PER_SECOND)
        return;
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_string(&w, "level", "error");
    gox_writer_text(&w, "text", line, len);
    gox__manager_tell(i->manager, GOX_EVENT_LOG, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

/* The text of a record is its message; a line that is no record (these begin
 * with a brace or a time) is what a program says that cannot even begin. */
static void keep_complaint(struct gox_capture *c, bool is_error)
{
    static const char key[] = "\"message\":\"";
    const char *at = c->line, *end = c->line + c->line_len;
    size_t len = 0;
    bool is_record = at < end && (*at == '{' || (*at >= '0' && *at <= '9'));
    if (at == end || (is_record && !is_error))
        return;
    const char *message =
            *at == '{' ? memmem(at, c->line_len, key, sizeof key - 1) : NULL;
    if (message != NULL)
        at = message + sizeof key - 1;
    for (; at < end && len < sizeof c->complaint - 1; at++) {
        if (message != NULL && *at == '"')
            break;
        if (message != NULL && *at == '\\' && ++at == end)
            break;
        c->complaint[len++] = (unsigned char)*at < ' ' ? ' ' : *at;
    }
    /* No character in pieces at the end. */
    while (at < end && len > 0 && ((unsigned char)*at & 0xc0) == 0x80) {
        at--;
        len--;
    }
    c->complaint[len] = '\0';
    c->complaint_at_ns = gox_time_now_ns();
}

static void end_line(gox_instance *i)
{
    struct gox_capture *c = &i->capture;
    bool is_error = gox__capture_is_error(c->line, c->line_len);
    keep_complaint(c, is_error);
    if (is_error)
        tell_error(i, c->line, c->line_len);
    gox__control_log_line(i->manager, i, c->line, c->line_len);
    c->line_len = 0;
}

static void take_lines(gox_instance *i, const char *data, size_t len)
{
    struct gox_capture *c = &i->capture;
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t part = end != NULL ? (size_t)(end - data) : len;
        size_t room = sizeof c->line - c->line_len;
        size_t keep = part < room ? part : room;
        memcpy(c->line + c->line_len, data, keep);
        c->line_len += keep;
        if (end == NULL)
            return;
        end_line(i);
        data += part + 1;
        len -= part + 1;
    }
}

static void put_ring(struct gox_capture *c, const char *data, size_t len)
{
    if (c->ring == NULL)
        c->ring = gox_malloc(GOX_CAPTURE_RING_BYTES);
    if (c->ring == NULL)
        return;
    if (len > GOX_CAPTURE_RING_BYTES) {
        c->written += len - GOX_CAPTURE_RING_BYTES;
        data += len - GOX_CAPTURE_RING_BYTES;
        len = GOX_CAPTURE_RING_BYTES;
    }
    size_t at = (size_t)(c->written % GOX_CAPTURE_RING_BYTES);
    size_t first = GOX_CAPTURE_RING_BYTES - at;
    if (first > len)
        first = len;
    memcpy(c->ring + at, data, first);
    memcpy(c->ring, data + first, len - first);
    c->written += len;
}

static void echo(gox_instance *i, const char *data, size_t len)
{
    size_t done = gox__manager_echo(data, len);
    if (done < len && i->capture.unechoed == 0)
        gox__manager_trouble(i->manager, i,
                "standard error takes no more; what the daemon wrote is only "
                "in its log file until it does");
    i->capture.unechoed += len - done;
}

static void take(gox_instance *i, const char *data, size_t len)
{
    struct gox_capture *c = &i->capture;
    put_ring(c, data, len);
    if (i->manager->options->is_log_stderr)
        echo(i, data, len);
    if (c->file != NULL) {
        if (gox_rotate_write(c->file, data, len, gox_time_wall_ms()) < 0) {
            uint64_t lost = gox_rotate_take_lost(c->file);
            if (c->lost_lines == 0 && lost > 0)
                gox__manager_trouble(i->manager, i,
                        "the log file of the daemon cannot be written; lines "
                        "are lost and counted until it can");
            c->lost_lines += lost;
        }
        if (i->config.log.is_compressed)
            gox_timer_start(c->compress, COMPRESS_TICK_MS, 0);
    }
    take_lines(i, data, len);
}

/* ---- streams ---- */

static void on_data(void *ctx, const char *data, size_t len)
{
    take(ctx, data, len);
}

static void on_end(void *ctx, int code)
{
    (void)ctx;
    (void)code;
}

static void on_nothing(void *ctx)
{
    (void)ctx;
}

static const struct gox_stream_events stream_events = {.data = on_data,
        .end = on_end,
        .drained = on_nothing,
        .broken = on_nothing,
        .closed = on_nothing};

static void attach(gox_instance *i, size_t slot, int own_fd)
{
    struct gox_capture *c = &i->capture;
    if (own_fd < 0)
        return;
    c->streams[slot] = gox_stream_open(i->manager->loop, own_fd);
    if (c->streams[slot] == NULL) {
        gox__manager_trouble(i->manager, i,
                "what the daemon writes cannot be read; it is lost");
        return;
    }
    gox_stream_set_events(c->streams[slot], &stream_events, i);
    gox_stream_start(c->streams[slot]);
}

void gox__capture_attach(gox_instance *i, int own_out_fd, int own_err_fd)
{
    gox__capture_close(i);
    i->capture.complaint[0] = '\0';
    attach(i, 0, own_out_fd);
    attach(i, 1, own_err_fd);
}

/* Bounded: what forked away may hold the pipe and write on. */
void gox__capture_drain(gox_instance *i)
{
    char data[4096];
    for (size_t s = 0; s < 2; s++) {
        if (i->capture.streams[s] == NULL)
            continue;
        int fd = gox_stream_fd(i->capture.streams[s]);
        for (int n = 0; fd >= 0 && n < 256; n++) {
            ssize_t got = read(fd, data, sizeof data);
            if (got <= 0)
                break;
            take(i, data, (size_t)got);
        }
    }
    if (i->capture.line_len > 0)
        end_line(i);
}

void gox__capture_close(gox_instance *i)
{
    for (size_t s = 0; s < 2; s++) {
        if (i->capture.streams[s] != NULL)
            gox_stream_close(i->capture.streams[s]);
        i->capture.streams[s] = NULL;
    }
}

int gox__capture_tail(
        const gox_instance *i, size_t max_bytes, struct gox_buf *out)
{
    const struct gox_capture *c = &i->capture;
    uint64_t have = c->written < GOX_CAPTURE_RING_BYTES
                            ? c->written
                            : GOX_CAPTURE_RING_BYTES;
    if (have > max_bytes)
        have = max_bytes;
    if (c->ring == NULL || have == 0)
        return 0;
    size_t len = (size_t)have;
    size_t at = (size_t)((c->written - have) % GOX_CAPTURE_RING_BYTES);
    size_t first = GOX_CAPTURE_RING_BYTES - at;
    if (first > len)
        first = len;
    gox_buf_put(out, c->ring + at, first);
    gox_buf_put(out, c->ring, len - first);
    return gox_buf_error(out);
}

/* ---- the file ---- */

static void on_compress(void *ctx)
{
    gox_instance *i = ctx;
    if (i->capture.file != NULL && gox_rotate_work(i->capture.file))
        gox_timer_start(i->capture.compress, COMPRESS_TICK_MS, 0);
}

int gox__capture_init(gox_instance *i)
{
    char path[GOX_INSTANCE_PATH + 32];
    struct gox_error err;
    struct gox_capture *c = &i->capture;
    c->compress = gox_timer_new(i->manager->loop, on_compress, i);
    if (c->compress == NULL)
        return GOX_ERR_NOMEM;
    snprintf(path, sizeof path, "%s/daemon.log", i->dir);
    c->file = gox_rotate_open(path, &i->config.log, &err);
    if (c->file == NULL)
        gox__manager_trouble(i->manager, i,
                "%s; the daemon's output is kept in memory only", err.text);
    return 0;
}

void gox__capture_reopen(gox_instance *i)
{
    if (i->capture.file != NULL && gox_rotate_reopen(i->capture.file) < 0)
        gox__manager_trouble(i->manager, i,
                "the log file cannot be opened anew; the old one stays in use");
}

void gox__capture_fini(gox_instance *i)
{
    gox__capture_close(i);
    gox_timer_close(i->capture.compress);
    gox_rotate_close(i->capture.file);
    gox_free(i->capture.ring);
    i->capture.file = NULL;
    i->capture.ring = NULL;
}
