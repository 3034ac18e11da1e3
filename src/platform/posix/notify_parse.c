/* SPDX-License-Identifier: Apache-2.0
 * Reading a notification. The keys are one table; what is not in it is counted
 * and otherwise ignored, as the protocol asks for. */
#include "platform/notify.h"

#include <errno.h>
#include <string.h>

/* How the value of a key is read. */
enum value_kind {
    IS_FLAG,     /* only "1" sets it */
    IS_NUMBER,   /* decimal, not negative */
    IS_WATCHDOG, /* "1" or "trigger" */
    IS_STATUS,
    IS_IGNORED, /* known, and of no use here */
};

struct key {
    const char *name;
    enum value_kind kind;
    size_t offset;
};

#define FIELD(name) offsetof(struct gox_notify_message, name)
// clang-format off
static const struct key KEYS[] = {
    {"READY",               IS_FLAG,     FIELD(is_ready)},
    {"RELOADING",           IS_FLAG,     FIELD(is_reloading)},
    {"STOPPING",            IS_FLAG,     FIELD(is_stopping)},
    {"BARRIER",             IS_FLAG,     FIELD(is_barrier)},
    {"FDSTORE",             IS_FLAG,     FIELD(is_fd_store)},
    {"FDSTOREREMOVE",       IS_FLAG,     FIELD(is_fd_store_remove)},
    {"FDNAME",              IS_IGNORED,  0},
    {"FDPOLL",              IS_IGNORED,  0},
    {"WATCHDOG",            IS_WATCHDOG, 0},
    {"STATUS",              IS_STATUS,   0},
    {"MONOTONIC_USEC",      IS_NUMBER,   FIELD(monotonic_us)},
    {"EXTEND_TIMEOUT_USEC", IS_NUMBER,   FIELD(extend_timeout_us)},
    {"WATCHDOG_USEC",       IS_NUMBER,   FIELD(watchdog_us)},
    {"MAINPID",             IS_NUMBER,   FIELD(main_pid)},
    {"ERRNO",               IS_NUMBER,   FIELD(errno_value)},
    {"EXIT_STATUS",         IS_NUMBER,   FIELD(exit_status)},
};
// clang-format on

static const struct key *find_key(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (strlen(KEYS[i].name) == len && memcmp(KEYS[i].name, name, len) == 0)
            return &KEYS[i];
    return NULL;
}

static bool read_number(const char *text, size_t len, int64_t *value)
{
    int64_t number = 0;
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' ||
                number > (INT64_MAX - (text[i] - '0')) / 10)
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *value = number;
    return true;
}

/* Bytes of the UTF-8 sequence at p (of len bytes), 0 when it is none. */
static size_t utf8_length(const unsigned char *p, size_t len)
{
    size_t want = p[0] < 0x80                   ? 1
                  : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                  : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                  : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                : 0;
    if (want == 0 || want > len)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* Not too long, no surrogate, nothing beyond U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
            (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return want;
}

/* The status goes to terminals and JSON later: no control characters, no broken
 * UTF-8, cut between characters. */
static void read_status(
        struct gox_notify_message *m, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t used = 0;
    m->has_status = true;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_length(p + i, len - i);
        if (used + (n > 0 ? n : 1) >= sizeof m->status)
            break;
        if (n == 0)
            m->status[used++] = '?';
        else if (n == 1 && (p[i] < 0x20 || p[i] == 0x7f))
            m->status[used++] = ' ';
        else {
            memcpy(m->status + used, p + i, n);
            used += n;
        }
        i += n > 0 ? n : 1;
    }
    m->status[used] = '\0';
}

/* False: the value is none for this key. */
static bool read_value(struct gox_notify_message *m, const struct key *key,
        const char *text, size_t len)
{
    char *field = (char *)m + key->offset;
    bool is_one = len == 1 && text[0] == '1';
    switch (key->kind) {
    case IS_FLAG:
        if (is_one)
            memcpy(field, &is_one, sizeof is_one);
        return true;
    case IS_NUMBER: {
        int64_t number;
        if (!read_number(text, len, &number))
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    }
    case IS_WATCHDOG:
        m->is_watchdog |= is_one;
        m->is_watchdog_trigger |= len == 7 && memcmp(text, "trigger", 7) == 0;
        return true;
    case IS_STATUS:
        read_status(m, text, len);
        return true;
    case IS_IGNORED:
        break;
    }
    return true;
}

int gox_notify_parse(struct gox_notify_message *message, const char *text,
        size_t len, struct gox_error *err)
{
    *message = (struct gox_notify_message){.pid = -1,
            .uid = -1,
            .gid = -1,
            .monotonic_us = -1,
            .extend_timeout_us = -1,
            .watchdog_us = -1,
            .main_pid = -1,
            .errno_value = -1,
            .exit_status = -1};
    if (memchr(text, '\0', len) != NULL)
        return gox_error_set(
                err, GOX_ERR_FORMAT, "the notification holds a NUL byte");
    for (size_t at = 0; at < len;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', len - at);
        size_t line_len = end != NULL ? (size_t)(end - line) : len - at;
        at += line_len + 1;
        if (line_len == 0)
            continue;
        const char *equals = memchr(line, '=', line_len);
        if (equals == NULL || equals == line)
            return gox_error_set_at(err, GOX_ERR_FORMAT, line - text,
                    "a line of the notification is not KEY=value");
        const struct key *key = find_key(line, (size_t)(equals - line));
        size_t value_len = line_len - (size_t)(equals + 1 - line);
        if (key == NULL || !read_value(message, key, equals + 1, value_len))
            message->unknown_count++;
    }
    return 0;
}
