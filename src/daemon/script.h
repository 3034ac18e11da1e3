/* SPDX-License-Identifier: Apache-2.0
 * What the daemon and its script process say to each other: frames of a kind, a
 * length and that many bytes.
 *
 * Invariant: the script process speaks only in answer to a script or to an
 * answer; the daemon answers each call with exactly one frame. */
#ifndef GOX_DAEMON_SCRIPT_H
#define GOX_DAEMON_SCRIPT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define GOX_SCRIPT_FLAG "--script-host"

enum gox_script_frame {
    /* to the script process */
    GOX_SCRIPT_RUN = 'R',    /* struct gox_script_start, then the source */
    GOX_SCRIPT_ANSWER = 'A', /* JSON result of a call */
    GOX_SCRIPT_REFUSE = 'X', /* text: the call failed */
    /* to the daemon */
    GOX_SCRIPT_CALL = 'C',   /* method, NUL, JSON params */
    GOX_SCRIPT_PRINT = 'P',  /* a line of output, without its newline */
    GOX_SCRIPT_RESULT = 'V', /* JSON value of the script */
    GOX_SCRIPT_THROW = 'T'   /* text: the script failed */
};

struct gox_script_start {
    uint64_t memory_bytes; /* that the script may allocate */
    uint32_t cpu_seconds;
};

#define GOX_SCRIPT_FRAME_MAX (64u << 20)

/* Writes or reads one whole frame on a blocking descriptor. GOX_ERR_CLOSED when
 * the other side is gone, GOX_ERR_TOO_LARGE, GOX_ERR_NOMEM. */
int gox_script_send(int fd, enum gox_script_frame kind, const void *data,
        size_t len) GOX_MUST_CHECK;
int gox_script_receive(
        int fd, uint8_t *kind, struct gox_buf *data) GOX_MUST_CHECK;

/* The whole life of the script process; its exit code. */
int gox_script_host(void);

#endif
