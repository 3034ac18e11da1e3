/* SPDX-License-Identifier: Apache-2.0
 * The daemon behind the tools: found or started when the first call needs it,
 * found again after a crash, asked with a deadline.
 *
 * Invariants: every call has exactly one outcome, never from inside
 * gox_backend_start, and none after gox_backend_cancel. A read is repeated
 * after a lost connection; an edit only when its project is still at the
 * revision that the edit was made for. */
#ifndef GOX_MCP_BACKEND_H
#define GOX_MCP_BACKEND_H

#include "base/error.h"
#include "loop/loop.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct gox_backend gox_backend;
typedef struct gox_backend_call gox_backend_call;

struct gox_backend_options {
    const char *socket; /* NULL: where it usually is */
    bool may_start;     /* a daemon, when none answers */
    bool stops_daemon;  /* with gox_backend_free, when it was started here */
    int timeout_ms;     /* of a call that names none */
};

enum gox_backend_kind {
    GOX_BACKEND_READ, /* may be repeated */
    GOX_BACKEND_EDIT, /* changes params.project; answers its new revision */
    GOX_BACKEND_ONCE  /* never repeated once it was sent */
};

struct gox_backend_request {
    const char *method; /* static text */
    json_t *own_params;
    enum gox_backend_kind kind;
    int timeout_ms; /* 0: the usual */
    /* result: borrowed, NULL on failure. error: the daemon's error object,
     * borrowed, NULL when it gave none. err->text says what happened. A result
     * with the member "recovered" is of an edit whose answer was lost; it holds
     * nothing else but the revision. */
    void (*fn)(void *ctx, json_t *result, const json_t *error,
            const struct gox_error *err);
    void (*progress)(void *ctx, double fraction); /* NULL: not wanted */
    void *ctx;
};

/* No connection is made yet. NULL: no memory. */
gox_backend *gox_backend_new(
        gox_loop *loop, const struct gox_backend_options *options);
/* Calls under way are dropped without an outcome. */
void gox_backend_free(gox_backend *backend);

/* NULL: no memory, and fn will not come. */
gox_backend_call *gox_backend_start(
        gox_backend *backend, const struct gox_backend_request *request);
void gox_backend_cancel(gox_backend_call *call);

/* fn comes for each change of a project that was asked for. */
void gox_backend_on_change(gox_backend *backend,
        void (*fn)(void *ctx, const char *project), void *ctx);
void gox_backend_watch(gox_backend *backend, const char *project);

/* Where the daemon is looked for; borrowed. */
const char *gox_backend_socket(const gox_backend *backend);

#endif
