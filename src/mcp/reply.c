/* SPDX-License-Identifier: Apache-2.0
 * Content into results, results into lines. Handlers append to the list of the
 * result as they go; the braces around it are put here, at the end, when it is
 * known whether it became a result, a question or an error. */
#include "base/alloc.h"
#include "mcp/server_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int put_chunk(const char *data, size_t len, void *ctx)
{
    gox_buf_put(ctx, data, len);
    return 0;
}

void gox__mcp_put_json(
        struct gox_writer *w, const char *key, const json_t *value)
{
    size_t before;
    gox_writer_raw(w, key, "", 0);
    before = w->buf->len;
    if (value == NULL || json_dump_callback(value, put_chunk, w->buf,
                                 JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        if (w->buf->error == 0)
            w->buf->len = before;
        gox_buf_put(w->buf, "null", 4);
    }
}

/* ---- content ---- */

static void put_formatted(
        struct gox_writer *w, const char *key, const char *fmt, va_list args)
{
    char small[512];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, fmt, args);
    if (len >= 0 && (size_t)len < sizeof small) {
        gox_writer_text(w, key, small, (size_t)len);
    } else if (len >= 0) {
        char *big = gox_malloc((size_t)len + 1);
        if (big != NULL)
            vsnprintf(big, (size_t)len + 1, fmt, again);
        gox_writer_text(w, key, big != NULL ? big : small,
                big != NULL ? (size_t)len : sizeof small - 1);
        gox_free(big);
    }
    va_end(again);
}

void gox_mcp_text(struct gox_mcp_call *call, const char *fmt, ...)
{
    va_list args;
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", "text");
    va_start(args, fmt);
    put_formatted(&call->w, "text", fmt, args);
    va_end(args);
    gox_writer_end_object(&call->w);
}

void gox_mcp_text_len(struct gox_mcp_call *call, const char *text, size_t len)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", "text");
    gox_writer_text(&call->w, "text", text, len);
    gox_writer_end_object(&call->w);
}

void gox_mcp_media(struct gox_mcp_call *call, const char *type,
        const char *mime, const char *data, size_t len)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", type);
    gox_writer_text(&call->w, "data", data, len);
    gox_writer_string(&call->w, "mimeType", mime);
    gox_writer_end_object(&call->w);
}

void gox_mcp_embed_text(struct gox_mcp_call *call, const char *uri,
        const char *mime, const char *text)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", "resource");
    gox_writer_object(&call->w, "resource");
    gox_writer_string(&call->w, "uri", uri);
    gox_writer_string(&call->w, "mimeType", mime);
    gox_writer_string(&call->w, "text", text);
    gox_writer_end_object(&call->w);
    gox_writer_end_object(&call->w);
}

void gox_mcp_link(struct gox_mcp_call *call, const char *uri, const char *name,
        const char *mime, const char *description)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", "resource_link");
    gox_writer_string(&call->w, "uri", uri);
    gox_writer_string(&call->w, "name", name);
    if (mime != NULL)
        gox_writer_string(&call->w, "mimeType", mime);
    if (description != NULL)
        gox_writer_string(&call->w, "description", description);
    gox_writer_end_object(&call->w);
}

void gox_mcp_structured(struct gox_mcp_call *call, json_t *own_value)
{
    json_decref(call->structured);
    call->structured = own_value;
    if (call->body.len == 0 && own_value != NULL) {
        struct gox_buf text;
        gox_buf_init(&text, 0);
        if (json_dump_callback(own_value, put_chunk, &text,
                    JSON_COMPACT | JSON_ENCODE_ANY) == 0 &&
                gox_buf_error(&text) == 0)
            gox_mcp_text_len(call, (const char *)text.data, text.len);
        else
            call->body.error = GOX_ERR_NOMEM;
        gox_buf_fini(&text);
    }
}

int gox_mcp_fail(struct gox_mcp_call *call, const char *fmt, ...)
{
    va_list args;
    json_decref(call->structured);
    call->structured = NULL;
    gox_buf_reset(&call->body);
    call->w.needs_comma = false;
    call->is_error = true;
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "type", "text");
    va_start(args, fmt);
    put_formatted(&call->w, "text", fmt, args);
    va_end(args);
    gox_writer_end_object(&call->w);
    return GOX_MCP_DONE;
}

int gox_mcp_refuse(struct gox_mcp_call *call, int code, json_t *own_data,
        const char *fmt, ...)
{
    va_list args;
    call->error_code = code;
    json_decref(call->error_data);
    call->error_data = own_data;
    va_start(args, fmt);
    vsnprintf(call->error_text, sizeof call->error_text, fmt, args);
    va_end(args);
    return GOX_MCP_DONE;
}

void gox_mcp_contents(struct gox_mcp_call *call, const char *uri,
        const char *mime, const char *text, const char *base64)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "uri", uri);
    if (mime != NULL)
        gox_writer_string(&call->w, "mimeType", mime);
    if (base64 != NULL)
        gox_writer_string(&call->w, "blob", base64);
    else
        gox_writer_string(&call->w, "text", text);
    gox_writer_end_object(&call->w);
}

int gox_mcp_no_resource(struct gox_mcp_call *call)
{
    return gox_mcp_refuse(call, call->is_modern ? -32602 : -32002,
            json_pack("{s:s}", "uri", call->name),
            "there is no resource %.300s", call->name);
}

void gox_mcp_prompt_text(struct gox_mcp_call *call, const char *fmt, ...)
{
    va_list args;
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "role", "user");
    gox_writer_object(&call->w, "content");
    gox_writer_string(&call->w, "type", "text");
    va_start(args, fmt);
    put_formatted(&call->w, "text", fmt, args);
    va_end(args);
    gox_writer_end_object(&call->w);
    gox_writer_end_object(&call->w);
}

void gox_mcp_value(struct gox_mcp_call *call, const char *value)
{
    gox_writer_string(&call->w, NULL, value);
}

void gox_mcp_put_resource(
        struct gox_mcp_call *call, const struct gox_mcp_resource *row)
{
    struct gox_writer *w = &call->w;
    gox_writer_object(w, NULL);
    gox_writer_string(
            w, strchr(row->uri, '{') != NULL ? "uriTemplate" : "uri", row->uri);
    gox_writer_string(w, "name", row->name);
    if (row->title != NULL)
        gox_writer_string(w, "title", row->title);
    if (row->description != NULL)
        gox_writer_string(w, "description", row->description);
    if (row->mime != NULL)
        gox_writer_string(w, "mimeType", row->mime);
    gox_writer_end_object(w);
}

int gox_mcp_need(
        struct gox_mcp_call *call, json_t *own_requests, const char *state)
{
    struct gox_buf sealed;
    gox_buf_init(&sealed, 0);
    gox_buf_reset(&call->body);
    gox_writer_init(&call->w, &call->body);
    gox_writer_object(&call->w, NULL);
    gox__mcp_put_json(&call->w, "inputRequests", own_requests);
    json_decref(own_requests);
    if (state != NULL && gox__mcp_seal(call, state, &sealed))
        gox_writer_text(&call->w, "requestState", (const char *)sealed.data,
                sealed.len);
    gox_buf_fini(&sealed);
    call->is_input_needed = true;
    return GOX_MCP_DONE;
}

/* ---- the line ---- */

void gox__mcp_put_info(struct gox_writer *w, const char *key,
        const struct gox_mcp_registry *registry, bool is_full)
{
    gox_writer_object(w, key);
    gox_writer_string(w, "name", registry->name);
    if (registry->title != NULL)
        gox_writer_string(w, "title", registry->title);
    gox_writer_string(w, "version", registry->version);
    if (is_full && registry->description != NULL)
        gox_writer_string(w, "description", registry->description);
    if (is_full && registry->website != NULL)
        gox_writer_string(w, "websiteUrl", registry->website);
    gox_writer_end_object(w);
}

static void put_list(struct gox_mcp_call *call, struct gox_writer *w)
{
    const char *key = call->method->key;
    bool is_completion = key != NULL && strcmp(key, "values") == 0;
    if (key == NULL)
        return;
    if (is_completion)
        gox_writer_object(w, "completion");
    gox_writer_array(w, key);
    gox_buf_put(w->buf, call->body.data, call->body.len);
    gox_writer_end_array(w);
    if (is_completion)
        gox_writer_end_object(w);
}

void gox__mcp_put_result(struct gox_mcp_call *call, struct gox_buf *out)
{
    struct gox_writer w;
    gox_writer_init(&w, out);
    gox_writer_object(&w, NULL);
    if (call->is_modern)
        gox_writer_string(&w, "resultType",
                call->is_input_needed ? "input_required" : "complete");
    if (call->is_input_needed) {
        /* The body is an object that was left open. */
        gox_buf_put_byte(out, ',');
        gox_buf_put(out, call->body.data + 1, call->body.len - 1);
    } else {
        put_list(call, &w);
    }
    if (call->structured != NULL)
        gox__mcp_put_json(&w, "structuredContent", call->structured);
    if (call->is_error)
        gox_writer_bool(&w, "isError", true);
    if (call->extra.len > 0) {
        if (w.needs_comma)
            gox_buf_put_byte(out, ',');
        gox_buf_put(out, call->extra.data, call->extra.len);
        w.needs_comma = true;
    }
    if (call->is_modern && !call->is_input_needed &&
            (call->method->flags & GOX__MCP_CACHE) != 0) {
        gox_writer_int(&w, "ttlMs", 0);
        gox_writer_string(&w, "cacheScope", "private");
    }
    if (call->is_modern && call->task == NULL && !call->is_listening) {
        gox_writer_object(&w, "_meta");
        gox__mcp_put_info(
                &w, GOX__MCP_META_INFO, call->server->registry, false);
        gox_writer_end_object(&w);
    }
    gox_writer_end_object(&w);
    if (call->body.error != 0 || call->extra.error != 0)
        out->error = GOX_ERR_NOMEM;
}

void gox__mcp_put_error(struct gox_mcp_call *call, struct gox_buf *out)
{
    struct gox_writer w;
    gox_writer_init(&w, out);
    gox_writer_object(&w, NULL);
    gox_writer_int(&w, "code", call->error_code);
    gox_writer_string(&w, "message", call->error_text);
    if (call->error_data != NULL)
        gox__mcp_put_json(&w, "data", call->error_data);
    gox_writer_end_object(&w);
}

int gox__mcp_status_of(const struct gox_mcp_call *call)
{
    if (call->status != 0)
        return call->status;
    if (!call->is_modern || call->error_code == 0)
        return 200;
    if (call->error_code == -32601)
        return 404;
    return call->error_code <= -32020 && call->error_code >= -32022 ? 400 : 200;
}

static void put_line(struct gox_mcp_call *call, struct gox_buf *line)
{
    gox_buf_put_str(line, "{\"jsonrpc\":\"2.0\",\"id\":");
    gox_buf_put(line, call->id.data, call->id.len);
    if (call->error_code != 0) {
        gox_buf_put_str(line, ",\"error\":");
        gox__mcp_put_error(call, line);
    } else {
        gox_buf_put_str(line, ",\"result\":");
        gox__mcp_put_result(call, line);
    }
    gox_buf_put_byte(line, '}');
}

void gox__mcp_send_response(struct gox_mcp_call *call)
{
    struct gox_buf line;
    if (call->sink.send == NULL || call->is_response_sent)
        return;
    call->is_response_sent = true;
    gox_buf_init(&line, 0);
    put_line(call, &line);
    if (gox_buf_error(&line) != 0) {
        gox_buf_fini(&line);
        json_t *id = json_object_get(call->message, "id");
        gox_mcp_send_error(&call->sink, id, 500, -32603, NULL,
                "out of memory for the result");
        return;
    }
    call->sink.send(call->sink.ctx, (const char *)line.data, line.len, true,
            gox__mcp_status_of(call));
    gox_buf_fini(&line);
}

void gox_mcp_send_error(const struct gox_mcp_sink *sink, const json_t *id,
        int status, int code, json_t *own_data, const char *fmt, ...)
{
    static const char nomem[] =
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,"
            "\"message\":\"out of memory\"}}";
    struct gox_buf line;
    struct gox_writer w;
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    gox_buf_init(&line, 0);
    gox_writer_init(&w, &line);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "jsonrpc", "2.0");
    gox__mcp_put_json(&w, "id", id);
    gox_writer_object(&w, "error");
    gox_writer_int(&w, "code", code);
    gox_writer_string(&w, "message", text);
    if (own_data != NULL)
        gox__mcp_put_json(&w, "data", own_data);
    gox_writer_end_object(&w);
    gox_writer_end_object(&w);
    json_decref(own_data);
    if (sink->send != NULL && gox_buf_error(&line) == 0)
        sink->send(sink->ctx, (const char *)line.data, line.len, true, status);
    else if (sink->send != NULL)
        sink->send(sink->ctx, nomem, sizeof nomem - 1, true, 500);
    gox_buf_fini(&line);
}
