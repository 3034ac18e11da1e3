/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: a whole daemon over one connection. Input that begins like JSON
 * is sent as it is; any other input chooses requests (make_requests.h), each of
 * which must have its reply, in order. All replies are JSON, and all images are
 * sane at the end. Methods that touch files or start programs are left out.
 *
 * Invariant: each input meets a new daemon. */
#include "base/alloc.h"
#include "daemon/session.h"
#include "fuzz/make_requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ROWS  128
#define MAX_INPUT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The rows that may be called, ended by one without a name. */
struct rows {
    struct gox_method items[MAX_ROWS + 1];
    size_t count;
};

struct peer {
    gox_stream *stream;
    struct gox_buf replies;
};

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_left_out(const struct gox_method *row)
{
    return strcmp(row->group, "files") == 0 ||
           strcmp(row->group, "render") == 0 ||
           strcmp(row->group, "script") == 0 ||
           strcmp(row->name, "daemon.shutdown") == 0;
}

static void collect_rows(struct rows *rows)
{
    for (size_t g = 0; g < gox_api_group_count; g++) {
        const struct gox_method *row = gox_api_groups[g];
        for (; row->name != NULL; row++)
            if (!is_left_out(row) && rows->count < MAX_ROWS)
                rows->items[rows->count++] = *row;
    }
}

/* ---- the other end of the connection ---- */

static void on_data(void *ctx, const char *data, size_t len)
{
    struct peer *peer = ctx;
    gox_buf_put(&peer->replies, data, len);
}

static void on_end(void *ctx, int code)
{
    struct peer *peer = ctx;
    (void)code;
    gox_stream_close(peer->stream);
}

static void on_drained(void *ctx)
{
    struct peer *peer = ctx;
    shutdown(gox_stream_fd(peer->stream), SHUT_WR);
}

static void on_closed(void *ctx)
{
    (void)ctx;
}

static const struct gox_stream_events peer_events = {.data = on_data,
        .end = on_end,
        .drained = on_drained,
        .broken = on_closed,
        .closed = on_closed};

static void connect_peer(
        gox_daemon *d, struct peer *peer, struct gox_buf *input)
{
    int fds[2];
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                    fds) == 0);
    gox_stream *own = gox_stream_open(d->loop, fds[0]);
    peer->stream = gox_stream_open(d->loop, fds[1]);
    require(own != NULL && peer->stream != NULL);
    require(gox__session_new(d, own, own) != NULL);
    gox_stream_set_events(peer->stream, &peer_events, peer);
    gox_stream_start(peer->stream);
    require(gox_stream_write(peer->stream, input) == 0);
    if (gox_stream_pending(peer->stream) == 0)
        on_drained(peer);
}

/* ---- the daemon ---- */

static void set(struct gox_settings *s, const char *name, const char *value)
{
    require(gox_settings_set(
                    s, name, strlen(name), value, GOX_ORIGIN_FLAG, NULL) == 0);
}

static gox_daemon *start_daemon(const struct rows *rows, const char *dir)
{
    struct gox_settings s;
    struct gox_error err;
    const struct gox_method *const tables[] = {rows->items};
    require(gox_settings_init(&s) == 0);
    set(&s, "paths.data_dir", dir);
    set(&s, "render.dir", dir);
    set(&s, "daemon.log_file", "/dev/null");
    set(&s, "server.workers", "2");
    set(&s, "security.max_request_size_mb", "1");
    set(&s, "performance.max_undo_mb", "4");
    set(&s, "performance.max_pending_mb", "4");
    set(&s, "performance.max_request_seconds", "1");
    require(gox_settings_finish(&s, NULL, &err) == 0);
    gox_daemon *d = gox_daemon_new(&s, &err);
    require(d != NULL);
    gox_registry_free(d->registry);
    d->registry = gox_registry_new(tables, 1);
    require(d->registry != NULL);
    /* From now on: it ends when its only client has gone. */
    d->settings.is_stdio = true;
    require(gox__daemon_open_projects(d, &err) == 0);
    return d;
}

/* ---- what came back ---- */

/* The number behind "id" when this is a reply, 0 for a notification. */
static int64_t check_message(struct gox_reader *r)
{
    struct gox_slice key;
    int64_t id = 0;
    bool has_outcome = false, has_method = false, has_id = false;
    require(gox_reader_peek(r) == GOX_JSON_OBJECT && gox_reader_object(r));
    while (gox_reader_key(r, &key)) {
        struct gox_slice value = gox_reader_skip(r);
        bool is_id = gox_slice_is(key, "id");
        has_id = has_id || is_id;
        if (is_id && value.len < 10 && value.data[0] > '0' &&
                value.data[0] <= '9')
            id = atoll(value.data);
        has_method = has_method || gox_slice_is(key, "method");
        require(!has_outcome || is_id || gox_slice_is(key, "params"));
        has_outcome = has_outcome || gox_slice_is(key, "result") ||
                      gox_slice_is(key, "error");
    }
    require(gox_reader_error(r) == 0);
    require(has_id == has_outcome && has_method != has_outcome);
    return id;
}

static int64_t check_line(const char *line, size_t len)
{
    struct gox_reader r;
    int64_t id = 0;
    gox_reader_init(&r, line, len, NULL);
    if (gox_reader_peek(&r) == GOX_JSON_ARRAY) {
        gox_reader_array(&r);
        while (gox_reader_element(&r))
            (void)check_message(&r);
    } else {
        id = check_message(&r);
    }
    require(gox_reader_error(&r) == 0 && gox_reader_end(&r));
    return id;
}

/* made: so many requests with ids from 1 were sent; 0: any text was. */
static void check_replies(struct gox_buf *replies, unsigned made)
{
    const char *text = gox_buf_text(replies);
    unsigned answered = 0;
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "\n");
        require(text[len] == '\n');
        int64_t id = check_line(text, len);
        if (made > 0 && id > 0)
            require(id == ++answered);
        text += len + 1;
    }
    require(answered == made);
}

static void check_images(gox_daemon *d)
{
    gox_project *p = NULL;
    while ((p = gox_projects_next(d->projects, p)) != NULL)
        require(gox_image_is_sane(p->image));
}

static void run(const struct rows *rows, const char *dir, struct gox_buf *input,
        unsigned made)
{
    gox_daemon *d = start_daemon(rows, dir);
    struct peer peer = {0};
    gox_buf_init(&peer.replies, 0);
    connect_peer(d, &peer, input);
    gox_daemon_run(d);
    check_images(d);
    gox_daemon_free(d);
    check_replies(&peer.replies, made);
    gox_buf_fini(&peer.replies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char dir[] = "/tmp/goxel-fuzz-XXXXXX";
    struct gox_buf input;
    unsigned made = 0;
    if (len == 0 || len > MAX_INPUT)
        return 0;
    struct rows *rows = gox_calloc(1, sizeof *rows);
    require(rows != NULL && mkdtemp(dir) != NULL);
    collect_rows(rows);
    gox_buf_init(&input, 0);
    if (strchr("{[ \"\n", data[0]) != NULL && data[0] != '\0')
        gox_buf_put(&input, data, len);
    else
        made = make_requests(&input, rows->items, rows->count, data, len);
    run(rows, dir, &input, made);
    require(rmdir(dir) == 0);
    gox_buf_fini(&input);
    gox_free(rows);
    return 0;
}
