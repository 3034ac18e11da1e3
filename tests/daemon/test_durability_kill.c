/* SPDX-License-Identifier: Apache-2.0
 * The daemon is killed (SIGKILL) at random moments while eight clients edit:
 * five a project of their own, with undo and redo, three one project together.
 * Every edit that was answered is there afterwards, of those that were not, a
 * first part of the row, and each of them whole.
 *
 * GOX_KILLS says how often (200), GOX_SEED repeats a run. `make soak` runs it
 * for 5,000 kills. */
#include "base/time.h"
#include "daemon/durability.h"
#include "daemon/durability_model.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum {
    WRITERS = 8,
    OWN = 5, /* the first of them have a project of their own */
    DEPTH_MAX = 16,
    COLORS_OF_OP = 32,
    RUN_MS = 60 /* the longest until the kill */
};
/* What is promised, and what is asserted on a machine that is busy. */
#define START_MS 1000.0
#define LIMIT_MS (DURABLE_IS_SANITIZED ? 60000.0 : 10000.0)
#define CALL_MS  60000

struct writer {
    unsigned number, depth;
    bool is_shared, has_failed;
    char project[32], failure[500], socket[96];
    pthread_t thread;
    uint64_t seed;
    uint32_t color;
    struct model model; /* as if all that was sent were done */
    struct model_op ops[MODEL_OPS];
    size_t sent, acked, kept;
    gox_client *client;
    atomic_bool is_started;
};

struct run {
    struct wire wire;
    char scratch[100];
    struct writer writers[WRITERS];
    uint64_t seed, first_seed;
    unsigned generation;
    gox_client *client; /* of the test itself */
    double start_ms[3]; /* best, worst, sum */
    unsigned long starts, kills, edits, unanswered, survived;
};

/* ---- a client that edits ---- */

static void fail_writer(struct writer *w, const char *what, const char *text)
{
    if (!w->has_failed)
        snprintf(w->failure, sizeof w->failure, "client %u: edit %zu: %s: %s",
                w->number, w->acked, what, text);
    w->has_failed = true;
}

static void on_edit(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct writer *w = ctx;
    if (err->code != 0) {
        if (error != NULL)
            fail_writer(w, "refused", err->text);
        return;
    }
    w->acked++;
    json_int_t revision =
            json_integer_value(json_object_get(result, "revision"));
    if (!w->is_shared && (size_t)revision != w->acked)
        fail_writer(w, "answered", "with another revision");
}

static void on_checkpoint(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    (void)result;
    if (error != NULL)
        fail_writer(ctx, "no checkpoint", err->text);
}

static bool send_checkpoint(struct writer *w)
{
    json_t *params =
            json_pack("{s:s,s:s}", "project", w->project, "label", "now");
    int rc = gox_client_submit(w->client, "goxel.checkpoint", params,
            on_checkpoint, w, NULL, NULL);
    json_decref(params);
    return rc == 0;
}

static bool send_edit(struct writer *w)
{
    const char *method;
    struct model_op op =
            model_choose(&w->model, w->color, !w->is_shared, &w->seed);
    json_t *params = model_params(&w->model, &op, w->project, &method);
    w->color += COLORS_OF_OP;
    model_apply(&w->model, &op);
    w->ops[w->sent++] = op;
    int rc = gox_client_submit(
            w->client, method, params, on_edit, w, NULL, NULL);
    json_decref(params);
    return rc == 0;
}

/* Until the connection ends. */
static void edit(struct writer *w)
{
    for (;;) {
        while (w->sent < MODEL_OPS && w->sent - w->acked < w->depth) {
            if (!send_edit(w) ||
                    (model_random(&w->seed) % 200 == 0 && !send_checkpoint(w)))
                return;
        }
        struct pollfd p = {.fd = gox_client_get_fd(w->client),
                .events = gox_client_get_events(w->client)};
        if (w->has_failed || p.fd < 0 || poll(&p, 1, CALL_MS) <= 0 ||
                gox_client_dispatch(w->client, NULL) < 0)
            return;
    }
}

static void *run_writer(void *ctx)
{
    struct writer *w = ctx;
    w->client = gox_client_connect(w->socket, CALL_MS, NULL);
    atomic_store(&w->is_started, true);
    if (w->client != NULL)
        edit(w);
    /* What is still outstanding gets its outcome here. */
    gox_client_close(w->client);
    w->client = NULL;
    return NULL;
}

/* ---- the test's own calls ---- */

static json_t *ask(struct run *r, const char *method, json_t *own_params)
{
    json_t *result = NULL;
    struct gox_error err = {0};
    if (gox_client_call(r->client, method, own_params, CALL_MS, &result, &err) <
            0)
        fail_msg("kill %lu, seed %llu: %s: %s", r->kills,
                (unsigned long long)r->first_seed, method, err.text);
    json_decref(own_params);
    return result;
}

static long ask_int(struct run *r, const char *member, const char *method,
        json_t *own_params)
{
    json_t *result = ask(r, method, own_params);
    long value = (long)json_integer_value(json_object_get(result, member));
    json_decref(result);
    return value;
}

static void renew_project(struct run *r, struct writer *w)
{
    if (w->project[0] != '\0')
        json_decref(ask(r, "goxel.delete_project",
                json_pack("{s:s,s:b}", "name", w->project, "purge", 1)));
    snprintf(w->project, sizeof w->project, "%s %u.%u",
            w->is_shared ? "shared" : "own", w->is_shared ? 0 : w->number,
            r->generation);
    json_decref(ask(
            r, "goxel.create_project", json_pack("{s:s}", "name", w->project)));
}

static void forget_edits(struct writer *w)
{
    model_reset(&w->model);
    w->sent = w->acked = w->kept = 0;
}

/* Projects whose row of edits is nearly full begin again. */
static void renew_full(struct run *r)
{
    bool is_shared_full = false;
    r->generation++;
    for (size_t i = 0; i < WRITERS; i++) {
        struct writer *w = &r->writers[i];
        bool is_full = w->project[0] == '\0' || w->sent > MODEL_OPS * 3 / 4;
        if (w->is_shared) {
            is_shared_full |= is_full;
        } else if (is_full) {
            renew_project(r, w);
            forget_edits(w);
        }
    }
    if (!is_shared_full)
        return;
    renew_project(r, &r->writers[OWN]);
    forget_edits(&r->writers[OWN]);
    for (size_t i = OWN + 1; i < WRITERS; i++) {
        memcpy(r->writers[i].project, r->writers[OWN].project,
                sizeof r->writers[i].project);
        forget_edits(&r->writers[i]);
    }
}

/* ---- what must be there ---- */

static void replay(struct writer *w, size_t count)
{
    model_reset(&w->model);
    for (size_t i = 0; i < count; i++)
        model_apply(&w->model, &w->ops[i]);
}

/* Whether the daemon has exactly the state of the model. */
static bool has_state(struct run *r, struct writer *w, const json_t *voxels)
{
    const long box = (long)MODEL_BOX * MODEL_BOX * MODEL_BOX;
    const struct model *m = &w->model;
    if (!model_has_cells(m, voxels))
        return false;
    long total = ask_int(r, "total", "goxel.get_voxels_region",
            model_box_region(m, w->project));
    return total == (m->states[m->at].box != 0 ? box : 0);
}

static void verify_history(struct run *r, struct writer *w)
{
    json_t *history = ask(r, "goxel.history",
            json_pack("{s:s,s:i}", "project", w->project, "limit", 1));
    json_int_t undo =
            json_integer_value(json_object_get(history, "undo_count"));
    json_int_t redo =
            json_integer_value(json_object_get(history, "redo_count"));
    if ((size_t)undo != w->model.at ||
            (size_t)redo != w->model.count - w->model.at)
        fail_msg("kill %lu, seed %llu: \"%s\" can undo %lld and redo %lld "
                 "edits, not %zu and %zu",
                r->kills, (unsigned long long)r->first_seed, w->project,
                (long long)undo, (long long)redo, w->model.at,
                w->model.count - w->model.at);
    json_decref(history);
}

/* How many edits of this client survived; revision: exactly that many, when it
 * is not negative. */
static void verify(struct run *r, struct writer *w, long revision)
{
    json_t *result = ask(r, "goxel.get_voxels_region",
            model_cells_region(&w->model, w->project));
    json_t *voxels = json_object_get(result, "voxels");
    size_t from = revision >= 0 ? (size_t)revision : w->acked;
    size_t to = revision >= 0 ? (size_t)revision : w->sent;
    if (from < w->acked || to > w->sent)
        fail_msg("kill %lu, seed %llu: \"%s\" is at revision %ld; %zu edits "
                 "were answered, %zu sent",
                r->kills, (unsigned long long)r->first_seed, w->project,
                revision, w->acked, w->sent);
    size_t n = from;
    for (; n <= to; n++) {
        replay(w, n);
        if (has_state(r, w, voxels))
            break;
    }
    if (n > to)
        fail_msg("kill %lu, seed %llu: \"%s\" has no state between the edits "
                 "%zu and %zu of client %u",
                r->kills, (unsigned long long)r->first_seed, w->project, from,
                to, w->number);
    if (!w->is_shared)
        verify_history(r, w);
    json_decref(result);
    r->edits += w->acked - w->kept;
    r->unanswered += w->sent - w->acked;
    r->survived += n - w->acked;
    w->kept = w->acked = w->sent = n;
}

static void verify_all(struct run *r)
{
    size_t together = 0;
    for (size_t i = 0; i < WRITERS; i++) {
        struct writer *w = &r->writers[i];
        if (w->has_failed)
            fail_msg("kill %lu, seed %llu: %s", r->kills,
                    (unsigned long long)r->first_seed, w->failure);
        verify(r, w,
                w->is_shared
                        ? -1
                        : ask_int(r, "revision", "goxel.get_status",
                                  json_pack("{s:s}", "project", w->project)));
        together += w->is_shared ? w->sent : 0;
    }
    long revision = ask_int(r, "revision", "goxel.get_status",
            json_pack("{s:s}", "project", r->writers[OWN].project));
    if ((size_t)revision != together)
        fail_msg("kill %lu, seed %llu: the shared project is at %ld, its "
                 "clients made %zu edits",
                r->kills, (unsigned long long)r->first_seed, revision,
                together);
}

/* ---- one life of the daemon ---- */

static void start(struct run *r)
{
    static const char *const modes[] = {"performance.durability=interval",
            "performance.durability=none", "performance.durability=always"};
    const char *const args[] = {"--set", modes[r->kills % 3], "--set",
            "performance.durability_interval_ms=20", NULL};
    double from = wire_now_ms();
    wire_start_in(&r->wire, args);
    r->client = gox_client_connect(r->wire.socket, CALL_MS, NULL);
    assert_non_null(r->client);
    /* The first answer about what was edited when it died. */
    if (r->kills > 0)
        (void)ask_int(r, "revision", "goxel.get_status",
                json_pack("{s:s}", "project", r->writers[OWN].project));
    double ms = wire_now_ms() - from;
    r->start_ms[0] =
            r->starts == 0 || ms < r->start_ms[0] ? ms : r->start_ms[0];
    r->start_ms[1] = ms > r->start_ms[1] ? ms : r->start_ms[1];
    r->start_ms[2] += ms;
    r->starts++;
    assert_true(ms < LIMIT_MS);
}

/* The moment of the kill, which is what the test is about: nothing to wait for.
 * Now and then it is at once, while projects are being opened. */
static void wait_for_moment(struct run *r)
{
    uint32_t us = model_random(&r->seed) % (RUN_MS * 1000);
    if (model_random(&r->seed) % 4 == 0)
        us /= 20;
    nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

static void begin_load(struct run *r)
{
    for (size_t i = 0; i < WRITERS; i++) {
        struct writer *w = &r->writers[i];
        snprintf(w->socket, sizeof w->socket, "%s", r->wire.socket);
        w->depth = 1 + model_random(&w->seed) % DEPTH_MAX;
        atomic_store(&w->is_started, false);
        assert_int_equal(pthread_create(&w->thread, NULL, run_writer, w), 0);
    }
    for (size_t i = 0; i < WRITERS; i++)
        while (!atomic_load(&r->writers[i].is_started))
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
}

static void live_and_die(struct run *r)
{
    renew_full(r);
    gox_client_close(r->client);
    begin_load(r);
    wait_for_moment(r);
    durable_kill(&r->wire);
    r->kills++;
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(r->writers[i].thread, NULL);
    durable_check_files(r->wire.dir, r->scratch);
    start(r);
    verify_all(r);
}

static void init_run(struct run *r)
{
    r->seed = (uint64_t)durable_number(
            "GOX_SEED", (long)(gox_time_now_ns() & 0xffffffff) | 1);
    r->first_seed = r->seed;
    gox_test_dir(r->wire.dir);
    snprintf(r->scratch, sizeof r->scratch, "%s/copy", r->wire.dir);
    for (size_t i = 0; i < WRITERS; i++) {
        struct writer *w = &r->writers[i];
        w->number = (unsigned)i;
        w->is_shared = i >= OWN;
        w->seed = r->seed * 31 + i + 1;
        w->color = (uint32_t)i << 20;
        model_init(&w->model, (int)i);
    }
}

static void test_kills(void **state)
{
    unsigned long kills = (unsigned long)durable_number(
            "GOX_KILLS", DURABLE_IS_SANITIZED ? 20 : 200);
    struct run *r = calloc(1, sizeof *r);
    (void)state;
    assert_non_null(r);
    init_run(r);
    print_message("seed %llu\n", (unsigned long long)r->first_seed);
    double from = wire_now_ms();
    start(r);
    while (r->kills < kills) {
        live_and_die(r);
        if (r->kills % 250 == 0)
            print_message("%lu kills, %lu edits, %.0f s\n", r->kills, r->edits,
                    (wire_now_ms() - from) / 1000);
    }
    gox_client_close(r->client);
    wire_cleanup(&r->wire);
    for (size_t i = 0; i < WRITERS; i++)
        model_fini(&r->writers[i].model);
    print_message("%lu kills, %lu edits answered and all there; of %lu not "
                  "answered %lu were there, whole; starts to the first answer: "
                  "best %.0f ms, mean %.0f ms, worst %.0f ms (%s %.0f ms); "
                  "%.0f s\n",
            r->kills, r->edits, r->unanswered, r->survived, r->start_ms[0],
            r->start_ms[2] / (double)r->starts, r->start_ms[1],
            r->start_ms[1] < START_MS ? "within" : "BEYOND", START_MS,
            (wire_now_ms() - from) / 1000);
    assert_true(r->edits > 0);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
