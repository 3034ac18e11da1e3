/* SPDX-License-Identifier: Apache-2.0
 * A descriptor of somebody else's on uv_poll_t. */
#include "loop/watch.h"

#include "base/alloc.h"
#include "loop/loop_internal.h"

#include <poll.h>

struct gox_watch {
    uv_poll_t uv;
    void (*fn)(void *ctx, short events);
    void *ctx;
    short events; /* that are waited for */
    bool is_closing;
};

static void free_watch(uv_handle_t *handle)
{
    gox_free(handle->data);
}

gox_watch *gox_watch_new(
        gox_loop *loop, int fd, void (*fn)(void *ctx, short events), void *ctx)
{
    gox_watch *watch = gox_calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
        gox_free(watch);
        return NULL;
    }
    watch->uv.data = watch;
    watch->fn = fn;
    watch->ctx = ctx;
    return watch;
}

static void on_poll(uv_poll_t *handle, int status, int got)
{
    gox_watch *watch = handle->data;
    short events = 0;
    if ((got & UV_READABLE) != 0)
        events |= POLLIN;
    if ((got & UV_WRITABLE) != 0)
        events |= POLLOUT;
    if ((got & UV_DISCONNECT) != 0)
        events |= POLLRDHUP;
    if (status < 0)
        events = watch->events;
    if (!watch->is_closing && events != 0)
        watch->fn(watch->ctx, events);
}

void gox_watch_set(gox_watch *watch, short events)
{
    int wanted = 0;
    if (watch->is_closing || events == watch->events)
        return;
    watch->events = events;
    if ((events & POLLIN) != 0)
        wanted |= UV_READABLE;
    if ((events & POLLOUT) != 0)
        wanted |= UV_WRITABLE;
    if ((events & POLLRDHUP) != 0)
        wanted |= UV_DISCONNECT;
    if (wanted == 0)
        uv_poll_stop(&watch->uv);
    else
        uv_poll_start(&watch->uv, wanted, on_poll);
}

void gox_watch_close(gox_watch *watch)
{
    if (watch == NULL || watch->is_closing)
        return;
    watch->is_closing = true;
    uv_close((uv_handle_t *)&watch->uv, free_watch);
}
