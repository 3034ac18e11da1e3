/* SPDX-License-Identifier: Apache-2.0
 * Waiting for a data directory: its lock is the kernel's and tells nobody when
 * it is free, so it is tried again and again. */
#include "daemon/takeover.h"

#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/lifecycle.h"

#include <time.h>

#define TRY_AGAIN_MS 20
#define TELL_MS      1000
/* Until the next word to the service manager, with room to be late. */
#define EXTEND_MS 15000

void gox__takeover_begin(struct gox_takeover *t, gox_daemon *daemon)
{
    *t = (struct gox_takeover){.daemon = daemon, .begin_ns = gox_time_now_ns()};
}

/* The loop does not run yet, so its handlers would not be called. Other threads
 * take no signals. */
static void hold_signals(struct gox_takeover *t)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, &t->before);
}

static bool is_asked_to_stop(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 ||
                   sigismember(&pending, SIGINT) == 1);
}

static void tell(gox_daemon *d)
{
    if (d->life == NULL)
        return;
    int told = gox_notify_extend_timeout(&d->life->notify, EXTEND_MS);
    told = gox_notify_status(&d->life->notify,
            "waiting for the data directory of another daemon");
    (void)told; /* counted there; the next one is due in a second */
}

bool gox__takeover_wait(
        struct gox_takeover *t, int *code, struct gox_error *err)
{
    gox_daemon *d = t->daemon;
    const struct timespec pause = {.tv_nsec = TRY_AGAIN_MS * GOX_NS_PER_MS};
    int64_t now_ns = gox_time_now_ns();
    int64_t limit_s = d->settings.daemon_takeover_seconds;
    if (now_ns - t->begin_ns >= limit_s * GOX_NS_PER_S)
        return false;
    if (t->told_ns == 0) {
        hold_signals(t);
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
                "%s; waiting for it for at most %lld s", err->text,
                (long long)limit_s);
    }
    if (now_ns - t->told_ns >= TELL_MS * GOX_NS_PER_MS) {
        t->told_ns = now_ns;
        tell(d);
    }
    nanosleep(&pause, NULL);
    if (!is_asked_to_stop())
        return true;
    *code = gox_error_set(err, GOX_ERR_CANCELLED,
            "asked to stop while waiting for %s", d->settings.paths_data_dir);
    return false;
}

void gox__takeover_end(struct gox_takeover *t)
{
    gox_daemon *d = t->daemon;
    if (t->told_ns == 0)
        return;
    pthread_sigmask(SIG_SETMASK, &t->before, NULL);
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
            "waited %lld ms for the data directory",
            (long long)((gox_time_now_ns() - t->begin_ns) / GOX_NS_PER_MS));
}
