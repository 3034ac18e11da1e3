/* SPDX-License-Identifier: Apache-2.0
 * The settings as a struct, and putting values in as text. The rows are in
 * config/settings_rows.h; files are read by config/load.h.
 *
 * Invariant: a value in struct gox_settings was checked against its row. */
#ifndef GOX_CONFIG_SETTINGS_H
#define GOX_CONFIG_SETTINGS_H

#include "base/buf.h"
#include "base/log_level.h"
#include "config/settings_rows.h"

#include <stdbool.h>
#include <stdint.h>

/* How a value is kept, and how it is written as text (for the command line and
 * the environment); a file has the JSON that one expects. */
enum gox_setting_type {
    GOX_SETTING_INT,
    GOX_SETTING_OCTAL,  /* "0660"; in a file a text too */
    GOX_SETTING_BOOL,   /* true, false (text: also yes, no, on, off, 1, 0) */
    GOX_SETTING_ENUM,   /* the number of the choice, from 0 */
    GOX_SETTING_TEXT,   /* no control characters */
    GOX_SETTING_PATH,   /* absolute after gox_settings_finish, or "" */
    GOX_SETTING_PATHS,  /* a list; as text with ':' between */
    GOX_SETTING_TEXTS,  /* a list; as text with ',' between */
    GOX_SETTING_IDS,    /* a list of user or group numbers; ',' */
    GOX_SETTING_LEVELS, /* component=level; ',' */
    GOX_SETTING_MAP     /* name=value; ',' */
};

struct gox_setting_texts {
    char **items; /* owned */
    size_t count;
};
struct gox_setting_ids {
    int64_t *items; /* owned */
    size_t count;
};
struct gox_setting_map {
    char **items; /* owned: name, value, name, value ... */
    size_t count; /* pairs */
};
struct gox_setting_levels {
    int8_t of[GOX_LOG_COMPONENT_COUNT]; /* enum gox_log_level; -1: none */
};

enum gox_durability_choice {
    GOX_SETTING_DURABILITY_ALWAYS,
    GOX_SETTING_DURABILITY_INTERVAL,
    GOX_SETTING_DURABILITY_NONE
};
enum gox_sandbox_choice {
    GOX_SETTING_SANDBOX_OFF,
    GOX_SETTING_SANDBOX_BEST_EFFORT,
    GOX_SETTING_SANDBOX_REQUIRE
};

#define GOX_SETTING_C_INT    int64_t
#define GOX_SETTING_C_OCTAL  int64_t
#define GOX_SETTING_C_BOOL   bool
#define GOX_SETTING_C_ENUM   int64_t
#define GOX_SETTING_C_TEXT   char *
#define GOX_SETTING_C_PATH   char *
#define GOX_SETTING_C_PATHS  struct gox_setting_texts
#define GOX_SETTING_C_TEXTS  struct gox_setting_texts
#define GOX_SETTING_C_IDS    struct gox_setting_ids
#define GOX_SETTING_C_LEVELS struct gox_setting_levels
#define GOX_SETTING_C_MAP    struct gox_setting_map

/* Where a value came from; later ones win. */
enum gox_origin {
    GOX_ORIGIN_DEFAULT,  /* the row, or the platform's place */
    GOX_ORIGIN_PLATFORM, /* `defaults` of the file */
    GOX_ORIGIN_FILE,
    GOX_ORIGIN_ENVIRONMENT,
    GOX_ORIGIN_FLAG
};
struct gox_setting_origin {
    enum gox_origin from;
    uint32_t line; /* of the file; 0: none */
};

enum {
#define GOX_SETTING_ONE(                                                       \
        member, name, type, def, min, max, unit, rule, flag, env, apply, help) \
    GOX_ROW_##member,
    GOX_SETTING_LIST(GOX_SETTING_ONE)
#undef GOX_SETTING_ONE
            GOX_SETTING_COUNT
};

/* Members are the names with '_' for '.': server_workers. What they point to is
 * owned. */
struct gox_settings {
#define GOX_SETTING_FIELD(                                                     \
        member, name, type, def, min, max, unit, rule, flag, env, apply, help) \
    GOX_SETTING_C_##type member;
    GOX_SETTING_LIST(GOX_SETTING_FIELD)
#undef GOX_SETTING_FIELD
    struct gox_setting_origin origins[GOX_SETTING_COUNT]; /* in row order */
    char *file;     /* that was read, absolute and owned; NULL: none */
    bool is_stdio;  /* not a setting of a file: --stdio */
    bool is_stored; /* with it: --store, the projects of the data directory */
};

/* The built-in defaults; GOX_ERR_NOMEM. */
int gox_settings_init(struct gox_settings *s) GOX_MUST_CHECK;
void gox_settings_fini(struct gox_settings *s);
/* Sets one by "section.key", from text. "section.map.NAME" sets one entry of a
 * MAP or LEVELS. GOX_ERR_NOT_FOUND (the message has the nearest name),
 * GOX_ERR_PARAMS, GOX_ERR_NOMEM; then nothing has changed. */
int gox_settings_set(struct gox_settings *s, const char *name, size_t name_len,
        const char *value, enum gox_origin origin,
        struct gox_error *err) GOX_MUST_CHECK;
/* Fills in what depends on the user and on other settings (places of the
 * platform, paths made absolute from base_dir (NULL: the current directory),
 * worker count). GOX_ERR_PARAMS, GOX_ERR_NOMEM. */
int gox_settings_finish(struct gox_settings *s, const char *base_dir,
        struct gox_error *err) GOX_MUST_CHECK;

/* When a changed value takes effect. */
enum gox_apply { GOX_APPLY_LIVE, GOX_APPLY_START, GOX_APPLY_OTHER };
/* "reload", "restart", "other program". */
const char *gox_apply_name(enum gox_apply apply);

/* The rows, for help, printing and tests. */
struct gox_setting {
    const char *name; /* "server.workers" */
    enum gox_setting_type type;
    const char *fallback;
    int64_t min, max;
    const char *unit; /* "" none */
    const char *rule; /* or NULL */
    const char *flag; /* without the dashes; or NULL */
    const char *env;  /* or NULL */
    enum gox_apply apply;
    const char *help;
    const char *member;
    size_t offset; /* in struct gox_settings */
};
extern const struct gox_setting gox_setting_rows[];
extern const size_t gox_setting_count;
/* The row with that name, or NULL. */
const struct gox_setting *gox_setting_find(const char *name, size_t len);

/* The value as text, as --set takes it. */
void gox_settings_put_value(
        const struct gox_settings *s, size_t row, struct gox_buf *out);
/* The value as JSON, as a file has it. */
void gox_settings_put_json(
        const struct gox_settings *s, size_t row, struct gox_buf *out);
/* "default", "environment GOXEL_LOG_LEVEL", "/etc/goxel/x.json:12" ... */
void gox_settings_put_origin(
        const struct gox_settings *s, size_t row, struct gox_buf *out);
bool gox_settings_is_equal(
        const struct gox_settings *a, const struct gox_settings *b, size_t row);
/* {"name", "old", "new", "applies"}: one difference of two settings. */
struct gox_writer;
void gox_settings_put_change(const struct gox_settings *old,
        const struct gox_settings *new, size_t row, struct gox_writer *w);
/* Exchanges one value and its origin. */
void gox_settings_swap(
        struct gox_settings *a, struct gox_settings *b, size_t row);

#endif
