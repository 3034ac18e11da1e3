/* SPDX-License-Identifier: Apache-2.0
 * The script process: one JavaScript engine, one script, one descriptor. It
 * runs apart from the daemon because no engine that Debian has can be stopped
 * from inside: here the daemon kills the process, and whatever a script does to
 * its engine stays in it.
 *
 * Invariant: before the first line of the script runs, the process can open
 * nothing and is limited in memory and processor time. */
#include "daemon/daemon_internal.h"
#include "daemon/script.h"
#include "platform/child.h"

#include <mujs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAEMON_FD STDIN_FILENO
/* Stack, program and libraries, beside what the script may allocate. */
#define BASE_BYTES (UINT64_C(96) << 20)
/* Before each block: its size, so that the sum is known. */
#define HEAD_BYTES 16

struct host {
    js_State *js;
    uint64_t used_bytes, max_bytes;
    struct gox_buf frame;
};

/* The engine asks with an int; a negative or huge size is a refusal. */
static void *allocate(void *ctx, void *ptr, int size)
{
    struct host *host = ctx;
    uint8_t *base = ptr != NULL ? (uint8_t *)ptr - HEAD_BYTES : NULL;
    uint64_t old = 0;
    if (base != NULL)
        memcpy(&old, base, sizeof old);
    if (size == 0) {
        free(base);
        host->used_bytes -= old;
        return NULL;
    }
    uint64_t want = (uint64_t)(unsigned)size + HEAD_BYTES;
    if (size < 0 || host->used_bytes - old + want > host->max_bytes)
        return NULL;
    uint8_t *block = realloc(base, (size_t)want);
    if (block == NULL)
        return NULL;
    memcpy(block, &want, sizeof want);
    host->used_bytes += want - old;
    return block + HEAD_BYTES;
}

/* The daemon is gone, so nobody waits for this process. */
static void send_or_exit(
        enum gox_script_frame kind, const void *data, size_t len)
{
    if (gox_script_send(DAEMON_FD, kind, data, len) < 0)
        _exit(1);
}

static void native_print(js_State *J)
{
    const char *text = js_tostring(J, 1);
    send_or_exit(GOX_SCRIPT_PRINT, text, strlen(text));
    js_pushundefined(J);
}

/* __call(method, json): the daemon's answer as JSON text, or an exception. */
static void native_call(js_State *J)
{
    struct host *host = js_getcontext(J);
    const char *method = js_tostring(J, 1);
    const char *params = js_tostring(J, 2);
    uint8_t kind = 0;
    gox_buf_reset(&host->frame);
    gox_buf_put(&host->frame, method, strlen(method) + 1);
    gox_buf_put_str(&host->frame, params);
    if (gox_buf_error(&host->frame) < 0)
        js_rangeerror(J, "out of memory");
    send_or_exit(GOX_SCRIPT_CALL, host->frame.data, host->frame.len);
    if (gox_script_receive(DAEMON_FD, &kind, &host->frame) < 0)
        _exit(1);
    const char *answer = gox_buf_text(&host->frame);
    if (answer == NULL)
        js_rangeerror(J, "out of memory");
    if (kind != GOX_SCRIPT_ANSWER)
        js_error(J, "%s", answer);
    js_pushstring(J, answer);
}

/* Makes the objects that scripts see out of the two native functions. */
static const char PRELUDE[] =
        "(function (call, print, names) {"
        "  function text(v) {"
        "    return typeof v === 'object' && v ? JSON.stringify(v) : String(v);"
        "  }"
        "  function say() {"
        "    print(Array.prototype.map.call(arguments, text).join(' '));"
        "  }"
        "  goxel = {};"
        "  names.split(' ').forEach(function (name) {"
        "    goxel[name] = function (first) {"
        "      var named = arguments.length === 1 && first &&"
        "        typeof first === 'object' && !Array.isArray(first);"
        "      var params = named ? first"
        "        : Array.prototype.slice.call(arguments);"
        "      return JSON.parse(call(name, JSON.stringify(params)));"
        "    };"
        "  });"
        "  console = {log: say, info: say, warn: say, error: say};"
        "  this.print = say;"
        "})";

/* The methods that may be a part of a script, without their prefix. */
static void put_names(struct gox_buf *names)
{
    for (size_t g = 0; g < gox_api_group_count; g++) {
        for (const struct gox_method *m = gox_api_groups[g]; m->name != NULL;
                m++) {
            if ((m->flags & GOX_METHOD_SUB) == 0 ||
                    strncmp(m->name, "goxel.", 6) != 0)
                continue;
            if (names->len > 0)
                gox_buf_put_byte(names, ' ');
            gox_buf_put_str(names, m->name + 6);
        }
    }
}

static int run_prelude(struct host *host)
{
    js_State *J = host->js;
    struct gox_buf names;
    gox_buf_init(&names, 0);
    put_names(&names);
    const char *text = gox_buf_text(&names);
    int is_bad = text == NULL || js_ploadstring(J, "prelude", PRELUDE);
    if (!is_bad) {
        js_pushundefined(J);
        is_bad = js_pcall(J, 0); /* the value: the function itself */
    }
    if (!is_bad) {
        js_pushglobal(J);
        js_newcfunction(J, native_call, "call", 2);
        js_newcfunction(J, native_print, "print", 1);
        js_pushstring(J, text);
        is_bad = js_pcall(J, 3);
    }
    gox_buf_fini(&names);
    return is_bad;
}

static void send_error(js_State *J)
{
    const char *text = js_trystring(J, -1, "the script failed");
    send_or_exit(GOX_SCRIPT_THROW, text, strlen(text));
}

/* The value on top of the stack as JSON; null for what JSON does not have. */
static void send_value(js_State *J)
{
    if (js_try(J)) {
        send_error(J);
        return;
    }
    js_getglobal(J, "JSON");
    js_getproperty(J, -1, "stringify");
    js_rot2(J);
    js_copy(J, -3);
    js_call(J, 1);
    const char *json = js_isstring(J, -1) ? js_tostring(J, -1) : "null";
    js_endtry(J);
    send_or_exit(GOX_SCRIPT_RESULT, json, strlen(json));
}

static void run_script(struct host *host, const char *source)
{
    js_State *J = host->js;
    if (run_prelude(host) || js_ploadstring(J, "script", source)) {
        send_error(J);
        return;
    }
    js_pushundefined(J);
    if (js_pcall(J, 0))
        send_error(J);
    else
        send_value(J);
}

static void panic(js_State *J)
{
    (void)J;
    static const char text[] = "the script needs more memory than it may have";
    send_or_exit(GOX_SCRIPT_THROW, text, sizeof text - 1);
    _exit(0);
}

int gox_script_host(void)
{
    struct host host = {0};
    struct gox_script_start start;
    struct gox_buf source;
    uint8_t kind = 0;
    gox_buf_init(&source, 0);
    gox_buf_init(&host.frame, 0);
    if (gox_script_receive(DAEMON_FD, &kind, &source) < 0 ||
            kind != GOX_SCRIPT_RUN || source.len < sizeof start ||
            gox_buf_text(&source) == NULL)
        return 2;
    memcpy(&start, source.data, sizeof start);
    if (gox_child_confine(
                start.memory_bytes + BASE_BYTES, start.cpu_seconds, NULL) < 0)
        return 1;
    host.max_bytes = start.memory_bytes;
    host.js = js_newstate(allocate, &host, 0);
    if (host.js == NULL)
        panic(NULL);
    js_setcontext(host.js, &host);
    js_atpanic(host.js, panic);
    run_script(&host, (const char *)source.data + sizeof start);
    /* The system takes back what the engine holds. */
    _exit(0);
}
