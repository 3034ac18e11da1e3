/* SPDX-License-Identifier: Apache-2.0
 * One JSON text a line: requests out, replies and notifications in, in whatever
 * pieces the socket gives them.
 *
 * Invariant: bytes of `in` before `scanned` hold no newline, so that a long
 * reply is searched once, however many pieces it comes in. */
#include "base/alloc.h"
#include "client/client_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define RECEIVE_BYTES ((size_t)64 * 1024)
/* After a reply larger than this, its memory is given back. */
#define KEEP_BYTES ((size_t)1024 * 1024)

static int put_json(const char *data, size_t len, void *ctx)
{
    struct gox_buf *buf = ctx;

    gox_buf_put(buf, data, len);
    return gox_buf_error(buf) == 0 ? 0 : -1;
}

/* jansson refuses text that is not UTF-8, and has no other reason to fail but
 * memory. */
static int encode(struct gox_buf *out, int64_t id, const char *method,
        const json_t *params, struct gox_error *err)
{
    json_t *name = json_string(method);
    int rc = 0;

    if (!name)
        return gox_error_set(err, GOX_ERR_INVALID_REQUEST,
                "the method name is not UTF-8 text");
    gox_buf_put_str(out, "{\"jsonrpc\":\"2.0\",");
    if (id >= 0) {
        gox_buf_put_str(out, "\"id\":");
        gox_buf_put_int(out, id);
        gox_buf_put_byte(out, ',');
    }
    gox_buf_put_str(out, "\"method\":");
    rc = json_dump_callback(
            name, put_json, out, JSON_COMPACT | JSON_ENCODE_ANY);
    if (rc == 0 && params) {
        gox_buf_put_str(out, ",\"params\":");
        rc = json_dump_callback(
                params, put_json, out, JSON_COMPACT | JSON_ENCODE_ANY);
    }
    gox_buf_put_str(out, "}\n");
    json_decref(name);
    if (rc != 0 || gox_buf_error(out) != 0)
        return gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for the request %s", method);
    return 0;
}

int gox__client_put(gox_client *client, int64_t id, const char *method,
        const json_t *params, struct gox_error *err)
{
    size_t before = client->out.len;
    int rc = encode(&client->out, id, method, params, err);

    if (rc != 0) {
        /* What was queued before is whole and still to be sent. */
        client->out.len = before;
        client->out.error = 0;
        return rc;
    }
    return gox__client_flush(client, err);
}

int gox__client_flush(gox_client *client, struct gox_error *err)
{
    size_t sent = 0;
    int rc = 0;

    while (sent < client->out.len) {
        ssize_t n = send(client->fd, client->out.data + sent,
                client->out.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno == EINTR)
            continue;
        /* A peer that is gone may have left an answer to read first; the
         * reader reports the end. */
        if (errno == EPIPE || errno == ECONNRESET)
            sent = client->out.len;
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            rc = gox_error_set(err, GOX_ERR_IO, "cannot send to the daemon: %s",
                    strerror(errno));
        break;
    }
    gox_buf_drop(&client->out, sent);
    if (client->out.len == 0 && client->out.capacity > KEEP_BYTES)
        gox_buf_fini(&client->out);
    return rc;
}

/* The first code in the list with this number on the wire; the numbers that
 * several codes share mean "internal" and "parameters". */
static int code_of(json_int_t rpc)
{
    static const struct {
        int rpc, code;
    } rows[] = {{-32603, GOX_ERR_INTERNAL}, {-32602, GOX_ERR_PARAMS},
#define GOX_CLIENT_ROW(name, value, number, text) {number, value},
            GOX_ERROR_LIST(GOX_CLIENT_ROW)
#undef GOX_CLIENT_ROW
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].rpc == rpc)
            return rows[i].code;
    }
    return GOX_ERR_INTERNAL;
}

static void deliver(struct gox__client_call *call, json_t *message)
{
    json_t *error = json_object_get(message, "error");
    struct gox_error err = {.offset = -1};
    const char *text = NULL;

    if (error && !json_is_null(error)) {
        text = json_string_value(json_object_get(error, "message"));
        (void)gox_error_set(&err,
                code_of(json_integer_value(json_object_get(error, "code"))),
                "%s", text ? text : "the daemon gave no reason");
        call->fn(call->ctx, NULL, error, &err);
        return;
    }
    call->fn(call->ctx, json_object_get(message, "result"), NULL, &err);
}

static int take_message(
        gox_client *client, json_t *message, struct gox_error *err)
{
    json_t *id = json_object_get(message, "id");
    const char *method = json_string_value(json_object_get(message, "method"));
    json_t *error = json_object_get(message, "error");
    struct gox__client_call call;

    if (method) {
        if (client->notification_fn)
            client->notification_fn(client->notification_ctx, method,
                    json_object_get(message, "params"));
        return 0;
    }
    if (json_is_integer(id)) {
        if (gox__client_take_call(client, json_integer_value(id), &call))
            deliver(&call, message);
        return 0;
    }
    /* An error without an id answers a line that the daemon could not read:
     * the calls that wait would wait for ever. */
    if (json_is_object(error)) {
        const char *text = json_string_value(json_object_get(error, "message"));
        return gox_error_set(err,
                code_of(json_integer_value(json_object_get(error, "code"))),
                "the daemon refused the connection's input: %s",
                text ? text : "no reason given");
    }
    return gox_error_set(err, GOX_ERR_PARSE,
            "the daemon sent a line that is neither reply nor notification");
}

static int take_line(
        gox_client *client, const char *line, size_t len, struct gox_error *err)
{
    json_error_t where;
    json_t *message;
    int rc;

    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
        len--;
    if (len == 0)
        return 0;
    message = json_loadb(line, len, JSON_ALLOW_NUL, &where);
    if (!message)
        return gox_error_set(err, GOX_ERR_PARSE,
                "the daemon sent a line that is not JSON: %s at byte %d",
                where.text, where.position);
    rc = take_message(client, message, err);
    json_decref(message);
    return rc;
}

static int check_length(
        const gox_client *client, size_t len, struct gox_error *err)
{
    if (len <= client->max_reply_bytes)
        return 0;
    return gox_error_set(err, GOX_ERR_TOO_LARGE,
            "a reply is longer than the limit of %zu bytes",
            client->max_reply_bytes);
}

static int take_lines(gox_client *client, struct gox_error *err)
{
    size_t start = 0;
    int rc = 0;

    while (rc == 0) {
        size_t from = start > client->scanned ? start : client->scanned;
        const uint8_t *end = client->in.len > from
                                     ? memchr(client->in.data + from, '\n',
                                               client->in.len - from)
                                     : NULL;
        size_t at;
        if (!end)
            break;
        at = (size_t)(end - client->in.data);
        rc = check_length(client, at - start, err);
        if (rc == 0)
            rc = take_line(client, (const char *)client->in.data + start,
                    at - start, err);
        start = at + 1;
    }
    gox_buf_drop(&client->in, start);
    client->scanned = client->in.len;
    if (client->in.len == 0 && client->in.capacity > KEEP_BYTES)
        gox_buf_fini(&client->in);
    return rc != 0 ? rc : check_length(client, client->in.len, err);
}

int gox__client_receive(gox_client *client, struct gox_error *err)
{
    int rc = 0;

    while (rc == 0) {
        uint8_t *room = gox_buf_reserve(&client->in, RECEIVE_BYTES);
        ssize_t n;
        if (!room)
            return gox_error_set(err, GOX_ERR_NOMEM,
                    "out of memory for a reply of more than %zu bytes",
                    client->in.len);
        n = recv(client->fd, room, RECEIVE_BYTES, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (n < 0 && errno != ECONNRESET)
            return gox_error_set(err, GOX_ERR_IO,
                    "cannot receive from the daemon: %s", strerror(errno));
        if (n <= 0)
            return gox_error_set(err, GOX_ERR_CLOSED,
                    "the daemon closed the connection%s",
                    client->in.len > 0 ? " in the middle of a reply" : "");
        gox_buf_commit(&client->in, (size_t)n);
        rc = take_lines(client, err);
    }
    return rc;
}
