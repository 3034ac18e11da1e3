/* SPDX-License-Identifier: Apache-2.0
 * goxel.execute_script: JavaScript in a process of its own; its editing calls
 * are served here, on a worker, against a private copy of the project.
 *
 * Invariants: the project changes only when the script ended well, as one edit;
 * the process is gone when this returns, whatever the script did. */
#include "daemon/script.h"

#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "platform/child.h"

#include <poll.h>
#include <string.h>

#define MAX_OUTPUT_BYTES (1u << 20)
#define MAX_SCRIPT_BYTES (8u << 20)
/* How often a cancel is looked for while the script computes. */
#define LOOK_MS 20

enum { SCRIPT, PATH, NAME, TIMEOUT, MEMORY };
// clang-format off
static const struct gox_param PARAMS[] = {
        {.name = "script", .type = GOX_PARAM_STRING,
         .help = "JavaScript (ES5); goxel.METHOD(params) edits, print() and "
                 "console.log() write output, the last value is the result"},
        {.name = "path", .type = GOX_PARAM_STRING,
         .help = "file to read the script from, instead of script"},
        {.name = "name", .type = GOX_PARAM_STRING, .fallback = "\"script\"",
         .help = "label of the edit in the history"},
        {.name = "timeout_ms", .type = GOX_PARAM_INT, .fallback = "30000",
         .min = 1, .max = 300000, .help = "the script is ended after this"},
        {.name = "memory_mb", .type = GOX_PARAM_INT, .fallback = "64",
         .min = 1, .max = 1024, .help = "memory that the script may take (MiB)"},
};
// clang-format on

struct script_job {
    struct gox_buf source, output, result, message, frame;
    bool has_thrown;
    int64_t deadline_at_ns;
    char label[64];
};

static void drop_script(struct gox_call *call)
{
    struct script_job *job = call->state;
    gox_buf_fini(&job->source);
    gox_buf_fini(&job->output);
    gox_buf_fini(&job->result);
    gox_buf_fini(&job->message);
    gox_buf_fini(&job->frame);
}

static int execute_script(struct gox_call *call)
{
    bool has_script = gox_call_has(call, SCRIPT);
    if (has_script == gox_call_has(call, PATH))
        return gox_call_fail_param(call, SCRIPT, "script or path",
                has_script ? "script and path are both given"
                           : "neither script nor path is given");
    struct script_job *job = gox_call_alloc(call, sizeof *job);
    if (job == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    gox_buf_init(&job->output, MAX_OUTPUT_BYTES);
    call->state = job;
    const char *name = gox_call_str(call, NAME);
    size_t len = strlen(name);
    memcpy(job->label, name,
            len < sizeof job->label ? len : sizeof job->label - 1);
    int rc = gox_call_take_snapshot(call);
    return rc < 0 ? rc : GOX_CALL_WORK;
}

/* The start frame: limits, then the source. */
static int make_source(struct gox_call *call, struct script_job *job)
{
    struct gox_script_start start = {
            .memory_bytes = (uint64_t)gox_call_int(call, MEMORY) << 20,
            .cpu_seconds = (uint32_t)gox_call_int(call, TIMEOUT) / 1000 + 2};
    gox_buf_put(&job->source, &start, sizeof start);
    if (gox_call_has(call, PATH)) {
        struct gox_input in;
        int rc = gox_call_read_file(call, gox_call_str(call, PATH), &in);
        if (rc < 0)
            return rc;
        gox_buf_put(&job->source, in.data, in.len);
        gox_input_fini(&in);
    } else {
        struct gox_slice text = gox_call_slice(call, SCRIPT);
        gox_buf_put(&job->source, text.data, text.len);
    }
    if (job->source.len > MAX_SCRIPT_BYTES)
        return gox_call_fail(call, GOX_ERR_TOO_LARGE,
                "a script of %zu bytes is too large (at most %u)",
                job->source.len, MAX_SCRIPT_BYTES);
    return gox_buf_error(&job->source) < 0
                   ? gox_call_fail(call, GOX_ERR_NOMEM, "out of memory")
                   : 0;
}

/* Serves one goxel.METHOD(...) of the script. */
static int serve_call(struct gox_call *call, struct script_job *job, int fd)
{
    const char *text = (const char *)job->frame.data;
    size_t name_len = strnlen(text, job->frame.len);
    if (name_len == job->frame.len)
        return GOX_ERR_CLOSED; /* not what our own program sends */
    struct gox_slice method = {text, name_len};
    struct gox_slice params = {
            text + name_len + 1, job->frame.len - name_len - 1};
    struct gox_buf answer;
    struct gox_writer out;
    struct gox_error err = {0};
    gox_buf_init(&answer, GOX_SCRIPT_FRAME_MAX);
    gox_writer_init(&out, &answer);
    int rc = gox_call_sub(call, method, params, NULL, &out, &err);
    if (rc >= 0 && gox_buf_error(&answer) < 0)
        rc = gox_error_set(&err, gox_buf_error(&answer),
                "the answer is too large for a script; ask for less");
    rc = rc < 0 ? gox_script_send(
                          fd, GOX_SCRIPT_REFUSE, err.text, strlen(err.text))
                : gox_script_send(
                          fd, GOX_SCRIPT_ANSWER, answer.data, answer.len);
    gox_buf_fini(&answer);
    return rc;
}

/* Output beyond the limit is dropped and said to be. */
static void keep_output(struct script_job *job)
{
    static const char cut[] = "... (output cut)\n";
    if (job->output.len + job->frame.len + sizeof cut > MAX_OUTPUT_BYTES) {
        if (job->output.max_bytes != 0) {
            job->output.max_bytes = 0;
            gox_buf_put_str(&job->output, cut);
        }
        return;
    }
    gox_buf_put(&job->output, job->frame.data, job->frame.len);
    gox_buf_put_byte(&job->output, '\n');
}

/* Waits until the script says something; 0, or why it must end. */
static int wait_for_frame(
        struct gox_call *call, const struct script_job *job, int fd)
{
    for (;;) {
        int rc = gox_task_check(&call->task, &call->err);
        if (rc < 0)
            return rc;
        if (gox_time_now_ns() > job->deadline_at_ns)
            return gox_call_fail(call, GOX_ERR_TIMEOUT,
                    "the script ran longer than %d ms and was ended; nothing "
                    "was changed",
                    gox_call_int(call, TIMEOUT));
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, LOOK_MS) > 0)
            return 0;
    }
}

/* 1 when the script has ended, 0 to go on. */
static int take_frame(struct gox_call *call, struct script_job *job, int fd)
{
    uint8_t kind = 0;
    int rc = wait_for_frame(call, job, fd);
    if (rc < 0)
        return rc;
    rc = gox_script_receive(fd, &kind, &job->frame);
    if (rc < 0)
        return gox_call_fail(call, GOX_ERR_SCRIPT,
                "the script's process ended before the script; it may have "
                "taken too much memory; nothing was changed");
    switch (kind) {
    case GOX_SCRIPT_CALL:
        rc = serve_call(call, job, fd);
        return rc == GOX_ERR_CLOSED ? 0 : rc; /* the next frame tells */
    case GOX_SCRIPT_PRINT:
        keep_output(job);
        return 0;
    case GOX_SCRIPT_THROW:
        job->has_thrown = true;
        gox_buf_put(&job->message, job->frame.data, job->frame.len);
        return 1;
    case GOX_SCRIPT_RESULT:
        gox_buf_put(&job->result, job->frame.data, job->frame.len);
        return 1;
    default:
        return gox_call_fail(call, GOX_ERR_INTERNAL, "an unknown frame");
    }
}

static int work_script(struct gox_call *call)
{
    struct script_job *job = call->state;
    struct gox_child child;
    int rc = make_source(call, job);
    if (rc == 0)
        rc = gox_child_spawn_self(&child, GOX_SCRIPT_FLAG, &call->err);
    if (rc < 0)
        return rc;
    job->deadline_at_ns =
            gox_time_now_ns() + gox_call_int(call, TIMEOUT) * GOX_NS_PER_MS;
    rc = gox_script_send(
            child.fd, GOX_SCRIPT_RUN, job->source.data, job->source.len);
    if (rc == GOX_ERR_CLOSED)
        rc = 0; /* the next frame tells */
    while (rc == 0)
        rc = take_frame(call, job, child.fd);
    gox_child_end(&child);
    if (rc >= 0 && (gox_buf_error(&job->result) < 0 ||
                           gox_buf_error(&job->output) < 0))
        rc = gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    return rc < 0 ? rc : 0;
}

/* The engine made the JSON, so it is checked like any other text. */
static void put_result(struct gox_call *call, const struct script_job *job)
{
    struct gox_reader r;
    gox_reader_init(&r, (const char *)job->result.data, job->result.len, NULL);
    struct gox_slice value = gox_reader_skip(&r);
    if (gox_reader_end(&r) && gox_reader_error(&r) == 0)
        gox_writer_raw(call->out, "result", value.data, value.len);
    else
        gox_writer_null(call->out, "result");
}

static int finish_script(struct gox_call *call)
{
    struct script_job *job = call->state;
    struct gox_writer *out = call->out;
    if (!job->has_thrown) {
        int rc = gox_call_put_snapshot(call, job->label);
        if (rc < 0)
            return rc;
    }
    gox_writer_object(out, NULL);
    gox_writer_bool(out, "success", !job->has_thrown);
    gox_writer_int(out, "code", job->has_thrown ? 1 : 0);
    gox_writer_text(out, "message",
            job->has_thrown ? (const char *)job->message.data : "",
            job->message.len);
    gox_writer_text(
            out, "output", (const char *)job->output.data, job->output.len);
    put_result(call, job);
    gox_call_put_revision(call);
    gox_writer_end_object(out);
    return 0;
}

// clang-format off
const struct gox_method gox_api_script[] = {
        {.name = "goxel.execute_script", .group = "script",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG, .error = GOX_ERR_SCRIPT,
         GOX_PARAMS(PARAMS),
         .result = "success:bool code:int message:string output:string result:any revision:int",
         .summary = "Runs JavaScript as one edit; when it throws, nothing is changed and success is false.",
         .run = execute_script, .work = work_script, .finish = finish_script,
         .drop = drop_script},
        {.name = NULL},
};
// clang-format on
