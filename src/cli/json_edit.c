/* SPDX-License-Identifier: Apache-2.0
 * The reader finds where a value stands in the text; the new one is put there.
 *
 * Invariant: what comes out is the input with one piece replaced or added. */
#include "cli/json_edit.h"

#include "rpc/reader.h"

#include <string.h>

/* Where a member is, or where one would be added. */
struct spot {
    bool is_found;
    size_t start, end; /* the value; else both: before the closing brace */
    bool is_empty;     /* the object has no members */
};

/* text[at ... at + len) is a checked object. */
static void find(const char *text, size_t at, size_t len, const char *name,
        struct spot *spot)
{
    struct gox_reader r;
    struct gox_slice key;
    *spot = (struct spot){.is_empty = true};
    gox_reader_init(&r, text + at, len, NULL);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice value = gox_reader_skip(&r);
        spot->is_empty = false;
        if (!gox_slice_equals_json(key, name))
            continue;
        spot->is_found = true;
        spot->start = (size_t)(value.data - text);
        spot->end = spot->start + value.len;
        while (strchr(" \t\r\n", text[spot->start]) != NULL)
            spot->start++;
        while (strchr(" \t\r\n", text[spot->end - 1]) != NULL)
            spot->end--;
        return;
    }
    spot->start = at + len - 1;
    while (text[spot->start] != '}')
        spot->start--;
    /* Behind the last member, before the blanks that lead to the brace. */
    while (strchr(" \t\r\n", text[spot->start - 1]) != NULL)
        spot->start--;
    spot->end = spot->start;
}

static int check(const char *text, size_t len, struct gox_error *err)
{
    struct gox_reader r;
    gox_reader_init(&r, text, len, err);
    if (gox_reader_peek(&r) != GOX_JSON_OBJECT && gox_reader_error(&r) == 0)
        return gox_error_set(err, GOX_ERR_PARSE, "it is no JSON object");
    gox_reader_skip(&r);
    (void)gox_reader_end(&r);
    return gox_reader_error(&r);
}

static void put_member(struct gox_buf *out, const struct spot *spot,
        const char *indent, const char *name, const char *value)
{
    gox_buf_printf(out, "%s\n%s\"%s\": %s", spot->is_empty ? "" : ",", indent,
            name, value);
}

static int put_all(const char *text, size_t len, const struct spot *spot,
        const struct gox_buf *piece, struct gox_buf *out, struct gox_error *err)
{
    gox_buf_put(out, text, spot->start);
    gox_buf_put(out, piece->data, piece->len);
    /* A brace that stood on the line of its opening gets one of its own. */
    if (!spot->is_found && strchr("\r\n", text[spot->end]) == NULL)
        gox_buf_put_str(out, "\n");
    gox_buf_put(out, text + spot->end, len - spot->end);
    return gox_buf_error(out) == 0
                   ? 0
                   : gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

int gox_json_edit(const char *text, size_t len, const char *outer,
        const char *inner, const char *value, struct gox_buf *out,
        struct gox_error *err)
{
    static const char nothing[] = "{\n}\n";
    struct spot spot, deep;
    struct gox_buf piece;
    size_t blanks = 0;
    int rc;
    while (blanks < len && strchr(" \t\r\n", text[blanks]) != NULL)
        blanks++;
    if (blanks == len) {
        text = nothing;
        len = sizeof nothing - 1;
    }
    rc = check(text, len, err);
    if (rc != 0)
        return rc;
    gox_buf_init(&piece, 0);
    find(text, 0, len, outer, &spot);
    if (spot.is_found && text[spot.start] != '{') {
        rc = gox_error_set(err, GOX_ERR_FORMAT, "\"%s\" is no object", outer);
    } else if (spot.is_found) {
        find(text, spot.start, spot.end - spot.start, inner, &deep);
        if (deep.is_found)
            gox_buf_put_str(&piece, value);
        else
            put_member(&piece, &deep, "    ", inner, value);
        rc = put_all(text, len, &deep, &piece, out, err);
    } else {
        struct spot first = {.is_empty = true};
        struct gox_buf object;
        gox_buf_init(&object, 0);
        gox_buf_put_byte(&object, '{');
        put_member(&object, &first, "    ", inner, value);
        gox_buf_put_str(&object, "\n  }");
        put_member(&piece, &spot, "  ", outer,
                gox_buf_text(&object) ? gox_buf_text(&object) : "");
        rc = gox_buf_error(&object) != 0
                     ? gox_error_set(err, GOX_ERR_NOMEM, "out of memory")
                     : put_all(text, len, &spot, &piece, out, err);
        gox_buf_fini(&object);
    }
    gox_buf_fini(&piece);
    return rc;
}
