/* SPDX-License-Identifier: Apache-2.0
 * The method table as an open-addressed hash; at most half of it is used. */
#include "rpc/registry.h"

#include "base/alloc.h"
#include "rpc/suggest.h"

#include <assert.h>
#include <string.h>

struct entry {
    struct gox_slice name;
    const struct gox_method *method;
};
struct gox_registry {
    struct entry *entries; /* mask + 1 */
    size_t mask;
    const struct gox_method **rows;
    size_t count;
};

/* Eight bytes at a time; the last eight may overlap the ones before. */
static size_t hash(struct gox_slice name)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = name.len;
    uint64_t x = 0;
    if (name.len < 8) {
        for (size_t i = 0; i < name.len; i++)
            x = x << 8 | (unsigned char)name.data[i];
        h = (h ^ x) * factor;
    } else {
        for (size_t i = 0; i + 8 < name.len; i += 8) {
            memcpy(&x, name.data + i, 8);
            h = (h ^ x) * factor;
            h ^= h >> 32;
        }
        memcpy(&x, name.data + name.len - 8, 8);
        h = (h ^ x) * factor;
    }
    return (size_t)(h ^ h >> 32);
}

static struct entry *slot(const gox_registry *reg, struct gox_slice name)
{
    size_t i = hash(name) & reg->mask;
    while (reg->entries[i].method != NULL) {
        struct gox_slice have = reg->entries[i].name;
        if (have.len == name.len && memcmp(have.data, name.data, name.len) == 0)
            break;
        i = (i + 1) & reg->mask;
    }
    return &reg->entries[i];
}

static size_t count_names(const struct gox_method *m)
{
    size_t count = 1;
    if (m->aliases != NULL)
        count++;
    for (const char *p = m->aliases; p != NULL && *p != '\0'; p++)
        count += *p == '|';
    return count;
}

static void add_name(gox_registry *reg, const struct gox_method *m,
        const char *name, size_t len)
{
    struct entry *e = slot(reg, (struct gox_slice){name, len});
    assert(e->method == NULL);
    e->name = (struct gox_slice){name, len};
    e->method = m;
}

static void add_row(gox_registry *reg, const struct gox_method *m)
{
    assert(m->param_count <= GOX_METHOD_MAX_PARAMS);
    reg->rows[reg->count++] = m;
    add_name(reg, m, m->name, strlen(m->name));
    const char *p = m->aliases;
    while (p != NULL && *p != '\0') {
        size_t len = strcspn(p, "|");
        add_name(reg, m, p, len);
        p += len + (p[len] == '|');
    }
}

gox_registry *gox_registry_new(
        const struct gox_method *const *tables, size_t count)
{
    size_t rows = 0;
    size_t names = 0;
    size_t size = 16;
    for (size_t t = 0; t < count; t++) {
        for (const struct gox_method *m = tables[t]; m->name != NULL; m++) {
            rows++;
            names += count_names(m);
        }
    }
    while (size < names * 2)
        size *= 2;
    gox_registry *reg = gox_calloc(1, sizeof *reg);
    if (reg == NULL)
        return NULL;
    reg->mask = size - 1;
    reg->entries = gox_calloc(size, sizeof *reg->entries);
    reg->rows = gox_calloc(rows + 1, sizeof *reg->rows);
    if (reg->entries == NULL || reg->rows == NULL) {
        gox_registry_free(reg);
        return NULL;
    }
    for (size_t t = 0; t < count; t++)
        for (const struct gox_method *m = tables[t]; m->name != NULL; m++)
            add_row(reg, m);
    return reg;
}

void gox_registry_free(gox_registry *reg)
{
    if (reg == NULL)
        return;
    gox_free(reg->entries);
    gox_free(reg->rows);
    gox_free(reg);
}

const struct gox_method *gox_registry_find(
        const gox_registry *reg, struct gox_slice name)
{
    return slot(reg, name)->method;
}

const struct gox_method *gox_registry_get(const gox_registry *reg, size_t i)
{
    return i < reg->count ? reg->rows[i] : NULL;
}

size_t gox_registry_count(const gox_registry *reg)
{
    return reg->count;
}

int gox_registry_fail(
        const gox_registry *reg, struct gox_slice name, struct gox_error *err)
{
    struct gox_suggest suggest;
    size_t len;
    int shown = (int)(name.len < 80 ? name.len : 80);
    gox_suggest_init(&suggest, name);
    for (size_t i = 0; i <= reg->mask; i++)
        if (reg->entries[i].method != NULL)
            gox_suggest_offer(&suggest, reg->entries[i].name.data,
                    reg->entries[i].name.len);
    const char *best = gox_suggest_best(&suggest, &len);
    if (best == NULL)
        return gox_error_set(err, GOX_ERR_METHOD,
                "method not found: %.*s (list_methods tells what there is)",
                shown, name.data);
    return gox_error_set(err, GOX_ERR_METHOD,
            "method not found: %.*s (did you mean %.*s?)", shown, name.data,
            (int)len, best);
}
