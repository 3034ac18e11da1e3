/* SPDX-License-Identifier: Apache-2.0
 * What the files of the protocol core share. */
#ifndef GOX_MCP_SERVER_INTERNAL_H
#define GOX_MCP_SERVER_INTERNAL_H

#include "mcp/server.h"

#define GOX__MCP_META_VERSION "io.modelcontextprotocol/protocolVersion"
#define GOX__MCP_META_CAPS    "io.modelcontextprotocol/clientCapabilities"
#define GOX__MCP_META_LEVEL   "io.modelcontextprotocol/logLevel"
#define GOX__MCP_META_SUB     "io.modelcontextprotocol/subscriptionId"
#define GOX__MCP_META_INFO    "io.modelcontextprotocol/serverInfo"

/* flags of a method */
#define GOX__MCP_OLD   0x1u /* in the revisions before 2026 */
#define GOX__MCP_NEW   0x2u /* in 2026-07-28 */
#define GOX__MCP_BOTH  0x3u
#define GOX__MCP_CACHE 0x4u /* the result has ttlMs and cacheScope */
#define GOX__MCP_INPUT 0x8u /* may need input of the client */

struct gox_mcp_method {
    const char *name;
    unsigned flags;
    const char *key; /* the list that the result holds; NULL: none */
    int (*run)(struct gox_mcp_call *call);
};
const struct gox_mcp_method *gox__mcp_find_method(const char *name);

/* A request of ours that a client has not answered. */
struct gox__mcp_ask {
    char id[40];
    struct gox_mcp_call *call;
    void (*fn)(struct gox_mcp_call *call, const json_t *result,
            const json_t *error);
    struct gox__mcp_ask *next;
};

enum gox__mcp_task_status {
    GOX__MCP_WORKING,
    GOX__MCP_INPUT_REQUIRED,
    GOX__MCP_COMPLETED,
    GOX__MCP_FAILED,
    GOX__MCP_CANCELLED
};

struct gox_mcp_task {
    char id[33];
    enum gox__mcp_task_status status;
    char message[160];
    int64_t created_ms, updated_ms; /* wall clock */
    int64_t done_at_ns;
    struct gox_mcp_call *call; /* while it works */
    struct gox_buf outcome;    /* the result or the error object */
    json_t *requests;          /* still unanswered; or NULL */
    json_t *responses;
    void (*fn)(struct gox_mcp_call *call, const json_t *responses);
    struct gox_mcp_task *next;
};

struct gox_mcp_server {
    gox_loop *loop;
    const struct gox_mcp_registry *registry;
    void *app;
    gox_mcp_peer *peers;
    struct gox_mcp_call *calls; /* newest first */
    size_t call_count;
    struct gox_mcp_call *current; /* being dispatched, until it is freed */
    struct gox_mcp_task *tasks;
    size_t task_count;
    struct gox__mcp_ask *asks;
    uint64_t next_ask;
    uint8_t key[32];  /* signs requestState */
    uint8_t salt[8];  /* makes ids of our requests hard to guess */
    json_t **schemas; /* by tool; parsed when first used */
    gox_timer *sweep; /* for calls without a timer of their own */
};

struct gox_mcp_peer {
    gox_mcp_server *server;
    struct gox_mcp_sink notify;
    const char *version; /* static text; NULL before initialize */
    json_t *capabilities;
    json_t *uris;  /* subscribed resources: {uri: true} */
    int log_level; /* -1: all, as before logging/setLevel */
    bool is_http;
    bool was_modern; /* the opening had the envelope */
    gox_mcp_peer *prev, *next;
};

/* call.c */
struct gox_mcp_call *gox__mcp_call_new(gox_mcp_peer *peer, json_t *own_message,
        const struct gox_mcp_sink *sink);
void gox__mcp_call_free(struct gox_mcp_call *call);
void gox__mcp_cancel(struct gox_mcp_call *call);
const json_t *gox__mcp_meta(const struct gox_mcp_call *call);
int gox__mcp_level(const char *name); /* 0 debug ... 7; -1: none */
void gox__mcp_take_answer(gox_mcp_peer *peer, const json_t *message);
void gox__mcp_sweep(void *ctx);
void gox__mcp_drop_asks(const struct gox_mcp_call *call);

/* reply.c: the members of the result, braces included, or of the error. */
void gox__mcp_put_result(struct gox_mcp_call *call, struct gox_buf *out);
void gox__mcp_put_error(struct gox_mcp_call *call, struct gox_buf *out);
void gox__mcp_send_response(struct gox_mcp_call *call);
int gox__mcp_status_of(const struct gox_mcp_call *call);
void gox__mcp_put_info(struct gox_writer *w, const char *key,
        const struct gox_mcp_registry *registry, bool is_full);
void gox__mcp_put_json(
        struct gox_writer *w, const char *key, const json_t *value);

/* methods.c, tools.c, listen.c, tasks.c, state.c */
int gox__mcp_tools_list(struct gox_mcp_call *call);
int gox__mcp_tools_call(struct gox_mcp_call *call);
int gox__mcp_listen(struct gox_mcp_call *call);
int gox__mcp_subscribe(struct gox_mcp_call *call);
int gox__mcp_unsubscribe(struct gox_mcp_call *call);
int gox__mcp_tasks_get(struct gox_mcp_call *call);
int gox__mcp_tasks_update(struct gox_mcp_call *call);
int gox__mcp_tasks_cancel(struct gox_mcp_call *call);
void gox__mcp_task_done(struct gox_mcp_call *call);
void gox__mcp_tasks_expire(gox_mcp_server *server, bool all);
void gox__mcp_put_capabilities(
        struct gox_writer *w, gox_mcp_server *server, bool is_modern);
/* A signed text that holds state, bound to the request; false: no memory. */
bool gox__mcp_seal(const struct gox_mcp_call *call, const char *state,
        struct gox_buf *out);
/* The state again; NULL when the text was changed, is of another request or too
 * old. */
char *gox__mcp_unseal(const struct gox_mcp_call *call, const char *text);

#endif
