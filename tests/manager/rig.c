/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

int64_t rig_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void rig_pause(void)
{
    poll(NULL, 0, 1);
}

const char *rig_bin_dir(void)
{
    const char *dir = getenv("GOX_BIN_DIR");
    return dir != NULL ? dir : "build/bin";
}

static void init(struct rig *r, const char *program)
{
    *r = (struct rig){.pid = 0};
    gox_test_dir(r->dir);
    snprintf(r->socket, sizeof r->socket, "%s/d.sock", r->dir);
    snprintf(r->control, sizeof r->control, "%s.ctl", r->socket);
    snprintf(r->state, sizeof r->state, "%s/state", r->dir);
    snprintf(r->log, sizeof r->log, "%s/manager.log", r->dir);
    snprintf(r->child, sizeof r->child, "%s/%s", rig_bin_dir(), program);
}

void rig_init(struct rig *r)
{
    init(r, "test_manager_child");
}

void rig_init_real(struct rig *r)
{
    init(r, "goxel-daemon");
}

void rig_spawn(struct rig *r, const char *const *more)
{
    char program[512];
    const char *argv[64] = {program, "--socket", r->socket, "--state-dir",
            r->state, "--daemon", r->child, "--verbose"};
    size_t n = 8;
    for (size_t k = 0; more != NULL && more[k] != NULL; k++)
        argv[n++] = more[k];
    assert_true(n < 63);
    snprintf(program, sizeof program, "%s/goxel-manager", rig_bin_dir());
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid > 0)
        return;
    /* A check that fails leaves nothing behind when the test program ends. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int fd = open(r->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    setenv("XDG_CONFIG_HOME", r->dir, 1);
    setenv("XDG_STATE_HOME", r->dir, 1);
    setenv("XDG_RUNTIME_DIR", r->dir, 1);
    setenv("GOXEL_PATHS_DATA_DIR", r->dir, 1);
    union {
        const char **texts;
        char **args;
    } args = {argv};
    execv(program, args.args);
    _exit(127);
}

static bool has_ended(struct rig *r)
{
    int status;
    if (r->pid == 0)
        return true;
    if (waitpid(r->pid, &status, WNOHANG) != r->pid)
        return false;
    r->exit_code =
            WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    r->pid = 0;
    return true;
}

int rig_wait_exit(struct rig *r)
{
    RIG_WAIT(has_ended(r));
    return r->exit_code;
}

static bool try_connect(struct rig *r)
{
    r->client = gox_client_connect(r->control, 1000, &r->err);
    return r->client != NULL;
}

static void show_log(struct rig *r)
{
    char line[2000];
    FILE *f = fopen(r->log, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
}

void rig_connect(struct rig *r)
{
    gox_client_close(r->client);
    r->client = NULL;
    int64_t end = rig_now_us() + RIG_LIMIT_MS * INT64_C(1000);
    while (!try_connect(r)) {
        if (has_ended(r) || rig_now_us() > end) {
            show_log(r);
            fail_msg(
                    "the manager does not listen (exit code %d)", r->exit_code);
        }
        rig_pause();
    }
}

void rig_start(struct rig *r, const char *const *more)
{
    rig_spawn(r, more);
    rig_connect(r);
}

void rig_kill(struct rig *r, int signal_number)
{
    gox_client_close(r->client);
    r->client = NULL;
    assert_int_equal(kill(r->pid, signal_number), 0);
    rig_wait_exit(r);
}

json_t *rig_call(struct rig *r, const char *method, const char *params)
{
    json_t *in = params != NULL ? json_loads(params, 0, NULL) : NULL;
    json_t *out = NULL;
    if (params != NULL)
        assert_non_null(in);
    r->err.code = 0;
    int code =
            gox_client_call(r->client, method, in, RIG_LIMIT_MS, &out, &r->err);
    json_decref(in);
    return code < 0 ? NULL : out;
}

void rig_do(struct rig *r, const char *method, const char *params)
{
    json_t *result = rig_call(r, method, params);
    if (result == NULL) {
        show_log(r);
        fail_msg("%s: %s", method, r->err.text);
    }
    json_decref(result);
}

static const json_t *find(const json_t *value, const char *path)
{
    char part[64];
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)len, path);
        value = json_object_get(value, part);
        path += len + (path[len] == '.');
    }
    return value;
}

int64_t rig_number(struct rig *r, const char *path)
{
    json_t *status = rig_call(r, "manager.status", NULL);
    if (status == NULL) {
        show_log(r);
        fail_msg("no status: %s", r->err.text);
    }
    int64_t number = json_integer_value(find(status, path));
    json_decref(status);
    return number;
}

const char *rig_text(struct rig *r, const char *path)
{
    static char text[512];
    json_t *status = rig_call(r, "manager.status", NULL);
    if (status == NULL) {
        show_log(r);
        fail_msg("no status: %s", r->err.text);
    }
    const char *found = json_string_value(find(status, path));
    snprintf(text, sizeof text, "%s", found != NULL ? found : "");
    json_decref(status);
    return text;
}

bool rig_has_state(struct rig *r, const char *state)
{
    return strcmp(rig_text(r, "state"), state) == 0;
}

void rig_wait_state(struct rig *r, const char *state)
{
    int64_t end = rig_now_us() + RIG_LIMIT_MS * INT64_C(1000);
    while (!rig_has_state(r, state)) {
        if (rig_now_us() > end) {
            show_log(r);
            fail_msg("it is %s, not %s", rig_text(r, "state"), state);
        }
        rig_pause();
    }
}

pid_t rig_pid(struct rig *r)
{
    return (pid_t)rig_number(r, "pid");
}

static json_t *events_of(struct rig *r, const char *kind)
{
    char params[128];
    snprintf(
            params, sizeof params, "{\"types\":[\"%s\"],\"last\":10000}", kind);
    json_t *result = rig_call(r, "manager.events", params);
    assert_non_null(result);
    return result;
}

size_t rig_count_events(struct rig *r, const char *kind)
{
    json_t *result = events_of(r, kind);
    size_t count = json_array_size(json_object_get(result, "events"));
    json_decref(result);
    return count;
}

json_t *rig_wait_event(struct rig *r, const char *kind)
{
    RIG_WAIT(rig_count_events(r, kind) > 0);
    json_t *result = events_of(r, kind);
    json_t *list = json_object_get(result, "events");
    json_t *last = json_array_get(list, json_array_size(list) - 1);
    json_incref(last);
    json_decref(result);
    return last;
}

pid_t rig_ask(struct rig *r)
{
    static const char request[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.health\"}\n";
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char text[8192];
    size_t len = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    long pid = 0;
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", r->socket);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0 &&
            send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        while (len < sizeof text - 1 && poll(&p, 1, 1000) > 0) {
            ssize_t got = read(fd, text + len, sizeof text - 1 - len);
            if (got <= 0)
                break;
            len += (size_t)got;
            text[len] = '\0';
            const char *at = strstr(text, "\"pid\":");
            if (memchr(text, '\n', len) != NULL && at != NULL) {
                pid = strtol(at + 6, NULL, 10);
                break;
            }
        }
    }
    close(fd);
    return (pid_t)pid;
}

void rig_write(struct rig *r, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

bool rig_is_alive(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    const char *at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' && at[2] != 'Z' && at[2] != 'X';
}

void rig_stop(struct rig *r)
{
    pid_t pid = rig_pid(r);
    bool is_ours = strcmp(rig_text(r, "backend"), "builtin") == 0;
    rig_do(r, "manager.shutdown", NULL);
    assert_int_equal(rig_wait_exit(r), 0);
    gox_client_close(r->client);
    if (pid > 0 && is_ours)
        assert_false(rig_is_alive(pid));
    assert_int_not_equal(access(r->control, F_OK), 0);
    gox_test_dir_remove(r->dir);
}
