/* SPDX-License-Identifier: Apache-2.0
 * The envelope of JSON-RPC 2.0: one request taken apart, replies put together.
 *
 * Invariant: every text that is no valid notification has exactly one reply. */
#ifndef GOX_RPC_REQUEST_H
#define GOX_RPC_REQUEST_H

#include "rpc/params.h"
#include "rpc/writer.h"

struct gox_request {
    struct gox_slice method; /* decoded: borrowed from the text or the arena */
    struct gox_slice params; /* raw object or array; data NULL when absent */
    struct gox_slice id;     /* raw string, number or null */
    bool is_notification;
};

/* Takes one message apart. Of params only the brackets are looked at: the
 * binding checks what it reads, and gox_request_check_params is for when
 * nothing reads it. On an error req->id is the id to answer with (null when it
 * could not be read), err is GOX_ERR_PARSE, GOX_ERR_INVALID_REQUEST or
 * GOX_ERR_NOMEM. A batch is not a message: split it before. */
int gox_request_parse(struct gox_request *req, struct gox_slice text,
        struct gox_arena *arena, struct gox_error *err) GOX_MUST_CHECK;

/* After the method was not found or the binding failed: is params JSON at all?
 * If not, that is the error to answer: GOX_ERR_PARSE in err, and the id is
 * null, also of a notification. Offsets count from the start of text. */
int gox_request_check_params(struct gox_request *req, struct gox_slice text,
        struct gox_error *err) GOX_MUST_CHECK;

/* {"jsonrpc":"2.0","result": - then write one value to w, then reply_end. */
void gox_reply_begin(struct gox_writer *w);
/* ,"id":...} without a newline. */
void gox_reply_end(struct gox_writer *w, struct gox_slice id);

/* The code on the wire of a GOX_ERR_* code in a method with method_code in its
 * row (0: none). */
int gox_reply_code(int code, int method_code);

/* What an error reply says beside code and message. */
struct gox_reply_error {
    const struct gox_error *err;
    int method_code; /* GOX_ERR_* of the method's row, 0: none */
    const struct gox_param_error *param; /* NULL or with param "": none */
    int64_t retry_after_ms;              /* < 0: none */
    int64_t revision; /* of the project that has moved on; < 0: none */
};
/* A whole error reply without a newline. */
void gox_reply_error(struct gox_writer *w, const struct gox_reply_error *e,
        struct gox_slice id);

#endif
