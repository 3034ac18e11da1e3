/* SPDX-License-Identifier: Apache-2.0
 * A record on its way: packed in the ring, then encoded, then written.
 *
 * Invariant: bytes of the ring between tail and head belong to the writer
 * thread, all others to whoever holds the lock. */
#ifndef GOX_LOG_LOG_INTERNAL_H
#define GOX_LOG_LOG_INTERNAL_H

#include "base/buf.h"
#include "log/log.h"

#include <pthread.h>
#include <stdatomic.h>

#define GOX__LOG_MESSAGE_MAX 4096
#define GOX__LOG_FIELDS_MAX  32
#define GOX__LOG_KEY_MAX     63
#define GOX__LOG_VALUE_MAX   65536

/* ---- ring.c ---- */

/* The head of a packed record. The message follows, then the fields. */
struct gox__record {
    uint32_t bytes; /* with the head, a multiple of 8 */
    uint8_t level, component, field_count;
    bool is_gap; /* the ring goes on at its beginning */
    int64_t at_ms;
    int32_t tid;
    uint32_t message_len;
};
/* The head of a packed field. The key follows, then the value. */
struct gox__field {
    uint8_t type, key_len;
    bool is_cut;
    uint32_t value_len; /* 8 for numbers */
};

struct gox__ring {
    uint8_t *data;
    size_t size;       /* a power of two */
    size_t head, tail; /* counted on and on; head - tail bytes are in use */
};
int gox__ring_init(struct gox__ring *ring, size_t size) GOX_MUST_CHECK;
void gox__ring_fini(struct gox__ring *ring);
/* Where a record of so many bytes (a multiple of 8) goes; NULL when it does not
 * fit now. Committed by gox__ring_commit. */
uint8_t *gox__ring_reserve(struct gox__ring *ring, size_t bytes);
void gox__ring_commit(struct gox__ring *ring, size_t bytes);
/* The record at the position `at` (moved over gaps), NULL at head. */
const struct gox__record *gox__ring_at(
        const struct gox__ring *ring, size_t *at, size_t head);
/* The size of a packed record, whose head says how long the message is and how
 * many fields there are; and packing it. */
size_t gox__record_bytes(const struct gox__record *head, const char *message,
        const struct gox_log_field *fields);
void gox__record_pack(uint8_t *to, const struct gox__record *head,
        const char *message, const struct gox_log_field *fields);

/* ---- encode.c ---- */
struct gox__encoding {
    enum gox_log_format format; /* not auto */
    unsigned with;
    const char *name; /* SYSLOG_IDENTIFIER */
    int pid;
};
/* Appends the record: a line with its newline, or a journal entry. */
void gox__encode(struct gox_buf *out, const struct gox__encoding *encoding,
        const struct gox__record *record);

/* ---- escape.c ---- */
/* The bytes as the inside of a JSON string. */
void gox__escape_json(struct gox_buf *out, const char *data, size_t len);
/* For a line that people read: no control characters, no invalid UTF-8. */
void gox__escape_text(struct gox_buf *out, const char *data, size_t len);
/* As long as text may be without breaking a character. */
size_t gox__text_cut(const char *data, size_t len, size_t max);

/* ---- sink.c ---- */
/* Where encoded records go. The writer thread's alone. */
struct gox__sink {
    gox_rotate *file; /* or NULL: standard error or the journal */
    int journal_fd;   /* -1: none */
    const char *journal_path;
    int fd;                 /* standard error */
    bool is_stream;         /* fd is a file or a terminal: write all at once */
    bool is_torn;           /* a line was cut off there */
    atomic_bool is_hurried; /* do not wait for a reader any more */
};
/* Writes `count` lines. How many were lost. */
uint64_t gox__sink_write(struct gox__sink *sink, const void *data, size_t len,
        uint64_t count, int64_t now_ms);
/* One journal entry; false when it was lost. */
bool gox__sink_send(struct gox__sink *sink, const void *data, size_t len);

/* ---- the log ---- */
struct gox_log {
    pthread_mutex_t lock;
    pthread_cond_t has_work, has_written;
    struct gox__ring ring; /* head, tail: under the lock */
    atomic_size_t written; /* ring position up to which all is out */
    atomic_size_t put;     /* as ring.head, for flush_crash */
    atomic_uchar levels[GOX_LOG_COMPONENT_COUNT];
    struct gox_log_config config;  /* under the lock */
    struct gox__encoding encoding; /* the writer's copy */
    enum gox_log_format auto_format;
    struct gox__sink sink;
    struct gox_buf out;                                    /* the writer's */
    uint64_t record_count, dropped, told_dropped, wakeups; /* under the lock */
    pthread_t thread;
    bool has_thread, is_held, is_sleeping, is_ending, has_ended;
    bool must_configure, must_reopen;
};

/* ---- writer.c ---- */
/* The thread. arg: the log. */
void *gox__writer_run(void *arg);
/* Encodes and writes some of what is between `at` and head, on this thread;
 * where it stopped. *lost grows by the records that were not written. */
size_t gox__writer_drain(gox_log *log, size_t at, size_t head, uint64_t *lost);

/* Encodes and writes one record at once, past the ring; how many were lost. */
uint64_t gox__writer_put_now(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const char *message,
        struct gox_log_field field);

#endif
