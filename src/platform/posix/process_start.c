/* SPDX-License-Identifier: Apache-2.0
 * Starting a program. Everything that needs memory is made before the child is;
 * it only makes system calls, and writes step and errno into a pipe that exec
 * closes, so the parent knows the outcome when it returns.
 *
 * PR_SET_PDEATHSIG is not used: the daemon must outlive its manager. */
#include "platform/process.h"
#include "platform/process_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXEC_LIMIT_MS 10000

/* What the child says before it ends without having become the program. */
struct failure {
    int32_t step, error;
};

static int code_of(const struct failure *f)
{
    bool is_path = f->step == GOX_STEP_EXEC || f->step == GOX_STEP_WORKING_DIR;
    switch (f->error) {
    case ENOENT:
    case ENOTDIR:
        return is_path ? GOX_ERR_NOT_FOUND : GOX_ERR_IO;
    case EACCES:
    case EPERM:
        return GOX_ERR_FORBIDDEN;
    case ENOMEM:
        return GOX_ERR_NOMEM;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
        return GOX_ERR_BUSY;
    case ETIME:
        return GOX_ERR_TIMEOUT;
    default:
        return GOX_ERR_IO;
    }
}

static int fail(struct gox_process *p, const struct gox_process_spec *spec,
        const struct failure *f, struct gox_error *err)
{
    gox_process_close(p);
    p->failed_step = (enum gox_process_step)f->step;
    p->failed_errno = f->error;
    return gox_error_set_errno(err, code_of(f), f->error,
            "%.200s was not started: %s failed", spec->program,
            gox_process_step_name(p->failed_step));
}

/* Waits until exec has closed the pipe. True: the program runs; false: *f says
 * why not. */
static bool hear(int fd, struct failure *f)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n;
    int rc;
    do
        rc = poll(&p, 1, EXEC_LIMIT_MS);
    while (rc < 0 && errno == EINTR);
    if (rc <= 0) {
        *f = (struct failure){.step = GOX_STEP_EXEC, .error = ETIME};
        return false;
    }
    do
        n = read(fd, f, sizeof *f);
    while (n < 0 && errno == EINTR);
    return n != (ssize_t)sizeof *f;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* What the child needs of its parent. */
struct birth {
    struct gox__start_plan *plan;
    int report_fd;
};

/* The child; does not return. */
static int be_child(void *ctx)
{
    struct birth *birth = ctx;
    struct failure f = {.step = GOX_STEP_NONE};
    f.step = (int32_t)gox__start_become(birth->plan, &birth->report_fd);
    f.error = errno;
    ssize_t n;
    do
        n = write(birth->report_fd, &f, sizeof f);
    while (n < 0 && errno == EINTR);
    _exit(127);
}

/* With all signals blocked, so that no handler of the parent runs in the child.
 */
static pid_t fork_quietly(struct gox__start_plan *plan, const int report[2])
{
    struct birth birth = {plan, report[1]};
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    pid_t pid = gox__process_fork(plan->spec, be_child, &birth);
    int error = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return pid;
}

/* From fork to the program's life; *f is filled on false. */
static bool launch(
        struct gox_process *p, struct gox__start_plan *plan, struct failure *f)
{
    int report[2];
    *f = (struct failure){.step = GOX_STEP_PREPARE};
    if (gox__process_pipe(report) != 0) {
        f->error = errno;
        return false;
    }
    pid_t pid = fork_quietly(plan, report);
    *f = (struct failure){.step = GOX_STEP_FORK, .error = errno};
    close(report[1]);
    bool is_up = pid > 0 && hear(report[0], f);
    close(report[0]);
    /* Nobody else reaps it, so its number is still its own. */
    int pidfd = is_up ? gox__process_hold(pid) : -1;
    if (is_up && pidfd < 0) {
        *f = (struct failure){.step = GOX_STEP_FORK, .error = errno};
        is_up = false;
    }
    if (!is_up && pid > 0)
        end_child(pid);
    if (!is_up)
        return false;
    p->pidfd = pidfd;
    p->is_child = true;
    if (gox_proc_id_get(pid, &p->id) < 0)
        p->id.pid = pid; /* no /proc: the pidfd alone must do */
    return true;
}

int gox_process_start(struct gox_process *p,
        const struct gox_process_spec *spec, struct gox_error *err)
{
    struct gox__start_plan plan;
    struct failure f = {.step = GOX_STEP_PREPARE};
    gox_process_init(p);
    f.error = gox__start_plan_init(&plan, spec);
    bool is_up = f.error == 0 && launch(p, &plan, &f);
    if (is_up) {
        p->out_fd = gox__start_plan_take(&plan, STDOUT_FILENO);
        p->err_fd = gox__start_plan_take(&plan, STDERR_FILENO);
    }
    gox__start_plan_fini(&plan);
    return is_up ? 0 : fail(p, spec, &f, err);
}
