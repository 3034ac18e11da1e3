/* SPDX-License-Identifier: Apache-2.0
 * Scanning the text of mesh files: numbers without a locale and without a NUL
 * behind them, words and lines. */
#include "format/mesh_in.h"

#include <math.h>
#include <string.h>

void gox__scan_space(struct gox__scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

static bool is_digit(const struct gox__scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool take_sign(struct gox__scan *s)
{
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        return *s->at++ == '-';
    return false;
}

/* Digits into *mantissa; those that do not fit count in *exponent. */
static int take_digits(struct gox__scan *s, uint64_t *mantissa, int *exponent,
        bool is_fraction)
{
    int n = 0;
    for (; is_digit(s); s->at++, n++) {
        if (*mantissa < UINT64_C(100000000000000000)) {
            *mantissa = *mantissa * 10 + (uint64_t)(*s->at - '0');
            *exponent -= is_fraction;
        } else if (*exponent < 100000) {
            *exponent += !is_fraction;
        }
    }
    return n;
}

static void take_exponent(struct gox__scan *s, int *exponent)
{
    struct gox__scan e = *s;
    if (e.at == e.end || (*e.at != 'e' && *e.at != 'E'))
        return;
    e.at++;
    bool is_negative = take_sign(&e);
    int value = 0;
    if (!is_digit(&e))
        return;
    for (; is_digit(&e); e.at++)
        if (value < 100000)
            value = value * 10 + (*e.at - '0');
    *exponent += is_negative ? -value : value;
    *s = e;
}

static double scale_by_ten(double value, int exponent)
{
    static const double powers[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
            1e19, 1e20, 1e21, 1e22};
    if (value == 0 || exponent == 0)
        return value;
    if (exponent > 0 && exponent <= 22)
        return value * powers[exponent];
    if (exponent < 0 && exponent >= -22)
        return value / powers[-exponent];
    return value * pow(10.0, exponent);
}

bool gox__scan_double(struct gox__scan *s, double *value)
{
    struct gox__scan t = *s;
    gox__scan_space(&t);
    bool is_negative = take_sign(&t);
    uint64_t mantissa = 0;
    int exponent = 0;
    int digits = take_digits(&t, &mantissa, &exponent, false);
    if (t.at < t.end && *t.at == '.') {
        t.at++;
        digits += take_digits(&t, &mantissa, &exponent, true);
    }
    if (digits == 0)
        return false;
    take_exponent(&t, &exponent);
    double v = scale_by_ten((double)mantissa, exponent);
    if (!isfinite(v))
        return false;
    *value = is_negative ? -v : v;
    *s = t;
    return true;
}

bool gox__scan_int(struct gox__scan *s, int64_t *value)
{
    struct gox__scan t = *s;
    gox__scan_space(&t);
    bool is_negative = take_sign(&t);
    if (!is_digit(&t))
        return false;
    int64_t v = 0;
    for (; is_digit(&t); t.at++) {
        if (v > INT64_MAX / 10 - 1)
            return false;
        v = v * 10 + (*t.at - '0');
    }
    *value = is_negative ? -v : v;
    *s = t;
    return true;
}

struct gox__scan gox__scan_word(struct gox__scan *s)
{
    gox__scan_space(s);
    struct gox__scan word = {s->at, s->at};
    while (s->at < s->end && *s->at != ' ' && *s->at != '\t')
        s->at++;
    word.end = s->at;
    return word;
}

bool gox__scan_equals(struct gox__scan word, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(word.end - word.at) == len &&
           (len == 0 || memcmp(word.at, text, len) == 0);
}

bool gox__scan_line(struct gox__scan *text, struct gox__scan *line)
{
    if (text->at == text->end)
        return false;
    const char *stop = memchr(text->at, '\n', (size_t)(text->end - text->at));
    line->at = text->at;
    line->end = stop != NULL ? stop : text->end;
    text->at = stop != NULL ? stop + 1 : text->end;
    while (line->end > line->at &&
            (line->end[-1] == '\r' || line->end[-1] == ' ' ||
                    line->end[-1] == '\t'))
        line->end--;
    return true;
}

uint8_t gox__unit_to_byte(double v)
{
    return v > 0 ? v < 1 ? (uint8_t)(v * 255.0 + 0.5) : 255 : 0;
}
