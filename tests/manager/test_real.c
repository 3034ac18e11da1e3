/* SPDX-License-Identifier: Apache-2.0
 * The manager with the real goxel-daemon: no client is refused while it is
 * killed, restarted and upgraded again and again, and what was acknowledged is
 * there afterwards. */
#include "manager/rig.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=1", "--set",                         \
            "auto_start.restart_delay_max_ms=5", "--set",                      \
            "auto_start.max_restarts=0"

static const char *const fast[] = {FAST, NULL};

/* Clients that connect, ask once and go. */
struct load {
    struct rig *rig;
    atomic_bool is_over;
    atomic_ulong refused, retried, lost, answered;
};

static void *ask_again_and_again(void *ctx)
{
    struct load *load = ctx;
    struct gox_error err;
    while (!atomic_load(&load->is_over)) {
        gox_client *client =
                gox_client_connect(load->rig->socket, RIG_LIMIT_MS, &err);
        if (client == NULL) {
            atomic_fetch_add(&load->refused, 1);
            continue;
        }
        /* A request that a process had not begun when it ended finds its
         * connection closed, which says "try again"; once is enough. */
        int code = gox_client_call(
                client, "daemon.ready", NULL, RIG_LIMIT_MS, NULL, &err);
        if (code == GOX_ERR_CLOSED || code == GOX_ERR_IO) {
            atomic_fetch_add(&load->retried, 1);
            code = gox_client_reconnect(client, RIG_LIMIT_MS, &err);
            if (code == 0)
                code = gox_client_call(
                        client, "daemon.ready", NULL, RIG_LIMIT_MS, NULL, &err);
        }
        atomic_fetch_add(code == 0 ? &load->answered : &load->lost, 1);
        gox_client_close(client);
    }
    return NULL;
}

#define THREADS 4
static void begin_load(struct load *load, struct rig *r, pthread_t *threads)
{
    *load = (struct load){.rig = r};
    for (int k = 0; k < THREADS; k++)
        assert_int_equal(
                pthread_create(&threads[k], NULL, ask_again_and_again, load),
                0);
}

static void end_load(struct load *load, pthread_t *threads)
{
    atomic_store(&load->is_over, true);
    for (int k = 0; k < THREADS; k++)
        pthread_join(threads[k], NULL);
    print_message("%lu answered, %lu of them at the second try, %lu refused, "
                  "%lu lost\n",
            atomic_load(&load->answered), atomic_load(&load->retried),
            atomic_load(&load->refused), atomic_load(&load->lost));
}

static void nobody_is_refused_while_it_is_killed(void **unused)
{
    struct rig r;
    struct load load;
    pthread_t threads[THREADS];
    const char *wanted = getenv("GOX_KILLS");
    int kills = wanted != NULL ? atoi(wanted) : 20;
    (void)unused;
    rig_init_real(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    begin_load(&load, &r, threads);
    for (int k = 0; k < kills; k++) {
        pid_t pid = rig_pid(&r);
        unsigned long before = atomic_load(&load.answered);
        kill(pid, SIGKILL);
        RIG_WAIT(rig_has_state(&r, "running") && rig_pid(&r) != pid &&
                 atomic_load(&load.answered) > before + 10);
    }
    end_load(&load, threads);
    assert_int_equal(atomic_load(&load.refused), 0);
    assert_int_equal(atomic_load(&load.lost), 0);
    /* At most what each client had under way. */
    assert_true(atomic_load(&load.retried) <= (unsigned long)kills * THREADS);
    rig_stop(&r);
}

/* Clients that stay connected and let the library make up for lost
 * connections: they see no error at all. */
static void *look_again_and_again(void *ctx)
{
    struct load *load = ctx;
    struct gox_error err;
    gox_client *client =
            gox_client_connect(load->rig->socket, RIG_LIMIT_MS, &err);
    json_t *project = json_pack("{s:s}", "name", "kept");
    json_t *place = json_pack("{s:i,s:i,s:i}", "x", 1, "y", 2, "z", 3);
    int code = client != NULL && project != NULL && place != NULL
                       ? 0
                       : GOX_ERR_CLOSED;
    if (code == 0) {
        gox_client_set_retry(client, true);
        code = gox_client_call(client, "goxel.open_project", project,
                RIG_LIMIT_MS, NULL, &err);
    }
    while (code == 0 && !atomic_load(&load->is_over)) {
        json_t *voxel = NULL;
        code = gox_client_call(
                client, "goxel.get_voxel", place, RIG_LIMIT_MS, &voxel, &err);
        /* The same project as before, also on a new connection. */
        if (code == 0 && !json_is_true(json_object_get(voxel, "exists")))
            code = GOX_ERR_NOT_FOUND;
        json_decref(voxel);
        if (code == 0)
            atomic_fetch_add(&load->answered, 1);
    }
    if (code != 0)
        atomic_fetch_add(&load->lost, 1);
    json_decref(project);
    json_decref(place);
    gox_client_close(client);
    return NULL;
}

/* In the project "kept"; RIG_LIMIT_MS also when the daemon was killed. */
static void add_voxel(gox_client *client, int x)
{
    struct gox_error err;
    json_t *params = json_pack("{s:i,s:i,s:i,s:[i,i,i]}", "x", x, "y", 2, "z",
            3, "color", 200, 100, 50);
    assert_int_equal(gox_client_call(client, "goxel.add_voxel", params,
                             RIG_LIMIT_MS, NULL, &err),
            0);
    json_decref(params);
}

static void callers_of_the_library_see_no_kill(void **unused)
{
    struct rig r;
    struct load load;
    struct gox_error err;
    pthread_t threads[THREADS];
    const char *wanted = getenv("GOX_KILLS");
    int kills = wanted != NULL ? atoi(wanted) : 20;
    (void)unused;
    rig_init_real(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    gox_client *client = gox_client_connect(r.socket, RIG_LIMIT_MS, &err);
    assert_non_null(client);
    gox_client_set_retry(client, true);
    json_t *params = json_pack("{s:s}", "name", "kept");
    assert_int_equal(gox_client_call(client, "goxel.create_project", params,
                             RIG_LIMIT_MS, NULL, &err),
            0);
    json_decref(params);
    add_voxel(client, 1);
    load = (struct load){.rig = &r};
    for (int k = 0; k < THREADS; k++)
        assert_int_equal(
                pthread_create(&threads[k], NULL, look_again_and_again, &load),
                0);
    for (int k = 0; k < kills; k++) {
        pid_t pid = rig_pid(&r);
        unsigned long before = atomic_load(&load.answered);
        kill(pid, SIGKILL);
        /* Nothing was under way on this connection: an edit goes, too. */
        RIG_WAIT(gox_client_dispatch(client, &err) != 0);
        add_voxel(client, 100 + k);
        RIG_WAIT(rig_has_state(&r, "running") && rig_pid(&r) != pid &&
                 atomic_load(&load.answered) > before + 10);
    }
    end_load(&load, threads);
    gox_client_close(client);
    assert_int_equal(atomic_load(&load.lost), 0);
    rig_stop(&r);
}

/* In good order nothing is lost at all. */
static void nothing_is_lost_by_restart_and_upgrade(void **unused)
{
    struct rig r;
    struct load load;
    pthread_t threads[THREADS];
    (void)unused;
    rig_init_real(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    begin_load(&load, &r, threads);
    for (int k = 0; k < 5; k++) {
        rig_do(&r, "manager.restart", NULL);
        rig_do(&r, "manager.upgrade", NULL);
        rig_do(&r, "manager.upgrade", "{\"what\":\"manager\"}");
        RIG_WAIT(gox_client_call(r.client, "manager.status", NULL, 1000, NULL,
                         &r.err) < 0);
        rig_connect(&r);
    }
    end_load(&load, threads);
    assert_int_equal(rig_count_events(&r, "upgraded"), 10);
    assert_int_equal(atomic_load(&load.refused), 0);
    assert_int_equal(atomic_load(&load.lost), 0);
    assert_true(atomic_load(&load.answered) > 50);
    rig_stop(&r);
}

/* What an answer acknowledged is there after a kill. */
static void edits_survive_a_kill(void **unused)
{
    struct rig r;
    struct gox_error err;
    json_t *result = NULL;
    (void)unused;
    rig_init_real(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    gox_client *client = gox_client_connect(r.socket, RIG_LIMIT_MS, &err);
    assert_non_null(client);
    json_t *params = json_pack("{s:i,s:i,s:i,s:[i,i,i,i]}", "x", 1, "y", 2, "z",
            3, "color", 200, 100, 50, 255);
    assert_int_equal(gox_client_call(client, "goxel.add_voxel", params,
                             RIG_LIMIT_MS, NULL, &err),
            0);
    json_decref(params);
    pid_t pid = rig_pid(&r);
    kill(pid, SIGKILL);
    RIG_WAIT(rig_has_state(&r, "running") && rig_pid(&r) != pid);
    assert_int_equal(gox_client_reconnect(client, RIG_LIMIT_MS, &err), 0);
    params = json_pack("{s:i,s:i,s:i}", "x", 1, "y", 2, "z", 3);
    assert_int_equal(gox_client_call(client, "goxel.get_voxel", params,
                             RIG_LIMIT_MS, &result, &err),
            0);
    json_decref(params);
    char *text = json_dumps(result, JSON_COMPACT);
    assert_non_null(strstr(text, "200,100,50"));
    free(text);
    json_decref(result);
    gox_client_close(client);
    rig_stop(&r);
}

static size_t count_log_lines(struct rig *r)
{
    json_t *logs = rig_call(r, "manager.logs", NULL);
    assert_non_null(logs);
    size_t count = json_array_size(json_object_get(logs, "lines"));
    json_decref(logs);
    return count;
}

static void health_of_the_real_daemon(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init_real(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    json_t *health = rig_call(&r, "manager.health", NULL);
    assert_string_equal(
            json_string_value(json_object_get(health, "status")), "healthy");
    assert_true(json_is_object(json_object_get(health, "daemon")));
    json_decref(health);
    json_t *reload = rig_call(&r, "manager.reload", NULL);
    assert_non_null(reload);
    assert_non_null(json_object_get(reload, "reloaded"));
    json_decref(reload);
    RIG_WAIT(count_log_lines(&r) > 0); /* by a thread of the daemon's own */
    rig_stop(&r);
}

static void reload_says_what_came_of_it(void **unused)
{
    struct rig r;
    char file[128];
    (void)unused;
    rig_init_real(&r);
    snprintf(file, sizeof file, "%s/conf.json", r.dir);
    const char *const args[] = {FAST, "--config", file, NULL};
    rig_write(&r, "conf.json", "{\"server\":{\"queue_size\":100}}");
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    static const struct {
        const char *text;
        bool is_good;
    } rows[] = {{"{\"server\":{\"queue_size\":200}}", true},
            {"{\"server\":{\"queue_size\":\"many\"}}", false}, {"{", false},
            {"{\"server\":{\"queue_size\":300}}", true}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        rig_write(&r, "conf.json", rows[k].text);
        json_t *result = rig_call(&r, "manager.reload", NULL);
        assert_non_null(result);
        assert_int_equal(json_is_true(json_object_get(result, "reloaded")),
                rows[k].is_good);
        json_decref(result);
    }
    assert_int_equal(rig_count_events(&r, "reloaded"), 2);
    assert_int_equal(rig_count_events(&r, "reload_failed"), 2);
    assert_int_equal(rig_pid(&r), pid);
    assert_int_equal(rig_ask(&r), pid);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nobody_is_refused_while_it_is_killed),
            cmocka_unit_test(callers_of_the_library_see_no_kill),
            cmocka_unit_test(nothing_is_lost_by_restart_and_upgrade),
            cmocka_unit_test(edits_survive_a_kill),
            cmocka_unit_test(health_of_the_real_daemon),
            cmocka_unit_test(reload_says_what_came_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
