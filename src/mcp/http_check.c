/* SPDX-License-Identifier: Apache-2.0
 * Whether a request may be served: who sends it (Host, Origin, token), and, in
 * 2026-07-28, whether the headers say what the body says, because machines in
 * between route by the headers. */
#include "mcp/http_internal.h"

#include <stdio.h>
#include <string.h>

#define MAX_VALUE 4096

/* ---- who ---- */

/* As long for a good guess as for a bad one. */
static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned different = a_len != b_len;
    for (size_t i = 0; i < a_len; i++)
        different |= (unsigned)(a[i] ^ b[b_len > 0 ? i % b_len : 0]);
    return different == 0;
}

static bool knows_token(const char *tokens, const char *token)
{
    bool is_known = false;
    size_t len = token != NULL ? strlen(token) : 0;
    while (*tokens != '\0') {
        size_t n = strcspn(tokens, "\r\n");
        if (n > 0 && len > 0 && same(token, len, tokens, n))
            is_known = true;
        tokens += n;
        tokens += strspn(tokens, "\r\n");
    }
    return is_known;
}

bool gox__mcp_check_client(void *ctx, gox_http_request *req)
{
    gox_mcp_http *http = ctx;
    if (!gox_http_host_is_allowed(req, http->allow_origin) ||
            !gox_http_origin_is_allowed(req, http->allow_origin)) {
        gox__mcp_http_error(req, 403,
                "this Host or Origin may not use the server; --allow-origin "
                "adds one");
        return false;
    }
    if (http->tokens != NULL &&
            !knows_token(http->tokens, gox_http_bearer(req))) {
        gox_http_set_header(req, "WWW-Authenticate", "Bearer");
        gox__mcp_http_error(req, 401, "a bearer token is needed");
        return false;
    }
    return true;
}

/* ---- what ---- */

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Strict: padded, nothing else than the alphabet. */
static bool decode_base64(const char *text, size_t len, char *out, size_t size)
{
    size_t at = 0;
    if (len % 4 != 0 || len / 4 * 3 + 1 > size)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        int v[4], pads = 0;
        for (size_t k = 0; k < 4; k++) {
            bool is_pad = text[i + k] == '=' && i + 4 == len && k >= 2;
            v[k] = is_pad ? 0 : digit(text[i + k]);
            pads += is_pad;
            if (v[k] < 0 || (!is_pad && pads > 0))
                return false;
        }
        unsigned bits = (unsigned)(v[0] << 18 | v[1] << 12 | v[2] << 6 | v[3]);
        for (int k = 0; k < 3 - pads; k++)
            out[at++] = (char)(bits >> (16 - 8 * k) & 255);
    }
    out[at] = '\0';
    return strlen(out) == at;
}

/* The header without blanks around it, and decoded where it says so. NULL: not
 * there, twice there, or not to be decoded. */
static const char *header(
        const gox_http_request *req, const char *name, char out[MAX_VALUE])
{
    static const char head[] = "=?base64?";
    const char *text = gox_http_header(req, name);
    size_t len;
    if (text == NULL || gox_http_header_count(req, name) != 1)
        return NULL;
    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (len >= MAX_VALUE)
        return NULL;
    if (len >= sizeof head + 1 && strncmp(text, head, sizeof head - 1) == 0 &&
            text[len - 2] == '?' && text[len - 1] == '=')
        return decode_base64(text + sizeof head - 1, len - sizeof head - 1, out,
                       MAX_VALUE)
                       ? out
                       : NULL;
    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

static bool mismatch(const struct gox_mcp_sink *sink, const json_t *message,
        const char *name, const char *should)
{
    gox_mcp_send_error(sink, json_object_get(message, "id"), 400, -32020, NULL,
            "the header %s must be there once and be \"%.100s\", as in the "
            "body",
            name, should);
    return false;
}

/* What Mcp-Name repeats; NULL: the method has no such thing. */
static const char *named_thing(const char *method, const json_t *params)
{
    const char *key = NULL;
    if (strcmp(method, "tools/call") == 0 || strcmp(method, "prompts/get") == 0)
        key = "name";
    else if (strcmp(method, "resources/read") == 0)
        key = "uri";
    else if (strcmp(method, "tasks/get") == 0 ||
             strcmp(method, "tasks/update") == 0 ||
             strcmp(method, "tasks/cancel") == 0)
        key = "taskId";
    return key != NULL ? json_string_value(json_object_get(params, key)) : NULL;
}

/* An argument as a header spells it; false: it has no such form. */
static bool spell(const json_t *value, char *out, size_t size)
{
    if (json_is_string(value))
        return (size_t)snprintf(out, size, "%s", json_string_value(value)) <
               size;
    if (json_is_boolean(value))
        return snprintf(out, size, "%s",
                       json_is_true(value) ? "true" : "false") > 0;
    if (json_is_integer(value))
        return snprintf(out, size, "%lld",
                       (long long)json_integer_value(value)) > 0;
    return json_is_real(value) &&
           snprintf(out, size, "%.17g", json_real_value(value)) > 0;
}

static bool check_params(gox_mcp_http *http, gox_http_request *req,
        const json_t *message, const struct gox_mcp_sink *sink)
{
    const json_t *params = json_object_get(message, "params");
    const char *name = json_string_value(json_object_get(params, "name"));
    const struct gox_mcp_tool *tool =
            name != NULL ? gox_mcp_find_tool(http->server, name) : NULL;
    const json_t *args = json_object_get(params, "arguments");
    json_t *properties, *property;
    const char *key;
    if (tool == NULL || tool->schema == NULL ||
            strstr(tool->schema, "x-mcp-header") == NULL)
        return true;
    properties = json_object_get(
            gox_mcp_tool_schema(http->server, tool), "properties");
    json_object_foreach(properties, key, property)
    {
        const char *suffix =
                json_string_value(json_object_get(property, "x-mcp-header"));
        const json_t *value = json_object_get(args, key);
        char full[120], wanted[MAX_VALUE], got[MAX_VALUE];
        if (suffix == NULL)
            continue;
        snprintf(full, sizeof full, "Mcp-Param-%.80s", suffix);
        if (value == NULL && gox_http_header(req, full) == NULL)
            continue;
        if (value == NULL || !spell(value, wanted, sizeof wanted))
            return mismatch(sink, message, full, "");
        const char *text = header(req, full, got);
        if (text == NULL || strcmp(text, wanted) != 0)
            return mismatch(sink, message, full, wanted);
    }
    return true;
}

bool gox__mcp_check_headers(gox_mcp_http *http, gox_http_request *req,
        const json_t *message, const struct gox_mcp_sink *sink)
{
    const json_t *params = json_object_get(message, "params");
    const char *version =
            json_string_value(json_object_get(json_object_get(params, "_meta"),
                    "io.modelcontextprotocol/protocolVersion"));
    const char *method = json_string_value(json_object_get(message, "method"));
    char buffer[MAX_VALUE];
    const char *got;
    if (method == NULL || json_object_get(message, "id") == NULL)
        return true; /* the core tells what is wrong, or needs no headers */
    got = header(req, "MCP-Protocol-Version", buffer);
    if (version != NULL && (got == NULL || strcmp(got, version) != 0))
        return mismatch(sink, message, "MCP-Protocol-Version", version);
    if (version != NULL && strcmp(version, GOX_MCP_MODERN_VERSION) != 0)
        return true; /* refused by the core */
    got = header(req, "Mcp-Method", buffer);
    if (got == NULL || strcmp(got, method) != 0)
        return mismatch(sink, message, "Mcp-Method", method);
    const char *name = named_thing(method, params);
    if (name != NULL) {
        got = header(req, "Mcp-Name", buffer);
        if (got == NULL || strcmp(got, name) != 0)
            return mismatch(sink, message, "Mcp-Name", name);
    }
    return strcmp(method, "tools/call") != 0 ||
           check_params(http, req, message, sink);
}
