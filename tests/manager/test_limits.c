/* SPDX-License-Identifier: Apache-2.0
 * Limits of the kernel on a daemon: with the controllers in the cgroup v2 tree
 * they hold, without them the manager says that they do not. */
#include "rig.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the tree is, "": nowhere. */
static const char *tree(void)
{
    static const char *const places[] = {
            "/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    char path[80];
    for (size_t k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s/cgroup.controllers", places[k]);
        if (access(path, F_OK) == 0)
            return places[k];
    }
    return "";
}

static void read_text(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, size - 1, f) : 0;
    text[n] = '\0';
    if (f != NULL)
        fclose(f);
}

/* Can this process set limits of that kind? */
static bool has_controller(const char *name)
{
    char path[80], text[256];
    snprintf(path, sizeof path, "%s/cgroup.controllers", tree());
    read_text(path, text, sizeof text);
    return geteuid() == 0 && access("/run/systemd/system", F_OK) != 0 &&
           strstr(text, name) != NULL;
}

/* A file of the group that the daemon is in. */
static void read_limit(pid_t pid, const char *name, char *text, size_t size)
{
    char path[400], group[256];
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    read_text(path, group, sizeof group);
    char *at = strstr(group, "0::");
    assert_non_null(at);
    at[strcspn(at, "\n")] = '\0';
    snprintf(path, sizeof path, "%s%s/%s", tree(), at + 3, name);
    read_text(path, text, size);
}

static void is_told(struct rig *r)
{
    json_t *event = rig_wait_event(r, "error");
    const char *text = json_string_value(json_object_get(event, "text"));
    assert_non_null(text);
    assert_non_null(strstr(text, "the daemon runs without these limits"));
    json_decref(event);
    rig_wait_state(r, "running");
}

static void processes_are_limited(void **unused)
{
    struct rig r;
    char text[64];
    const char *args[] = {"--pids-max", "20", NULL};
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    if (has_controller("pids")) {
        rig_wait_state(&r, "running");
        read_limit(rig_pid(&r), "pids.max", text, sizeof text);
        assert_string_equal(text, "20\n");
    } else {
        is_told(&r);
    }
    rig_stop(&r);
}

static void memory_is_limited(void **unused)
{
    struct rig r;
    const char *args[] = {"--memory-max", "64", "--", "--eat", "200", NULL};
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    if (has_controller("memory")) {
        json_t *event = rig_wait_event(&r, "exited");
        assert_string_equal(
                json_string_value(json_object_get(event, "cause")), "oom");
        json_decref(event);
    } else {
        is_told(&r);
    }
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(processes_are_limited),
            cmocka_unit_test(memory_is_limited),
    };
    printf("control groups below \"%s\", pids: %s, memory: %s\n", tree(),
            has_controller("pids") ? "yes" : "no",
            has_controller("memory") ? "yes" : "no");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
