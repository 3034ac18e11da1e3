/* SPDX-License-Identifier: Apache-2.0
 * Edit distance (insert, delete, replace, swap of neighbours) over short
 * names. */
#include "rpc/suggest.h"

#include <limits.h>

#define MAX_NAME 48

void gox_suggest_init(struct gox_suggest *s, struct gox_slice wanted)
{
    *s = (struct gox_suggest){.wanted = wanted, .distance = UINT_MAX};
}

static unsigned min2(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(struct gox_slice a, const char *b, size_t b_len)
{
    unsigned rows[3][MAX_NAME + 1];
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *up = rows[(i + 2) % 3];
        const unsigned *up2 = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a.data[i - 1] != b[j - 1];
            now[j] = min2(up[j - 1] + cost, min2(up[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b[j - 2] &&
                    a.data[i - 2] == b[j - 1])
                now[j] = min2(now[j], up2[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b_len];
}

void gox_suggest_offer(struct gox_suggest *s, const char *name, size_t len)
{
    if (s->wanted.len > MAX_NAME || len > MAX_NAME)
        return;
    unsigned d = distance(s->wanted, name, len);
    if (d < s->distance) {
        s->distance = d;
        s->best = name;
        s->best_len = len;
    }
}

const char *gox_suggest_best(const struct gox_suggest *s, size_t *len)
{
    size_t limit = s->wanted.len / 3 + 1;
    if (s->best == NULL || s->distance > (limit < 4 ? limit : 4))
        return NULL;
    *len = s->best_len;
    return s->best;
}
