/* SPDX-License-Identifier: Apache-2.0
 * Many projects in little memory, many clients and slow ones: nothing that was
 * answered is lost, and every answer is true. */
#include "base/time.h"
#include "daemon/durability.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define STATUS "goxel.get_status"
#define ADD    "goxel.add_voxel"
#define CREATE "goxel.create_project"
#define OPEN   "goxel.open_project"

/* ---- eviction ---- */

enum {
    CLIENTS = 8,
    OF_CLIENT = 4, /* projects that only it edits: 32 in all */
    OPEN_MAX = 4
};

struct visitor {
    unsigned number;
    char failure[500];
    gox_client *client;
    unsigned visits, refused;
    int revisions[OF_CLIENT], edits[OF_CLIENT]; /* edits: still done */
    pthread_t thread;
};

struct eviction {
    const char *args[3];
    unsigned visits; /* of each client */
    int voxels;      /* that each project has from the start */
    size_t open_max; /* that may stay open; 0: unknown */
};

/* Calls; the member of the answer, or -1 with the failure noted. What is
 * refused for want of memory is repeated: closing others makes room. */
static int visit_call(struct visitor *v, const char *member, const char *method,
        json_t *own_params)
{
    json_t *result = NULL;
    struct gox_error err;
    int64_t limit = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    int rc;
    while ((rc = gox_client_call(v->client, method, own_params, API_LIMIT_MS,
                    &result, &err)) == GOX_ERR_BUSY) {
        v->refused++;
        if (gox_time_now_ns() > limit)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    json_decref(own_params);
    int number = (int)json_integer_value(json_object_get(result, member));
    json_decref(result);
    if (rc == 0)
        return number;
    if (v->failure[0] == '\0')
        snprintf(v->failure, sizeof v->failure, "client %u: %s: %s", v->number,
                method, err.text);
    return -1;
}

static void expect_revision(struct visitor *v, unsigned i, int got)
{
    if (got == v->revisions[i] || v->failure[0] != '\0')
        return;
    snprintf(v->failure, sizeof v->failure,
            "client %u: project %u is at revision %d, not %d", v->number, i,
            got, v->revisions[i]);
}

/* Opens one of its projects, edits without naming it, now and then after a read
 * of all others has put it out of memory, and takes an edit back. */
static void visit(struct visitor *v, unsigned turn)
{
    unsigned i = turn * 7 % OF_CLIENT;
    char name[32];
    snprintf(name, sizeof name, "p%u.%u", v->number, i);
    expect_revision(v, i,
            visit_call(v, "revision", OPEN, json_pack("{s:s}", "name", name)));
    for (unsigned other = 0; turn % 5 == 0 && other < CLIENTS; other++) {
        snprintf(name, sizeof name, "p%u.%u", other, turn % OF_CLIENT);
        (void)visit_call(
                v, "revision", STATUS, json_pack("{s:s}", "project", name));
    }
    for (int k = 0; k < 3; k++) {
        v->edits[i]++;
        v->revisions[i]++;
        expect_revision(v, i,
                visit_call(v, "revision", ADD,
                        json_pack("{s:[i,i,i]}", "position", v->edits[i], 200,
                                (int)v->number)));
    }
    if (turn % 3 != 0)
        return;
    v->edits[i]--;
    v->revisions[i]++;
    expect_revision(v, i, visit_call(v, "revision", "goxel.undo", NULL));
}

static void *run_visitor(void *ctx)
{
    struct visitor *v = ctx;
    for (unsigned turn = 0; turn < v->visits && v->failure[0] == '\0'; turn++)
        visit(v, turn);
    return NULL;
}

/* How many are open now. */
static size_t count_open(struct api *api)
{
    size_t i, count = 0;
    json_t *row;
    json_t *list = api_call(api, "goxel.list_projects", NULL);
    json_array_foreach(json_object_get(list, "projects"), i, row) count +=
            json_is_true(json_object_get(row, "open"));
    json_decref(list);
    return count;
}

static void make_projects(struct visitor *list, const struct eviction *e,
        const struct wire *w, struct api *api)
{
    char name[32];
    for (unsigned c = 0; c < CLIENTS; c++) {
        struct visitor *v = &list[c];
        v->number = c;
        v->visits = e->visits;
        v->client = gox_client_connect(w->socket, API_LIMIT_MS, NULL);
        assert_non_null(v->client);
        for (unsigned i = 0; i < OF_CLIENT; i++) {
            snprintf(name, sizeof name, "p%u.%u", c, i);
            api_do(api, CREATE, "['%s']", name);
            for (unsigned k = 0; e->voxels > 0 && k < 8; k++)
                v->revisions[i] = visit_call(v, "revision", "goxel.add_voxels",
                        durable_many_voxels(
                                name, e->voxels, c * 31 + i * 8 + k));
        }
    }
}

static void expect_all(
        struct visitor *list, const struct eviction *e, const struct wire *w)
{
    char name[32];
    struct visitor v = {.number = CLIENTS};
    v.client = gox_client_connect(w->socket, API_LIMIT_MS, NULL);
    assert_non_null(v.client);
    for (unsigned c = 0; c < CLIENTS; c++) {
        for (unsigned i = 0; i < OF_CLIENT; i++) {
            snprintf(name, sizeof name, "p%u.%u", c, i);
            int revision = visit_call(&v, "revision", STATUS,
                    json_pack("{s:s}", "project", name));
            int count = visit_call(&v, "count", "goxel.get_voxel_count",
                    json_pack("{s:s}", "project", name));
            if (v.failure[0] != '\0')
                fail_msg("%s", v.failure);
            assert_int_equal(revision, list[c].revisions[i]);
            assert_int_equal(count, e->voxels + list[c].edits[i]);
        }
    }
    gox_client_close(v.client);
}

static bool has_settled(struct api *api, size_t open_max)
{
    int64_t limit = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (count_open(api) > open_max)
        if (gox_time_now_ns() > limit)
            return false;
    return true;
}

/* Looks on while they edit; the most projects that were open at a time. */
static size_t let_visit(struct visitor *list, struct api *api)
{
    size_t most = 0;
    for (unsigned c = 0; c < CLIENTS; c++)
        assert_int_equal(
                pthread_create(&list[c].thread, NULL, run_visitor, &list[c]),
                0);
    for (int i = 0; i < 20; i++) {
        size_t count = count_open(api);
        most = count > most ? count : most;
    }
    for (unsigned c = 0; c < CLIENTS; c++) {
        pthread_join(list[c].thread, NULL);
        gox_client_close(list[c].client);
    }
    for (unsigned c = 0; c < CLIENTS; c++)
        if (list[c].failure[0] != '\0')
            fail_msg("%s", list[c].failure);
    return most;
}

static void run_eviction(const struct eviction *e)
{
    struct wire w;
    struct api api;
    struct visitor *list = calloc(CLIENTS, sizeof *list);
    unsigned refused = 0;
    assert_non_null(list);
    wire_start(&w, e->args);
    durable_join(&api, &w);
    make_projects(list, e, &w, &api);
    size_t most = let_visit(list, &api);
    for (unsigned c = 0; c < CLIENTS; c++)
        refused += list[c].refused;
    json_int_t evicted =
            api_int(&api, "projects_evicted", "daemon.metrics", NULL);
    print_message("%zu of %d projects were open at most, %d were closed for "
                  "others, %u requests had to be repeated\n",
            most, CLIENTS * OF_CLIENT, (int)evicted, refused);
    assert_true(evicted > 30);
    /* Beyond the bound only those with a call under way. */
    assert_true(e->open_max == 0 || most <= e->open_max + CLIENTS + 1);
    assert_true(e->open_max == 0 || has_settled(&api, e->open_max));
    expect_all(list, e, &w);
    api_stop(&api);
    durable_restart(&w, e->args);
    durable_join(&api, &w);
    expect_all(list, e, &w);
    api_stop(&api);
    wire_cleanup(&w);
    free(list);
}

static void test_eviction_by_number(void **state)
{
    static const struct eviction e = {
            {"--set", "performance.max_open_projects=4"},
            DURABLE_IS_SANITIZED ? 40 : 100, 0, OPEN_MAX};
    (void)state;
    run_eviction(&e);
}

static void test_eviction_by_memory(void **state)
{
    static const struct eviction e = {
            {"--set", "performance.max_memory_mb=24"}, 10, 15000, 0};
    (void)state;
    if (DURABLE_IS_SANITIZED)
        skip(); /* a sanitizer takes far more memory than the bound */
    run_eviction(&e);
}

/* ---- many clients, and a disk that fills up meanwhile ---- */

enum { MANY = 50, EACH = 40 };

/* The edits of one client in one write; it reads nothing until all have sent.
 */
static void send_edits(int fd, int client)
{
    char *text = malloc(EACH * 200);
    size_t len = 0;
    assert_non_null(text);
    for (int i = 0; i < EACH; i++)
        len += (size_t)sprintf(text + len,
                "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"" ADD
                "\",\"params\":{\"project\":\"one\",\"position\":[%d,%d,0]}}\n",
                i, client, i);
    wire_send_bytes(fd, text, len);
    free(text);
}

/* Reads the answers: how many edits were stored, and each that was is there. */
static int read_answers(int fd, int client, bool is_stored[EACH])
{
    int stored = 0;
    for (int i = 0; i < EACH; i++) {
        char *line = wire_line(fd);
        json_t *answer = json_loads(line != NULL ? line : "", 0, NULL);
        if (answer == NULL)
            fail_msg("client %d, edit %d: no answer", client, i);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
        is_stored[i] = json_object_get(answer, "error") == NULL;
        if (!is_stored[i] && strstr(line, "is not stored") == NULL)
            fail_msg("client %d, edit %d: %s", client, i, line);
        stored += is_stored[i];
        json_decref(answer);
        free(line);
    }
    return stored;
}

static void limit_files(const struct wire *w, rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(prlimit(w->pid, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(prlimit(w->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void expect_stored(
        struct api *api, bool is_stored[MANY][EACH], int count)
{
    size_t i;
    json_t *voxel;
    bool is_there[MANY][EACH] = {{false}};
    json_t *got = api_call(api, "goxel.get_voxels_region",
            "{'project':'one','min':[0,0,0],'max':[100,100,0]}");
    json_array_foreach(json_object_get(got, "voxels"), i, voxel)
    {
        json_int_t x = json_integer_value(json_object_get(voxel, "x"));
        json_int_t y = json_integer_value(json_object_get(voxel, "y"));
        is_there[x][y] = true;
    }
    assert_memory_equal(is_there, is_stored, sizeof is_there);
    json_decref(got);
    assert_int_equal(
            api_int(api, "revision", STATUS, "{'project':'one'}"), count);
}

static void test_many_clients_of_a_full_file(void **state)
{
    struct wire w;
    struct api api;
    int fds[MANY], stored = 0;
    char path[200];
    struct stat st;
    static bool is_stored[MANY][EACH];
    (void)state;
    wire_start(&w, NULL);
    durable_join(&api, &w);
    api_do(&api, CREATE, "['one']");
    api_do(&api, ADD, "[0,0,1]");
    durable_file(path, w.dir, "one");
    strcat(path, "-wal");
    assert_int_equal(stat(path, &st), 0);
    for (int c = 0; c < MANY; c++)
        fds[c] = wire_connect(&w);
    limit_files(&w, (rlim_t)st.st_size + 30000);
    for (int c = 0; c < MANY; c++)
        send_edits(fds[c], c);
    for (int c = 0; c < MANY; c++) {
        stored += read_answers(fds[c], c, is_stored[c]);
        close(fds[c]);
    }
    limit_files(&w, RLIM_INFINITY);
    print_message("%d of %d edits were stored\n", stored, MANY * EACH);
    assert_true(stored < MANY * EACH);
    expect_stored(&api, is_stored, stored + 1);
    durable_expect_after_restart(&api, &w, NULL, "one");
    expect_stored(&api, is_stored, stored + 1);
    api_stop(&api);
    wire_cleanup(&w);
}

/* ---- a client that does not read ---- */

/* It is killed with its answers unread; other clients see what was stored. */
static void test_slow_client(void **state)
{
    enum { EDITS = 20000 };
    struct wire w;
    struct api api;
    char text[200];
    int sent = 0;
    (void)state;
    wire_start(&w, NULL);
    durable_join(&api, &w);
    api_do(&api, CREATE, "['one']");
    int fd = wire_connect(&w);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    /* Until the daemon takes no more of it for a while. */
    while (sent < EDITS && poll(&p, 1, 500) > 0) {
        int len = snprintf(text, sizeof text,
                "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"" ADD
                "\",\"params\":{\"project\":\"one\",\"position\":[%d,%d,0]}}\n",
                sent, sent % 200, sent / 200);
        wire_send_bytes(fd, text, (size_t)len);
        sent++;
    }
    json_int_t seen = api_int(&api, "revision", STATUS, NULL);
    api_do(&api, ADD, "{'project':'one','position':[0,-1,0]}");
    /* All that it is told by now is in the file. */
    int told = 0;
    while (told < sent / 2) {
        free(wire_line(fd));
        told++;
    }
    api_stop(&api);
    durable_restart(&w, NULL);
    close(fd);
    durable_join(&api, &w);
    json_int_t after = api_int(&api, "revision", STATUS, "{'project':'one'}");
    assert_true(after >= told && after > seen && after <= sent + 1);
    assert_int_equal(api_int(&api, "count", "goxel.get_voxel_count",
                             "{'project':'one'}"),
            after);
    api_stop(&api);
    wire_cleanup(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_eviction_by_number),
            cmocka_unit_test(test_eviction_by_memory),
            cmocka_unit_test(test_many_clients_of_a_full_file),
            cmocka_unit_test(test_slow_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
