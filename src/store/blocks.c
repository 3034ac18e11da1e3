/* SPDX-License-Identifier: Apache-2.0
 * Blocks as snapshots keep them: by content, compressed.
 *
 * The hash is that of the block's canonical bytes: equal voxels give equal
 * bytes, however the block came to be. Plain colours are split into planes of
 * one channel first, so that an alpha which is the same everywhere costs
 * nothing.
 *
 * Invariant: a body is its CRC, the length of the canonical bytes, how they are
 * packed, and the packed bytes. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <sha2.h>
#include <string.h>

#define BODY_HEADER 7
#define LEVEL       6

enum packing { PACKED_AS_IS, PACKED_DEFLATE, PACKED_PLANES };

struct gox_packer {
    struct libdeflate_compressor *compressor;
    struct libdeflate_decompressor *decompressor;
    gox_rgba colors[GOX_BLOCK_VOXELS];
    uint8_t bytes[GOX_BLOCK_MAX_BYTES];
    uint8_t planes[GOX_BLOCK_MAX_BYTES];
};

struct gox_packer *gox__packer_new(void)
{
    struct gox_packer *p = gox_calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->compressor = libdeflate_alloc_compressor(LEVEL);
    p->decompressor = libdeflate_alloc_decompressor();
    if (p->compressor == NULL || p->decompressor == NULL) {
        gox__packer_free(p);
        return NULL;
    }
    return p;
}

void gox__packer_free(struct gox_packer *packer)
{
    if (packer == NULL)
        return;
    if (packer->compressor != NULL)
        libdeflate_free_compressor(packer->compressor);
    if (packer->decompressor != NULL)
        libdeflate_free_decompressor(packer->decompressor);
    gox_free(packer);
}

static void put_u32(uint8_t *at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

/* Colours behind a header of 3 bytes, to planes or back. */
static void split_planes(uint8_t *out, const uint8_t *in)
{
    memcpy(out, in, 3);
    for (size_t i = 0; i < GOX_BLOCK_VOXELS; i++) {
        for (size_t c = 0; c < 4; c++)
            out[3 + c * GOX_BLOCK_VOXELS + i] = in[3 + 4 * i + c];
    }
}

static void join_planes(uint8_t *out, const uint8_t *in)
{
    memcpy(out, in, 3);
    for (size_t i = 0; i < GOX_BLOCK_VOXELS; i++) {
        for (size_t c = 0; c < 4; c++)
            out[3 + 4 * i + c] = in[3 + c * GOX_BLOCK_VOXELS + i];
    }
}

static void hash_bytes(const uint8_t *data, size_t len, uint8_t hash[16])
{
    uint8_t full[SHA256_DIGEST_LENGTH];
    SHA2_CTX ctx;

    SHA256Init(&ctx);
    SHA256Update(&ctx, data, len);
    SHA256Final(full, &ctx);
    memcpy(hash, full, 16);
}

static int64_t id_of(const uint8_t hash[16])
{
    uint64_t id = (uint64_t)get_u32(hash) | (uint64_t)get_u32(hash + 4) << 32;

    return (int64_t)(id & INT64_MAX);
}

/* Equal voxels, equal bytes: the palette in order of first use. */
static int canonical_bytes(
        struct gox_packer *p, const gox_block *block, size_t *len)
{
    gox_block_decode(block, p->colors);
    gox_block *made = gox_block_new(p->colors);
    if (made == NULL)
        return GOX_ERR_NOMEM;
    *len = gox_block_write(made, p->bytes);
    gox_block_unref(made);
    return 0;
}

int gox__packer_hash(struct gox_packer *p, const gox_block *block,
        struct gox_packed_block *packed)
{
    size_t len;

    int rc = canonical_bytes(p, block, &len);
    if (rc < 0)
        return rc;
    hash_bytes(p->bytes, len, packed->hash);
    packed->id = id_of(packed->hash);
    return 0;
}

int gox__packer_pack(struct gox_packer *p, const gox_block *block,
        struct gox_packed_block *packed)
{
    size_t len;

    int rc = canonical_bytes(p, block, &len);
    if (rc < 0)
        return rc;
    packed->body = gox_malloc(BODY_HEADER + len);
    if (packed->body == NULL)
        return GOX_ERR_NOMEM;
    uint8_t *data = packed->body + BODY_HEADER;
    const uint8_t *source = p->bytes;
    enum packing packing = PACKED_DEFLATE;
    if (len == GOX_BLOCK_MAX_BYTES) {
        split_planes(p->planes, p->bytes);
        source = p->planes;
        packing = PACKED_PLANES;
    }
    size_t used =
            libdeflate_deflate_compress(p->compressor, source, len, data, len);
    if (used == 0) {
        memcpy(data, p->bytes, len);
        packing = PACKED_AS_IS;
        used = len;
    }
    packed->body[4] = (uint8_t)len;
    packed->body[5] = (uint8_t)(len >> 8);
    packed->body[6] = (uint8_t)packing;
    packed->len = BODY_HEADER + used;
    put_u32(packed->body,
            libdeflate_crc32(0, packed->body + 4, packed->len - 4));
    return 0;
}

/* The canonical bytes of a body, or NULL when it is damaged. */
static const uint8_t *open_body(
        struct gox_packer *p, const uint8_t *body, size_t size, size_t *len)
{
    if (size < BODY_HEADER ||
            libdeflate_crc32(0, body + 4, size - 4) != get_u32(body))
        return NULL;
    *len = (size_t)body[4] | (size_t)body[5] << 8;
    unsigned packing = body[6];
    const uint8_t *data = body + BODY_HEADER;
    size -= BODY_HEADER;
    if (packing == PACKED_AS_IS)
        return size == *len ? data : NULL;
    if (*len > GOX_BLOCK_MAX_BYTES || packing > PACKED_PLANES ||
            libdeflate_deflate_decompress(p->decompressor, data, size, p->bytes,
                    *len, NULL) != LIBDEFLATE_SUCCESS)
        return NULL;
    if (packing == PACKED_DEFLATE)
        return p->bytes;
    if (*len != GOX_BLOCK_MAX_BYTES)
        return NULL;
    join_planes(p->planes, p->bytes);
    return p->planes;
}

int gox__packer_unpack(struct gox_packer *packer, const uint8_t *body,
        size_t len, gox_block **block)
{
    size_t size;
    const uint8_t *bytes = open_body(packer, body, len, &size);

    *block = NULL;
    return bytes == NULL ? GOX_ERR_FORMAT : gox_block_read(bytes, size, block);
}

int gox__packer_verify(struct gox_packer *packer, const uint8_t hash[16],
        const uint8_t *body, size_t len)
{
    uint8_t found[16];
    gox_block *block;
    size_t size;
    const uint8_t *bytes = open_body(packer, body, len, &size);

    if (bytes == NULL)
        return GOX_ERR_FORMAT;
    hash_bytes(bytes, size, found);
    if (memcmp(found, hash, sizeof(found)) != 0)
        return GOX_ERR_FORMAT;
    int rc = gox_block_read(bytes, size, &block);
    gox_block_unref(block);
    return rc;
}
