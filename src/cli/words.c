/* SPDX-License-Identifier: Apache-2.0
 * Splitting a line, see the header. */
#include "cli/words.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "rpc/reader.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A JSON text is found with the scanner of the wire, so that brackets in
 * strings do not count. */
static int take_json(
        const char **at, struct gox_buf *word, struct gox_error *err)
{
    struct gox_json_scan scan = {0};
    size_t len = gox_json_scan(&scan, *at, strlen(*at));

    if (len == 0)
        return gox_error_set(
                err, GOX_ERR_PARSE, "the bracket %c is not closed", **at);
    gox_buf_put(word, *at, len);
    *at += len;
    return 0;
}

/* From the quote at *at to behind its end. The value of key="text" keeps its
 * quotes: they make it text whatever it looks like. */
static int take_quoted(const char **at, bool keeps_quotes, struct gox_buf *word,
        struct gox_error *err)
{
    char quote = *(*at)++;

    if (keeps_quotes)
        gox_buf_put_byte(word, (uint8_t)quote);
    while (**at && **at != quote) {
        if (quote == '"' && **at == '\\' && (*at)[1]) {
            if (keeps_quotes)
                gox_buf_put_byte(word, '\\');
            (*at)++;
        }
        gox_buf_put_byte(word, (uint8_t) * (*at)++);
    }
    if (!**at)
        return gox_error_set(
                err, GOX_ERR_PARSE, "the quote %c is not closed", quote);
    if (keeps_quotes)
        gox_buf_put_byte(word, (uint8_t)quote);
    (*at)++;
    return 0;
}

static int take_word(
        const char **at, struct gox_buf *word, struct gox_error *err)
{
    bool is_value = true; /* JSON may begin here */
    int rc = 0;

    while (rc == 0 && **at && !is_blank(**at)) {
        char c = **at;
        if (is_value && (c == '{' || c == '[')) {
            rc = take_json(at, word, err);
        } else if (c == '\'' || c == '"') {
            rc = take_quoted(
                    at, c == '"' && is_value && word->len > 0, word, err);
        } else {
            gox_buf_put_byte(word, (uint8_t)c);
            (*at)++;
        }
        is_value = c == '=';
    }
    return rc;
}

static int add_word(char ***words, size_t *count, size_t *capacity,
        struct gox_buf *word, struct gox_error *err)
{
    if (!gox_buf_text(word) ||
            !gox_grow(words, capacity, *count + 1, sizeof(**words)))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    (*words)[(*count)++] = (char *)word->data;
    gox_buf_init(word, 0);
    return 0;
}

int gox_cli_split(
        const char *line, char ***words, size_t *count, struct gox_error *err)
{
    struct gox_buf word;
    size_t capacity = 0;
    int rc = 0;

    *words = NULL;
    *count = 0;
    gox_buf_init(&word, 0);
    while (rc == 0) {
        while (is_blank(*line))
            line++;
        if (!*line || (*line == '#' && *count == 0))
            break;
        rc = take_word(&line, &word, err);
        if (rc == 0)
            rc = add_word(words, count, &capacity, &word, err);
    }
    gox_buf_fini(&word);
    if (rc == 0)
        return 0;
    gox_cli_free_words(*words, *count);
    *words = NULL;
    *count = 0;
    return rc;
}

void gox_cli_free_words(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gox_free(words[i]);
    gox_free(words);
}
