/* SPDX-License-Identifier: Apache-2.0
 * A packed record as one line of JSON, one line of text, or an entry of the
 * journal. Called on the writer thread, and by flush_crash: so it takes no lock
 * and asks the system for nothing. */
#include "log/log_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS_PER_DAY   INT64_C(86400000)
#define CIVIL_SHIFT  719468 /* days from 0000-03-01 to 1970-01-01 */
#define DAYS_PER_ERA 146097 /* 400 years */
#define SECRET_TEXT  "[secret]"
#define CUT_MARK     "[cut]"

static const char *const upper_names[GOX_LOG_LEVEL_COUNT] = {
        "ERROR", "WARN", "INFO", "DEBUG"};
/* As syslog numbers them. */
static const char priorities[GOX_LOG_LEVEL_COUNT] = {'3', '4', '6', '7'};

/* RFC 3339 with milliseconds. gmtime_r takes a lock of the C library, which
 * the thread that crashed may hold. */
static void put_time(struct gox_buf *out, int64_t at_ms)
{
    int64_t days = at_ms / MS_PER_DAY;
    int64_t ms = at_ms % MS_PER_DAY;
    if (ms < 0) {
        ms += MS_PER_DAY;
        days--;
    }
    /* Years are counted from March, so that the leap day is the last one. */
    int64_t z = days + CIVIL_SHIFT;
    int64_t era = (z >= 0 ? z : z - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
    int64_t doe = z - era * DAYS_PER_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    gox_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year,
            (int)month, (int)(doy - (153 * mp + 2) / 5 + 1),
            (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
            (int)(ms % 1000));
}

/* One field, taken out of its packed form. */
struct item {
    struct gox__field head;
    const char *key, *value;
    union {
        int64_t i;
        uint64_t u;
        double d;
        bool b;
    } number;
};

static const char *take_item(struct item *item, const char *at)
{
    memcpy(&item->head, at, sizeof item->head);
    item->key = at + sizeof item->head;
    item->value = item->key + item->head.key_len;
    item->number.u = 0;
    if (item->head.type != GOX_LOG_FIELD_TEXT)
        memcpy(&item->number, item->value, item->head.value_len);
    return item->value + item->head.value_len;
}

/* A number or a truth value. */
static void put_number(struct gox_buf *out, const struct item *item)
{
    if (item->head.type == GOX_LOG_FIELD_INT)
        gox_buf_put_int(out, item->number.i);
    else if (item->head.type == GOX_LOG_FIELD_UINT)
        gox_buf_put_uint(out, item->number.u);
    else if (item->head.type == GOX_LOG_FIELD_BOOL)
        gox_buf_put_str(out, item->number.b ? "true" : "false");
    else if (isfinite(item->number.d))
        gox_buf_printf(out, "%.15g", item->number.d);
    else
        gox_buf_put_str(out, "null");
}

static bool is_text(const struct item *item)
{
    return item->head.type == GOX_LOG_FIELD_TEXT ||
           item->head.type == GOX_LOG_FIELD_SECRET;
}

static bool is_shown(const struct gox__encoding *e, const struct item *item)
{
    static const char name[] = "request_id";
    return (e->with & GOX_LOG_WITH_REQUEST) != 0 ||
           item->head.key_len != sizeof name - 1 ||
           memcmp(item->key, name, sizeof name - 1) != 0;
}

/* ---- JSON ---- */

static void put_json_string(struct gox_buf *out, const char *data, size_t len)
{
    gox_buf_put_byte(out, '"');
    gox__escape_json(out, data, len);
    gox_buf_put_byte(out, '"');
}

static void put_json_item(struct gox_buf *out, const struct item *item)
{
    gox_buf_put_byte(out, ',');
    put_json_string(out, item->key, item->head.key_len);
    gox_buf_put_byte(out, ':');
    if (item->head.type == GOX_LOG_FIELD_SECRET) {
        gox_buf_put_str(out, "\"" SECRET_TEXT "\"");
    } else if (is_text(item)) {
        gox_buf_put_byte(out, '"');
        gox__escape_json(out, item->value, item->head.value_len);
        gox_buf_put_str(out, item->head.is_cut ? CUT_MARK "\"" : "\"");
    } else {
        put_number(out, item);
    }
}

static void put_json(struct gox_buf *out, const struct gox__encoding *e,
        const struct gox__record *r)
{
    const char *at = (const char *)(r + 1);
    struct item item;
    gox_buf_put_byte(out, '{');
    if (e->with & GOX_LOG_WITH_TIMESTAMP) {
        gox_buf_put_str(out, "\"timestamp\":\"");
        put_time(out, r->at_ms);
        gox_buf_put_str(out, "\",");
    }
    gox_buf_put_str(out, "\"level\":\"");
    gox_buf_put_str(out, gox_log_level_name(r->level));
    if (e->with & GOX_LOG_WITH_COMPONENT) {
        gox_buf_put_str(out, "\",\"component\":\"");
        gox_buf_put_str(out, gox_log_component_name(r->component));
    }
    gox_buf_put_str(out, "\",\"message\":");
    put_json_string(out, at, r->message_len);
    if (e->with & GOX_LOG_WITH_PID) {
        gox_buf_put_str(out, ",\"pid\":");
        gox_buf_put_int(out, e->pid);
    }
    if (e->with & GOX_LOG_WITH_TID) {
        gox_buf_put_str(out, ",\"tid\":");
        gox_buf_put_int(out, r->tid);
    }
    at += r->message_len;
    for (unsigned i = 0; i < r->field_count; i++) {
        at = take_item(&item, at);
        if (is_shown(e, &item))
            put_json_item(out, &item);
    }
    gox_buf_put_str(out, "}\n");
}

/* ---- text ---- */

static bool needs_quotes(const struct item *item)
{
    for (size_t i = 0; i < item->head.value_len; i++)
        if (strchr(" \"=\t\r\n", item->value[i]) != NULL)
            return true;
    return item->head.value_len == 0;
}

static void put_text_item(struct gox_buf *out, const struct item *item)
{
    gox_buf_put_byte(out, ' ');
    gox__escape_text(out, item->key, item->head.key_len);
    gox_buf_put_byte(out, '=');
    if (item->head.type == GOX_LOG_FIELD_SECRET)
        gox_buf_put_str(out, SECRET_TEXT);
    else if (!is_text(item))
        put_number(out, item);
    else if (needs_quotes(item))
        put_json_string(out, item->value, item->head.value_len);
    else
        gox__escape_text(out, item->value, item->head.value_len);
    if (item->head.is_cut)
        gox_buf_put_str(out, CUT_MARK);
}

static void put_text(struct gox_buf *out, const struct gox__encoding *e,
        const struct gox__record *r)
{
    const char *at = (const char *)(r + 1);
    struct item item;
    if (e->with & GOX_LOG_WITH_TIMESTAMP) {
        put_time(out, r->at_ms);
        gox_buf_put_byte(out, ' ');
    }
    gox_buf_printf(out, "%-5s ", upper_names[r->level]);
    if (e->with & GOX_LOG_WITH_COMPONENT)
        gox_buf_put_str(out, gox_log_component_name(r->component));
    if (e->with & (GOX_LOG_WITH_PID | GOX_LOG_WITH_TID))
        gox_buf_printf(
                out, "[%d]", e->with & GOX_LOG_WITH_TID ? (int)r->tid : e->pid);
    if (e->with & ~GOX_LOG_WITH_TIMESTAMP)
        gox_buf_put_str(out, ": ");
    gox__escape_text(out, at, r->message_len);
    at += r->message_len;
    for (unsigned i = 0; i < r->field_count; i++) {
        at = take_item(&item, at);
        if (is_shown(e, &item))
            put_text_item(out, &item);
    }
    gox_buf_put_byte(out, '\n');
}

/* ---- the journal ---- */

/* A value with a newline has its length before it, little endian. */
static void put_entry(
        struct gox_buf *out, const char *key, const char *value, size_t len)
{
    gox_buf_put_str(out, key);
    if (memchr(value, '\n', len) == NULL) {
        gox_buf_put_byte(out, '=');
    } else {
        gox_buf_put_byte(out, '\n');
        gox_buf_put_u32le(out, (uint32_t)len);
        gox_buf_put_u32le(out, 0);
    }
    gox_buf_put(out, value, len);
    gox_buf_put_byte(out, '\n');
}

static void put_journal_item(struct gox_buf *out, const struct item *item)
{
    char key[6 + GOX__LOG_KEY_MAX + 1] = "GOXEL_";
    for (size_t i = 0; i < item->head.key_len; i++) {
        char c = item->key[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        key[6 + i] = is_lower ? (char)(c - 'a' + 'A') : is_kept ? c : '_';
    }
    if (item->head.type == GOX_LOG_FIELD_SECRET) {
        put_entry(out, key, SECRET_TEXT, sizeof SECRET_TEXT - 1);
    } else if (is_text(item)) {
        put_entry(out, key, item->value, item->head.value_len);
    } else {
        gox_buf_put_str(out, key);
        gox_buf_put_byte(out, '=');
        put_number(out, item);
        gox_buf_put_byte(out, '\n');
    }
}

static void put_journal(struct gox_buf *out, const struct gox__encoding *e,
        const struct gox__record *r)
{
    const char *at = (const char *)(r + 1);
    struct item item;
    gox_buf_printf(out, "PRIORITY=%c\n", priorities[r->level]);
    put_entry(out, "MESSAGE", at, r->message_len);
    put_entry(out, "SYSLOG_IDENTIFIER", e->name, strlen(e->name));
    if (e->with & GOX_LOG_WITH_COMPONENT)
        gox_buf_printf(out, "GOXEL_COMPONENT=%s\n",
                gox_log_component_name(r->component));
    if (e->with & GOX_LOG_WITH_TIMESTAMP) {
        gox_buf_put_str(out, "GOXEL_TIMESTAMP=");
        put_time(out, r->at_ms);
        gox_buf_put_byte(out, '\n');
    }
    if (e->with & GOX_LOG_WITH_TID)
        gox_buf_printf(out, "TID=%d\n", (int)r->tid);
    at += r->message_len;
    for (unsigned i = 0; i < r->field_count; i++) {
        at = take_item(&item, at);
        if (is_shown(e, &item))
            put_journal_item(out, &item);
    }
}

void gox__encode(struct gox_buf *out, const struct gox__encoding *e,
        const struct gox__record *r)
{
    if (e->format == GOX_LOG_JOURNALD)
        put_journal(out, e, r);
    else if (e->format == GOX_LOG_TEXT)
        put_text(out, e, r);
    else
        put_json(out, e, r);
}
