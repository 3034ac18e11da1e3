/* SPDX-License-Identifier: Apache-2.0
 * Daemons that die, and the disks under them. */
#include "daemon/durability.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SUFFIX ".goxdb"

void durable_kill(struct wire *w)
{
    int status;
    assert_int_equal(kill(w->pid, SIGKILL), 0);
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
    if (!WIFSIGNALED(status))
        fail_msg("the daemon had ended by itself, status %d", status);
    w->pid = 0;
}

void durable_restart(struct wire *w, const char *const *args)
{
    durable_kill(w);
    wire_start_in(w, args);
}

void durable_join(struct api *api, const struct wire *w)
{
    struct api owner = {0};
    snprintf(owner.socket, sizeof owner.socket, "%s", w->socket);
    api_join(api, &owner);
}

long durable_number(const char *name, long fallback)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtol(text, NULL, 10) : fallback;
}

/* ---- files ---- */

void durable_file(char path[200], const char *data, const char *name)
{
    snprintf(path, 200, "%s/projects/%s" SUFFIX, data, name);
}

bool durable_is_same(const char *path, const char *other)
{
    size_t len, other_len;
    char *a = api_read_file(path, &len);
    char *b = api_read_file(other, &other_len);
    bool is_same = len == other_len && memcmp(a, b, len) == 0;
    free(a);
    free(b);
    return is_same;
}

static int take_answer(void *ctx, int count, char **values, char **names)
{
    (void)names;
    snprintf(ctx, 200, "%s",
            count > 0 && values[0] != NULL ? values[0] : "nothing");
    return 0;
}

static void check_file(const char *path)
{
    char answer[200] = "nothing", *message = NULL;
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(
                db, "PRAGMA integrity_check", take_answer, answer, &message);
    if (rc != SQLITE_OK || strcmp(answer, "ok") != 0)
        fail_msg("integrity_check of %s: %s", path,
                message != NULL ? message : answer);
    sqlite3_close(db);
}

void durable_check_files(const char *data, const char *scratch)
{
    char command[500], path[400];
    snprintf(command, sizeof command,
            "rm -rf '%s' && mkdir '%s' && cp '%s'/projects/*" SUFFIX "* '%s'",
            scratch, scratch, data, scratch);
    assert_int_equal(system(command), 0);
    DIR *dir = opendir(scratch);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *end = strrchr(e->d_name, '.');
        if (end == NULL || strcmp(end, SUFFIX) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", scratch, e->d_name);
        check_file(path);
    }
    closedir(dir);
}

/* ---- what a project holds ---- */

json_t *durable_take_state(struct api *api, const char *project)
{
    json_t *history = api_call(
            api, "goxel.history", "{'project':'%s','limit':1000}", project);
    json_t *voxels = api_call(api, "goxel.get_voxels_region",
            "{'project':'%s','min':[-100,-100,-100],'max':[400,400,400],"
            "'limit':100000}",
            project);
    json_object_del(history, "bytes");
    return json_pack("{s:o,s:o}", "history", history, "voxels", voxels);
}

void durable_expect_state(
        struct api *api, const char *project, const json_t *expected)
{
    json_t *got = durable_take_state(api, project);
    if (!json_equal(got, expected)) {
        char *a = json_dumps(got, JSON_SORT_KEYS);
        char *b = json_dumps(expected, JSON_SORT_KEYS);
        fail_msg("\"%s\" holds %.400s\ninstead of %.400s", project, a, b);
    }
    json_decref(got);
}

/* Kills, starts again: all is the same. */
void durable_expect_after_restart(struct api *api, struct wire *w,
        const char *const *args, const char *project)
{
    json_t *before = durable_take_state(api, project);
    api_stop(api);
    durable_restart(w, args);
    durable_join(api, w);
    durable_expect_state(api, project, before);
    json_decref(before);
}

/* An edit of count voxels of colours that do not compress. */
json_t *durable_many_voxels(const char *project, int count, unsigned seed)
{
    json_t *voxels = json_array();
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        json_array_append_new(voxels,
                json_pack("[i,i,i,i,i,i]", i % 64, i / 64 % 64, i / 4096,
                        (int)(seed >> 24), (int)(seed >> 16 & 255),
                        (int)(seed >> 8 & 255)));
    }
    return json_pack("{s:s,s:o}", "project", project, "voxels", voxels);
}

/* Tries an edit; its error message, "" when it was stored. Borrowed. */
const char *durable_try_edit(struct api *api, const char *method, json_t *own)
{
    json_t *result = NULL;
    struct gox_error err;
    int rc = gox_client_call(
            api->client, method, own, API_LIMIT_MS, &result, &err);
    json_decref(own);
    json_decref(result);
    if (rc == 0)
        return "";
    const json_t *error = gox_client_get_error(api->client);
    if (error == NULL)
        fail_msg("%s: no answer: %s", method, err.text);
    return json_string_value(json_object_get(error, "message"));
}

/* ---- file systems ---- */

bool durable_mount(const char *path, int mib)
{
    char options[32];
    snprintf(options, sizeof options, "size=%dm,mode=700", mib);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    if (mount("none", path, "tmpfs", 0, options) == 0)
        return true;
    print_message("skipped: no right to mount a tmpfs (%s)\n", strerror(errno));
    return false;
}

void durable_unmount(const char *path)
{
    assert_int_equal(umount2(path, MNT_DETACH), 0);
}

/* ---- faults ---- */

struct durable_faults *durable_begin_faults(const char *dir)
{
    char path[200], shim[500];
    const char *build = getenv("GOX_BUILD_DIR");
    snprintf(path, sizeof path, "%s/faults", dir);
    snprintf(shim, sizeof shim, "%s/tests/daemon/libgox_fault_shim.so",
            build != NULL ? build : ".");
    assert_int_equal(access(shim, R_OK), 0);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof(struct durable_faults)), 0);
    struct durable_faults *faults = mmap(
            NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(faults != MAP_FAILED);
    close(fd);
    setenv("GOX_TEST_FAULTS", path, 1);
    setenv("LD_PRELOAD", shim, 1);
    /* The sanitizer wants to be the first library, and need not be. */
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    return faults;
}

void durable_end_faults(struct durable_faults *faults)
{
    unsetenv("LD_PRELOAD");
    unsetenv("ASAN_OPTIONS");
    unsetenv("GOX_TEST_FAULTS");
    munmap(faults, sizeof *faults);
}
