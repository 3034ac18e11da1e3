/* SPDX-License-Identifier: Apache-2.0
 * Many equal items to an output, made on all threads: pieces are written into
 * buffers, a wave of them at a time, and go out in order.
 *
 * Invariant: memory is one wave (about 16 MiB), however long the list. */
#include "base/alloc.h"
#include "format/mesh_out.h"

#define PIECE_BYTES (256u * 1024u)
#define WAVE_PIECES 64u

struct emit {
    uint8_t *(*fn)(const void *ctx, size_t begin, size_t end, uint8_t *to);
    const void *ctx;
    size_t count, per_piece, first; /* items */
    size_t piece_bytes;
    uint8_t *pieces[WAVE_PIECES];
    size_t used[WAVE_PIECES];
};

static int make_piece(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct emit *e = ctx;
    size_t begin = e->first + i * e->per_piece;
    size_t end =
            e->count - begin < e->per_piece ? e->count : begin + e->per_piece;
    if (e->pieces[i] == NULL)
        e->pieces[i] = gox_malloc(e->piece_bytes);
    if (e->pieces[i] == NULL)
        return GOX_ERR_NOMEM;
    uint8_t *stop = e->fn(e->ctx, begin, end, e->pieces[i]);
    e->used[i] = (size_t)(stop - e->pieces[i]);
    return 0;
}

static int emit_wave(struct emit *e, struct gox_output *out,
        struct gox_task *task, struct gox_error *err)
{
    size_t left = e->count - e->first;
    size_t pieces = (left + e->per_piece - 1) / e->per_piece;
    if (pieces > WAVE_PIECES)
        pieces = WAVE_PIECES;
    int rc = gox_task_check(task, err);
    if (rc == 0)
        rc = gox_parallel_for(task, pieces, make_piece, e);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < pieces; i++)
        gox_output_put(out, e->pieces[i], e->used[i]);
    size_t done = pieces * e->per_piece;
    e->first = done < left ? e->first + done : e->count;
    return out->error;
}

int gox_mesh_emit(struct gox_output *out, size_t count, size_t max_bytes,
        uint8_t *(*fn)(const void *ctx, size_t begin, size_t end, uint8_t *to),
        const void *ctx, unsigned from, unsigned till, struct gox_task *task,
        struct gox_error *err)
{
    struct emit e = {.fn = fn, .ctx = ctx, .count = count};
    e.per_piece = PIECE_BYTES / max_bytes + 1;
    e.piece_bytes = e.per_piece * max_bytes;
    int rc = 0;
    while (rc == 0 && e.first < count) {
        rc = emit_wave(&e, out, task, err);
        uint64_t share = (uint64_t)(till - from) * e.first / count;
        gox_task_progress(task, from + share, 1000);
    }
    for (size_t i = 0; i < WAVE_PIECES; i++)
        gox_free(e.pieces[i]);
    if (rc == GOX_ERR_CANCELLED || rc == GOX_ERR_TIMEOUT) {
        int why = gox_task_check(task, err);
        return why < 0 ? why : rc;
    }
    return rc;
}
