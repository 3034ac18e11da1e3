/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzz target without a fuzzer, as a test: `fuzz_x DIRECTORY...` gives
 * it all seeds below the directories and then a fixed row of mutations of them.
 *
 * Invariant: the same seeds give the same inputs on every machine; only how
 * many of them are tried depends on its speed. */
#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEEDS     256
#define MAX_MUTATIONS 3000
#define MAX_BYTES     16384
#define LIMIT_NS      (1200 * GOX_NS_PER_MS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seeds {
    struct gox_input items[MAX_SEEDS];
    size_t count;
};
struct mutant {
    uint8_t bytes[MAX_BYTES];
    size_t len;
};

/* xorshift; a number below limit, which is not 0. */
static size_t below(uint64_t *state, size_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)((*state >> 11) % limit);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int add_seeds(struct seeds *seeds, const char *dir)
{
    struct dirent **names;
    int count = scandir(dir, &names, is_visible, alphasort);
    int code = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct gox_error err;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (code == 0 && seeds->count < MAX_SEEDS) {
            code = gox_input_read_file(
                    &seeds->items[seeds->count], path, 1 << 20, &err);
            if (code < 0)
                fprintf(stderr, "%s\n", err.text);
            else
                seeds->count++;
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return code;
}

/* The target gets memory of exactly this length, so that a sanitizer sees one
 * byte too far. */
static void run_one(const uint8_t *data, size_t len)
{
    uint8_t *copy = gox_malloc(len);
    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    gox_free(copy);
}

static void remove_bytes(struct mutant *m, size_t at, size_t count)
{
    count = count < m->len - at ? count : m->len - at;
    memmove(m->bytes + at, m->bytes + at + count, m->len - at - count);
    m->len -= count;
}

static void insert_bytes(
        struct mutant *m, size_t at, const uint8_t *from, size_t count)
{
    if (count > MAX_BYTES - m->len)
        count = MAX_BYTES - m->len;
    memmove(m->bytes + at + count, m->bytes + at, m->len - at);
    memcpy(m->bytes + at, from, count);
    m->len += count;
}

static void set_number(struct mutant *m, size_t at, uint64_t *random)
{
    static const uint32_t numbers[] = {0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff,
            0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t value = numbers[below(random, sizeof numbers / sizeof *numbers)];
    size_t width = (size_t)1 << below(random, 3);
    for (size_t i = 0; i < width && at + i < m->len; i++)
        m->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static void insert_from_seed(struct mutant *m, size_t at,
        const struct seeds *seeds, uint64_t *random)
{
    const struct gox_input *other = &seeds->items[below(random, seeds->count)];
    if (other->len == 0)
        return;
    size_t from = below(random, other->len);
    size_t count = 1 + below(random, 64);
    if (count > other->len - from)
        count = other->len - from;
    insert_bytes(m, at, other->data + from, count);
}

static void mutate(
        struct mutant *m, const struct seeds *seeds, uint64_t *random)
{
    size_t at = below(random, m->len + 1);
    size_t what = below(random, 6);
    if (at == m->len || what == 0) {
        insert_from_seed(m, at, seeds, random);
        return;
    }
    switch (what) {
    case 1:
        m->bytes[at] ^= (uint8_t)(1u << below(random, 8));
        break;
    case 2:
        m->bytes[at] = (uint8_t)below(random, 256);
        break;
    case 3:
        set_number(m, at, random);
        break;
    case 4:
        remove_bytes(m, at, 1 + below(random, 16));
        break;
    default:
        m->len = below(random, 8) == 0 ? at : m->len;
        break;
    }
}

static size_t run_mutants(const struct seeds *seeds, struct mutant *m)
{
    uint64_t random = 0x9e3779b97f4a7c15;
    int64_t end_ns = gox_time_now_ns() + LIMIT_NS;
    size_t done = 0;
    while (done < MAX_MUTATIONS && gox_time_now_ns() < end_ns) {
        const struct gox_input *seed =
                &seeds->items[below(&random, seeds->count)];
        m->len = seed->len < MAX_BYTES ? seed->len : MAX_BYTES;
        if (m->len > 0)
            memcpy(m->bytes, seed->data, m->len);
        for (size_t i = 1 + below(&random, 6); i > 0; i--)
            mutate(m, seeds, &random);
        run_one(m->bytes, m->len);
        done++;
    }
    return done;
}

int main(int argc, char **argv)
{
    struct seeds *seeds = gox_calloc(1, sizeof *seeds);
    struct mutant *m = gox_calloc(1, sizeof *m);
    int code = seeds != NULL && m != NULL ? 0 : 1;
    for (int i = 1; i < argc && code == 0; i++)
        code = add_seeds(seeds, argv[i]) < 0 ? 1 : 0;
    if (code == 0 && seeds->count == 0) {
        fprintf(stderr, "no seeds; give directories that hold some\n");
        code = 1;
    }
    if (code == 0) {
        run_one(NULL, 0);
        for (size_t i = 0; i < seeds->count; i++)
            run_one(seeds->items[i].data, seeds->items[i].len);
        size_t done = run_mutants(seeds, m);
        printf("%zu seeds, %zu mutations\n", seeds->count, done);
    }
    for (size_t i = 0; seeds != NULL && i < seeds->count; i++)
        gox_input_fini(&seeds->items[i]);
    gox_free(seeds);
    gox_free(m);
    return code;
}
