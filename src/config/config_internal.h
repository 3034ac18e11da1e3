/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: values by their type.
 *
 * Invariant: a function that fails leaves the value as it was. */
#ifndef GOX_CONFIG_CONFIG_INTERNAL_H
#define GOX_CONFIG_CONFIG_INTERNAL_H

#include "config/settings.h"
#include "rpc/reader.h"

/* A value on its way; which member holds is told by the row. */
union gox__value {
    int64_t number;
    bool flag;
    char *text;
    struct gox_setting_texts texts;
    struct gox_setting_ids ids;
    struct gox_setting_map map;
    struct gox_setting_levels levels;
};

/* ---- value.c ---- */
void *gox__value_at(struct gox_settings *s, const struct gox_setting *row);
const void *gox__value_get(
        const struct gox_settings *s, const struct gox_setting *row);
/* Nothing in it: 0, empty, NULL, no levels. */
void gox__value_clear(const struct gox_setting *row, union gox__value *v);
void gox__value_fini(const struct gox_setting *row, union gox__value *v);
/* Moves the value to its place, what was there into it. */
void gox__value_exchange(
        const struct gox_setting *row, void *at, union gox__value *v);
/* "an integer from 1 to 256" and the like. */
void gox__value_put_expected(
        const struct gox_setting *row, struct gox_buf *out);
/* "expected ..., got ..." after the setting's name. */
int gox__value_fail(const struct gox_setting *row, const char *got, size_t len,
        struct gox_error *err);

/* Takes one number, choice, text or entry of a list or map into v. */
int gox__value_take_number(const struct gox_setting *row, int64_t number,
        union gox__value *v, struct gox_error *err);
int gox__value_take_choice(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err);
int gox__value_take_octal(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err);
int gox__value_take_text(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err);
int gox__value_take_item(const struct gox_setting *row, const char *text,
        size_t len, union gox__value *v, struct gox_error *err);
int gox__value_take_id(const struct gox_setting *row, int64_t id,
        union gox__value *v, struct gox_error *err);
/* The entry `name` of a MAP or LEVELS; replaces one of the same name. */
int gox__value_take_pair(const struct gox_setting *row, const char *name,
        size_t name_len, const char *text, size_t len, union gox__value *v,
        struct gox_error *err);
/* A copy of what is at a place. GOX_ERR_NOMEM. */
int gox__value_dup(const struct gox_setting *row, const void *at,
        union gox__value *v) GOX_MUST_CHECK;

/* ---- value_text.c ---- */
int gox__value_from_text(const struct gox_setting *row, const char *text,
        union gox__value *v, struct gox_error *err);

/* ---- settings.c ---- */
/* Exchanges the value of a row and notes where it is from; frees the old. */
void gox__settings_put(struct gox_settings *s, const struct gox_setting *row,
        union gox__value *own_v, struct gox_setting_origin origin);

#endif
