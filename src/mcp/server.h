/* SPDX-License-Identifier: Apache-2.0
 * The protocol core of the MCP server. It speaks JSON-RPC in both eras (2026
 * and the four revisions before it) and knows nothing of what the tools do: a
 * registry of const tables says what there is, and which function answers.
 *
 * A transport makes a peer for each client, gives it whole messages, and takes
 * the lines that come back. One thread, the loop's.
 *
 * Invariants: every request gets exactly one response, unless its client
 * cancelled it or is gone; a call is freed exactly once, after its response or
 * after its cancel. */
#ifndef GOX_MCP_SERVER_H
#define GOX_MCP_SERVER_H

#include "loop/loop.h"
#include "rpc/writer.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct gox_mcp_server gox_mcp_server;
typedef struct gox_mcp_peer gox_mcp_peer;
struct gox_mcp_call;

/* ---- the registry ---- */

/* What a function that answers returns: the call is complete, or it will be
 * completed by gox_mcp_finish later (then call->cancel should be set). */
#define GOX_MCP_DONE  0
#define GOX_MCP_LATER 1

/* flags of a tool */
#define GOX_MCP_READ_ONLY     0x01u
#define GOX_MCP_DESTRUCTIVE   0x02u
#define GOX_MCP_IDEMPOTENT    0x04u
#define GOX_MCP_OPEN_WORLD    0x08u
#define GOX_MCP_NO_HINTS      0x10u /* publishes no annotations */
#define GOX_MCP_TASK_REQUIRED 0x20u /* only as a task */
#define GOX_MCP_LOOSE         0x40u /* arguments are not checked */

struct gox_mcp_tool {
    const char *name, *title, *description;
    const char *schema; /* JSON text of inputSchema; NULL: no arguments */
    const char *output; /* JSON text of outputSchema or NULL */
    const char *meta;   /* JSON text of _meta or NULL */
    unsigned flags;
    int (*run)(struct gox_mcp_call *call); /* arguments: call->args */
};

/* A listed resource, or a template when uri holds '{'. */
struct gox_mcp_resource {
    const char *uri, *name, *title, *description, *mime;
};

struct gox_mcp_prompt_arg {
    const char *name, *description;
    bool is_required;
};

struct gox_mcp_prompt {
    const char *name, *title, *description;
    const struct gox_mcp_prompt_arg *args; /* ended by a NULL name, or NULL */
    int (*run)(struct gox_mcp_call *call);
};

struct gox_mcp_registry {
    const char *name, *title, *version, *description, *website, *instructions;
    const struct gox_mcp_tool *tools; /* each list ended by a NULL name */
    const struct gox_mcp_resource *resources;
    const struct gox_mcp_prompt *prompts;
    /* Adds resources that exist only now; NULL: none. */
    int (*list_resources)(struct gox_mcp_call *call);
    /* Reads call->name; gox_mcp_no_resource when there is none. */
    int (*read)(struct gox_mcp_call *call);
    /* Completes: call->params has ref, argument, context. NULL: nothing. */
    int (*complete)(struct gox_mcp_call *call);
    /* A client wants to know when uri changes; gox_mcp_changed tells. May come
     * several times. NULL: nothing changes. */
    void (*watch)(void *app, const char *uri);
    const char *extensions; /* JSON members of capabilities.extensions, each
                               followed by a comma; NULL: none */
    bool lists_change;      /* tools and prompts can change */
};

/* ---- a call, as handlers see it ---- */

struct gox_mcp_task;
struct gox_mcp_method;

/* Where the lines that belong to one request go. */
struct gox_mcp_sink {
    /* One JSON text without a newline. is_final: the response; nothing comes
     * after it. status: what HTTP should answer with. */
    void (*send)(
            void *ctx, const char *line, size_t len, bool is_final, int status);
    void *ctx;
    /* Lets the client come back for the rest; NULL: cannot be done. */
    void (*pause)(void *ctx);
    /* The request was cancelled: there will be no response; NULL: no matter. */
    void (*drop)(void *ctx);
};

struct gox_mcp_call {
    gox_mcp_server *server;
    gox_mcp_peer *peer;
    void *app; /* of gox_mcp_server_new */
    const struct gox_mcp_method *method;
    const struct gox_mcp_tool *tool; /* tools/call */
    const char *name; /* of the tool or prompt, or the URI; in message */
    json_t *message;  /* owned */
    json_t *params;   /* borrowed from message; never NULL, an object */
    json_t *args;     /* borrowed: arguments; an object, never NULL */
    json_t *inputs;   /* borrowed: inputResponses, or NULL */
    char *past_state; /* what gox_mcp_need kept, checked; or NULL */
    bool is_modern;
    /* For the handler: its own state, freed by drop. */
    void *state;
    void (*drop)(struct gox_mcp_call *call);
    /* The client gave up; gox_mcp_finish must not follow. */
    void (*cancel)(struct gox_mcp_call *call);
    struct gox_writer w; /* elements of the result's list */

    /* The core's own. */
    struct gox_buf body, extra, id;
    json_t *structured;
    bool is_error, is_input_needed, is_response_sent;
    int error_code; /* of a protocol error, 0: none */
    int status;     /* for HTTP; 0: by the rules */
    json_t *error_data;
    char error_text[400];
    struct gox_mcp_sink sink;
    double progress;
    int64_t progress_at_ns;
    gox_timer *timer;
    void (*on_timer)(struct gox_mcp_call *call);
    bool is_due; /* on_timer, when there is no timer */
    struct gox_mcp_task *task;
    bool is_listening; /* subscriptions/listen */
    struct gox_mcp_call *prev, *next;
};

/* Content of a tool's result. */
void gox_mcp_text(struct gox_mcp_call *call, const char *fmt, ...)
        GOX_PRINTF(2, 3);
void gox_mcp_text_len(struct gox_mcp_call *call, const char *text, size_t len);
/* type: "image" or "audio"; data is base64. */
void gox_mcp_media(struct gox_mcp_call *call, const char *type,
        const char *mime, const char *data, size_t len);
void gox_mcp_embed_text(struct gox_mcp_call *call, const char *uri,
        const char *mime, const char *text);
void gox_mcp_link(struct gox_mcp_call *call, const char *uri, const char *name,
        const char *mime, const char *description);
/* structuredContent, and the same as text when no content was put. */
void gox_mcp_structured(struct gox_mcp_call *call, json_t *own_value);
/* The tool failed: isError with a text that says what to do. DONE. */
int gox_mcp_fail(struct gox_mcp_call *call, const char *fmt, ...)
        GOX_PRINTF(2, 3);
/* A protocol error. own_data may be NULL. DONE. */
int gox_mcp_refuse(struct gox_mcp_call *call, int code, json_t *own_data,
        const char *fmt, ...) GOX_PRINTF(4, 5);

/* Contents of resources/read; exactly one of text and base64 is not NULL. */
void gox_mcp_contents(struct gox_mcp_call *call, const char *uri,
        const char *mime, const char *text, const char *base64);
int gox_mcp_no_resource(struct gox_mcp_call *call);
/* Messages of prompts/get. */
void gox_mcp_prompt_text(struct gox_mcp_call *call, const char *fmt, ...)
        GOX_PRINTF(2, 3);
/* A value of completion/complete. */
void gox_mcp_value(struct gox_mcp_call *call, const char *value);
/* A row of resources/list. */
void gox_mcp_put_resource(
        struct gox_mcp_call *call, const struct gox_mcp_resource *row);

/* Sends the response and frees the call. */
void gox_mcp_finish(struct gox_mcp_call *call);

/* fn after ms; one timer a call. */
void gox_mcp_after(struct gox_mcp_call *call, uint64_t ms,
        void (*fn)(struct gox_mcp_call *call));

/* Ends the stream of an HTTP request without an answer, which the client gets
 * when it comes back for it. Elsewhere nothing happens. */
void gox_mcp_break_stream(struct gox_mcp_call *call);

bool gox_mcp_wants_progress(const struct gox_mcp_call *call);
/* Passed on when it grows, at most every 50 ms unless it is the end. total and
 * message may be 0 and NULL. */
void gox_mcp_progress(struct gox_mcp_call *call, double progress, double total,
        const char *message);
/* Passed on when the client asked for this level. */
void gox_mcp_log(struct gox_mcp_call *call, const char *level,
        const char *logger, const char *text);

/* What the client declared: "sampling", "elicitation",
 * "extensions/io.modelcontextprotocol/tasks" (the part after the first slash is
 * one key). */
bool gox_mcp_client_has(const struct gox_mcp_call *call, const char *path);
/* -32021, naming the capability in the same spelling. DONE. */
int gox_mcp_lacks(struct gox_mcp_call *call, const char *path);

/* 2026: ends this round with inputRequests {key: {method, params}}. state (may
 * be NULL) comes back signed and checked as call->past_state. DONE. */
int gox_mcp_need(
        struct gox_mcp_call *call, json_t *own_requests, const char *state);
/* Before 2026: asks the client; fn gets its result or error (borrowed, one is
 * NULL; both are when the client is gone). */
void gox_mcp_ask(struct gox_mcp_call *call, const char *method,
        json_t *own_params,
        void (*fn)(struct gox_mcp_call *call, const json_t *result,
                const json_t *error));

/* ---- tasks (extension io.modelcontextprotocol/tasks) ---- */

#define GOX_MCP_TASKS "extensions/io.modelcontextprotocol/tasks"

/* True when the call may become a task. */
bool gox_mcp_can_task(const struct gox_mcp_call *call);
/* Answers with a task; the call goes on, and its result is kept for tasks/get.
 * Once a call. */
void gox_mcp_make_task(struct gox_mcp_call *call, const char *message);
/* The task waits for input {key: {method, params}}; fn comes when all of it is
 * there (responses: {key: response}, borrowed). */
void gox_mcp_task_ask(struct gox_mcp_call *call, json_t *own_requests,
        void (*fn)(struct gox_mcp_call *call, const json_t *responses));

/* ---- the server, as the program and the transports see it ---- */

gox_mcp_server *gox_mcp_server_new(
        gox_loop *loop, const struct gox_mcp_registry *registry, void *app);
/* Ends all calls and frees all peers. */
void gox_mcp_server_free(gox_mcp_server *server);
gox_loop *gox_mcp_server_loop(const gox_mcp_server *server);
size_t gox_mcp_server_calls(const gox_mcp_server *server); /* under way */
/* Ends open subscriptions with their result, before a shutdown. */
void gox_mcp_server_end_listening(gox_mcp_server *server);

#define GOX_MCP_TOOLS_CHANGED     0x1u
#define GOX_MCP_PROMPTS_CHANGED   0x2u
#define GOX_MCP_RESOURCES_CHANGED 0x4u
/* Tells every client that asked. uri: a resource that changed together with all
 * below it ("uri/..."), or NULL. */
void gox_mcp_changed(gox_mcp_server *server, unsigned lists, const char *uri);

/* One client connection or session. notify: where unsolicited lines go (status
 * and is_final mean nothing there); its send may be NULL. is_http: the header
 * checks are the transport's. NULL: no memory. */
gox_mcp_peer *gox_mcp_peer_new(gox_mcp_server *server,
        const struct gox_mcp_sink *notify, bool is_http);
/* Cancels its calls. */
void gox_mcp_peer_free(gox_mcp_peer *peer);
void gox_mcp_peer_set_notify(
        gox_mcp_peer *peer, const struct gox_mcp_sink *notify);
/* Requests without the envelope of 2026 are errors from the start. */
void gox_mcp_peer_set_modern(gox_mcp_peer *peer);
/* The revision agreed on by initialize, NULL before. */
const char *gox_mcp_peer_version(const gox_mcp_peer *peer);

enum gox_mcp_kind {
    GOX_MCP_REQUEST,
    GOX_MCP_NOTIFICATION,
    GOX_MCP_RESPONSE,
    GOX_MCP_INVALID /* was answered with an error */
};

/* One JSON text. What belongs to it goes to the sink, also an error. */
enum gox_mcp_kind gox_mcp_receive(gox_mcp_peer *peer, const char *text,
        size_t len, const struct gox_mcp_sink *sink);
/* The same, parsed (taken over). *call (may be NULL) gets the call while it is
 * under way, else NULL. */
enum gox_mcp_kind gox_mcp_receive_json(gox_mcp_peer *peer, json_t *own_message,
        const struct gox_mcp_sink *sink, struct gox_mcp_call **call);
/* Parses; NULL with the reply already sent when it is no JSON. */
json_t *gox_mcp_parse(
        const char *text, size_t len, const struct gox_mcp_sink *sink);
/* The client of this request is gone: no line is sent any more; 2026: and the
 * call is cancelled. */
void gox_mcp_call_abandon(struct gox_mcp_call *call);
/* Other lines of the call go there from now on. */
void gox_mcp_call_set_sink(
        struct gox_mcp_call *call, const struct gox_mcp_sink *sink);

/* An error reply for a message that never became a call. id may be NULL. */
void gox_mcp_send_error(const struct gox_mcp_sink *sink, const json_t *id,
        int status, int code, json_t *own_data, const char *fmt, ...)
        GOX_PRINTF(6, 7);

/* True when the era of a message is 2026: it has the envelope in _meta. */
bool gox_mcp_is_modern(const json_t *message);
extern const char *const gox_mcp_versions[]; /* newest first, NULL-ended */
bool gox_mcp_knows_version(const char *version);
#define GOX_MCP_MODERN_VERSION "2026-07-28"

/* The parsed inputSchema, borrowed; NULL: none or no memory. */
const json_t *gox_mcp_tool_schema(
        gox_mcp_server *server, const struct gox_mcp_tool *tool);
/* The tool of this name, NULL: none. */
const struct gox_mcp_tool *gox_mcp_find_tool(
        const gox_mcp_server *server, const char *name);

#endif
