/* SPDX-License-Identifier: Apache-2.0
 * Reading a file of settings, as its parts see it. */
#ifndef GOX_CONFIG_PARSE_INTERNAL_H
#define GOX_CONFIG_PARSE_INTERNAL_H

#include "config/config_internal.h"
#include "config/errors.h"

struct gox__parse {
    struct gox_settings *settings;
    struct gox_config_errors *errors;
    const char *data; /* the file, borrowed */
    size_t len;
    enum gox_origin origin; /* of the values that are read now */
    bool is_dry;            /* check only: another platform's defaults */
    struct gox_buf pointer; /* to where it is, "/server" */
    struct gox_buf scratch; /* the text that was decoded last */
};

/* The keys of one object: told apart, told when they are there twice. */
struct gox__keys {
    char **items;
    size_t count, capacity;
    int error; /* of the last gox__keys_add that gave NULL; GOX_ERR_NOMEM: no
                  use in going on */
};
void gox__keys_init(struct gox__keys *keys);
void gox__keys_fini(struct gox__keys *keys);
/* The key decoded, valid until fini. NULL when it was there before or cannot be
 * a name (told), or without memory. */
const char *gox__keys_add(struct gox__keys *keys, struct gox__parse *p,
        struct gox_slice raw, size_t offset);

/* An error at an offset; step (may be NULL) is added to the pointer. */
void gox__parse_report(struct gox__parse *p, size_t offset, const char *step,
        const char *fmt, ...) GOX_PRINTF(4, 5);
void gox__parse_place(const struct gox__parse *p, size_t offset, uint32_t *line,
        uint32_t *column);

/* Appends "/key", escaped. */
void gox__pointer_put(struct gox_buf *pointer, const char *key);

bool gox__is_absolute(struct gox_slice path);
/* All that is wrong is told; then v is empty. */
int gox__value_from_json(struct gox__parse *p, const struct gox_setting *row,
        size_t offset, struct gox_slice raw, union gox__value *v);

#endif
