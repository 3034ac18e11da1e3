/* SPDX-License-Identifier: Apache-2.0
 * The thread that writes. It sleeps on a condition without a time limit, so a
 * quiet program is never woken by its log.
 *
 * Order of its duties: what the settings say now, records, the count of what
 * was dropped, a slice of compressing; only then it sleeps or ends. */
#include "base/time.h"
#include "log/log_internal.h"
#include "platform/os.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BATCH_BYTES 32768u
#define KEEP_BYTES  (256u << 10)

static bool is_journal(const gox_log *log)
{
    return log->encoding.format == GOX_LOG_JOURNALD;
}

/* A batch that did not fit into memory is lost as a whole. */
static uint64_t write_batch(gox_log *log, uint64_t count)
{
    uint64_t lost = count;
    if (count > 0 && gox_buf_error(&log->out) == 0)
        lost = gox__sink_write(&log->sink, log->out.data, log->out.len, count,
                gox_time_wall_ms());
    if (log->out.capacity > KEEP_BYTES && log->out.max_bytes == 0)
        gox_buf_fini(&log->out);
    gox_buf_reset(&log->out);
    return lost;
}

static uint64_t send_one(gox_log *log)
{
    bool is_sent = gox_buf_error(&log->out) == 0 &&
                   gox__sink_send(&log->sink, log->out.data, log->out.len);
    gox_buf_reset(&log->out);
    return is_sent ? 0 : 1;
}

size_t gox__writer_drain(gox_log *log, size_t at, size_t head, uint64_t *lost)
{
    const struct gox__record *record;
    uint64_t count = 0;
    while (log->out.len < BATCH_BYTES &&
            (record = gox__ring_at(&log->ring, &at, head)) != NULL) {
        gox__encode(&log->out, &log->encoding, record);
        at += record->bytes;
        if (is_journal(log)) {
            *lost += send_one(log);
            if (++count * 64 > BATCH_BYTES)
                break;
        } else {
            count++;
        }
    }
    if (!is_journal(log))
        *lost += write_batch(log, count);
    return at;
}

uint64_t gox__writer_put_now(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const char *message,
        struct gox_log_field field)
{
    union {
        struct gox__record head;
        uint8_t bytes[256];
    } packed;
    struct gox__record head = {.level = (uint8_t)level,
            .component = (uint8_t)component,
            .field_count = 1,
            .at_ms = gox_time_wall_ms(),
            .tid = gox_os_thread_id(),
            .message_len = (uint32_t)strlen(message)};
    assert(gox__record_bytes(&head, message, &field) <= sizeof packed);
    gox__record_pack(packed.bytes, &head, message, &field);
    gox__encode(&log->out, &log->encoding, &packed.head);
    return is_journal(log) ? send_one(log) : write_batch(log, 1);
}

/* "37 records dropped"; false when this could not be written either. */
static bool tell_dropped(gox_log *log, uint64_t dropped)
{
    char message[64];
    snprintf(message, sizeof message, "%llu records dropped",
            (unsigned long long)dropped);
    return gox__writer_put_now(log, GOX_LOG_WARN, GOX_LOG_C_LOG, message,
                   gox_log_uint("dropped", dropped)) == 0;
}

/* With the lock held, which is released for what takes long. */
static void follow_orders(gox_log *log)
{
    struct gox_rotate_config rotation = log->config.rotation;
    bool must_configure = log->must_configure, must_reopen = log->must_reopen;
    if (must_configure) {
        log->encoding.with = log->config.with;
        log->encoding.format = log->config.format == GOX_LOG_AUTO
                                       ? log->auto_format
                                       : log->config.format;
        if (is_journal(log) && log->sink.journal_fd < 0)
            log->encoding.format = GOX_LOG_JSON;
    }
    log->must_configure = log->must_reopen = false;
    pthread_mutex_unlock(&log->lock);
    if (must_configure && log->sink.file != NULL)
        gox_rotate_set_config(log->sink.file, &rotation);
    if (must_reopen && log->sink.file != NULL) {
        int code = gox_rotate_reopen(log->sink.file);
        (void)code; /* the old file stays in use */
    }
    pthread_mutex_lock(&log->lock);
}

/* One duty; false when there is none. With the lock held. */
static bool work_once(gox_log *log, bool *is_lossy)
{
    if (log->must_configure || log->must_reopen) {
        follow_orders(log);
        return true;
    }
    size_t at = log->ring.tail, head = log->ring.head;
    if (at != head) {
        uint64_t lost = 0;
        pthread_mutex_unlock(&log->lock);
        at = gox__writer_drain(log, at, head, &lost);
        pthread_mutex_lock(&log->lock);
        log->ring.tail = at;
        log->dropped += lost;
        *is_lossy = lost > 0;
        atomic_store(&log->written, at);
        pthread_cond_broadcast(&log->has_written);
        return true;
    }
    uint64_t dropped = log->dropped - log->told_dropped;
    if (dropped > 0 && !*is_lossy) {
        pthread_mutex_unlock(&log->lock);
        bool is_told = tell_dropped(log, dropped);
        pthread_mutex_lock(&log->lock);
        if (is_told)
            log->told_dropped += dropped;
        *is_lossy = !is_told;
        return true;
    }
    /* A stop does not wait for that. */
    if (log->is_ending)
        return false;
    pthread_mutex_unlock(&log->lock);
    bool has_more = log->sink.file != NULL && gox_rotate_work(log->sink.file);
    pthread_mutex_lock(&log->lock);
    return has_more;
}

void *gox__writer_run(void *arg)
{
    gox_log *log = arg;
    bool is_lossy = false;
    pthread_mutex_lock(&log->lock);
    for (;;) {
        if (work_once(log, &is_lossy))
            continue;
        /* work_once has let go of the lock since it looked. */
        if (log->ring.head != log->ring.tail || log->must_configure ||
                log->must_reopen)
            continue;
        if (log->is_ending)
            break;
        log->is_sleeping = true;
        pthread_cond_wait(&log->has_work, &log->lock);
        log->is_sleeping = false;
        log->wakeups++;
    }
    log->has_ended = true;
    pthread_cond_broadcast(&log->has_written);
    pthread_mutex_unlock(&log->lock);
    return NULL;
}
