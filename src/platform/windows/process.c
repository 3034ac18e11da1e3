/* SPDX-License-Identifier: Apache-2.0
 * Processes on Windows. The handle is kept in pidfd (handles have 32
 * significant bits) and pins the number while it is open. A program is started
 * suspended, put into its Job Object and only then let go, so no child of its
 * escapes. Compiled, not tested on Windows yet.
 *
 * There are no signals: SIGTERM becomes Ctrl+Break to the program's own group,
 * and SIGKILL ends it. Sockets, users and pipes for output are not passed. */
#include "platform/process.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "platform/windows/wide.h"

#include <signal.h>
#include <string.h>
#include <windows.h>

#define KILLED_CODE 137
#define SIGNAL_KILL 9

static HANDLE handle_of(const struct gox_process *p)
{
    return (HANDLE)(intptr_t)p->pidfd;
}

void gox_process_init(struct gox_process *p)
{
    *p = (struct gox_process){.pidfd = -1, .out_fd = -1, .err_fd = -1};
}

/* One argument by the rules of CommandLineToArgvW: backslashes count only
 * before a quotation mark. */
static void put_argument(struct gox_buf *line, const char *text)
{
    size_t slashes = 0;
    gox_buf_put_byte(line, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            slashes++;
            continue;
        }
        size_t wanted = *text == '"' ? 2 * slashes + 1 : slashes;
        for (size_t i = 0; i < wanted; i++)
            gox_buf_put_byte(line, '\\');
        gox_buf_put_byte(line, (uint8_t)*text);
        slashes = 0;
    }
    for (size_t i = 0; i < 2 * slashes; i++)
        gox_buf_put_byte(line, '\\');
    gox_buf_put_byte(line, '"');
}

static wchar_t *make_line(const struct gox_process_spec *spec)
{
    struct gox_buf line;
    gox_buf_init(&line, 32000);
    for (size_t i = 0; spec->argv[i] != NULL; i++) {
        if (i > 0)
            gox_buf_put_byte(&line, ' ');
        put_argument(&line, spec->argv[i]);
    }
    const char *text = gox_buf_text(&line);
    wchar_t *wide = text != NULL ? gox__wide_dup(text) : NULL;
    gox_buf_fini(&line);
    return wide;
}

/* "A=1\0B=2\0\0" in wide characters. */
static wchar_t *make_env(const struct gox_process_spec *spec)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; spec->env != NULL && spec->env[i] != NULL; i++)
        count += strlen(spec->env[i]) + 1;
    wchar_t *block = gox_calloc(count + 2, sizeof *block);
    for (size_t i = 0; block != NULL && at < count && spec->env[i] != NULL; i++)
        at += (size_t)MultiByteToWideChar(CP_UTF8, 0, spec->env[i], -1,
                block + at, (int)(count + 1 - at));
    return block;
}

static int launch(struct gox_process *p, const struct gox_process_spec *spec,
        wchar_t *program, wchar_t *line, wchar_t *env, wchar_t *dir)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    if (!CreateProcessW(program, line, NULL, NULL, FALSE,
                CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP |
                        CREATE_UNICODE_ENVIRONMENT,
                env, dir, &startup, &made)) {
        p->failed_step = GOX_STEP_EXEC;
        return gox__win_code(GetLastError());
    }
    if (spec->cgroup != NULL &&
            !AssignProcessToJobObject(
                    (HANDLE)(intptr_t)spec->cgroup->dir_fd, made.hProcess)) {
        int code = gox__win_code(GetLastError());
        TerminateProcess(made.hProcess, KILLED_CODE);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
        p->failed_step = GOX_STEP_CGROUP;
        return code;
    }
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    p->pidfd = (int)(intptr_t)made.hProcess;
    p->is_child = true;
    if (gox_proc_id_get(made.dwProcessId, &p->id) < 0)
        p->id.pid = made.dwProcessId;
    return 0;
}

int gox_process_start(struct gox_process *p,
        const struct gox_process_spec *spec, struct gox_error *err)
{
    gox_process_init(p);
    if (spec->socket_count > 0 || spec->user != NULL || spec->limit_count > 0 ||
            spec->out == GOX_STREAM_PIPE || spec->err == GOX_STREAM_PIPE)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "sockets, users, limits and pipes cannot be given to a "
                "program on Windows yet");
    wchar_t *program = gox__wide_dup(spec->program);
    wchar_t *line = make_line(spec);
    wchar_t *env = make_env(spec);
    wchar_t *dir =
            spec->working_dir != NULL ? gox__wide_dup(spec->working_dir) : NULL;
    int code = GOX_ERR_NOMEM;
    p->failed_step = GOX_STEP_PREPARE;
    if (program != NULL && line != NULL && env != NULL &&
            (dir != NULL || spec->working_dir == NULL))
        code = launch(p, spec, program, line, env, dir);
    gox_free(dir);
    gox_free(env);
    gox_free(line);
    gox_free(program);
    if (code == 0) {
        p->failed_step = GOX_STEP_NONE;
        return 0;
    }
    return gox_error_set(err, code, "%.200s was not started: %s failed (%s)",
            spec->program, gox_process_step_name(p->failed_step),
            gox_error_text(code));
}

int gox_process_adopt(struct gox_process *p, const struct gox_proc_id *id,
        struct gox_error *err)
{
    struct gox_proc_id now;
    gox_process_init(p);
    HANDLE process = OpenProcess(
            PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | SYNCHRONIZE,
            FALSE, (DWORD)id->pid);
    if (process != NULL && gox_proc_id_get(id->pid, &now) == 0 &&
            gox_proc_id_is_same(id, &now)) {
        p->id = *id;
        p->pidfd = (int)(intptr_t)process;
        return 0;
    }
    if (process != NULL)
        CloseHandle(process);
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "process %lld has ended; its number is free or another's",
            (long long)id->pid);
}

int gox_process_wait(struct gox_process *p, int timeout_ms)
{
    DWORD code;
    if (p->has_ended)
        return 1;
    if (p->pidfd == -1)
        return GOX_ERR_NOT_FOUND;
    DWORD rc = WaitForSingleObject(
            handle_of(p), timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
    if (rc == WAIT_TIMEOUT)
        return GOX_ERR_TIMEOUT;
    if (rc != WAIT_OBJECT_0)
        return GOX_ERR_IO;
    p->has_ended = true;
    p->exit = (struct gox_process_exit){0};
    if (GetExitCodeProcess(handle_of(p), &code)) {
        p->exit.is_known = true;
        p->exit.code = (int)code;
    }
    return 1;
}

int gox_process_check(struct gox_process *p)
{
    int code = gox_process_wait(p, 0);
    return code == GOX_ERR_TIMEOUT ? 0 : code;
}

int gox_process_signal(struct gox_process *p, int signal_number)
{
    if (p->has_ended || p->pidfd == -1)
        return GOX_ERR_NOT_FOUND;
    BOOL is_sent = FALSE;
    if (signal_number == SIGNAL_KILL)
        is_sent = TerminateProcess(handle_of(p), KILLED_CODE);
    else if (signal_number == SIGTERM || signal_number == SIGINT)
        is_sent = GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, (DWORD)p->id.pid);
    else
        return GOX_ERR_UNSUPPORTED;
    return is_sent ? 0 : gox__win_code(GetLastError());
}

void gox_process_close(struct gox_process *p)
{
    if (p->pidfd != -1)
        CloseHandle(handle_of(p));
    gox_process_init(p);
}

int gox_process_become_reaper(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "Windows has no orphans to take over; a Job Object holds the tree");
}

int gox_process_reap(const struct gox_process_set *set)
{
    int failed = 0;
    for (size_t i = 0; i < set->count; i++)
        failed |= gox_process_check(set->items[i]) < 0;
    return failed ? GOX_ERR_IO : 0;
}

int gox_process_kill_tree(struct gox_process *p, struct gox_cgroup *cgroup,
        const struct gox_process_set *set)
{
    struct gox_cgroup_info info = {0};
    (void)set;
    if (cgroup != NULL && cgroup->dir_fd != -1) {
        int code = gox_cgroup_kill(cgroup);
        if (code == 0)
            code = gox_cgroup_info_read(cgroup, &info);
        if (code < 0)
            return code;
    }
    int code = p->pidfd != -1 ? gox_process_check(p) : 1;
    if (code == 0)
        code = gox_process_signal(p, SIGNAL_KILL);
    return code < 0 && code != GOX_ERR_NOT_FOUND ? code : (int)info.pids;
}
