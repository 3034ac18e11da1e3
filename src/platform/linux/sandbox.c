/* SPDX-License-Identifier: Apache-2.0
 * Entering the sandbox and saying how far it goes. Landlock first: the filter
 * of system calls must not hinder it. */
#include "platform/os.h"
#include "platform/sandbox_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* Landlock holds for the calling thread and those it starts. */
static bool is_threaded(void)
{
#if defined(__SANITIZE_THREAD__)
    return false; /* the sanitizer has a thread of its own */
#else
    return gox_os_thread_count() > 1;
#endif
}

static void add(char *text, size_t size, size_t *at, const char *word)
{
    int n = snprintf(text + *at, size - *at, "%s", word);
    *at += n > 0 && (size_t)n < size - *at ? (size_t)n : 0;
}

/* "best-effort: files, TCP, system calls (Landlock ABI 4); not signals" */
static void describe(struct gox_sandbox *s, const struct gox_sandbox_spec *spec)
{
    const struct {
        bool is_on, is_asked;
        const char *name;
    } parts[] = {{s->is_files, true, "files"},
            {s->is_tcp, !spec->is_tcp_free, "TCP"},
            {s->is_scoped, true, "signals"},
            {s->is_syscalls, true, "system calls"}};
    char abi[40];
    size_t at = 0, shown = 0;
    add(s->text, sizeof s->text, &at, gox_sandbox_level_name(s->asked));
    for (size_t on = 1; on <= 2; on++) {
        shown = 0;
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            if (parts[i].is_on != (on == 1) || !parts[i].is_asked)
                continue;
            add(s->text, sizeof s->text, &at,
                    shown++ > 0 ? ", "
                    : on == 1   ? ": "
                                : "; not ");
            add(s->text, sizeof s->text, &at, parts[i].name);
        }
        if (on == 1 && shown == 0)
            add(s->text, sizeof s->text, &at, ": nothing");
        snprintf(abi, sizeof abi, " (Landlock ABI %d)", s->landlock_abi);
        if (on == 1 && s->is_files)
            add(s->text, sizeof s->text, &at, abi);
    }
    s->is_full = shown == 0;
}

static int refuse(struct gox_error *err, int error, const char *what)
{
    return gox_error_set_errno(err, GOX_ERR_UNSUPPORTED, error,
            "the sandbox cannot be entered: %s; use security.sandbox "
            "\"best-effort\" or a newer system",
            what);
}

/* What REQUIRE cannot do without. */
static int judge(const struct gox_sandbox *s,
        const struct gox_sandbox_spec *spec, int error, struct gox_error *err)
{
    if (!s->is_files && s->landlock_abi == 0)
        return refuse(err, EOPNOTSUPP, "this kernel has no Landlock");
    if (!s->is_files)
        return refuse(err, error, "files are not confined");
    if (!s->is_tcp && !spec->is_tcp_free)
        return refuse(err, EOPNOTSUPP,
                "TCP is not confined, which takes Landlock ABI 4");
    if (!s->is_syscalls)
        return refuse(err, error, "system calls are not filtered");
    return 0;
}

void gox_sandbox_prepare(enum gox_sandbox_level level)
{
    if (level != GOX_SANDBOX_OFF && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)gox__seccomp_hide_rings();
}

int gox_sandbox_enter(struct gox_sandbox *sandbox,
        const struct gox_sandbox_spec *spec, struct gox_error *err)
{
    size_t missing = 0;
    const char *first_missing = "";
    int error = 0, filter_error = 0;
    *sandbox = (struct gox_sandbox){.asked = spec->level};
    if (spec->level == GOX_SANDBOX_OFF) {
        snprintf(sandbox->text, sizeof sandbox->text, "off");
        sandbox->is_full = true;
        return 0;
    }
    sandbox->landlock_abi = gox__landlock_abi();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        error = filter_error = errno;
    else if (is_threaded())
        error = EBUSY; /* a thread that is there would keep its rights */
    else if (sandbox->landlock_abi > 0)
        error = gox__landlock_enter(sandbox, spec, &missing, &first_missing);
    if (spec->level == GOX_SANDBOX_REQUIRE && missing > 0)
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "the sandbox cannot be entered: %s is not there (and %zu more "
                "paths); create it first",
                first_missing, missing - 1);
    if (filter_error == 0)
        filter_error = gox__seccomp_enter();
    sandbox->is_syscalls = filter_error == 0;
    describe(sandbox, spec);
    if (spec->level != GOX_SANDBOX_REQUIRE)
        return 0;
    return judge(sandbox, spec, error != 0 ? error : filter_error, err);
}
