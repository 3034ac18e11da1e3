/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: a stream cut in any pieces gives the messages that a plain split
 * at newlines gives. The first two bytes choose the limit and the cuts, the
 * rest is the stream. */
#include "base/alloc.h"
#include "rpc/frame.h"

#include <stdlib.h>

#define HEAD_BYTES 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void log_line(struct gox_buf *log, const char *line, size_t len)
{
    gox_buf_put_byte(log, 'L');
    gox_buf_put(log, line, len);
    gox_buf_put_byte(log, '\n');
}

static bool is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static void split_plainly(
        struct gox_buf *log, const char *text, size_t len, size_t limit)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end != NULL ? (size_t)(end - text) : len;
        if (line > limit)
            gox_buf_put_str(log, "T\n");
        else if (!is_blank(text, line))
            log_line(log, text, line);
        line += end != NULL;
        text += line;
        len -= line;
    }
}

/* At most `most` messages; the others wait, as behind a long request. */
static void take(struct gox_frame *f, struct gox_buf *log, unsigned most)
{
    struct gox_slice line;
    while (most-- > 0) {
        switch (gox_frame_next(f, &line)) {
        case GOX_FRAME_NONE:
            return;
        case GOX_FRAME_LINE:
            log_line(log, line.data, line.len);
            break;
        case GOX_FRAME_TOO_LARGE:
            gox_buf_put_str(log, "T\n");
            break;
        case GOX_FRAME_NOMEM:
            abort();
        }
    }
}

/* Each piece is memory of its own that goes away after it was fed. */
static void feed_piece(struct gox_frame *f, struct gox_buf *log,
        const char *text, size_t len, unsigned most)
{
    char *piece = gox_strndup(text, len);
    if (piece == NULL || gox_frame_feed(f, piece, len) < 0)
        abort();
    take(f, log, most);
    if (gox_frame_keep(f) < 0)
        abort();
    gox_free(piece);
}

static void split_pieces(struct gox_buf *log, const char *text, size_t len,
        size_t limit, uint32_t cuts)
{
    struct gox_frame f;
    struct gox_slice line;
    gox_frame_init(&f, limit);
    while (len > 0) {
        cuts = cuts * 1664525u + 1013904223u;
        size_t piece = 1 + (cuts >> 24) % ((cuts >> 16 & 3) == 0 ? 200 : 9);
        if (piece > len)
            piece = len;
        feed_piece(
                &f, log, text, piece, (cuts >> 12 & 7) == 0 ? 1 : UINT32_MAX);
        text += piece;
        len -= piece;
    }
    take(&f, log, UINT32_MAX);
    if (gox_frame_flush(&f, true, &line) == GOX_FRAME_LINE)
        log_line(log, line.data, line.len);
    if (gox_frame_pending(&f) != 0)
        abort();
    gox_frame_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_buf plain, pieces;
    if (len < HEAD_BYTES)
        return 0;
    const char *text = (const char *)data + HEAD_BYTES;
    size_t limit = data[0];
    gox_buf_init(&plain, 0);
    gox_buf_init(&pieces, 0);
    split_plainly(&plain, text, len - HEAD_BYTES, limit);
    split_pieces(&pieces, text, len - HEAD_BYTES, limit, data[1]);
    if (plain.len != pieces.len ||
            (plain.len > 0 && memcmp(plain.data, pieces.data, plain.len) != 0))
        abort();
    gox_buf_fini(&plain);
    gox_buf_fini(&pieces);
    return 0;
}
