/* SPDX-License-Identifier: Apache-2.0
 * A frame of the log, which SQLite writes in two pieces, goes to the kernel as
 * one: most commits are one frame, and one system call then.
 *
 * Invariant: only a header is kept, and only until its page comes, which SQLite
 * writes at once; SQLite hears that a page is written when it is. */
#include "store/log_end.h"

#include <string.h>

#define PAGE_MOST 4096 /* larger pages are no pages of ours */

int gox__log_flush(struct gox_log_end *end, sqlite3_file *real)
{
    if (!end->has_header)
        return SQLITE_OK;
    end->has_header = false;
    return real->pMethods->xWrite(
            real, end->header, GOX_FRAME_HEADER, end->at - GOX_FRAME_HEADER);
}

/* Only of a frame that is appended: SQLite also writes headers anew, when a
 * page of the same transaction changed again, and no page follows those. */
static bool keep_header(
        struct gox_log_end *end, const void *data, int n, sqlite3_int64 at)
{
    if (n != GOX_FRAME_HEADER || at == 0 || at != end->at)
        return false;
    memcpy(end->header, data, GOX_FRAME_HEADER);
    end->has_header = true;
    return true;
}

static int write_frame(
        struct gox_log_end *end, sqlite3_file *real, const void *page, int n)
{
    uint8_t frame[GOX_FRAME_HEADER + PAGE_MOST];

    memcpy(frame, end->header, GOX_FRAME_HEADER);
    memcpy(frame + GOX_FRAME_HEADER, page, (size_t)n);
    end->has_header = false;
    return real->pMethods->xWrite(
            real, frame, GOX_FRAME_HEADER + n, end->at - GOX_FRAME_HEADER);
}

static int write_piece(struct gox_log_end *end, sqlite3_file *real,
        const void *data, int n, sqlite3_int64 at)
{
    if (end->has_header && at == end->at && n <= PAGE_MOST)
        return write_frame(end, real, data, n);
    int rc = gox__log_flush(end, real);
    if (rc != SQLITE_OK || keep_header(end, data, n, at))
        return rc;
    return real->pMethods->xWrite(real, data, n, at);
}

int gox__log_write(struct gox_log_end *end, sqlite3_file *real,
        const void *data, int n, sqlite3_int64 at)
{
    int rc = write_piece(end, real, data, n, at);

    /* At 0 the log begins anew. After a failure nothing is known to be the
     * end. */
    if (rc != SQLITE_OK)
        end->at = 0;
    else if (at == 0 || at + n > end->at)
        end->at = at + n;
    return rc;
}
