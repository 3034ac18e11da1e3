/* SPDX-License-Identifier: Apache-2.0
 * Binding: the params of a request, by position or by name, become the checked
 * arguments of a method's row.
 *
 * Invariant: after success each required argument is set, every value is
 * inside its range, and nothing in params was left unread. */
#ifndef GOX_RPC_PARAMS_H
#define GOX_RPC_PARAMS_H

#include "rpc/arena.h"
#include "rpc/method.h"

/* The first bad parameter, for the error's data. */
struct gox_param_error {
    char param[64];
    char expected[200];
    char got[80];
};

/* "#RRGGBB" or a name to r | g << 8 | b << 16 | a << 24. */
typedef bool gox_color_parser(const char *text, size_t len, uint32_t *rgba);

struct gox_binding {
    /* in */
    const struct gox_method *method;
    struct gox_arg *args;    /* room for method->param_count */
    struct gox_arena *arena; /* takes decoded strings */
    gox_color_parser *parse_color;
    const char *skip;      /* a member that is not a parameter; or NULL */
    struct gox_error *err; /* not NULL */
    /* out */
    struct gox_slice project; /* decoded; data NULL: not given */
    bool has_if_revision, wants_progress;
    int64_t if_revision;
    struct gox_param_error detail; /* param "" when the error is of no
                                      parameter */
};

/* params: the raw text (checked JSON: an object, an array or null), data NULL
 * when absent. 0, GOX_ERR_PARAMS, or GOX_ERR_NOMEM. */
int gox_params_bind(
        struct gox_binding *b, struct gox_slice params) GOX_MUST_CHECK;

/* Nested values, for handlers that read the raw text of an ARRAY or OBJECT: a
 * point of the grid and a colour in any spelling of COLOR. False when the next
 * value is none (the reader's error may or may not be set). */
bool gox_param_read_point(struct gox_reader *r, int32_t point[3]);
bool gox_param_read_color(
        struct gox_reader *r, gox_color_parser *parse, uint32_t *rgba);

/* Appends what a parameter expects, for messages and documents: "integer from
 * 0 to 255". */
void gox_param_put_expected(const struct gox_param *param, struct gox_buf *out);
/* Describes a raw value: `number 1.5`, `string "abc"`, `array`. */
void gox_param_describe(struct gox_slice raw, char *text, size_t size);
/* True when name is one of a "a|b|c" list. */
bool gox_name_in_list(struct gox_slice name, const char *list);

#endif
