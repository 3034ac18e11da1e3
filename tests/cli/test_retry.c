/* SPDX-License-Identifier: Apache-2.0
 * gox_client_set_retry against a server that plays a part for each request it
 * gets: what is asked again, what is not, and what a new connection is told. */
#include "base/alloc.h"
#include "gox_test.h"
#include "goxel/client.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT_MS 10000

/* One letter for each request, the last one for all that follow: '.' an answer,
 * 'c' the connection is closed, 'w' "again in 5 ms", 'e' an error. */
struct server {
    char dir[64], path[100];
    const char *part;
    int fd;
    pthread_t thread;
    atomic_bool is_over;
    char seen[2048]; /* the methods, with a blank behind each */
};

/* False: the connection ends. */
static bool play(struct server *s, int fd, const char *line)
{
    static const char *const errors[] = {
            ",\"data\":{\"retry_after_ms\":5,\"reason\":\"BUSY\"}",
            ",\"data\":{\"reason\":\"CLOSED\"}"};
    char text[300], method[64] = "";
    long long id = 0;
    const char *at = strstr(line, "\"id\":");
    if (at != NULL)
        id = atoll(at + 5);
    at = strstr(line, "\"method\":\"");
    if (at != NULL)
        sscanf(at + 10, "%63[^\"]", method);
    size_t len = strlen(s->seen);
    snprintf(s->seen + len, sizeof s->seen - len, "%s ", method);
    char part = *s->part;
    if (s->part[1] != '\0')
        s->part++;
    if (part == 'c')
        return false;
    if (part == '.')
        snprintf(text, sizeof text,
                "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"name\":"
                "\"kept\"}}\n",
                id);
    else
        snprintf(text, sizeof text,
                "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"error\":{\"code\":-32014,"
                "\"message\":\"no\"%s}}\n",
                id, errors[part == 'e']);
    return write(fd, text, strlen(text)) > 0;
}

static void serve_one(struct server *s, int fd)
{
    char line[4096];
    size_t len = 0;
    while (!atomic_load(&s->is_over)) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        char *end;
        if (poll(&item, 1, 5) <= 0)
            continue;
        ssize_t got = read(fd, line + len, sizeof line - 1 - len);
        if (got <= 0)
            return;
        len += (size_t)got;
        line[len] = '\0';
        while ((end = strchr(line, '\n')) != NULL) {
            *end = '\0';
            if (!play(s, fd, line))
                return;
            len -= (size_t)(end + 1 - line);
            memmove(line, end + 1, len + 1);
        }
    }
}

static void *serve(void *ctx)
{
    struct server *s = ctx;
    while (!atomic_load(&s->is_over)) {
        struct pollfd item = {.fd = s->fd, .events = POLLIN};
        if (poll(&item, 1, 5) <= 0)
            continue;
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            continue;
        serve_one(s, fd);
        close(fd);
    }
    return NULL;
}

static void start(struct server *s, const char *part)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *s = (struct server){.part = part};
    gox_test_dir(s->dir);
    snprintf(s->path, sizeof s->path, "%s/s", s->dir);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", s->path);
    s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
            bind(s->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void finish(struct server *s)
{
    atomic_store(&s->is_over, true);
    pthread_join(s->thread, NULL);
    close(s->fd);
    gox_test_dir_remove(s->dir);
}

static gox_client *open_client(struct server *s)
{
    struct gox_error err;
    gox_client *client = gox_client_connect(s->path, LIMIT_MS, &err);
    assert_non_null(client);
    gox_client_set_retry(client, true);
    return client;
}

static void test_what_is_asked_again(void **state)
{
    static const struct {
        const char *part, *method;
        int code;
        const char *seen;
    } rows[] = {
            {".", "ping", 0, "ping "}, {"c.", "ping", 0, "ping ping "},
            {"ccc.", "goxel.get_voxel", 0,
                    "goxel.get_voxel goxel.get_voxel goxel.get_voxel "
                    "goxel.get_voxel "},
            {"c.", "goxel.add_voxel", GOX_ERR_CLOSED, "goxel.add_voxel "},
            {"w.", "goxel.add_voxel", 0, "goxel.add_voxel goxel.add_voxel "},
            {"wwc.", "ping", 0, "ping ping ping ping "},
            {"e.", "ping", GOX_ERR_CLOSED, "ping "}, /* an answer is final */
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct server s;
        struct gox_error err = {0};
        json_t *result = NULL;
        start(&s, rows[k].part);
        gox_client *client = open_client(&s);
        assert_int_equal(gox_client_call(client, rows[k].method, NULL, LIMIT_MS,
                                 &result, &err),
                rows[k].code);
        assert_int_equal(result != NULL, rows[k].code == 0);
        json_decref(result);
        gox_client_close(client);
        finish(&s);
        assert_string_equal(s.seen, rows[k].seen);
    }
}

static void call(gox_client *client, const char *method, const char *params,
        int expected)
{
    struct gox_error err = {0};
    json_t *in = params != NULL ? json_loads(params, 0, NULL) : NULL;
    assert_int_equal(gox_client_call(client, method, in, LIMIT_MS, NULL, &err),
            expected);
    json_decref(in);
}

static void test_a_new_connection_knows_what_the_old_one_did(void **state)
{
    struct server s;
    (void)state;
    start(&s, "..c...c....c..");
    gox_client *client = open_client(&s);
    call(client, "daemon.authenticate", "{\"token\":\"t\"}", 0);
    call(client, "goxel.create_project", "{\"name\":\"kept\"}", 0);
    call(client, "goxel.get_voxel", NULL, 0);
    /* An edit that was lost is the caller's; the next call goes again. */
    call(client, "goxel.undo", NULL, GOX_ERR_CLOSED);
    call(client, "goxel.redo", NULL, 0);
    /* Nothing is to be opened after it was closed. */
    call(client, "goxel.close_project", "{\"name\":\"kept\"}", 0);
    call(client, "goxel.undo", NULL, GOX_ERR_CLOSED);
    call(client, "ping", NULL, 0);
    gox_client_close(client);
    finish(&s);
    assert_string_equal(s.seen,
            "daemon.authenticate goxel.create_project goxel.get_voxel "
            "daemon.authenticate goxel.open_project goxel.get_voxel "
            "goxel.undo daemon.authenticate goxel.open_project goxel.redo "
            "goxel.close_project goxel.undo daemon.authenticate ping ");
}

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void test_it_ends_in_time(void **state)
{
    struct server s;
    struct gox_error err = {0};
    (void)state;
    start(&s, "c");
    gox_client *client = open_client(&s);
    int64_t begin = now_ms();
    assert_int_equal(gox_client_call(client, "ping", NULL, 200, NULL, &err),
            GOX_ERR_CLOSED);
    assert_true(now_ms() - begin < 10000);
    finish(&s);
    assert_true(strlen(s.seen) > strlen("ping ping ping "));
    /* And with nobody there at all. */
    begin = now_ms();
    assert_int_equal(gox_client_call(client, "ping", NULL, 100, NULL, &err),
            GOX_ERR_NOT_FOUND);
    assert_true(now_ms() - begin < 10000);
    gox_client_set_retry(client, false);
    assert_int_equal(gox_client_call(client, "ping", NULL, 100, NULL, &err),
            GOX_ERR_CLOSED);
    gox_client_close(client);
}

static void test_without_memory(void **state)
{
    bool is_done = false;
    (void)state;
    for (uint64_t nth = 1; !is_done && nth < 100; nth++) {
        struct server s;
        struct gox_error err = {0};
        json_t *params = json_pack("{s:s}", "name", "kept");
        start(&s, ".c.");
        gox_client *client = open_client(&s);
        gox_alloc_fail_at(nth, false);
        int code = gox_client_call(
                client, "goxel.create_project", params, LIMIT_MS, NULL, &err);
        if (code == 0)
            code = gox_client_call(client, "ping", NULL, 300, NULL, &err);
        gox_alloc_fail_at(0, false);
        is_done = code == 0;
        if (!is_done)
            assert_int_equal(code, GOX_ERR_NOMEM);
        json_decref(params);
        gox_client_close(client);
        finish(&s);
    }
    assert_true(is_done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_what_is_asked_again),
            cmocka_unit_test(test_a_new_connection_knows_what_the_old_one_did),
            cmocka_unit_test(test_it_ends_in_time),
            cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
