/* SPDX-License-Identifier: Apache-2.0
 * What the child does between fork and exec: system calls only, in an order in
 * which each step still has the rights it needs. Descriptors come before the
 * limit on descriptors, the directory after the user whose rights decide. */
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNALS_END 65

/* Decimal digits of a positive number; snprintf is not promised to work between
 * fork and exec. */
void gox__start_put_digits(char *at, long long value)
{
    char digits[24];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    *at = '\0';
}

/* Handlers are reset by exec, but "ignored" is inherited, and so is the mask.
 */
static void reset_signals(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < SIGNALS_END; i++)
        sigaction(i, &normal, NULL); /* fails for two of them: fine */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Out of the way of the numbers that the program expects. */
static bool lift(int *fd, int first_free)
{
    if (*fd >= first_free)
        return true;
    *fd = fcntl(*fd, F_DUPFD_CLOEXEC, first_free);
    return *fd >= 0;
}

/* The streams become 0, 1, 2 and the sockets 3 and up. dup2 also takes
 * close-on-exec away, but not from a descriptor that is in its place already,
 * and it may overwrite one that is needed later: hence all are lifted first. */
static bool place_fds(struct gox__start_plan *plan, int *report_fd)
{
    int count = (int)plan->spec->socket_count;
    int first_free = 3 + count;
    int streams[3]; /* the plan may be the parent's own, who closes its */
    memcpy(streams, plan->child_fds, sizeof streams);
    if (!lift(report_fd, first_free))
        return false;
    for (int i = 0; i < 3; i++)
        if (!lift(&streams[i], first_free))
            return false;
    for (int i = 0; i < count; i++)
        if (!lift(&plan->socket_fds[i], first_free))
            return false;
    for (int i = 0; i < 3; i++)
        if (dup2(streams[i], i) < 0)
            return false;
    for (int i = 0; i < count; i++)
        if (dup2(plan->socket_fds[i], 3 + i) < 0)
            return false;
    gox__start_mark_rest(first_free);
    return true;
}

static bool set_limits(const struct gox_process_spec *spec)
{
    // clang-format off
    static const int KINDS[] = {
        [GOX_LIMIT_FILES]     = RLIMIT_NOFILE,
        [GOX_LIMIT_CORE]      = RLIMIT_CORE,
        [GOX_LIMIT_MEMORY]    = RLIMIT_AS,
        [GOX_LIMIT_PROCESSES] = RLIMIT_NPROC,
        [GOX_LIMIT_STACK]     = RLIMIT_STACK,
        [GOX_LIMIT_CPU]       = RLIMIT_CPU,
    };
    // clang-format on
    for (size_t i = 0; i < spec->limit_count; i++) {
        const struct gox_process_limit *want = &spec->limits[i];
        /* GOX_LIMIT_NONE and RLIM_INFINITY both are all ones. */
        struct rlimit limit = {
                .rlim_cur = (rlim_t)want->soft, .rlim_max = (rlim_t)want->hard};
        if (setrlimit((unsigned)KINDS[want->kind], &limit) != 0)
            return false;
    }
    return true;
}

static bool become_user(const struct gox_process_spec *spec)
{
    struct gox_error ignored;
    return spec->user == NULL || gox_user_drop(spec->user, &ignored) == 0;
}

static void fill_slots(struct gox__start_plan *plan)
{
    long long pid = getpid();
    for (size_t i = 0; i < plan->slot_count; i++)
        gox__start_put_digits(plan->slots[i].text + plan->slots[i].at, pid);
}

enum gox_process_step gox__start_become(
        struct gox__start_plan *plan, int *report_fd)
{
    const struct gox_process_spec *spec = plan->spec;
    if (!spec->is_same_session && setsid() < 0)
        return GOX_STEP_SESSION;
    if (!gox__start_enter_cgroup(spec))
        return GOX_STEP_CGROUP;
    if (!place_fds(plan, report_fd))
        return GOX_STEP_DESCRIPTORS;
    if (!gox__start_set_oom_score(spec) || !set_limits(spec))
        return GOX_STEP_LIMITS;
    if (!become_user(spec))
        return GOX_STEP_USER;
    if (spec->has_umask)
        umask((mode_t)spec->umask);
    if (spec->working_dir != NULL && chdir(spec->working_dir) != 0)
        return GOX_STEP_WORKING_DIR;
    fill_slots(plan);
    reset_signals();
    execve(spec->program, plan->argv, plan->env);
    return GOX_STEP_EXEC;
}
