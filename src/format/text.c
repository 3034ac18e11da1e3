/* SPDX-License-Identifier: Apache-2.0
 * Text that crosses the border of a format: names from files, notes for
 * people.
 *
 * Invariant: what goes into an image or a report is valid UTF-8 without
 * control characters, whatever a file holds. */
#include "format/formats_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 character at p (RFC 3629), 0 when there is none or it is
 * a control character. */
static size_t char_length(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool is_overlong =
            (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool is_outside =
            (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return is_overlong || is_outside ? 0 : n;
}

size_t gox__clean_name(char *to, size_t size, const void *from, size_t len)
{
    const uint8_t *p = from;
    size_t at = 0, i = 0;
    while (i < len) {
        size_t n = char_length(p + i, len - i);
        size_t put = n > 0 ? n : 1;
        if (at + put >= size)
            break;
        if (n > 0)
            memcpy(to + at, p + i, n);
        else
            to[at] = '?';
        at += put;
        i += put;
    }
    to[at] = '\0';
    return at;
}

void gox__note(struct gox_format_report *report, const char *fmt, ...)
{
    size_t at = strlen(report->note), size = sizeof(report->note);
    if (at > 0 && at + 3 < size) {
        memcpy(report->note + at, "; ", 3);
        at += 2;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(report->note + at, size - at, fmt, args);
    va_end(args);
}
