/* SPDX-License-Identifier: Apache-2.0
 * The log of a program: records with typed fields, written by one thread.
 *
 * A call takes the record over into a ring in memory and returns: it never
 * waits for a file and never allocates. When the ring is full the record is
 * dropped and counted, and the count is logged when there is room again.
 *
 * Invariants: a record is one line, whatever is in it; the value of a field
 * that is marked secret is never written; records of one thread stay in order.
 *
 * The writer thread is started by the first record, so a program that forks
 * (to become a daemon) does that before it logs. */
#ifndef GOX_LOG_LOG_H
#define GOX_LOG_LOG_H

#include "base/error.h"
#include "base/log_level.h"
#include "log/rotate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gox_log gox_log;

/* What a record shows besides level, message and fields. */
#define GOX_LOG_WITH_TIMESTAMP 1u
#define GOX_LOG_WITH_COMPONENT 2u
#define GOX_LOG_WITH_PID       4u
#define GOX_LOG_WITH_TID       8u
#define GOX_LOG_WITH_REQUEST   16u /* fields named request_id */
#define GOX_LOG_WITH_ALL       31u

struct gox_log_config {
    enum gox_log_format format;
    enum gox_log_level level;
    /* Of one component; -1: as `level`. */
    int8_t levels[GOX_LOG_COMPONENT_COUNT];
    unsigned with; /* GOX_LOG_WITH_* */
    struct gox_rotate_config rotation;
};
/* info, auto, everything shown, no rotation. */
void gox_log_config_init(struct gox_log_config *config);

/* path "": standard error; else appends to the file, made with mode 0640.
 * name: SYSLOG_IDENTIFIER, static text. journal_socket: NULL for the system's.
 * Format auto: journald when standard error is connected to it, text on a
 * terminal, else JSON. NULL with err set (GOX_ERR_IO, GOX_ERR_NOMEM). */
gox_log *gox_log_open(const char *path, const char *name,
        const char *journal_socket, const struct gox_log_config *config,
        struct gox_error *err);
/* Keeps records in the ring and starts no thread until gox_log_start: for a
 * program that must do something before its first thread. Closing writes them
 * too. */
void gox_log_hold(gox_log *log);
void gox_log_start(gox_log *log);
/* Writes what is in the ring, waiting at most two seconds for a reader that
 * does not read, and ends the thread. NULL is fine. */
void gox_log_close(gox_log *log);

/* From the next record on. Any thread. */
void gox_log_configure(gox_log *log, const struct gox_log_config *config);
/* Opens the file anew, for rotation by another program. Any thread. */
void gox_log_reopen(gox_log *log);

enum gox_log_field_type {
    GOX_LOG_FIELD_INT,
    GOX_LOG_FIELD_UINT,
    GOX_LOG_FIELD_NUMBER,
    GOX_LOG_FIELD_BOOL,
    GOX_LOG_FIELD_TEXT,
    GOX_LOG_FIELD_SECRET
};
struct gox_log_field {
    const char *key; /* a-z, 0-9 and _; at most 63 bytes are taken */
    enum gox_log_field_type type;
    union {
        int64_t i;
        uint64_t u;
        double d;
        bool b;
        struct {
            const char *data; /* any bytes; may be NULL when len is 0 */
            size_t len;
        } text;
    } value;
};
struct gox_log_field gox_log_int(const char *key, int64_t value);
struct gox_log_field gox_log_uint(const char *key, uint64_t value);
struct gox_log_field gox_log_number(const char *key, double value);
struct gox_log_field gox_log_bool(const char *key, bool value);
struct gox_log_field gox_log_text(const char *key, const char *value);
struct gox_log_field gox_log_bytes(
        const char *key, const char *data, size_t len);
/* Shows that there was a value; takes none, so that none can get out. */
struct gox_log_field gox_log_secret(const char *key);

/* Whether such a record would be written: to spare the work of making it. Any
 * thread. log may be NULL (then false). */
bool gox_log_wants(const gox_log *log, enum gox_log_level level,
        enum gox_log_component component);

/* One record; any thread. log may be NULL. Messages above 4 KiB, fields above
 * 64 KiB, and fields after the 32nd are cut. */
void gox_log_put(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const char *fmt, ...)
        GOX_PRINTF(4, 5);
void gox_log_put_fields(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const struct gox_log_field *fields,
        size_t count, const char *fmt, ...) GOX_PRINTF(6, 7);

/* Waits until all that was put is written, at most this long; false when it
 * was not. */
bool gox_log_flush(gox_log *log, unsigned timeout_ms);
/* For a program that is about to end by this signal, from its handler: takes no
 * lock, allocates nothing. Gives the writer a moment; when that does not write
 * (it may be the one that failed), writes what is in the ring itself. The last
 * record tells the signal. Nothing may be put after it. */
void gox_log_flush_crash(gox_log *log, int signal_number);

struct gox_log_stats {
    uint64_t records;  /* taken over */
    uint64_t dropped;  /* the ring was full, or writing failed */
    uint64_t wakeups;  /* of the writer thread */
    size_t ring_bytes; /* in use */
};
void gox_log_get_stats(gox_log *log, struct gox_log_stats *stats);
/* What auto became. */
enum gox_log_format gox_log_get_format(gox_log *log);

/* Names: for settings and records. -1 when there is no such. */
const char *gox_log_level_name(enum gox_log_level level);
int gox_log_level_find(const char *name, size_t len);
const char *gox_log_component_name(enum gox_log_component component);
int gox_log_component_find(const char *name, size_t len);
const char *gox_log_format_name(enum gox_log_format format);

#endif
