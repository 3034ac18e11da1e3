/* SPDX-License-Identifier: Apache-2.0
 * The daemon of a test and the calls to it. */
#include "daemon/api_client.h"

#include "base/time.h"
#include "daemon/api_check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

/* Between two looks at something that cannot be polled. */
static void pause_shortly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
}

/* ---- JSON from text ---- */

static json_t *vjson(const char *fmt, va_list args)
{
    char *text = NULL;
    json_error_t error;
    assert_true(vasprintf(&text, fmt, args) >= 0);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value == NULL)
        fail_msg("the test's own text is no JSON: %s: %s", error.text, text);
    free(text);
    return value;
}

json_t *api_json(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *value = vjson(fmt, args);
    va_end(args);
    return value;
}

/* ---- the daemon ---- */

#define MAX_ARGS 24

struct command {
    char program[4096], renders[128], limit[16];
    char *argv[MAX_ARGS];
    size_t count;
};

static void add_arg(struct command *cmd, const char *arg)
{
    assert_true(cmd->count + 1 < MAX_ARGS);
    cmd->argv[cmd->count++] = (char *)(uintptr_t)arg;
    cmd->argv[cmd->count] = NULL;
}

static void make_command(struct command *cmd, const struct api *api,
        const struct api_options *opts)
{
    static char limiter[] = "ulimit -f \"$0\" && exec \"$@\"";
    const char *bin = getenv("GOX_BIN_DIR");
    if (bin == NULL)
        fail_msg("GOX_BIN_DIR must name the directory of goxel-daemon");
    snprintf(cmd->program, sizeof cmd->program, "%s/goxel-daemon", bin);
    snprintf(cmd->renders, sizeof cmd->renders, "%s/renders", api->dir);
    snprintf(cmd->limit, sizeof cmd->limit, "%d", opts->file_limit_blocks);
    if (opts->file_limit_blocks > 0) {
        add_arg(cmd, "/bin/sh");
        add_arg(cmd, "-c");
        add_arg(cmd, limiter);
        add_arg(cmd, cmd->limit);
    }
    add_arg(cmd, cmd->program);
    add_arg(cmd, "--log-level=error");
    add_arg(cmd, "--data-dir");
    add_arg(cmd, api->dir);
    add_arg(cmd, "--render-dir");
    add_arg(cmd, cmd->renders);
    if (opts->on_socket) {
        add_arg(cmd, "--socket");
        add_arg(cmd, api->socket);
    } else {
        add_arg(cmd, "--stdio");
    }
    for (size_t i = 0; opts->args[i] != NULL; i++)
        add_arg(cmd, opts->args[i]);
}

static void spawn(struct api *api, struct command *cmd, int fd)
{
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    for (int i = 0; i < 2 && fd >= 0; i++)
        assert_int_equal(posix_spawn_file_actions_adddup2(&actions, fd, i), 0);
    int rc = posix_spawn(
            &api->pid, cmd->argv[0], &actions, NULL, cmd->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        fail_msg("%s: %s", cmd->argv[0], strerror(rc));
}

static gox_client *connect_to(const char *path)
{
    struct gox_error err = {0};
    int64_t end_ns = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    gox_client *client;
    while ((client = gox_client_connect(path, API_LIMIT_MS, &err)) == NULL) {
        if (gox_time_now_ns() > end_ns)
            fail_msg("cannot connect: %s", err.text);
        pause_shortly();
    }
    return client;
}

static void on_notice(void *ctx, const char *method, const json_t *params)
{
    struct api *api = ctx;
    json_array_append_new(api->notices,
            json_pack("{s:s,s:o}", "method", method, "params",
                    params != NULL ? json_deep_copy(params) : json_null()));
}

static void add_row(json_t *methods, json_t *row)
{
    size_t i;
    json_t *alias;
    json_object_set(
            methods, json_string_value(json_object_get(row, "name")), row);
    json_array_foreach(json_object_get(row, "x-aliases"), i, alias)
            json_object_set(methods, json_string_value(alias), row);
}

static void begin_talk(struct api *api)
{
    size_t i;
    json_t *row, *document;
    api->notices = json_array();
    api->methods = json_object();
    gox_client_on_notification(api->client, on_notice, api);
    assert_int_equal(gox_client_call(api->client, "rpc.discover", NULL,
                             API_LIMIT_MS, &document, NULL),
            0);
    json_array_foreach(json_object_get(document, "methods"), i, row)
            add_row(api->methods, row);
    json_decref(document);
}

void api_start(struct api *api, const struct api_options *opts)
{
    static const struct api_options none = {0};
    struct command cmd = {.count = 0};
    int ends[2] = {-1, -1};
    *api = (struct api){0};
    opts = opts != NULL ? opts : &none;
    gox_test_dir(api->dir);
    if (opts->on_socket)
        snprintf(api->socket, sizeof api->socket, "%s/socket", api->dir);
    make_command(&cmd, api, opts);
    if (!opts->on_socket)
        assert_int_equal(
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    spawn(api, &cmd, ends[1]);
    if (opts->on_socket) {
        api->client = connect_to(api->socket);
    } else {
        close(ends[1]);
        api->client = gox_client_from_fd(ends[0], NULL);
    }
    assert_non_null(api->client);
    begin_talk(api);
}

void api_join(struct api *api, const struct api *owner)
{
    *api = (struct api){0};
    api->client = connect_to(owner->socket);
    begin_talk(api);
}

/* Waits for the exit of the own daemon, and kills it after the limit. */
static int wait_exit(pid_t pid)
{
    int status;
    int64_t end_ns = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (gox_time_now_ns() > end_ns)
            kill(pid, SIGKILL);
        pause_shortly();
    }
    return status;
}

void api_stop(struct api *api)
{
    int status = 0;
    gox_client_close(api->client);
    if (api->pid > 0) {
        if (api->socket[0] != '\0' && !api->is_ending)
            kill(api->pid, SIGTERM);
        status = wait_exit(api->pid);
        gox_test_dir_remove(api->dir);
    }
    json_decref(api->methods);
    json_decref(api->notices);
    *api = (struct api){0};
    assert_int_equal(status, 0);
}

/* ---- groups of tests ---- */

static int start_group(void **state, const struct api_options *opts)
{
    struct api *api = calloc(1, sizeof *api);
    if (api == NULL)
        return -1;
    *state = api;
    api_start(api, opts);
    return 0;
}

int api_group_start(void **state)
{
    return start_group(state, NULL);
}

int api_group_start_socket(void **state)
{
    return start_group(state, &(struct api_options){.on_socket = true});
}

int api_group_stop(void **state)
{
    api_stop(*state);
    free(*state);
    return 0;
}

int api_new_project(void **state)
{
    struct api *api = *state;
    api_do(api, "goxel.create_project", "['test %u']", api->project_count++);
    return 0;
}

/* ---- calls ---- */

static int call(struct api *api, const char *method, json_t *own_params,
        json_t **result)
{
    struct gox_error err = {0};
    *result = NULL;
    int rc = gox_client_call(
            api->client, method, own_params, API_LIMIT_MS, result, &err);
    if (rc < 0 && gox_client_get_error(api->client) == NULL)
        fail_msg("%s: no answer: %s", method, err.text);
    json_decref(own_params);
    return rc;
}

static json_t *succeed(struct api *api, const char *method, json_t *own_params)
{
    json_t *result;
    char *shown = json_dumps(own_params, JSON_ENCODE_ANY);
    if (call(api, method, own_params, &result) < 0) {
        char *error = json_dumps(gox_client_get_error(api->client), 0);
        fail_msg("%s %.300s failed: %s", method, shown, error);
    }
    free(shown);
    api_check_result(api->methods, method, result);
    return result;
}

json_t *api_call_json(struct api *api, const char *method, json_t *own_params)
{
    return succeed(api, method, own_params);
}

json_t *api_call(struct api *api, const char *method, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *params = fmt != NULL ? vjson(fmt, args) : NULL;
    va_end(args);
    return succeed(api, method, params);
}

void api_do(struct api *api, const char *method, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *params = fmt != NULL ? vjson(fmt, args) : NULL;
    va_end(args);
    json_decref(succeed(api, method, params));
}

json_int_t api_int(struct api *api, const char *member, const char *method,
        const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *params = fmt != NULL ? vjson(fmt, args) : NULL;
    va_end(args);
    json_t *result = succeed(api, method, params);
    json_t *value = json_object_get(result, member);
    if (!json_is_integer(value))
        fail_msg("%s: the result has no integer %s", method, member);
    json_int_t number = json_integer_value(value);
    json_decref(result);
    return number;
}

static const json_t *fail_call(
        struct api *api, int code, const char *method, json_t *own_params)
{
    json_t *result;
    char *shown = json_dumps(own_params, JSON_ENCODE_ANY);
    if (call(api, method, own_params, &result) >= 0) {
        char *text = json_dumps(result, JSON_ENCODE_ANY);
        fail_msg("%s %.300s succeeded: %.300s", method, shown, text);
    }
    const json_t *error = gox_client_get_error(api->client);
    json_int_t got = json_integer_value(json_object_get(error, "code"));
    if (got != code) {
        char *text = json_dumps(error, 0);
        fail_msg("%s %.300s: expected %d, got %s", method, shown, code, text);
    }
    free(shown);
    return error;
}

const json_t *api_fail(
        struct api *api, int code, const char *method, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *params = fmt != NULL ? vjson(fmt, args) : NULL;
    va_end(args);
    return fail_call(api, code, method, params);
}

void api_expect(const json_t *got, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *expected = vjson(fmt, args);
    va_end(args);
    api_check_has(got, expected);
    json_decref(expected);
}

void api_expect_message(const json_t *error, const char *text)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    if (message == NULL || strstr(message, text) == NULL)
        fail_msg("\"%s\" is not in the message \"%s\"", text,
                message != NULL ? message : "");
}

static void run_step(struct api *api, const struct api_step *step)
{
    json_t *params = step->params != NULL ? api_json("%s", step->params) : NULL;
    if (step->code != 0) {
        const json_t *error = fail_call(api, step->code, step->method, params);
        if (step->expect != NULL)
            api_expect(error, "%s", step->expect);
        return;
    }
    json_t *result = succeed(api, step->method, params);
    if (step->expect != NULL)
        api_expect(result, "%s", step->expect);
    json_decref(result);
}

void api_run(struct api *api, const struct api_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        api_check_note("step %zu, %s %s", i, steps[i].method,
                steps[i].params != NULL ? steps[i].params : "");
        run_step(api, &steps[i]);
    }
    api_check_note("%s", "");
}

bool api_wait_notices(struct api *api, size_t count)
{
    int64_t end_ns = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (json_array_size(api->notices) < count) {
        struct pollfd pfd = {.fd = gox_client_get_fd(api->client),
                .events = gox_client_get_events(api->client)};
        if (gox_time_now_ns() > end_ns || poll(&pfd, 1, API_LIMIT_MS) <= 0 ||
                gox_client_dispatch(api->client, NULL) < 0)
            return false;
    }
    return true;
}

bool api_poll_int(struct api *api, const char *member, const char *method,
        json_int_t value)
{
    int64_t end_ns = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (api_int(api, member, method, NULL) != value) {
        if (gox_time_now_ns() > end_ns)
            return false;
        pause_shortly();
    }
    return true;
}

/* ---- files ---- */

void api_path(const struct api *api, char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", api->dir, name);
}

void api_write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

char *api_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot read %s", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *data = malloc((size_t)size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, file), size);
    fclose(file);
    data[size] = '\0';
    *len = (size_t)size;
    return data;
}
