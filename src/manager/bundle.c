/* SPDX-License-Identifier: Apache-2.0
 * What was known when a daemon ended or stopped answering, in one text file:
 * the cause, the last checks, the process, the end of its log. The last ones
 * are kept. */
#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "goxel/version.h"
#include "manager/manager_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP 10

static void put_checks(gox_instance *i, struct gox_output *out)
{
    const struct gox_probe *p = &i->probe;
    gox_output_printf(out, "\n== the last round of checks ==\n");
    if (p->at_wall_ms == 0) {
        gox_output_put_str(out, "none yet\n");
        return;
    }
    gox_output_printf(out, "%llu rounds, %llu failed, %llu unknown\n",
            (unsigned long long)i->health.rounds,
            (unsigned long long)i->health.failed_rounds,
            (unsigned long long)i->health.unknown_rounds);
    for (size_t s = 0; s < GOX_STAGE_COUNT; s++)
        gox_output_printf(out, "%-8s %-8s %s\n", gox_stage_rows[s].name,
                gox_finding_name(p->round.stages[s].finding),
                p->round.stages[s].text);
    if (p->answer != NULL)
        gox_output_printf(out, "daemon.health: %s\n", p->answer);
}

static void put_process(gox_instance *i, struct gox_output *out)
{
    struct gox_proc_info info = i->probe.info;
    int64_t pid = gox__instance_pid(i);
    bool has = i->probe.has_info;
    /* While it is still there (a hang), its present state. */
    if (i->state == GOX_STATE_UNHEALTHY || i->state == GOX_STATE_STOPPING)
        has = pid > 0 &&
              gox_proc_info_read(
                      pid, GOX_PROC_WANT_FDS | GOX_PROC_WANT_PSS, &info) == 0;
    gox_output_printf(out, "\n== the process ==\n");
    if (has)
        gox_output_printf(out,
                "state %c, %llu kB resident, %lld ms of processor time, %d "
                "threads, %d descriptors\n",
                info.state, (unsigned long long)(info.rss_bytes / 1024),
                (long long)(info.cpu_ns / GOX_NS_PER_MS), info.thread_count,
                info.fd_count);
    else
        gox_output_put_str(out, "nothing is known\n");
    if (i->status_text[0] != '\0')
        gox_output_printf(out, "it said last: %s\n", i->status_text);
}

static void put_all(gox_instance *i, const char *why, struct gox_output *out)
{
    char at[GOX_TIME_TEXT_BYTES];
    struct gox_buf tail;
    bool has_ended = i->state != GOX_STATE_UNHEALTHY &&
                     i->state != GOX_STATE_ATTACHED &&
                     i->asked != GOX_CAUSE_STARTUP;
    gox_time_format(gox_time_wall_ms(), at);
    gox_output_printf(out,
            "goxel-manager %s, %s\ninstance %s, program %s, socket %s\n",
            GOX_VERSION, at, i->config.name, i->config.binary,
            i->config.socket_path);
    if (has_ended)
        gox_output_printf(out, "cause: %s\nend: %s\nran for %lld ms\n",
                gox_cause_name(i->exit_cause), i->exit_text,
                (long long)((i->ended_at_ns - i->started_at_ns) /
                            GOX_NS_PER_MS));
    else
        gox_output_printf(out, "cause: %s\nprocess %lld, up for %lld ms\n", why,
                (long long)gox__instance_pid(i),
                (long long)((gox_time_now_ns() - i->started_at_ns) /
                            GOX_NS_PER_MS));
    put_checks(i, out);
    put_process(i, out);
    gox_output_printf(out, "\n== the end of its log ==\n");
    gox_buf_init(&tail, 0);
    if (gox__capture_tail(i, GOX_CAPTURE_RING_BYTES, &tail) == 0 &&
            tail.len > 0)
        gox_output_put(out, tail.data, tail.len);
    gox_buf_fini(&tail);
}

static int is_bundle(const struct dirent *e)
{
    return strncmp(e->d_name, "bundle-", 7) == 0;
}

/* Names hold the time, so they sort by age for the next two centuries. */
static void remove_old(const gox_instance *i)
{
    struct dirent **list;
    char path[GOX_INSTANCE_PATH + 300];
    int count = scandir(i->dir, &list, is_bundle, alphasort);
    for (int k = 0; k < count; k++) {
        snprintf(path, sizeof path, "%s/%s", i->dir, list[k]->d_name);
        if (k < count - KEEP)
            unlink(path);
        free(list[k]);
    }
    if (count >= 0)
        free(list);
}

void gox__bundle_write(gox_instance *i, const char *why)
{
    struct gox_error err = {.offset = -1};
    bool is_named = i->has_exit && i->bundle[0] != '\0' &&
                    i->state != GOX_STATE_UNHEALTHY &&
                    i->state != GOX_STATE_STOPPING;
    if (!is_named)
        snprintf(i->bundle, sizeof i->bundle, "%.480s/bundle-%lld.txt", i->dir,
                (long long)gox_time_wall_ms());
    struct gox_buf text;
    gox_buf_init(&text, 0);
    struct gox_output *out = gox_output_open_memory(&text, &err);
    int code = GOX_ERR_NOMEM;
    if (out != NULL) {
        put_all(i, why, out);
        code = gox_output_commit(out);
    }
    gox_output_close(out);
    if (code == 0 && !gox__write_file(i->bundle, text.data, text.len))
        code = gox_error_set_errno(
                &err, GOX_ERR_IO, errno, "%s cannot be written", i->bundle);
    gox_buf_fini(&text);
    if (code < 0) {
        gox__manager_trouble(i->manager, i,
                "no bundle was written: %s; the daemon is treated as planned",
                err.text);
        i->bundle[0] = '\0';
    }
    remove_old(i);
}
