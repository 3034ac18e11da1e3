/* SPDX-License-Identifier: Apache-2.0
 * Requests apart and replies together, by the JSON-RPC 2.0 specification. Ids
 * are passed on as the bytes that came, so that no number loses a digit. */
#include "rpc/request.h"

#include "rpc/reader_internal.h"

#include <string.h>

static int fail_request(struct gox_error *err, const char *why)
{
    return gox_error_set(err, GOX_ERR_INVALID_REQUEST, "%s", why);
}

enum member {
    MEMBER_VERSION,
    MEMBER_METHOD,
    MEMBER_PARAMS,
    MEMBER_ID,
    MEMBER_OTHER,
    MEMBER_END
};

/* Raw members; a duplicate makes the message ambiguous, so it is refused. */
struct members {
    struct gox_slice raw[4];
    bool is_doubled;
};

/* Which member a key is; -1: none of ours. Lengths first: they are all that is
 * needed but for two. */
static int find_member(struct gox_slice key)
{
    static const char *const names[] = {"jsonrpc", "method", "params", "id"};
    if (key.len == 2 && memcmp(key.data, "id", 2) == 0)
        return MEMBER_ID;
    if (key.len == 6 && memcmp(key.data, "method", 6) == 0)
        return MEMBER_METHOD;
    if (key.len == 6 && memcmp(key.data, "params", 6) == 0)
        return MEMBER_PARAMS;
    if (key.len == 7 && memcmp(key.data, "jsonrpc", 7) == 0)
        return MEMBER_VERSION;
    if (key.len < 8) /* an escape makes the shortest name longer than this */
        return -1;
    for (int i = 0; i < 4; i++)
        if (gox_slice_equals_json(key, names[i]))
            return i;
    return -1;
}

static bool pass(struct gox_reader *r, size_t at, const char *text, size_t len)
{
    if (r->len - at < len || memcmp(r->data + at, text, len) != 0)
        return false;
    r->pos = at + len;
    r->is_first = false;
    return true;
}

/* The next member's key in the spelling that encoders use, compared as a whole:
 * keys are most of a short request. -1, with nothing consumed: not so. */
static int next_usual(struct gox_reader *r)
{
    size_t at = r->pos;
    if (!r->is_first) {
        if (at < r->len && r->data[at] == '}') {
            r->pos = at + 1;
            r->depth--;
            return MEMBER_END;
        }
        if (at >= r->len || r->data[at] != ',')
            return -1;
        at++;
        at += at < r->len && r->data[at] == ' ';
    }
    if (r->len - at < 2)
        return -1;
    switch (r->data[at + 1]) {
    case 'j':
        return pass(r, at, "\"jsonrpc\":", 10) ? MEMBER_VERSION : -1;
    case 'm':
        return pass(r, at, "\"method\":", 9) ? MEMBER_METHOD : -1;
    case 'p':
        return pass(r, at, "\"params\":", 9) ? MEMBER_PARAMS : -1;
    case 'i':
        return pass(r, at, "\"id\":", 5) ? MEMBER_ID : -1;
    default:
        return -1;
    }
}

/* The key of the next member: its number, MEMBER_OTHER, or MEMBER_END. */
static int next_key(struct gox_reader *r)
{
    struct gox_slice key;
    int which = next_usual(r);
    if (which >= 0)
        return which;
    if (!gox_reader_key(r, &key))
        return MEMBER_END;
    which = find_member(key);
    return which >= 0 ? which : MEMBER_OTHER;
}

/* The parameters are checked when they are bound. */
static struct gox_slice read_value(struct gox_reader *r, int which)
{
    struct gox_slice raw;
    int64_t unused;
    int c = gox__reader_blank(r);
    size_t start = r->pos;
    if (which == MEMBER_PARAMS && (c == '[' || c == '{'))
        return gox__reader_skim(r);
    if (which == MEMBER_ID && gox__reader_small_int(r, &unused))
        return (struct gox_slice){r->data + start, r->pos - start};
    if (which == MEMBER_VERSION && pass(r, start, "\"2.0\"", 5))
        return (struct gox_slice){r->data + start, 5};
    if (c != '"')
        return gox_reader_skip(r);
    if (!gox__reader_string_token(r, &raw))
        return (struct gox_slice){NULL, 0};
    return (struct gox_slice){r->data + start, r->pos - start};
}

static bool read_members(struct gox_reader *r, struct members *m)
{
    int which;
    gox_reader_object(r);
    while ((which = next_key(r)) != MEMBER_END) {
        struct gox_slice value = read_value(r, which);
        if (r->error != 0)
            return false;
        if (which == MEMBER_OTHER)
            continue;
        m->is_doubled = m->is_doubled || m->raw[which].data != NULL;
        m->raw[which] = value;
    }
    return r->error == 0 && gox_reader_end(r);
}

static bool is_version(struct gox_slice raw)
{
    if (raw.len == 5 && memcmp(raw.data, "\"2.0\"", 5) == 0)
        return true;
    return raw.len >= 2 && raw.data[0] == '"' &&
           gox_slice_equals_json(
                   (struct gox_slice){raw.data + 1, raw.len - 2}, "2.0");
}

static int take_method(struct gox_request *req, struct gox_slice raw,
        struct gox_arena *arena, struct gox_error *err)
{
    if (raw.data == NULL || raw.data[0] != '"')
        return fail_request(err, "\"method\" is missing or not a string");
    raw = (struct gox_slice){raw.data + 1, raw.len - 2};
    if (memchr(raw.data, '\\', raw.len) == NULL) {
        req->method = raw;
        return 0;
    }
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_json_decode(&text, raw);
    req->method.len = text.len;
    req->method.data =
            gox_buf_error(&text) < 0
                    ? NULL
                    : gox_arena_strdup(arena,
                              text.data != NULL ? (const char *)text.data : "",
                              text.len);
    gox_buf_fini(&text);
    if (req->method.data == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    return 0;
}

static bool is_id(struct gox_slice raw)
{
    char c = raw.data[0];
    return c == '"' || c == 'n' || c == '-' || (c >= '0' && c <= '9');
}

int gox_request_parse(struct gox_request *req, struct gox_slice text,
        struct gox_arena *arena, struct gox_error *err)
{
    struct members m = {0};
    struct gox_reader r;
    *req = (struct gox_request){.id = {"null", 4}};
    gox_reader_init(&r, text.data, text.len, err);
    enum gox_json_type type = gox_reader_peek(&r);
    if (type != GOX_JSON_OBJECT) {
        gox_reader_skip(&r);
        if (r.error != 0 || !gox_reader_end(&r))
            return r.error;
        return fail_request(err, "a request is a JSON object");
    }
    if (!read_members(&r, &m))
        return r.error;
    struct gox_slice id = m.raw[MEMBER_ID];
    if (id.data != NULL && !is_id(id))
        return fail_request(err, "\"id\" is neither string, number nor null");
    if (id.data != NULL)
        req->id = id;
    if (m.is_doubled)
        return fail_request(err, "a member of the request is given twice");
    if (!is_version(m.raw[MEMBER_VERSION]))
        return fail_request(err, "\"jsonrpc\" is missing or not \"2.0\"");
    int code = take_method(req, m.raw[MEMBER_METHOD], arena, err);
    if (code < 0)
        return code;
    struct gox_slice params = m.raw[MEMBER_PARAMS];
    if (params.data != NULL && params.data[0] != '{' && params.data[0] != '[' &&
            params.data[0] != 'n')
        return fail_request(
                err, "\"params\" is neither an object nor an array");
    if (params.data != NULL && params.data[0] != 'n')
        req->params = params;
    req->is_notification = id.data == NULL;
    return 0;
}

void gox_reply_begin(struct gox_writer *w)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"result\":";
    gox_buf_put(w->buf, head, sizeof head - 1);
    w->needs_comma = false;
}

static void put_id(struct gox_writer *w, struct gox_slice id)
{
    static const char head[] = ",\"id\":";
    size_t head_len = sizeof head - 1;
    uint8_t *p = gox_buf_reserve(w->buf, head_len + id.len + 1);
    if (p == NULL)
        return;
    memcpy(p, head, head_len);
    memcpy(p + head_len, id.data, id.len);
    p[head_len + id.len] = '}';
    gox_buf_commit(w->buf, head_len + id.len + 1);
}

void gox_reply_end(struct gox_writer *w, struct gox_slice id)
{
    put_id(w, id);
}

/* Codes that mean the same in every method keep their own number; the others
 * become the method's, which is what clients of older daemons look for. */
int gox_reply_code(int code, int method_code)
{
    static const int16_t keeps[] = {GOX_ERR_NOMEM, GOX_ERR_PARSE,
            GOX_ERR_INVALID_REQUEST, GOX_ERR_METHOD, GOX_ERR_PARAMS,
            GOX_ERR_BUSY, GOX_ERR_RATE_LIMITED, GOX_ERR_UNAUTHENTICATED,
            GOX_ERR_FORBIDDEN, GOX_ERR_TOO_LARGE, GOX_ERR_CANCELLED,
            GOX_ERR_TIMEOUT, GOX_ERR_CONFLICT, GOX_ERR_CLOSED};
    if (method_code == 0 || code <= GOX_ERR_CREATE_PROJECT)
        return gox_error_rpc_code(code);
    for (size_t i = 0; i < sizeof keeps / sizeof keeps[0]; i++)
        if (keeps[i] == code)
            return gox_error_rpc_code(code);
    return gox_error_rpc_code(method_code);
}

void gox_reply_error(struct gox_writer *w, const struct gox_reply_error *e,
        struct gox_slice id)
{
    const struct gox_error *err = e->err;
    w->needs_comma = false;
    gox_writer_object(w, NULL);
    gox_writer_string(w, "jsonrpc", "2.0");
    gox_writer_object(w, "error");
    gox_writer_int(w, "code", gox_reply_code(err->code, e->method_code));
    gox_writer_string(w, "message",
            err->text[0] != '\0' ? err->text : gox_error_text(err->code));
    gox_writer_object(w, "data");
    gox_writer_string(w, "reason", gox_error_name(err->code));
    if (e->param != NULL && e->param->param[0] != '\0') {
        gox_writer_string(w, "param", e->param->param);
        gox_writer_string(w, "expected", e->param->expected);
        gox_writer_string(w, "got", e->param->got);
    }
    if (err->offset >= 0 && err->code != GOX_ERR_PARAMS)
        gox_writer_int(w, "offset", err->offset);
    if (e->retry_after_ms >= 0)
        gox_writer_int(w, "retry_after_ms", e->retry_after_ms);
    if (e->revision >= 0)
        gox_writer_int(w, "revision", e->revision);
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    put_id(w, id);
}

int gox_request_check_params(
        struct gox_request *req, struct gox_slice text, struct gox_error *err)
{
    struct gox_reader r;
    struct gox_error found;
    if (req->params.data == NULL)
        return 0;
    gox_reader_init(&r, req->params.data, req->params.len, &found);
    r.base = (size_t)(req->params.data - text.data);
    gox_reader_skip(&r);
    if (gox_reader_error(&r) == 0 && gox_reader_end(&r))
        return 0;
    req->id = (struct gox_slice){"null", 4};
    req->is_notification = false;
    *err = found;
    return found.code;
}
