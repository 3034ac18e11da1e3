/* SPDX-License-Identifier: Apache-2.0
 * The listener's parts, and the functions of libmicrohttpd by pointer, since
 * the library is not linked. */
#ifndef GOX_HTTP_HTTP_INTERNAL_H
#define GOX_HTTP_HTTP_INTERNAL_H

#include "http/http.h"
#include "loop/watch.h"

#include <microhttpd.h>

#define GOX__MHD_LIST(X)                                                       \
    X(MHD_start_daemon)                                                        \
    X(MHD_stop_daemon)                                                         \
    X(MHD_quiesce_daemon)                                                      \
    X(MHD_run)                                                                 \
    X(MHD_get_timeout)                                                         \
    X(MHD_get_daemon_info)                                                     \
    X(MHD_get_connection_info)                                                 \
    X(MHD_lookup_connection_value)                                             \
    X(MHD_get_connection_values)                                               \
    X(MHD_set_connection_option)                                               \
    X(MHD_create_response_from_buffer_with_free_callback)                      \
    X(MHD_create_response_from_callback)                                       \
    X(MHD_add_response_header)                                                 \
    X(MHD_queue_response)                                                      \
    X(MHD_destroy_response)                                                    \
    X(MHD_suspend_connection)                                                  \
    X(MHD_resume_connection)

struct gox__mhd {
#define GOX__MHD_POINTER(name) __typeof__(&name) name;
    GOX__MHD_LIST(GOX__MHD_POINTER)
#undef GOX__MHD_POINTER
};
/* Loads the library for the life of the process. GOX_ERR_UNSUPPORTED. */
int gox__mhd_load(struct gox__mhd *mhd, struct gox_error *err) GOX_MUST_CHECK;

struct gox__header {
    char *name, *value; /* owned */
};

/* A connection that has to send something: its whole headers or body. */
struct gox__http_client {
    gox_http *http;
    int fd; /* borrowed */
    int64_t deadline_at_ns;
    struct gox__http_client *prev, *next; /* by deadline, soonest first */
    bool is_waited_for;                   /* is in that list */
    bool is_used;                         /* a request is under way */
    bool is_new;                          /* it has had none */
    bool is_overdue;                      /* and was counted as such */
};

struct gox_http {
    gox_loop *loop;
    struct gox__mhd mhd;
    struct gox_http_options options;
    struct MHD_Daemon *daemon;
    gox_watch *watch;   /* of the library's epoll descriptor */
    gox_timer *timer;   /* the library's own timeouts */
    gox_timer *overdue; /* cuts off the first in the list */
    gox_timer *reaper;  /* looks for dead clients in it */
    bool is_overdue_on, is_reaper_on, is_finishing, is_closing;
    unsigned library_timeout_s; /* what the library began with */
    bool is_running, needs_run; /* the library; it after a resume */
    struct gox__http_client *first, *last;
    gox_http_request *requests; /* all */
    size_t request_count;
    struct gox_http_stats stats;
};

enum gox__http_state {
    GOX__HTTP_READING, /* headers are there, the body comes */
    GOX__HTTP_OWNED,   /* the owner has to answer */
    GOX__HTTP_STREAM,  /* the owner writes */
    GOX__HTTP_ENDED,   /* the rest is the library's work */
    GOX__HTTP_ABORTED
};

struct gox_http_request {
    gox_http *http;
    struct MHD_Connection *connection;
    struct gox__http_client *client;
    const struct gox_http_route *route;
    const char *method; /* borrowed from the library */
    char *path;         /* owned */
    const char *version;
    struct gox_buf body;
    size_t passed_over; /* of the body of a refused request */
    enum gox__http_state state;
    bool is_suspended;
    gox_watch *gone_watch; /* while suspended */
    void (*gone)(void *ctx);
    void *gone_ctx;
    void *data;
    struct gox__header *headers; /* of the reply */
    size_t header_count, header_capacity;
    struct MHD_Response *response; /* not yet queued */
    unsigned status;
    struct gox_buf out; /* of a stream */
    size_t out_sent;
    size_t max_pending;
    gox_http_request *prev, *next;
};

/* ---- listener.c ---- */
/* A request was resumed, which the library sees only when it runs. */
void gox__http_need_run(gox_http *http);

/* ---- request.c ---- */
gox_http_request *gox__http_request_new(gox_http *http,
        struct MHD_Connection *connection, struct gox__http_client *client,
        const char *method, const char *path, const char *version);
/* The library is done with it; tells the owner when that comes too early. */
void gox__http_request_done(gox_http_request *req);
/* Hands a prepared answer to the library, or waits for one; MHD_NO closes. */
enum MHD_Result gox__http_request_settle(gox_http_request *req);
/* The client went, or the listener closes: the owner is told. */
void gox__http_request_lose(gox_http_request *req);

#endif
