/* SPDX-License-Identifier: Apache-2.0
 * Batches: an array of requests in one message, answered by an array of
 * replies. Its requests run one after the other, as single ones do.
 *
 * Invariant: the replies gather in the batch's own buffer, and reach the
 * session's output as one line when the last request is answered. */
#include "base/alloc.h"
#include "daemon/session.h"

#define MAX_BATCH 1000

static void put_error(gox_session *s, int code, const char *text)
{
    struct gox_error err;
    gox_error_set(&err, code, "%s", text);
    gox__dispatch_error(s->daemon, gox__session_reply_buf(s), &err);
}

void gox__session_batch_free(struct gox_batch *batch)
{
    gox_buf_fini(&batch->out);
    gox_free(batch->text);
    gox_free(batch);
}

/* The replies of the batch become one line, unless all were notifications. */
static void end_batch(gox_session *s)
{
    struct gox_batch *batch = s->batch;
    if (gox_buf_error(&batch->out) < 0) {
        s->out.error = gox_buf_error(&batch->out);
    } else if (batch->out.len > 1) {
        batch->out.data[batch->out.len - 1] = ']'; /* was a comma */
        gox_buf_put_byte(&batch->out, '\n');
        gox__daemon_turn_move_batch(s, s->out.len);
        gox_buf_put(&s->out, batch->out.data, batch->out.len);
    }
    s->batch = NULL;
    gox__session_batch_free(batch);
}

/* After an item was answered: a comma behind its reply, if it has one. */
static void end_item(struct gox_batch *batch)
{
    if (batch->out.len > 0 && batch->out.data[batch->out.len - 1] == '}')
        gox_buf_put_byte(&batch->out, ',');
}

/* Goes on with the batch; false when a request of it is under way. */
static bool continue_batch(gox_session *s)
{
    while (gox_reader_element(&s->batch->reader)) {
        struct gox_slice item = gox_reader_skip(&s->batch->reader);
        if (item.data == NULL)
            break; /* not possible: the text was checked */
        if (++s->batch->count > MAX_BATCH) {
            put_error(s, GOX_ERR_TOO_LARGE,
                    "a batch has at most 1000 requests; the rest was not run");
            end_item(s->batch);
            break;
        }
        if (!gox__dispatch(s, item))
            return false;
        end_item(s->batch);
    }
    end_batch(s);
    return true;
}

/* Checks the whole text and that the array is not empty. */
static int check_batch(struct gox_slice text, struct gox_error *err)
{
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, err);
    gox_reader_skip(&r);
    if (gox_reader_error(&r) < 0 || !gox_reader_end(&r))
        return gox_reader_error(&r);
    gox_reader_init(&r, text.data, text.len, NULL);
    gox_reader_array(&r);
    if (!gox_reader_element(&r))
        return gox_error_set(
                err, GOX_ERR_INVALID_REQUEST, "the batch is empty");
    return 0;
}

void gox__session_batch_begin(gox_session *s, struct gox_slice text)
{
    struct gox_error err;
    int code = check_batch(text, &err);
    s->daemon->stats.batches++;
    if (code < 0) {
        gox__dispatch_error(s->daemon, gox__session_reply_buf(s), &err);
        gox_buf_put_byte(&s->out, '\n');
        return;
    }
    struct gox_batch *batch = gox_calloc(1, sizeof *batch);
    if (batch != NULL)
        batch->text = gox_strndup(text.data, text.len);
    if (batch == NULL || batch->text == NULL) {
        gox_free(batch);
        put_error(s, GOX_ERR_NOMEM, "out of memory for the batch");
        gox_buf_put_byte(&s->out, '\n');
        return;
    }
    batch->turn = s->daemon->turn.commits;
    batch->first = s->daemon->turn.count;
    gox_buf_init(&batch->out, 0);
    gox_buf_put_byte(&batch->out, '[');
    gox_reader_init(&batch->reader, batch->text, text.len, NULL);
    gox_reader_array(&batch->reader);
    s->batch = batch;
    continue_batch(s);
}

bool gox__session_batch_resume(gox_session *s)
{
    end_item(s->batch);
    return continue_batch(s);
}
