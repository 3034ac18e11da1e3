/* SPDX-License-Identifier: Apache-2.0
 * Where others start the daemon, and where the manager is process 1. systemd
 * itself does not run where tests do: a systemctl of the test's own starts and
 * stops the daemon instead, and notes each order. */
#include "manager/rig.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char systemctl[] =
        "#!/bin/sh\n"
        "dir=$(dirname \"$0\")\n"
        "echo \"$*\" >>\"$dir/orders\"\n"
        "for unit in \"$@\"; do :; done\n"
        "case \"$*\" in *.socket) exit 5;; esac\n"
        "case \" $* \" in\n"
        "*\" start \"*|*\" restart \"*)\n"
        "  [ -f \"$dir/pid\" ] && kill \"$(cat \"$dir/pid\")\"\n"
        "  rm -f \"$dir/d.sock\"\n"
        "  setsid \"$CHILD\" --socket \"$dir/d.sock\" >/dev/null 2>&1 &\n"
        "  echo $! >\"$dir/pid\";;\n"
        "*\" stop \"*) kill \"$(cat \"$dir/pid\")\"; rm -f \"$dir/d.sock\" "
        "\"$dir/pid\";;\n"
        "*\" reload \"*) [ ! -f \"$dir/refuse\" ]; exit;;\n"
        "esac\n";

static bool has_order(struct rig *r, const char *order)
{
    char path[128], line[256];
    bool found = false;
    snprintf(path, sizeof path, "%s/orders", r->dir);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        found = found || strstr(line, order) != NULL;
    if (f != NULL)
        fclose(f);
    return found;
}

static void systemd_gets_the_orders(void **unused)
{
    const char *const args[] = {"--backend", "systemd-user", "--set",
            "auto_start.health_interval_ms=100", NULL};
    struct rig r;
    char path[4096], script[128];
    const char *old = getenv("PATH");
    (void)unused;
    rig_init(&r);
    rig_write(&r, "systemctl", systemctl);
    snprintf(script, sizeof script, "%s/systemctl", r.dir);
    assert_int_equal(chmod(script, 0755), 0);
    snprintf(path, sizeof path, "%s:%s", r.dir, old);
    setenv("PATH", path, 1);
    setenv("CHILD", r.child, 1);
    rig_start(&r, args);
    assert_true(rig_has_state(&r, "stopped"));
    assert_string_equal(rig_text(&r, "backend"), "systemd-user");
    rig_do(&r, "manager.start", NULL);
    assert_true(rig_has_state(&r, "attached"));
    assert_true(has_order(&r, "--user --no-block start goxel-daemon.service"));
    pid_t pid = rig_ask(&r);
    assert_true(pid > 0);
    RIG_WAIT(rig_pid(&r) == pid);
    /* It is restarted by systemd, or not at all. */
    rig_do(&r, "manager.restart", NULL);
    assert_true(has_order(&r, "restart goxel-daemon.service"));
    /* The answer comes when the new one serves. */
    pid_t next = rig_ask(&r);
    assert_true(next > 0 && next != pid);
    assert_true(rig_has_state(&r, "attached") && rig_pid(&r) == next);
    /* A reload has systemd's answer. */
    rig_do(&r, "manager.reload", NULL);
    assert_true(has_order(&r, "--user reload goxel-daemon.service"));
    rig_write(&r, "refuse", "");
    assert_null(rig_call(&r, "manager.reload", NULL));
    assert_non_null(strstr(r.err.text, "journalctl --user -u goxel-daemon"));
    rig_do(&r, "manager.stop", NULL);
    assert_true(rig_has_state(&r, "stopped"));
    assert_true(has_order(&r, "stop goxel-daemon.socket"));
    assert_true(has_order(&r, "stop goxel-daemon.service"));
    assert_int_equal(rig_count_events(&r, "started"), 0);
    rig_do(&r, "manager.shutdown", NULL);
    assert_int_equal(rig_wait_exit(&r), 0);
    gox_client_close(r.client);
    setenv("PATH", old, 1);
    gox_test_dir_remove(r.dir);
}

static void auto_says_why(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, NULL);
    assert_string_equal(rig_text(&r, "backend"), "builtin");
    assert_true(strlen(rig_text(&r, "backend_reason")) > 10);
    rig_stop(&r);
}

/* How many children a process has; *first gets one of them. */
static int list_children(pid_t pid, pid_t *first)
{
    char path[64];
    int child, count = 0;
    snprintf(
            path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; fscanf(f, "%d", &child) == 1; count++)
        *first = child;
    fclose(f);
    return count;
}

/* In a process namespace of its own the manager is process 1 and reaps what
 * loses its parent; needs root. */
static void reaps_as_process_1(void **unused)
{
    struct rig r;
    char program[512], hook[256], path[128];
    (void)unused;
    rig_init(&r);
    if (system("unshare --pid --fork --mount-proc true 2>/dev/null") != 0) {
        print_message("skipped: no right to make a process namespace\n");
        gox_test_dir_remove(r.dir);
        return;
    }
    snprintf(program, sizeof program, "%s/goxel-manager", rig_bin_dir());
    /* Each leaves an orphan behind, which loses its parent while it runs. */
    snprintf(hook, sizeof hook, "ready=(sleep 0.01 &); echo x >>%s/hooks",
            r.dir);
    snprintf(path, sizeof path, "%s/hooks", r.dir);
    r.pid = fork();
    if (r.pid == 0) {
        execlp("unshare", "unshare", "--pid", "--fork", "--mount-proc",
                "--kill-child", program, "--socket", r.socket, "--state-dir",
                r.state, "--daemon", r.child, "--hook", hook, NULL);
        _exit(127);
    }
    rig_connect(&r);
    rig_wait_state(&r, "running");
    assert_int_equal(rig_number(&r, "manager.pid"), 1);
    for (int k = 0; k < 20; k++)
        rig_do(&r, "manager.restart", NULL);
    struct stat st;
    RIG_WAIT(stat(path, &st) == 0 && st.st_size >= 2 * 10);
    /* At last the daemon is its only child, living or dead. */
    pid_t manager = 0, ignored;
    assert_int_equal(list_children(r.pid, &manager), 1);
    RIG_WAIT(list_children(manager, &ignored) == 1);
    rig_do(&r, "manager.shutdown", NULL);
    assert_int_equal(rig_wait_exit(&r), 0);
    gox_client_close(r.client);
    gox_test_dir_remove(r.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(systemd_gets_the_orders),
            cmocka_unit_test(auto_says_why),
            cmocka_unit_test(reaps_as_process_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
