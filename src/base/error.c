/* SPDX-License-Identifier: Apache-2.0
 * Error texts. Everything here is derived from GOX_ERROR_LIST.
 *
 * Invariant: a text is one line of valid UTF-8, however it was cut. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    int rpc_code;
    const char *name;
    const char *text;
} ERRORS[] = {
#define GOX_ERROR_ROW(id, value, rpc, message) {value, rpc, #id, message},
        GOX_ERROR_LIST(GOX_ERROR_ROW)
#undef GOX_ERROR_ROW
};

#define ERROR_COUNT (sizeof ERRORS / sizeof ERRORS[0])

static int find(int code)
{
    for (size_t i = 0; i < ERROR_COUNT; i++)
        if (ERRORS[i].code == code)
            return (int)i;
    return -1;
}

const char *gox_error_name(int code)
{
    int i = find(code);
    return i >= 0 ? ERRORS[i].name : code >= 0 ? "OK" : "UNKNOWN";
}

const char *gox_error_text(int code)
{
    int i = find(code);
    return i >= 0 ? ERRORS[i].text : code >= 0 ? "success" : "unknown error";
}

int gox_error_rpc_code(int code)
{
    int i = find(code);
    return i >= 0 ? ERRORS[i].rpc_code : -32603;
}

/* Drops a UTF-8 sequence that was cut at the end, and turns control characters
 * (a file name may hold them) into spaces. */
static void tidy(char *text)
{
    size_t len = strlen(text);
    size_t back = 0;
    while (back < len && back < 3 &&
            ((unsigned char)text[len - 1 - back] & 0xC0) == 0x80)
        back++;
    if (len > back) {
        unsigned char lead = (unsigned char)text[len - 1 - back];
        size_t want = lead >= 0xF0   ? 3
                      : lead >= 0xE0 ? 2
                      : lead >= 0xC0 ? 1
                                     : 0;
        if (lead >= 0xC0 && back < want)
            text[len - 1 - back] = '\0';
    }
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
}

static void set_text(struct gox_error *err, int code, int64_t offset,
        const char *fmt, va_list args)
{
    err->code = code;
    err->offset = offset;
    if (vsnprintf(err->text, sizeof err->text, fmt, args) < 0)
        err->text[0] = '\0';
    tidy(err->text);
}

int gox_error_set(struct gox_error *err, int code, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, fmt);
        set_text(err, code, -1, fmt, args);
        va_end(args);
    }
    return code;
}

int gox_error_set_at(
        struct gox_error *err, int code, int64_t offset, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, fmt);
        set_text(err, code, offset, fmt, args);
        va_end(args);
    }
    return code;
}

int gox_error_set_errno(
        struct gox_error *err, int code, int errno_value, const char *fmt, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, fmt);
    set_text(err, code, -1, fmt, args);
    va_end(args);
    size_t len = strlen(err->text);
    /* strerror_r has two incompatible forms; strerror itself is safe in
     * threads with glibc >= 2.32, musl and macOS. */
    snprintf(err->text + len, sizeof err->text - len, ": %s",
            strerror(errno_value));
    tidy(err->text);
    return code;
}

void gox_error_prefix(struct gox_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, fmt);
    set_text(err, err->code, err->offset, fmt, args);
    va_end(args);
    size_t len = strlen(err->text);
    snprintf(err->text + len, sizeof err->text - len, ": %s", old);
    tidy(err->text);
}
