/* SPDX-License-Identifier: Apache-2.0
 * libgoxel-manager against the real manager, and its example as it stands. */
#include "base/alloc.h"
#include "goxel/manager.h"
#include "manager/rig.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static struct gox_manager_config config_of(struct rig *r, char *manager)
{
    static const char *arguments[8];
    arguments[0] = "--state-dir";
    arguments[1] = r->state;
    arguments[2] = "--set";
    arguments[3] = "auto_start.restart_delay_ms=10";
    arguments[4] = NULL;
    sprintf(manager, "%s/goxel-manager", rig_bin_dir());
    return (struct gox_manager_config){.socket_path = r->socket,
            .auto_start = true,
            .manager_binary = manager,
            .daemon_binary = r->child,
            .arguments = arguments};
}

static void end(gox_manager_link *link, struct rig *r)
{
    struct gox_error err;
    assert_int_equal(gox_manager_shutdown(link, false, &err), 0);
    RIG_WAIT(access(r->control, F_OK) != 0);
    gox_manager_close(link);
    gox_test_dir_remove(r->dir);
}

static void starts_a_manager_when_none_runs(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    struct gox_manager_status s;
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    config.auto_start = false;
    assert_null(gox_manager_open(&config, &err));
    assert_int_equal(err.code, GOX_ERR_NOT_FOUND);
    config.auto_start = true;
    gox_manager_link *link = gox_manager_open(&config, &err);
    if (link == NULL)
        fail_msg("%s", err.text);
    assert_true(gox_manager_was_started(link));
    assert_int_equal(gox_manager_start(link, -1, &err), 0);
    assert_int_equal(gox_manager_get_status(link, &s, &err), 0);
    assert_string_equal(s.state, "running");
    assert_true(s.is_ready && s.pid > 0 && s.manager_pid > 0);
    assert_string_equal(gox_manager_socket_path(link), r.socket);
    /* A second link meets the same manager. */
    gox_manager_link *other = gox_manager_open(&config, &err);
    assert_non_null(other);
    assert_false(gox_manager_was_started(other));
    gox_manager_close(other);
    assert_int_equal(rig_ask(&r), s.pid);
    end(link, &r);
}

static void steers_and_checks(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    struct gox_manager_status before, after;
    json_t *details = NULL;
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    config.instance = "default";
    gox_manager_link *link = gox_manager_open(&config, &err);
    assert_non_null(link);
    assert_int_equal(gox_manager_start(link, 10000, &err), 0);
    assert_int_equal(gox_manager_get_status(link, &before, &err), 0);
    assert_int_equal(gox_manager_restart(link, 10000, &err), 0);
    assert_int_equal(gox_manager_check(link, &after, &details, &err), 0);
    assert_string_equal(after.health, "healthy");
    assert_int_not_equal(after.pid, before.pid);
    assert_int_equal(after.restarts, 1);
    assert_int_equal(json_array_size(json_object_get(details, "stages")), 5);
    json_decref(details);
    assert_int_equal(gox_manager_stop(link, 10000, &err), 0);
    assert_int_equal(gox_manager_get_status(link, &after, &err), 0);
    assert_string_equal(after.state, "stopped");
    assert_int_equal(after.pid, 0);
    assert_true(gox_manager_reload(link, 1000, &err) < 0);
    config.instance = "nobody";
    gox_manager_link *other = gox_manager_open(&config, &err);
    assert_non_null(other);
    assert_int_equal(
            gox_manager_get_status(other, &after, &err), GOX_ERR_NOT_FOUND);
    gox_manager_close(other);
    end(link, &r);
}

struct heard {
    unsigned exited, restarted;
    uint64_t last;
};

static void on_event(
        void *ctx, const char *name, uint64_t seq, const json_t *event)
{
    struct heard *h = ctx;
    assert_non_null(json_object_get(event, "time"));
    h->exited += strcmp(name, "exited") == 0;
    h->restarted += strcmp(name, "restarted") == 0;
    if (seq > 0) {
        assert_true(seq > h->last);
        h->last = seq;
    }
}

static void events_come_through_one_descriptor(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    struct gox_manager_status s;
    struct heard heard = {0};
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    gox_manager_link *link = gox_manager_open(&config, &err);
    assert_non_null(link);
    assert_int_equal(gox_manager_start(link, 10000, &err), 0);
    assert_int_equal(gox_manager_subscribe(link, 0, on_event, &heard, &err), 0);
    assert_int_equal(gox_manager_get_status(link, &s, &err), 0);
    assert_int_equal(kill((pid_t)s.pid, SIGKILL), 0);
    int64_t limit = rig_now_us() + RIG_LIMIT_MS * INT64_C(1000);
    while (heard.restarted == 0) {
        struct pollfd p = {.fd = gox_manager_get_fd(link),
                .events = gox_manager_get_events(link)};
        assert_true(rig_now_us() < limit);
        poll(&p, 1, 100);
        assert_int_equal(gox_manager_dispatch(link, &err), 0);
    }
    assert_int_equal(heard.exited, 1);
    assert_true(heard.last >= 5); /* the stored ones came first */
    end(link, &r);
}

/* Another manager comes while the call looks for it. */
static pid_t start_later(struct rig *r)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct gox_error err;
        char manager[512];
        struct gox_manager_config config = config_of(r, manager);
        _exit(gox_manager_open(&config, &err) != NULL ? 0 : 1);
    }
    return pid;
}

/* The manager is killed and another one comes: with retry the caller sees
 * nothing of it, its subscription goes on, and no order is given twice. */
static void retry_survives_the_manager(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    struct gox_manager_status before, after;
    struct heard heard = {0};
    int status;
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    gox_manager_link *link = gox_manager_open(&config, &err);
    assert_non_null(link);
    assert_int_equal(gox_manager_start(link, 10000, &err), 0);
    assert_int_equal(gox_manager_get_status(link, &before, &err), 0);
    kill((pid_t)before.manager_pid, SIGKILL);
    RIG_WAIT(gox_manager_get_status(link, &after, &err) == GOX_ERR_CLOSED);
    gox_manager_set_retry(link, true);
    pid_t starter = start_later(&r);
    assert_int_equal(gox_manager_get_status(link, &after, &err), 0);
    assert_int_equal(waitpid(starter, &status, 0), starter);
    assert_int_equal(status, 0);
    assert_int_not_equal(after.manager_pid, before.manager_pid);
    assert_int_equal(after.pid, before.pid);

    /* Replaced in its place; the stored events are heard, each once. */
    assert_int_equal(
            gox_manager_subscribe(link, UINT64_MAX, on_event, &heard, &err), 0);
    json_t *params = json_pack("{s:s}", "what", "manager");
    assert_int_equal(gox_manager_call(link, "manager.upgrade", params, 10000,
                             NULL, &err),
            0);
    json_decref(params);
    RIG_WAIT(gox_manager_get_status(link, &after, &err) == 0 &&
             after.latest_event > before.latest_event + 2);
    int code = gox_manager_restart(link, 10000, &err);
    if (code == GOX_ERR_CLOSED) /* it was put on the old one's connection */
        code = gox_manager_restart(link, 10000, &err);
    assert_int_equal(code, 0);
    RIG_WAIT(gox_manager_get_status(link, &after, &err) == 0 &&
             heard.restarted > 0);
    assert_int_equal(heard.restarted, 1);
    assert_int_not_equal(after.pid, before.pid);

    /* For good: an error in time. */
    kill((pid_t)after.manager_pid, SIGKILL);
    int64_t begin = rig_now_us();
    assert_true(gox_manager_call(
                        link, "manager.status", NULL, 300, NULL, &err) < 0);
    assert_true(rig_now_us() - begin < 15000000);
    gox_manager_close(link);
    link = gox_manager_open(&config, &err);
    assert_non_null(link);
    end(link, &r);
}

static void failed_start_says_why(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    config.daemon_binary = "/nowhere/goxel-daemon";
    assert_null(gox_manager_open(&config, &err));
    assert_int_equal(err.code, GOX_ERR_IO);
    assert_non_null(strstr(err.text, "/nowhere/goxel-daemon"));
    config.manager_binary = "/nowhere/goxel-manager";
    assert_null(gox_manager_open(&config, &err));
    assert_int_equal(err.code, GOX_ERR_NOT_FOUND);
    gox_test_dir_remove(r.dir);
}

static void out_of_memory(void **unused)
{
    struct rig r;
    char manager[512];
    struct gox_error err;
    (void)unused;
    rig_init(&r);
    struct gox_manager_config config = config_of(&r, manager);
    config.instance = "default";
    gox_manager_link *first = gox_manager_open(&config, &err);
    assert_non_null(first);
    gox_manager_link *link = NULL;
    for (uint64_t n = 1; link == NULL; n++) {
        assert_true(n < 200);
        gox_alloc_fail_at(n, false);
        link = gox_manager_open(&config, &err);
        gox_alloc_fail_at(0, false);
        assert_true(link != NULL || err.code < 0);
    }
    gox_manager_close(link);
    end(first, &r);
}

/* The program of the documentation, with nothing but the environment. */
static void example_runs(void **unused)
{
    struct rig r;
    char command[2048], line[256] = "";
    struct gox_error err;
    (void)unused;
    rig_init_real(&r);
    const char *bin = rig_bin_dir();
    snprintf(command, sizeof command,
            "GOXEL_SOCKET_PATH=%s GOXEL_MANAGER_BINARY=%s/goxel-manager "
            "GOXEL_PATHS_DATA_DIR=%s HOME=%s XDG_STATE_HOME=%s "
            "%s/example_autostart",
            r.socket, bin, r.dir, r.dir, r.dir, bin);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_int_equal(pclose(f), 0);
    assert_non_null(strstr(line, "the daemon is running"));
    struct gox_manager_config config = {.socket_path = r.socket};
    gox_manager_link *link = gox_manager_open(&config, &err);
    assert_non_null(link);
    json_t *status = NULL;
    assert_int_equal(
            gox_manager_call(link, "manager.status", NULL, 5000, &status, &err),
            0);
    /* Root's state is not below the home directory. */
    const char *dir = json_string_value(json_object_get(status, "state_dir"));
    snprintf(command, sizeof command, "rm -rf '%.*s'",
            (int)(strlen(dir) - strlen("/default")), dir);
    assert_non_null(strstr(command, "/manager-"));
    json_decref(status);
    end(link, &r);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(starts_a_manager_when_none_runs),
            cmocka_unit_test(steers_and_checks),
            cmocka_unit_test(events_come_through_one_descriptor),
            cmocka_unit_test(retry_survives_the_manager),
            cmocka_unit_test(failed_start_says_why),
            cmocka_unit_test(out_of_memory),
            cmocka_unit_test(example_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
