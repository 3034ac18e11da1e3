/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as PNG. What the fast way for blocks takes, the
 * general way must take too, and give the same pixels. Checksums would hide
 * everything behind them from the fuzzer, so it also gets a pixel stream that
 * is wrapped up correctly. */
#include "base/alloc.h"
#include "format/png.h"
#include "format/png_block.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_SIDE 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void compare(const uint8_t *data, size_t len)
{
    struct gox_pixels p;
    static gox_rgba fast[4096];
    bool is_fast = gox__png_read_block(fast, data, len);
    int rc = gox_png_read(&p, data, len, MAX_SIDE, NULL);
    if (is_fast && (rc < 0 || p.width != 64 || p.height != 64 ||
                           memcmp(fast, p.data, sizeof(fast)) != 0))
        abort();
    if (rc == 0)
        gox_pixels_fini(&p);
    (void)!gox_png_read_block(fast, data, len, NULL);
}

static void put_u32be(struct gox_buf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        gox_buf_put_byte(b, (uint8_t)(v >> shift));
}

static void put_chunk(
        struct gox_buf *b, const char *type, const void *data, size_t len)
{
    put_u32be(b, (uint32_t)len);
    size_t at = b->len;
    gox_buf_put(b, type, 4);
    gox_buf_put(b, data, len);
    put_u32be(b, (uint32_t)crc32(0, b->data + at, (uInt)(len + 4)));
}

/* data are the filtered rows of a block, repeated. */
static void compare_wrapped(const uint8_t *data, size_t len)
{
    static const uint8_t head[13] = {0, 0, 0, 64, 0, 0, 0, 64, 8, 6};
    static uint8_t rows[64 * 257];
    uint8_t packed[20000];
    uLongf packed_len = sizeof(packed);
    for (size_t i = 0; i < sizeof(rows); i++)
        rows[i] = i % 257 == 0 ? data[i % len] % 6 : data[i % len];
    if (compress2(packed, &packed_len, rows, sizeof(rows), 1) != Z_OK)
        abort();
    struct gox_buf b;
    gox_buf_init(&b, 0);
    gox_buf_put(&b, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(&b, "IHDR", head, sizeof(head));
    put_chunk(&b, "IDAT", packed, packed_len);
    put_chunk(&b, "IEND", "", 0);
    if (gox_buf_error(&b) == 0)
        compare(b.data, b.len);
    gox_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    compare(data, len);
    if (len > 0)
        compare_wrapped(data, len);
    return 0;
}
