/* SPDX-License-Identifier: Apache-2.0
 * Where a log ends, and what of it the kernel does not have yet. */
#ifndef GOX_STORE_LOG_END_H
#define GOX_STORE_LOG_END_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* SQLite's file format: a log is a header, then frames of a header and a page
 * each. */
#define GOX_FRAME_HEADER 24

/* All zero to begin; used by the connection that writes only. */
struct gox_log_end {
    sqlite3_int64 at; /* of all that was written; a kept header counts */
    bool has_header;  /* kept: the bytes before `at` */
    uint8_t header[GOX_FRAME_HEADER];
};

/* SQLite codes. A write that failed leaves nothing kept. */
int gox__log_write(struct gox_log_end *end, sqlite3_file *real,
        const void *data, int n, sqlite3_int64 at);
int gox__log_flush(struct gox_log_end *end, sqlite3_file *real);

#endif
