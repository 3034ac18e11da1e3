/* SPDX-License-Identifier: Apache-2.0
 * The loop as its own folder sees it. */
#ifndef GOX_LOOP_LOOP_INTERNAL_H
#define GOX_LOOP_LOOP_INTERNAL_H

#include "loop/loop.h"

#include <uv.h>

#define GOX__LOOP_READ_BYTES 65536

struct gox_loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    void (*turn_end)(void *ctx);
    void *turn_end_ctx;
    int64_t lag_ns[2];    /* the longest turn of this window and the last */
    int64_t window_at_ns; /* when this window began */
    /* What is read lives here until the reader's callback returns, so that an
     * idle connection holds no buffer. */
    char read_buffer[GOX__LOOP_READ_BYTES];
};

#endif
