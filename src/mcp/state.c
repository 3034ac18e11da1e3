/* SPDX-License-Identifier: Apache-2.0
 * requestState: what a multi-round request remembers lies with the client, so
 * it is signed (HMAC-SHA-256 with a key of this process), bound to the method,
 * the name and the arguments, and valid for a limited time.
 *
 *     MAC "." expiry "." state, all in hexadecimal                          */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/server_internal.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#define VALID_MS  (15 * 60 * 1000)
#define MAC_BYTES 32
#define BLOCK     64

static int put_chunk(const char *data, size_t len, void *ctx)
{
    gox_buf_put(ctx, data, len);
    return 0;
}

/* What the signature covers. */
static void put_covered(const struct gox_mcp_call *call, int64_t expires_ms,
        const char *state, size_t len, struct gox_buf *out)
{
    const json_t *args = json_object_get(call->params, "arguments");
    gox_buf_put_str(
            out, json_string_value(json_object_get(call->message, "method")));
    gox_buf_put_byte(out, 0);
    gox_buf_put_str(out, call->name != NULL ? call->name : "");
    gox_buf_put_byte(out, 0);
    /* Absent is the same as none. */
    if (json_object_size(args) > 0)
        json_dump_callback(args, put_chunk, out,
                JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    gox_buf_put_byte(out, 0);
    gox_buf_put_int(out, expires_ms);
    gox_buf_put_byte(out, 0);
    gox_buf_put(out, state, len);
}

static void mac(const uint8_t key[32], const uint8_t *data, size_t len,
        uint8_t out[MAC_BYTES])
{
    uint8_t pad[BLOCK], inner[MAC_BYTES];
    SHA2_CTX ctx;
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x36);
    SHA256Init(&ctx);
    SHA256Update(&ctx, pad, BLOCK);
    SHA256Update(&ctx, data, len);
    SHA256Final(inner, &ctx);
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x5c);
    SHA256Init(&ctx);
    SHA256Update(&ctx, pad, BLOCK);
    SHA256Update(&ctx, inner, MAC_BYTES);
    SHA256Final(out, &ctx);
}

static bool sign(const struct gox_mcp_call *call, int64_t expires_ms,
        const char *state, size_t len, uint8_t out[MAC_BYTES])
{
    struct gox_buf covered;
    gox_buf_init(&covered, 0);
    put_covered(call, expires_ms, state, len, &covered);
    bool is_done = gox_buf_error(&covered) == 0;
    if (is_done)
        mac(call->server->key, covered.data, covered.len, out);
    gox_buf_fini(&covered);
    return is_done;
}

static void put_hex(struct gox_buf *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        gox_buf_put_byte(out, (uint8_t)digits[bytes[i] >> 4]);
        gox_buf_put_byte(out, (uint8_t)digits[bytes[i] & 15]);
    }
}

bool gox__mcp_seal(
        const struct gox_mcp_call *call, const char *state, struct gox_buf *out)
{
    uint8_t sum[MAC_BYTES];
    int64_t expires_ms = gox_time_wall_ms() + VALID_MS;
    if (!sign(call, expires_ms, state, strlen(state), sum))
        return false;
    put_hex(out, sum, MAC_BYTES);
    gox_buf_printf(out, ".%llx.", (unsigned long long)expires_ms);
    put_hex(out, state, strlen(state));
    return gox_buf_error(out) == 0;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        int high = nibble(text[2 * i]);
        int low = high < 0 ? -1 : nibble(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

char *gox__mcp_unseal(const struct gox_mcp_call *call, const char *text)
{
    uint8_t given[MAC_BYTES], real[MAC_BYTES];
    unsigned different = 0;
    size_t len = strlen(text);
    char *end = NULL, *state;
    if (len < 2 * MAC_BYTES + 3 || text[2 * MAC_BYTES] != '.' ||
            !read_hex(text, MAC_BYTES, given))
        return NULL;
    int64_t expires_ms = strtoll(text + 2 * MAC_BYTES + 1, &end, 16);
    if (*end != '.' || expires_ms < gox_time_wall_ms())
        return NULL;
    len = strlen(end + 1);
    state = len % 2 == 0 ? gox_malloc(len / 2 + 1) : NULL;
    if (state == NULL)
        return NULL;
    state[len / 2] = '\0';
    if (read_hex(end + 1, len / 2, (uint8_t *)state) &&
            sign(call, expires_ms, state, len / 2, real)) {
        /* As long for a good guess as for a bad one. */
        for (size_t i = 0; i < MAC_BYTES; i++)
            different |= (unsigned)(given[i] ^ real[i]);
        if (different == 0)
            return state;
    }
    gox_free(state);
    return NULL;
}
