/* SPDX-License-Identifier: Apache-2.0
 * A program for the tests to start: shows what it was given, or misbehaves. */
#include "platform/listen_fds.h"
#include "platform/notify.h"
#include "platform/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* One line for each passed socket, and what is left of the variables. */
static int show_sockets(void)
{
    struct gox_listen_fds fds;
    struct gox_error err = {0};
    int code = gox_listen_fds_take(&fds, true, &err);
    printf("%d %zu %s\n", code, fds.count, err.text);
    for (size_t i = 0; i < fds.count; i++) {
        struct gox_listen_fd *f = &fds.items[i];
        printf("%d %s kind=%d listening=%d stream=%d cloexec=%d nonblock=%d "
               "%s %u\n",
                f->fd, f->name, (int)f->info.kind, f->info.is_listening,
                f->info.is_stream, fcntl(f->fd, F_GETFD) == FD_CLOEXEC,
                (fcntl(f->fd, F_GETFL) & O_NONBLOCK) != 0, f->info.address,
                f->info.port);
    }
    printf("left %d\n", getenv("LISTEN_FDS") != NULL);
    gox_listen_fds_fini(&fds);
    return 0;
}

/* Everything that is inherited. */
static int show_state(void)
{
    struct rlimit files;
    sigset_t mask;
    char cwd[512] = "?";
    int ignored = 0, blocked = 0;
    DIR *dir = opendir("/proc/self/fd");
    printf("fds");
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(dir))
            printf(" %s", e->d_name);
    if (dir != NULL)
        closedir(dir);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int i = 1; i < 65; i++) {
        struct sigaction now;
        if (sigaction(i, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            ignored++;
        blocked += sigismember(&mask, i) == 1;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    mode_t mode = umask(0);
    printf("\nignored %d blocked %d\n", ignored, blocked);
    printf("session %d group %d\n", getsid(0) == getpid(),
            getpgrp() == getpid());
    printf("uid %u gid %u files %lu umask %o cwd %s\n", getuid(), getgid(),
            (unsigned long)files.rlim_cur, mode, getcwd(cwd, sizeof cwd));
    return 0;
}

static int show_env(void)
{
    for (char **e = environ; *e != NULL; e++)
        puts(*e);
    printf("pid=%d\n", getpid());
    return 0;
}

/* A tree in which nobody wants to end: each level is a session of its own and
 * ignores SIGTERM; every second one loses its parent. */
static int grow(int depth, bool has_env)
{
    char text[16];
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (int i = 0; i < 2 && depth > 0; i++) {
        pid_t child = fork();
        if (child != 0)
            continue;
        setsid();
        if (i == 1 && fork() != 0)
            _exit(0);
        snprintf(text, sizeof text, "%d", depth - 1);
        char *const argv[] = {"platform_helper", "grow", text, NULL};
        char *const none[] = {NULL};
        execve("/proc/self/exe", argv, has_env ? environ : none);
        _exit(1);
    }
    printf("%d\n", getpid());
    fflush(stdout);
    for (;;)
        pause();
}

/* One process at a time that gets a new number each millisecond or so. */
static int hop(void)
{
    const struct timespec pause_time = {.tv_nsec = 1000000};
    puts("up");
    fflush(stdout);
    for (;;) {
        nanosleep(&pause_time, NULL);
        if (fork() != 0)
            _exit(0);
        setsid();
    }
}

static int notify(void)
{
    struct gox_notify n;
    struct gox_error err;
    if (gox_notify_init(&n, true, &err) < 0)
        return 1;
    int sent = gox_notify_ready(&n, "from the helper");
    printf("%d %lld\n", sent, (long long)n.watchdog_us);
    gox_notify_fini(&n);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(what, "sockets") == 0)
        return show_sockets();
    if (strcmp(what, "state") == 0)
        return show_state();
    if (strcmp(what, "env") == 0)
        return show_env();
    if (strcmp(what, "grow") == 0)
        return grow(number, true);
    if (strcmp(what, "grow-bare") == 0)
        return grow(number, false);
    if (strcmp(what, "hop") == 0)
        return hop();
    if (strcmp(what, "notify") == 0)
        return notify();
    if (strcmp(what, "exit") == 0)
        return number;
    if (strcmp(what, "signal") == 0)
        return raise(number);
    if (strcmp(what, "wait") == 0)
        for (;;)
            pause();
    return 64;
}
