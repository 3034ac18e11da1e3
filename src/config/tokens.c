/* SPDX-License-Identifier: Apache-2.0
 * Tokens: making, hashing, comparing, and reading their file. */
#include "config/tokens.h"

#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "config/tokens_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECRET_BITS_BYTES 32
#define FILE_MAX_BYTES    (4u << 20)

static const struct {
    unsigned bit;
    const char *text;
} scopes_rows[] = {
#define ROW(name, bit, text) {bit, text},
        GOX_SCOPE_LIST(ROW)
#undef ROW
};
#define SCOPE_COUNT (sizeof scopes_rows / sizeof scopes_rows[0])

unsigned gox_scopes_parse(const char *text, size_t len)
{
    unsigned scopes = 0;
    const char *end = text + len;
    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        size_t part = (size_t)((comma != NULL ? comma : end) - text);
        size_t i = 0;
        while (i < SCOPE_COUNT &&
                (strlen(scopes_rows[i].text) != part ||
                        memcmp(scopes_rows[i].text, text, part) != 0))
            i++;
        if (i == SCOPE_COUNT)
            return 0;
        scopes |= scopes_rows[i].bit;
        if (comma == NULL)
            return scopes;
        text = comma + 1;
    }
}

void gox_scopes_put(struct gox_buf *out, unsigned scopes)
{
    bool has_one = false;
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if ((scopes & scopes_rows[i].bit) == 0)
            continue;
        gox_buf_printf(out, "%s%s", has_one ? "," : "", scopes_rows[i].text);
        has_one = true;
    }
}

/* ---- secrets ---- */

static void hash_secret(
        const char *secret, size_t len, uint8_t hash[GOX_TOKEN_HASH_BYTES])
{
    SHA2_CTX ctx;
    SHA256Init(&ctx);
    SHA256Update(&ctx, (const uint8_t *)secret, len);
    SHA256Final(hash, &ctx);
}

/* No early end: how long it takes tells nothing about where they differ. */
static bool is_equal_hash(const uint8_t *a, const uint8_t *b)
{
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < GOX_TOKEN_HASH_BYTES; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

const struct gox_token *gox_tokens_find(const struct gox_tokens *tokens,
        const char *secret, size_t len, int64_t now_ms)
{
    const struct gox_token *found = NULL;
    uint8_t hash[GOX_TOKEN_HASH_BYTES];
    hash_secret(secret, len, hash);
    for (size_t i = 0; i < tokens->count; i++) {
        const struct gox_token *each = &tokens->items[i];
        if (is_equal_hash(each->hash, hash))
            found = each;
    }
    bool has_expired = found != NULL && found->expires_ms > 0 &&
                       found->expires_ms <= now_ms;
    return has_expired ? NULL : found;
}

/* Letters, digits, '-' and '_': fit for headers, shells and environment. */
static void put_base64url(char *out, const uint8_t *bytes, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                  "qrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            *out++ = letters[bits >> (count - 6) & 63];
    }
    if (count > 0)
        *out++ = letters[bits << (6 - count) & 63];
    *out = '\0';
}

void gox_token_wipe(void *secret, size_t len)
{
    volatile uint8_t *bytes = secret;
    for (size_t i = 0; i < len; i++)
        bytes[i] = 0;
}

static bool is_good_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7F)
            return false;
    return len < GOX_TOKEN_NAME_BYTES && (len == 0 || name[0] != ' ');
}

int gox_token_make(struct gox_token *token, char secret[GOX_TOKEN_SECRET_BYTES],
        unsigned scopes, const char *name, int64_t created_ms,
        int64_t expires_ms, struct gox_error *err)
{
    uint8_t bytes[SECRET_BITS_BYTES];
    uint8_t id[(GOX_TOKEN_ID_BYTES - 1) / 2];
    if (name != NULL && !is_good_name(name))
        return gox_error_set(err, GOX_ERR_PARAMS,
                "the name of a token has at most %d bytes and no control "
                "characters",
                GOX_TOKEN_NAME_BYTES - 1);
    if (getentropy(bytes, sizeof bytes) != 0 || getentropy(id, sizeof id) != 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "the system gives no random bytes");
    *token = (struct gox_token){.scopes = scopes,
            .created_ms = created_ms,
            .expires_ms = expires_ms};
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(token->id + 2 * i, 3, "%02x", id[i]);
    strcpy(secret, GOX_TOKEN_PREFIX);
    put_base64url(secret + strlen(secret), bytes, sizeof bytes);
    hash_secret(secret, strlen(secret), token->hash);
    if (name != NULL)
        strcpy(token->name, name);
    gox_token_wipe(bytes, sizeof bytes);
    return 0;
}

/* ---- one line ---- */

static bool read_time(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0')
        return false;
    *ms = (int64_t)timegm(&tm) * 1000;
    return *ms > 0;
}

static bool read_hash(const char *text, uint8_t hash[GOX_TOKEN_HASH_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 2 * (size_t)GOX_TOKEN_HASH_BYTES)
        return false;
    for (size_t i = 0; i < GOX_TOKEN_HASH_BYTES; i++) {
        const char *high = strchr(digits, text[2 * i]);
        const char *low = strchr(digits, text[2 * i + 1]);
        if (high == NULL || low == NULL)
            return false;
        hash[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

/* Changes line. What is wrong with it, or NULL. */
static const char *read_line(char *line, struct gox_token *token)
{
    char *fields[5];
    char *rest = line;
    for (size_t i = 0; i < 5; i++) {
        fields[i] = rest;
        rest += strcspn(rest, " ");
        if (rest == fields[i])
            return "has not the 5 fields id, scopes, created, expires, hash";
        if (*rest != '\0')
            *rest++ = '\0';
    }
    *token = (struct gox_token){0};
    if (strlen(fields[0]) >= sizeof token->id)
        return "has an id that is too long";
    strcpy(token->id, fields[0]);
    token->scopes = gox_scopes_parse(fields[1], strlen(fields[1]));
    if (token->scopes == 0)
        return "has scopes that are not of read, edit, admin";
    if (!read_time(fields[2], &token->created_ms))
        return "has no valid time of creation";
    if (strcmp(fields[3], "-") != 0 &&
            !read_time(fields[3], &token->expires_ms))
        return "has no valid time of expiry";
    if (!read_hash(fields[4], token->hash))
        return "has no SHA-256 in 64 hexadecimal digits";
    if (!is_good_name(rest))
        return "has a name that is too long";
    strcpy(token->name, rest);
    return NULL;
}

static void put_time(struct gox_buf *out, int64_t ms)
{
    char text[GOX_TIME_TEXT_BYTES];
    gox_time_format(ms, text);
    /* Without the milliseconds. */
    gox_buf_printf(out, "%.19sZ", text);
}

void gox__token_put(struct gox_buf *out, const struct gox_token *token)
{
    gox_buf_printf(out, "%s ", token->id);
    gox_scopes_put(out, token->scopes);
    gox_buf_put_byte(out, ' ');
    put_time(out, token->created_ms);
    gox_buf_put_byte(out, ' ');
    if (token->expires_ms > 0)
        put_time(out, token->expires_ms);
    else
        gox_buf_put_byte(out, '-');
    gox_buf_put_byte(out, ' ');
    for (size_t i = 0; i < GOX_TOKEN_HASH_BYTES; i++)
        gox_buf_printf(out, "%02x", token->hash[i]);
    gox_buf_printf(
            out, "%s%s\n", token->name[0] != '\0' ? " " : "", token->name);
}

/* ---- the file ---- */

static int add_item(struct gox_tokens *tokens, const struct gox_token *token)
{
    if (!gox_grow(&tokens->items, &tokens->capacity, tokens->count + 1,
                sizeof *tokens->items))
        return GOX_ERR_NOMEM;
    tokens->items[tokens->count++] = *token;
    return 0;
}

static int read_lines(struct gox_tokens *tokens, char *text, const char *path,
        struct gox_error *err)
{
    for (unsigned number = 1; *text != '\0'; number++) {
        struct gox_token token;
        size_t len = strcspn(text, "\n");
        char *next = text + len + (text[len] == '\n');
        text[len] = '\0';
        if (text[0] != '\0' && text[0] != '#') {
            const char *wrong = read_line(text, &token);
            if (wrong != NULL)
                return gox_error_set(err, GOX_ERR_FORMAT,
                        "line %u of the token file %s %s", number, path, wrong);
            if (add_item(tokens, &token) < 0)
                return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        }
        text = next;
    }
    return 0;
}

static int check_file(
        int fd, const char *path, bool is_any_owner, struct gox_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return gox_error_set(
                err, GOX_ERR_IO, "the token file %s is no regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0 && !is_any_owner)
        return gox_error_set(err, GOX_ERR_FORBIDDEN,
                "the token file %s belongs to user %u, not to this one; give "
                "it to user %u",
                path, (unsigned)st.st_uid, (unsigned)geteuid());
    if ((st.st_mode & 077) != 0)
        return gox_error_set(err, GOX_ERR_FORBIDDEN,
                "the token file %s has mode %04o, so that others may use it; "
                "make it 0600 (chmod 600 %s)",
                path, (unsigned)(st.st_mode & 07777), path);
    return 0;
}

int gox__tokens_load(struct gox_tokens *tokens, const char *path,
        bool is_any_owner, struct gox_error *err)
{
    struct gox_input in;
    *tokens = (struct gox_tokens){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return gox_error_set_errno(err,
                errno == ENOENT ? GOX_ERR_NOT_FOUND : GOX_ERR_IO, errno,
                "the token file %s cannot be opened", path);
    int code = check_file(fd, path, is_any_owner, err);
    if (code == 0)
        code = gox_input_read_fd(&in, fd, path, FILE_MAX_BYTES, err);
    close(fd);
    if (code < 0)
        return code;
    /* Past a NUL there would be lines that nobody sees. */
    char *text = gox_strndup((const char *)in.data, in.len);
    if (text == NULL)
        code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    else if (strlen(text) != in.len)
        code = gox_error_set(err, GOX_ERR_FORMAT,
                "the token file %s holds a zero byte", path);
    else
        code = read_lines(tokens, text, path, err);
    gox_free(text);
    gox_input_fini(&in);
    if (code < 0)
        gox_tokens_fini(tokens);
    return code;
}

int gox_tokens_load(
        struct gox_tokens *tokens, const char *path, struct gox_error *err)
{
    return gox__tokens_load(tokens, path, false, err);
}

int gox_tokens_load_for_admin(
        struct gox_tokens *tokens, const char *path, struct gox_error *err)
{
    return gox__tokens_load(tokens, path, geteuid() == 0, err);
}

void gox_tokens_fini(struct gox_tokens *tokens)
{
    gox_free(tokens->items);
    *tokens = (struct gox_tokens){0};
}
