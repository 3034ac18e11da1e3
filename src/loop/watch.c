/* SPDX-License-Identifier: Apache-2.0
 * Watches on uv_poll_t. */
#include "loop/watch.h"

#include "base/alloc.h"
#include "loop/loop_internal.h"

struct gox_watch {
    uv_poll_t uv;
    enum gox_watch_for what;
    void (*fn)(void *ctx);
    void *ctx;
};

static void free_watch(uv_handle_t *handle)
{
    gox_free(handle->data);
}

static void on_event(uv_poll_t *handle, int status, int events)
{
    gox_watch *watch = handle->data;
    (void)status; /* an error is for the reader to find */
    (void)events;
    /* The end stays as it is; told again and again it would keep the loop
     * awake. */
    if (watch->what == GOX_WATCH_GONE)
        uv_poll_stop(&watch->uv);
    watch->fn(watch->ctx);
}

gox_watch *gox_watch_new(gox_loop *loop, int fd, enum gox_watch_for what,
        void (*fn)(void *ctx), void *ctx)
{
    gox_watch *watch = gox_malloc(sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->what = what;
    watch->fn = fn;
    watch->ctx = ctx;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
        gox_free(watch);
        return NULL;
    }
    watch->uv.data = watch;
    if (uv_poll_start(&watch->uv,
                what == GOX_WATCH_READ ? UV_READABLE : UV_DISCONNECT,
                on_event) != 0) {
        gox_watch_close(watch);
        return NULL;
    }
    return watch;
}

void gox_watch_close(gox_watch *watch)
{
    if (watch == NULL)
        return;
    uv_poll_stop(&watch->uv);
    uv_close((uv_handle_t *)&watch->uv, free_watch);
}
