/* SPDX-License-Identifier: Apache-2.0
 * Reading GIMP palettes: a first line "GIMP Palette", then "Name:",
 * "Columns:" and "Channels:" lines, comments with '#', and one colour a line as
 * three numbers (four with "Channels: RGBA") and a name.
 *
 * Invariant: the position in an error is that of the line that is wrong. */
#include "voxel/palette_internal.h"

#include <string.h>

struct line {
    const char *text;
    size_t len;
    size_t offset; /* in the file */
};

struct reader {
    const char *text;
    size_t len, at;
    int channels; /* 3 or 4 */
    struct gox_error *err;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct line *line)
{
    while (line->len > 0 && is_space(line->text[0])) {
        line->text++;
        line->offset++;
        line->len--;
    }
    while (line->len > 0 && is_space(line->text[line->len - 1]))
        line->len--;
}

/* The next line without its ends and the spaces around it. */
static bool next_line(struct reader *in, struct line *line)
{
    if (in->at >= in->len)
        return false;
    const char *start = in->text + in->at;
    const char *end = memchr(start, '\n', in->len - in->at);
    line->text = start;
    line->len = end == NULL ? in->len - in->at : (size_t)(end - start);
    line->offset = in->at;
    in->at += line->len + (end != NULL);
    trim(line);
    return true;
}

/* Cuts a key such as "Name:" off; false when the line has another. */
static bool take_key(struct line *line, const char *key)
{
    size_t len = strlen(key);

    if (line->len < len || memcmp(line->text, key, len) != 0)
        return false;
    line->text += len;
    line->offset += len;
    line->len -= len;
    trim(line);
    return true;
}

/* Takes a number of 0 ... 255 and the space after it. */
static bool take_channel(struct line *line, uint8_t *value)
{
    unsigned number = 0;
    size_t n = 0;

    for (; n < line->len && line->text[n] >= '0' && line->text[n] <= '9'; n++) {
        number = number * 10 + (unsigned)(line->text[n] - '0');
        if (number > 255)
            return false;
    }
    if (n == 0 || (n < line->len && !is_space(line->text[n])))
        return false;
    *value = (uint8_t)number;
    line->text += n;
    line->offset += n;
    line->len -= n;
    trim(line);
    return true;
}

static int read_color(
        struct reader *in, struct line line, struct gox_palette *pal)
{
    uint8_t channel[4] = {0, 0, 0, 255};

    for (int i = 0; i < in->channels; i++) {
        if (!take_channel(&line, &channel[i]))
            return gox_error_set_at(in->err, GOX_ERR_FORMAT,
                    (int64_t)line.offset,
                    "palette: a colour needs %d numbers of 0 to 255 and then "
                    "a name; nothing was read",
                    in->channels);
    }
    int rc = gox__palette_add(pal, gox_rgba_load(channel), line.text, line.len);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_error_set_at(in->err, rc, (int64_t)line.offset,
                "palette: more than %d colours; split it", GOX_PALETTE_MAX);
    return rc < 0 ? gox_error_set(in->err, rc, "palette: out of memory") : 0;
}

static int read_line(
        struct reader *in, struct line line, struct gox_palette *pal)
{
    if (line.len == 0 || line.text[0] == '#')
        return 0;
    if (take_key(&line, "Name:")) {
        gox__palette_set_name(pal->name, line.text, line.len);
        return 0;
    }
    if (take_key(&line, "Columns:"))
        return 0;
    if (take_key(&line, "Channels:")) {
        in->channels =
                line.len == 4 && memcmp(line.text, "RGBA", 4) == 0 ? 4 : 3;
        return 0;
    }
    return read_color(in, line, pal);
}

int gox_palette_parse_gpl(struct gox_palette *pal, const char *text, size_t len,
        struct gox_error *err)
{
    struct reader in = {text, len, 0, 3, err};
    struct gox_palette read;
    struct line line;
    int rc = 0;

    /* Windows editors put a byte order mark in front. */
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        in.at = 3;
    if (!next_line(&in, &line) || line.len != 12 ||
            memcmp(line.text, "GIMP Palette", 12) != 0)
        return gox_error_set_at(err, GOX_ERR_FORMAT, 0,
                "palette: the first line is not \"GIMP Palette\"; is it "
                "another kind of file?");
    gox_palette_init(&read);
    while (rc == 0 && next_line(&in, &line))
        rc = read_line(&in, line, &read);
    if (rc < 0) {
        gox_palette_fini(&read);
        return rc;
    }
    gox_palette_fini(pal);
    *pal = read;
    return 0;
}
