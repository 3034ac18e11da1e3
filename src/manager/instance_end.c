/* SPDX-License-Identifier: Apache-2.0
 * The end of a process: what is kept of it, what follows, and who is told.
 *
 * Invariant: every end is told once; when the next start follows at once it
 * goes first, since writing may wait for the disk. */
#include "base/alloc.h"
#include "base/time.h"
#include "manager/manager_internal.h"

#include <stdio.h>
#include <string.h>

#define LAST_WORDS_MS 2000

static void note_exit(gox_instance *i, const struct gox_verdict *v)
{
    struct gox_writer w;
    i->is_exit_untold = true;
    gox_buf_init(&i->exit_members, 0);
    gox_writer_init(&w, &i->exit_members);
    gox_writer_int(&w, "pid", i->process.id.pid);
    gox_writer_string(&w, "cause", gox_cause_name(i->exit_cause));
    if (i->exit.is_known && !i->exit.is_signal)
        gox_writer_int(&w, "code", i->exit.code);
    else
        gox_writer_null(&w, "code");
    if (i->exit.is_known && i->exit.is_signal)
        gox_writer_int(&w, "signal", i->exit.code);
    else
        gox_writer_null(&w, "signal");
    gox_writer_string(&w, "text", i->exit_text);
    gox_writer_int(&w, "uptime_ms",
            (i->ended_at_ns - i->started_at_ns) / GOX_NS_PER_MS);
    gox_writer_string(&w, "bundle", i->bundle[0] != '\0' ? i->bundle : NULL);
    bool comes_back = v->input == GOX_INPUT_EXIT_AGAIN ||
                      v->input == GOX_INPUT_EXIT_WAIT || v->delay_ms > 0;
    if (comes_back)
        gox_writer_int(&w, "next_in_ms", v->delay_ms);
    else
        gox_writer_null(&w, "next_in_ms");
}

void gox__instance_tell_exit(gox_instance *i)
{
    if (!i->is_exit_untold)
        return;
    i->is_exit_untold = false;
    gox__manager_tell(
            i->manager, GOX_EVENT_EXITED, i, gox_buf_text(&i->exit_members));
    gox_buf_fini(&i->exit_members);
}

/* Where what is known about this end will be: it was written already when the
 * checks found it dead, and there is nothing to know about an end in good
 * order. */
static void name_bundle(gox_instance *i)
{
    bool is_orderly = i->exit_cause == GOX_CAUSE_OPERATOR ||
                      i->exit_cause == GOX_CAUSE_UPGRADE ||
                      i->exit_cause == GOX_CAUSE_MEMORY;
    if (is_orderly)
        i->bundle[0] = '\0';
    else if (i->asked == GOX_CAUSE_NONE)
        snprintf(i->bundle, sizeof i->bundle, "%.480s/bundle-%lld.txt", i->dir,
                (long long)i->exit_wall_ms);
}

/* What it said at its end says more than a number: "is in use by another
 * process". An error of long ago has nothing to do with it. */
static void put_last_words(gox_instance *i, enum gox_cause cause)
{
    const struct gox_capture *c = &i->capture;
    bool is_own_end = cause == GOX_CAUSE_CRASH || cause == GOX_CAUSE_CONFIG ||
                      cause == GOX_CAUSE_STARTUP;
    bool is_recent =
            i->ready_at_ns == 0 ||
            i->ended_at_ns - c->complaint_at_ns < LAST_WORDS_MS * GOX_NS_PER_MS;
    size_t len = strlen(i->exit_text);
    if (is_own_end && is_recent && c->complaint[0] != '\0')
        snprintf(i->exit_text + len, sizeof i->exit_text - len, ": %s",
                c->complaint);
}

static void keep_exit(gox_instance *i, enum gox_cause cause)
{
    i->has_exit = true;
    i->ended_at_ns = gox_time_now_ns();
    i->exit_wall_ms = gox_time_wall_ms();
    i->exit = (struct gox_process_exit){.is_known = false};
    if (i->process.has_ended) {
        i->exit = i->process.exit;
        gox_process_exit_format(&i->exit, i->exit_text);
        put_last_words(i, cause);
    }
    i->exit_cause = cause;
    name_bundle(i);
}

/* The new program of an upgrade ended before it was ready: the old one, which
 * could be used, is started again at once. */
static bool roll_back(gox_instance *i)
{
    bool is_new = i->previous_binary != NULL && i->ready_at_ns == 0 &&
                  i->is_wanted && i->asked != GOX_CAUSE_OPERATOR;
    if (!is_new)
        return false;
    gox__manager_trouble(i->manager, i,
            "the new program %s did not become ready (%s); %s is started again",
            i->config.binary, i->exit_text, i->previous_binary);
    gox_free(i->config.binary);
    i->config.binary = i->previous_binary;
    i->previous_binary = NULL;
    i->is_rolled_back = true;
    return true;
}

void gox__instance_ended(gox_instance *i, enum gox_cause cause)
{
    keep_exit(i, cause);
    struct gox_run run = {.cause = cause,
            .is_wanted = i->is_wanted,
            .ready_at_ns = i->ready_at_ns,
            .end_at_ns = i->ended_at_ns};
    struct gox_verdict v = {GOX_INPUT_EXIT_AGAIN, 0};
    if (!roll_back(i))
        v = gox_policy_exit(&i->policy, &i->config.policy, &run,
                gox__manager_random(i->manager));
    bool comes_back = v.input == GOX_INPUT_EXIT_WAIT ||
                      (v.input == GOX_INPUT_EXIT_FAIL && v.delay_ms > 0);
    i->retry_at_ns =
            comes_back ? i->ended_at_ns + v.delay_ms * GOX_NS_PER_MS : 0;
    i->restart_cause = run.is_wanted ? cause : GOX_CAUSE_NONE;
    if (i->process.id.pid > 0)
        note_exit(i, &v);
    /* Writing may wait for the disk: a restart goes first and tells then. */
    if (v.input != GOX_INPUT_EXIT_AGAIN)
        gox__instance_tell_exit(i);
    gox_process_close(&i->process);
    gox_process_init(&i->process);
    i->is_adopted = false;
    gox__instance_advance(i, v.input);
    gox__instance_tell_exit(i);
}
