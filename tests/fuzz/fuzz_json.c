/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: the JSON reader over any bytes. Passing over a text and pulling
 * it apart must agree, and jansson must find the same values in it. */
#include "rpc/writer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct walk {
    struct gox_buf out; /* the text written anew */
    struct gox_buf scratch;
};

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void take_number(struct gox_reader *r, struct walk *w)
{
    struct gox_reader one;
    char text[64];
    struct gox_slice raw = gox_reader_skip(r);
    if (raw.data == NULL)
        return;
    gox_reader_init(&one, raw.data, raw.len, NULL);
    double value = gox_reader_number(&one);
    if (gox_reader_error(&one) == 0 && raw.len < sizeof text) {
        memcpy(text, raw.data, raw.len);
        text[raw.len] = '\0';
        require(value == strtod(text, NULL));
    }
    gox_reader_init(&one, raw.data, raw.len, NULL);
    int64_t whole = gox_reader_int(&one, INT64_MIN, INT64_MAX);
    if (gox_reader_error(&one) == 0)
        require((double)whole == value);
    gox_buf_put(&w->out, raw.data, raw.len);
}

static void take_value(struct gox_reader *r, struct walk *w);

static void take_array(struct gox_reader *r, struct walk *w)
{
    bool is_first = true;
    gox_reader_array(r);
    gox_buf_put_byte(&w->out, '[');
    for (; gox_reader_element(r); is_first = false) {
        if (!is_first)
            gox_buf_put_byte(&w->out, ',');
        take_value(r, w);
    }
    gox_buf_put_byte(&w->out, ']');
}

static void take_object(struct gox_reader *r, struct walk *w)
{
    struct gox_slice key;
    bool is_first = true;
    gox_reader_object(r);
    gox_buf_put_byte(&w->out, '{');
    for (; gox_reader_key(r, &key); is_first = false) {
        if (!is_first)
            gox_buf_put_byte(&w->out, ',');
        gox_buf_reset(&w->scratch);
        gox_json_decode(&w->scratch, key);
        gox_json_encode(&w->out, (const char *)w->scratch.data, w->scratch.len);
        gox_buf_put_byte(&w->out, ':');
        take_value(r, w);
    }
    gox_buf_put_byte(&w->out, '}');
}

static void take_value(struct gox_reader *r, struct walk *w)
{
    struct gox_slice text;
    switch (gox_reader_peek(r)) {
    case GOX_JSON_OBJECT:
        take_object(r, w);
        break;
    case GOX_JSON_ARRAY:
        take_array(r, w);
        break;
    case GOX_JSON_STRING:
        gox_buf_reset(&w->scratch);
        text = gox_reader_string(r, &w->scratch);
        gox_json_encode(&w->out, text.data, text.len);
        break;
    case GOX_JSON_NUMBER:
        take_number(r, w);
        break;
    case GOX_JSON_BOOL:
        gox_buf_put_str(&w->out, gox_reader_bool(r) ? "true" : "false");
        break;
    case GOX_JSON_NULL:
        require(gox_reader_null(r) || gox_reader_error(r) < 0);
        gox_buf_put_str(&w->out, "null");
        break;
    case GOX_JSON_ERROR:
        gox_reader_skip(r);
        break;
    }
}

/* What jansson refuses although it is JSON. */
static bool is_own_limit(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow ||
           code == json_error_null_byte_in_key ||
           code == json_error_null_character ||
           code == json_error_stack_overflow;
}

/* What jansson takes: a NUL at the end, and more depth. */
static bool is_own_favour(const uint8_t *data, size_t len)
{
    unsigned depth = 0;
    for (size_t i = 0; i < len; i++) {
        depth += data[i] == '[' || data[i] == '{';
        if (data[i] == '\0')
            return true;
    }
    return depth > GOX_JSON_MAX_DEPTH;
}

static void compare(
        const uint8_t *data, size_t len, const struct walk *w, bool is_json)
{
    json_error_t error;
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *theirs = json_loadb((const char *)data, len, flags, &error);
    if (theirs == NULL) {
        require(!is_json || is_own_limit(&error));
        return;
    }
    if (!is_json) {
        require(is_own_favour(data, len));
    } else {
        json_t *again = json_loadb(
                (const char *)w->out.data, w->out.len, flags, &error);
        require(again != NULL && json_equal(theirs, again));
        json_decref(again);
    }
    json_decref(theirs);
}

/* The end of a text is found wherever the stream was cut. */
static void scan_pieces(const char *text, size_t len)
{
    struct gox_json_scan whole = {0}, pieces = {0};
    size_t end = gox_json_scan(&whole, text, len);
    size_t cut = len > 0 ? (unsigned char)text[len - 1] % (len + 1) : 0;
    size_t found = gox_json_scan(&pieces, text, cut);
    if (found == 0) {
        found = gox_json_scan(&pieces, text + cut, len - cut);
        found += found > 0 ? cut : 0;
    }
    require(found == end && end <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    struct gox_reader skipped, pulled;
    struct gox_error err = {.offset = -1};
    struct walk w;
    gox_buf_init(&w.out, 0);
    gox_buf_init(&w.scratch, 0);
    gox_reader_init(&skipped, text, len, &err);
    gox_reader_skip(&skipped);
    bool is_json = gox_reader_error(&skipped) == 0 && gox_reader_end(&skipped);
    require(is_json || err.text[0] != '\0');
    gox_reader_init(&pulled, text, len, NULL);
    take_value(&pulled, &w);
    require(is_json ==
            (gox_reader_error(&pulled) == 0 && gox_reader_end(&pulled)));
    compare(data, len, &w, is_json);
    scan_pieces(text, len);
    gox_buf_fini(&w.scratch);
    gox_buf_fini(&w.out);
    return 0;
}
