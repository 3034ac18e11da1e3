/* SPDX-License-Identifier: Apache-2.0
 * No orphan and no zombie is left: trees that run away from their parents, are
 * sessions of their own and ignore SIGTERM are ended by the walk and by the
 * control group. */
#include "base/alloc.h"
#include "platform_test.h"

#include <sys/prctl.h>

#define TREE_SIZE 15 /* of "grow 3": 1 + 2 + 4 + 8 */

static char helper_path[512];

struct tree {
    struct gox_process p;
    int64_t pids[TREE_SIZE];
    size_t count;
};

/* Each member of the tree prints its number. */
static void grow(struct tree *t, const char *mode, struct gox_cgroup *cgroup)
{
    const char *const argv[] = {"platform_helper", mode, "3", NULL};
    struct gox_process_spec spec = {.program = helper_path,
            .argv = argv,
            .cgroup = cgroup,
            .out = GOX_STREAM_PIPE};
    struct gox_error err = {0};
    char text[400];
    size_t len = 0;
    if (gox_process_start(&t->p, &spec, &err) != 0)
        fail_msg("%s", err.text);
    for (t->count = 0; t->count < TREE_SIZE;) {
        struct pollfd p = {.fd = t->p.out_fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, WAIT_LIMIT_MS), 1);
        ssize_t n = read(t->p.out_fd, text + len, sizeof text - 1 - len);
        assert_true(n > 0);
        len += (size_t)n;
        text[len] = '\0';
        t->count = 0;
        for (char *at = text; strchr(at, '\n') != NULL;
                at = strchr(at, '\n') + 1)
            t->pids[t->count++] = atoll(at);
    }
}

/* Rounds of killing and reaping until nothing is left. */
static void fell(struct tree *t, struct gox_cgroup *cgroup,
        const struct gox_process_set *set)
{
    int left = 1;
    for (int i = 0; i < WAIT_LIMIT_MS && left > 0; i++) {
        left = gox_process_kill_tree(&t->p, cgroup, set);
        assert_true(left >= 0);
        assert_true(gox_process_reap(set) >= 0);
        if (left > 0)
            poll(NULL, 0, 1);
    }
    assert_int_equal(left, 0);
    assert_true(t->p.has_ended);
    for (size_t i = 0; i < t->count; i++)
        assert_false(is_running(t->pids[i]));
}

static bool has_child(void)
{
    siginfo_t info = {0};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void test_walk(void **state)
{
    static const char *const MODES[] = {"grow", "grow-bare"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tree t;
        struct gox_process *items[] = {&t.p};
        struct gox_process_set set = {items, 1, true};
        int fds = gox_os_fd_count();
        grow(&t, MODES[i], NULL);
        assert_int_equal(gox_process_signal(&t.p, SIGTERM), 0);
        fell(&t, NULL, &set);
        assert_true(t.p.exit.is_signal && t.p.exit.code == SIGKILL);
        wait_until(gox_process_reap(&set) >= 0 && !has_child());
        gox_process_close(&t.p);
        assert_int_equal(gox_os_fd_count(), fds);
    }
}

/* The main process has died and its tree has come to us. */
static void test_walk_after_the_root(void **state)
{
    struct tree t;
    struct gox_process *items[] = {&t.p};
    struct gox_process_set set = {items, 1, true};
    (void)state;
    grow(&t, "grow", NULL);
    assert_int_equal(gox_process_signal(&t.p, SIGKILL), 0);
    assert_int_equal(gox_process_wait(&t.p, WAIT_LIMIT_MS), 1);
    fell(&t, NULL, &set);
    wait_until(gox_process_reap(&set) >= 0 && !has_child());
    gox_process_close(&t.p);
}

/* The main process is gone and what is left runs away from each look. */
static void test_walk_catches_a_runaway(void **state)
{
    struct tree t = {0};
    struct gox_process *items[] = {&t.p};
    struct gox_process_set set = {items, 1, true};
    const char *const argv[] = {"platform_helper", "hop", NULL};
    struct gox_process_spec spec = {
            .program = helper_path, .argv = argv, .out = GOX_STREAM_PIPE};
    struct gox_error err;
    char text[8];
    (void)state;
    assert_int_equal(gox_process_start(&t.p, &spec, &err), 0);
    wait_until(read(t.p.out_fd, text, sizeof text) == 3);
    assert_int_equal(gox_process_wait(&t.p, WAIT_LIMIT_MS), 1);
    fell(&t, NULL, &set);
    /* Its output is closed when the last of them has gone. */
    wait_until(read(t.p.out_fd, text, sizeof text) == 0);
    wait_until(gox_process_reap(&set) >= 0 && !has_child());
    gox_process_close(&t.p);
}

/* Two trees at once: the end of one leaves the other alone, and children that
 * are none of ours, too. */
static void test_neighbours_stay(void **state)
{
    struct tree a, b;
    struct gox_process *items[] = {&a.p, &b.p};
    struct gox_process_set set = {items, 2, true};
    (void)state;
    grow(&a, "grow", NULL);
    grow(&b, "grow", NULL);
    fell(&a, NULL, &set);
    for (size_t i = 0; i < b.count; i++)
        assert_true(is_running(b.pids[i]));
    pid_t stranger = fork();
    if (stranger == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should this test fail */
        for (;;)
            pause();
    }
    set.owns_all_children = false;
    fell(&b, NULL, &set);
    assert_true(is_running(stranger));
    kill(stranger, SIGKILL);
    wait_until(gox_process_reap(&set) >= 0 && !has_child());
    gox_process_close(&a.p);
    gox_process_close(&b.p);
}

/* Each time memory runs out the walk says so, and the next one goes on. */
static void test_walk_without_memory(void **state)
{
    struct tree t;
    struct gox_process *items[] = {&t.p};
    struct gox_process_set set = {items, 1, true};
    int failures = 0;
    (void)state;
    grow(&t, "grow", NULL);
    for (uint64_t n = 1; n <= 5; n++) {
        gox_alloc_fail_at(n, false);
        int left = gox_process_kill_tree(&t.p, NULL, &set);
        gox_alloc_fail_at(0, false);
        assert_true(left == GOX_ERR_NOMEM || left >= 0);
        failures += left == GOX_ERR_NOMEM;
        assert_true(gox_process_reap(&set) >= 0);
    }
    assert_true(failures > 0);
    fell(&t, NULL, &set);
    wait_until(gox_process_reap(&set) >= 0 && !has_child());
    gox_process_close(&t.p);
}

/* Own children that end at the same time as orphans are told apart. */
static void test_reap(void **state)
{
    enum { COUNT = 40 };
    struct gox_process list[COUNT];
    struct gox_process *items[COUNT];
    struct gox_process_set set = {items, COUNT, true};
    struct gox_process_spec spec = {.program = helper_path};
    struct gox_error err;
    char number[16];
    int orphans = 0;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        const char *const argv[] = {"platform_helper", "exit", number, NULL};
        snprintf(number, sizeof number, "%d", i);
        spec.argv = argv;
        assert_int_equal(gox_process_start(&list[i], &spec, &err), 0);
        items[i] = &list[i];
        if (i % 4 == 0 && fork() == 0)
            _exit(0);
    }
    wait_until((orphans += gox_process_reap(&set)) >= 0 && !has_child());
    assert_int_equal(orphans, COUNT / 4);
    for (int i = 0; i < COUNT; i++) {
        assert_true(list[i].has_ended && list[i].exit.is_known);
        assert_int_equal(list[i].exit.code, i);
        gox_process_close(&list[i]);
    }
}

static void test_cgroup(void **state)
{
    struct tree t;
    struct gox_process *items[] = {&t.p};
    struct gox_process_set set = {items, 1, true};
    struct gox_cgroup cg;
    struct gox_cgroup_info info;
    struct gox_error err = {0};
    char name[40], path[GOX_CGROUP_PATH_BYTES];
    (void)state;
    snprintf(name, sizeof name, "goxel-test-%d", getpid());
    int code = gox_cgroup_open(&cg, name, &err);
    if (code < 0) {
        printf("        skipped: %s\n", err.text);
        assert_int_equal(cg.dir_fd, -1);
        skip();
    }
    snprintf(path, sizeof path, "%s", cg.path);
    struct gox_cgroup_limits limits = {.memory_max_bytes = 256 << 20,
            .memory_high_bytes = GOX_CGROUP_NO_LIMIT,
            .pids_max = 100};
    code = gox_cgroup_set_limits(&cg, &limits, &err);
    assert_int_equal(code,
            cg.can_limit_memory && cg.can_limit_pids ? 0 : GOX_ERR_UNSUPPORTED);
    assert_int_equal(gox_cgroup_info_read(&cg, &info), 0);
    assert_false(info.is_populated);
    grow(&t, "grow-bare", &cg);
    assert_int_equal(gox_cgroup_info_read(&cg, &info), 0);
    assert_true(info.is_populated && !info.is_frozen);
    fell(&t, &cg, &set);
    wait_until(gox_process_reap(&set) >= 0 && !has_child());
    assert_int_equal(gox_cgroup_info_read(&cg, &info), 0);
    assert_false(info.is_populated);
    gox_process_close(&t.p);
    gox_cgroup_close(&cg, true);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(gox_cgroup_open(&cg, "a/b", &err), GOX_ERR_PARAMS);
    assert_int_equal(gox_cgroup_open(&cg, "..", &err), GOX_ERR_PARAMS);
}

static int become_reaper(void **state)
{
    struct gox_error err;
    (void)state;
    beside(helper_path, "platform_helper");
    return gox_process_become_reaper(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_walk),
            cmocka_unit_test(test_walk_after_the_root),
            cmocka_unit_test(test_walk_catches_a_runaway),
            cmocka_unit_test(test_neighbours_stay),
            cmocka_unit_test(test_walk_without_memory),
            cmocka_unit_test(test_reap),
            cmocka_unit_test(test_cgroup),
    };
    return cmocka_run_group_tests(tests, become_reaper, NULL);
}
