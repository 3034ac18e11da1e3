/* SPDX-License-Identifier: Apache-2.0
 * Tasks: a call that takes long is answered with an id at once; the client
 * asks for the outcome later, gives input that is missing, or cancels.
 *
 * Invariants: a task has its call exactly while it works or waits for input;
 * its outcome is kept for TTL_MS after the end, and no longer. */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/server_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define TTL_MS    (10 * 60 * 1000)
#define POLL_MS   500
#define MAX_TASKS 1000

bool gox_mcp_can_task(const struct gox_mcp_call *call)
{
    return call->is_modern && call->task == NULL &&
           gox_mcp_client_has(call, GOX_MCP_TASKS);
}

static void free_task(struct gox_mcp_task *task)
{
    json_decref(task->requests);
    json_decref(task->responses);
    gox_buf_fini(&task->outcome);
    gox_free(task);
}

void gox__mcp_tasks_expire(gox_mcp_server *server, bool all)
{
    struct gox_mcp_task **at = &server->tasks;
    int64_t limit = gox_time_now_ns() - TTL_MS * GOX_NS_PER_MS;
    while (*at != NULL) {
        struct gox_mcp_task *task = *at;
        if (!all && (task->call != NULL || task->done_at_ns > limit)) {
            at = &task->next;
            continue;
        }
        *at = task->next;
        server->task_count--;
        if (task->call != NULL)
            task->call->task = NULL;
        free_task(task);
    }
}

static const char *const STATUS[] = {
        "working", "input_required", "completed", "failed", "cancelled"};

static void put_time(struct gox_writer *w, const char *key, int64_t wall_ms)
{
    char text[GOX_TIME_TEXT_BYTES];
    gox_time_format(wall_ms, text);
    gox_writer_string(w, key, text);
}

static void put_task(struct gox_writer *w, const struct gox_mcp_task *task)
{
    gox_writer_string(w, "taskId", task->id);
    gox_writer_string(w, "status", STATUS[task->status]);
    if (task->message[0] != '\0')
        gox_writer_string(w, "statusMessage", task->message);
    put_time(w, "createdAt", task->created_ms);
    put_time(w, "lastUpdatedAt", task->updated_ms);
    gox_writer_int(w, "ttlMs", TTL_MS);
    gox_writer_int(w, "pollIntervalMs", POLL_MS);
}

static void move(struct gox_mcp_task *task, enum gox__mcp_task_status status)
{
    task->status = status;
    task->updated_ms = gox_time_wall_ms();
    task->done_at_ns = gox_time_now_ns();
}

static bool new_id(char id[33])
{
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static void send_created(struct gox_mcp_call *call)
{
    struct gox_buf line;
    struct gox_writer w;
    gox_buf_init(&line, 0);
    gox_writer_init(&w, &line);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "jsonrpc", "2.0");
    gox_writer_raw(&w, "id", (const char *)call->id.data, call->id.len);
    gox_writer_object(&w, "result");
    gox_writer_string(&w, "resultType", "task");
    put_task(&w, call->task);
    gox_writer_object(&w, "_meta");
    gox__mcp_put_info(&w, GOX__MCP_META_INFO, call->server->registry, false);
    gox_writer_end_object(&w);
    gox_writer_end_object(&w);
    gox_writer_end_object(&w);
    if (call->sink.send != NULL && gox_buf_error(&line) == 0)
        call->sink.send(
                call->sink.ctx, (const char *)line.data, line.len, true, 200);
    gox_buf_fini(&line);
}

void gox_mcp_make_task(struct gox_mcp_call *call, const char *message)
{
    gox_mcp_server *server = call->server;
    struct gox_mcp_task *task;
    gox__mcp_tasks_expire(server, false);
    /* Without room for another the call stays an ordinary one. */
    if (call->task != NULL || server->task_count >= MAX_TASKS)
        return;
    task = gox_calloc(1, sizeof *task);
    if (task == NULL || !new_id(task->id)) {
        gox_free(task);
        return;
    }
    gox_buf_init(&task->outcome, 0);
    snprintf(task->message, sizeof task->message, "%s",
            message != NULL ? message : "");
    task->created_ms = gox_time_wall_ms();
    move(task, GOX__MCP_WORKING);
    task->call = call;
    task->next = server->tasks;
    server->tasks = task;
    server->task_count++;
    call->task = task;
    send_created(call);
    call->sink.send = NULL;
}

void gox__mcp_task_done(struct gox_mcp_call *call)
{
    struct gox_mcp_task *task = call->task;
    if (call->error_code != 0)
        gox__mcp_put_error(call, &task->outcome);
    else
        gox__mcp_put_result(call, &task->outcome);
    task->message[0] = '\0';
    move(task, call->error_code != 0 ? GOX__MCP_FAILED : GOX__MCP_COMPLETED);
    if (gox_buf_error(&task->outcome) != 0) {
        gox_buf_fini(&task->outcome);
        gox_buf_init(&task->outcome, 0);
        gox_buf_put_str(&task->outcome,
                "{\"code\":-32603,\"message\":\"out of memory\"}");
        move(task, GOX__MCP_FAILED);
    }
}

void gox_mcp_task_ask(struct gox_mcp_call *call, json_t *own_requests,
        void (*fn)(struct gox_mcp_call *call, const json_t *responses))
{
    struct gox_mcp_task *task = call->task;
    json_decref(task->requests);
    json_decref(task->responses);
    task->requests = own_requests;
    task->responses = json_object();
    task->fn = fn;
    move(task, GOX__MCP_INPUT_REQUIRED);
}

/* The task that the request names, which must be one of ours. */
static struct gox_mcp_task *find(struct gox_mcp_call *call)
{
    const char *id = json_string_value(json_object_get(call->params, "taskId"));
    struct gox_mcp_task *task = call->server->tasks;
    if (!gox_mcp_client_has(call, GOX_MCP_TASKS)) {
        (void)gox_mcp_lacks(call, GOX_MCP_TASKS);
        return NULL;
    }
    gox__mcp_tasks_expire(call->server, false);
    for (task = call->server->tasks; id != NULL && task; task = task->next)
        if (strcmp(task->id, id) == 0)
            return task;
    (void)gox_mcp_refuse(call, -32602, NULL,
            "there is no task \"%.80s\"; the outcome of a task is kept for %d "
            "minutes",
            id != NULL ? id : "", TTL_MS / 60000);
    return NULL;
}

int gox__mcp_tasks_get(struct gox_mcp_call *call)
{
    struct gox_mcp_task *task = find(call);
    struct gox_writer w;
    if (task == NULL)
        return GOX_MCP_DONE;
    gox_writer_init(&w, &call->extra);
    put_task(&w, task);
    if (task->status == GOX__MCP_INPUT_REQUIRED)
        gox__mcp_put_json(&w, "inputRequests", task->requests);
    if (task->status == GOX__MCP_COMPLETED || task->status == GOX__MCP_FAILED)
        gox_writer_raw(&w, task->status == GOX__MCP_FAILED ? "error" : "result",
                (const char *)task->outcome.data, task->outcome.len);
    return GOX_MCP_DONE;
}

int gox__mcp_tasks_update(struct gox_mcp_call *call)
{
    struct gox_mcp_task *task = find(call);
    json_t *given = json_object_get(call->params, "inputResponses");
    const char *key;
    json_t *value;
    if (task == NULL)
        return GOX_MCP_DONE;
    if (!json_is_object(given))
        return gox_mcp_refuse(call, -32602, NULL,
                "tasks/update needs \"inputResponses\", an object");
    if (task->status != GOX__MCP_INPUT_REQUIRED)
        return GOX_MCP_DONE;
    json_object_foreach(given, key, value)
    {
        if (json_object_get(task->requests, key) == NULL)
            continue;
        json_object_set(task->responses, key, value);
        json_object_del(task->requests, key);
    }
    move(task, GOX__MCP_INPUT_REQUIRED);
    if (json_object_size(task->requests) > 0)
        return GOX_MCP_DONE;
    move(task, GOX__MCP_WORKING);
    task->fn(task->call, task->responses);
    return GOX_MCP_DONE;
}

int gox__mcp_tasks_cancel(struct gox_mcp_call *call)
{
    struct gox_mcp_task *task = find(call);
    struct gox_mcp_call *work = task != NULL ? task->call : NULL;
    if (work == NULL)
        return GOX_MCP_DONE;
    move(task, GOX__MCP_CANCELLED);
    gox__mcp_cancel(work);
    return GOX_MCP_DONE;
}
