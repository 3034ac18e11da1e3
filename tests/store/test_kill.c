/* SPDX-License-Identifier: Apache-2.0
 * A writer that is killed (SIGKILL) at random moments, again and again, while
 * snapshots and checkpoints go on: every edit that it was told is stored is
 * there, and no half of one that it was not. */
#include "base/time.h"
#include "store_test.h"

#include <signal.h>
#include <sys/wait.h>

enum { KILLS = 30 };

/* What the child says after each commit. */
struct told {
    uint64_t revision, sum;
};

static const struct gox_store_settings SETTINGS = {
        .durability = GOX_DURABILITY_INTERVAL,
        .interval_ms = 20,
        .wal_bytes = 60000,
        .wal_hard_bytes = 300000,
        .snapshot_bytes = 20000,
        .history_max_bytes = 50000};

static void say(int fd, struct project *p)
{
    struct told told = {
            gox_history_revision(p->history), test_image_sum(p->img)};

    if (write(fd, &told, sizeof(told)) != (ssize_t)sizeof(told))
        _exit(1);
}

/* Turns until it is killed. Says what a turn will lead to before it commits,
 * and again after, so that the parent knows both. */
static void run_writer(const char *dir, int fd, uint64_t seed)
{
    struct project p;
    gox_stores *stores = test_open_dir(dir, &SETTINGS);

    if (gox_stores_has(stores, "a"))
        test_open(stores, "a", &p);
    else
        test_create(stores, "a", &p);
    say(fd, &p);
    say(fd, &p);
    for (;;) {
        unsigned edits = 1 + test_random(&seed) % 5;
        for (unsigned i = 0; i < edits; i++)
            test_random_edit(&p, &seed);
        say(fd, &p);
        test_commit(&p);
        say(fd, &p);
        if (gox_store_wants_snapshot(p.store))
            (void)!gox_store_start_snapshot(p.store, NULL);
    }
}

/* Reads until the child is gone; the last two things it said. */
static unsigned listen_to(int fd, pid_t pid, int64_t kill_at_ns,
        struct told *before, struct told *last)
{
    struct told told;
    unsigned count = 0;
    bool is_killed = false;

    memset(before, 0, sizeof(*before));
    memset(last, 0, sizeof(*last));
    while (read(fd, &told, sizeof(told)) == (ssize_t)sizeof(told)) {
        *before = *last;
        *last = told;
        count++;
        if (!is_killed && gox_time_now_ns() >= kill_at_ns) {
            kill(pid, SIGKILL);
            is_killed = true;
        }
    }
    if (!is_killed)
        kill(pid, SIGKILL);
    return count;
}

static void verify(const char *dir, unsigned count, const struct told *before,
        const struct told *last)
{
    gox_stores *stores = test_open_dir(dir, &SETTINGS);
    struct project p;
    struct gox_store_check check;

    test_open(stores, "a", &p);
    assert_false(p.report.is_damaged);
    uint64_t revision = gox_history_revision(p.history);
    uint64_t sum = test_image_sum(p.img);
    /* After an odd number the last turn was under way: either is right. An
     * even number says that it was stored. */
    bool is_last = revision == last->revision && sum == last->sum;
    bool is_before = count % 2 == 1 && revision == before->revision &&
                     sum == before->sum;
    if (!is_last && !is_before)
        fail_msg("revision %llu, the writer said %llu, then %llu",
                (unsigned long long)revision,
                (unsigned long long)before->revision,
                (unsigned long long)last->revision);
    test_close(&p);
    assert_int_equal(gox_stores_check(stores, "a", &check, NULL, NULL), 0);
    if (check.problems > 0)
        fail_msg("%s", check.first.text);
    gox_stores_close(stores);
}

static void test_kill(void **state)
{
    char dir[64];
    uint64_t random = 2026;
    uint64_t turns = 0;
    (void)state;

    gox_test_dir(dir);
    for (int i = 0; i < KILLS; i++) {
        struct told before, last;
        int fds[2], status;
        assert_int_equal(pipe(fds), 0);
        uint64_t seed = test_random(&random);
        pid_t pid = fork();
        if (pid == 0) {
            close(fds[0]);
            run_writer(dir, fds[1], seed);
        }
        close(fds[1]);
        int64_t wait_ns = (int64_t)(test_random(&random) % 150) * GOX_NS_PER_MS;
        unsigned count = listen_to(
                fds[0], pid, gox_time_now_ns() + wait_ns, &before, &last);
        close(fds[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(count > 0);
        turns += count / 2;
        verify(dir, count, &before, &last);
    }
    print_message("%d kills, %llu turns\n", KILLS, (unsigned long long)turns);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_kill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
