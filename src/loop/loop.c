/* SPDX-License-Identifier: Apache-2.0
 * The loop and the small handles. */
#include "base/alloc.h"
#include "base/time.h"
#include "loop/loop_internal.h"

#include <assert.h>

#define LAG_WINDOW_NS (5 * GOX_NS_PER_S)

/* Runs just before the loop waits: now minus the turn's start is its length. */
static void on_prepare(uv_prepare_t *handle)
{
    gox_loop *loop = handle->data;
    int64_t start = gox_loop_now_ns(loop);
    int64_t now = (int64_t)uv_hrtime();
    if (now - loop->window_at_ns > LAG_WINDOW_NS) {
        loop->lag_ns[1] = loop->lag_ns[0];
        loop->lag_ns[0] = 0;
        loop->window_at_ns = now;
    }
    if (now - start > loop->lag_ns[0])
        loop->lag_ns[0] = now - start;
    if (loop->turn_end != NULL)
        loop->turn_end(loop->turn_end_ctx);
}

/* Runs after what came in was handled. */
static void on_check(uv_check_t *handle)
{
    gox_loop *loop = handle->data;
    if (loop->turn_end != NULL)
        loop->turn_end(loop->turn_end_ctx);
}

gox_loop *gox_loop_new(void)
{
    gox_loop *loop = gox_malloc(sizeof *loop);
    if (loop == NULL)
        return NULL;
    if (uv_loop_init(&loop->uv) != 0) {
        gox_free(loop);
        return NULL;
    }
    loop->lag_ns[0] = loop->lag_ns[1] = 0;
    loop->window_at_ns = (int64_t)uv_hrtime();
    uv_prepare_init(&loop->uv, &loop->prepare);
    loop->prepare.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    loop->check.data = loop;
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->check);
    loop->turn_end = NULL;
    return loop;
}

void gox_loop_free(gox_loop *loop)
{
    if (loop == NULL)
        return;
    loop->turn_end = NULL;
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    /* A close callback may ask to stop; what is closing must still end. */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        ;
    int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    (void)left;
    gox_free(loop);
}

void gox_loop_run(gox_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void gox_loop_stop(gox_loop *loop)
{
    uv_stop(&loop->uv);
}

void gox_loop_set_turn_end(gox_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    loop->turn_end = fn;
    loop->turn_end_ctx = ctx;
}

int64_t gox_loop_now_ns(const gox_loop *loop)
{
    return (int64_t)uv_now(&loop->uv) * GOX_NS_PER_MS;
}

int64_t gox_loop_lag_ns(const gox_loop *loop)
{
    /* A loop that rested had no turn to begin a new window. */
    int64_t age = (int64_t)uv_hrtime() - loop->window_at_ns;
    if (age > 2 * LAG_WINDOW_NS)
        return 0;
    if (age > LAG_WINDOW_NS || loop->lag_ns[0] > loop->lag_ns[1])
        return loop->lag_ns[0];
    return loop->lag_ns[1];
}

struct gox_timer {
    uv_timer_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

gox_timer *gox_timer_new(gox_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    gox_timer *timer = gox_malloc(sizeof *timer);
    if (timer == NULL)
        return NULL;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->fn = fn;
    timer->ctx = ctx;
    return timer;
}

static void on_timer(uv_timer_t *handle)
{
    gox_timer *timer = handle->data;
    timer->fn(timer->ctx);
}

void gox_timer_start(gox_timer *timer, uint64_t ms, uint64_t repeat_ms)
{
    uv_timer_start(&timer->uv, on_timer, ms, repeat_ms);
}

void gox_timer_stop(gox_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

static void free_handle(uv_handle_t *handle)
{
    gox_free(handle->data);
}

void gox_timer_close(gox_timer *timer)
{
    if (timer != NULL)
        uv_close((uv_handle_t *)&timer->uv, free_handle);
}

struct gox_signal {
    uv_signal_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

static void on_signal(uv_signal_t *handle, int number)
{
    gox_signal *signal = handle->data;
    (void)number;
    signal->fn(signal->ctx);
}

gox_signal *gox_signal_new(
        gox_loop *loop, int number, void (*fn)(void *ctx), void *ctx)
{
    gox_signal *signal = gox_malloc(sizeof *signal);
    if (signal == NULL)
        return NULL;
    signal->fn = fn;
    signal->ctx = ctx;
    if (uv_signal_init(&loop->uv, &signal->uv) != 0) {
        gox_free(signal);
        return NULL;
    }
    signal->uv.data = signal;
    if (uv_signal_start(&signal->uv, on_signal, number) != 0) {
        gox_signal_close(signal);
        return NULL;
    }
    uv_unref((uv_handle_t *)&signal->uv);
    return signal;
}

void gox_signal_close(gox_signal *signal)
{
    if (signal != NULL)
        uv_close((uv_handle_t *)&signal->uv, free_handle);
}

struct gox_wakeup {
    uv_async_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

static void on_wakeup(uv_async_t *handle)
{
    gox_wakeup *wakeup = handle->data;
    wakeup->fn(wakeup->ctx);
}

gox_wakeup *gox_wakeup_new(gox_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    gox_wakeup *wakeup = gox_malloc(sizeof *wakeup);
    if (wakeup == NULL)
        return NULL;
    wakeup->fn = fn;
    wakeup->ctx = ctx;
    if (uv_async_init(&loop->uv, &wakeup->uv, on_wakeup) != 0) {
        gox_free(wakeup);
        return NULL;
    }
    wakeup->uv.data = wakeup;
    return wakeup;
}

void gox_wakeup_send(gox_wakeup *wakeup)
{
    uv_async_send(&wakeup->uv);
}

void gox_wakeup_close(gox_wakeup *wakeup)
{
    if (wakeup != NULL)
        uv_close((uv_handle_t *)&wakeup->uv, free_handle);
}
