/* SPDX-License-Identifier: Apache-2.0
 * A small daemon to supervise, with the faults that tests ask for. It takes its
 * socket by LISTEN_FDS, else makes the one of --socket, and answers every line
 * with a JSON-RPC result that holds its process number.
 *
 *   --exit N        end at once with this code
 *   --exit-file F   the same with the number in F, when F is there
 *   --forks-away    fork, leave the child behind in a session of its own, exit
 *   --ignore-term   do not end on SIGTERM
 *   --flood MB      write so much to standard error before serving
 *   --eat MB        touch so much memory
 *   --mute          accept and never answer
 *   --mute-file F   the same while F is there
 *   --degraded-file F  say that it is degraded while F is there
 *   --slow-term MS  take this long to end after SIGTERM
 *   --notify        say READY=1 (else the first answer tells)
 *   --say TEXT      a line on standard output
 *   --count F       append a byte to F at each start */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t is_asked;
static long slow_ms;
static bool is_mute;
static const char *mute_file;
static const char *degraded_file;
static char *volatile kept; /* of --eat */

static void on_term(int number)
{
    (void)number;
    is_asked = 1;
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 ||
            listen(fd, 128) != 0)
        exit(78);
    return fd;
}

static void say_ready(void)
{
    const char *address = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (address == NULL || fd < 0)
        exit(3);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", address);
    if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&addr, sizeof addr) != 7)
        exit(4);
    close(fd);
}

static void flood(long megabytes)
{
    char line[1025];
    memset(line, 'x', sizeof line);
    line[1023] = '\n';
    for (long k = 0; k < megabytes * 1024; k++)
        if (write(STDERR_FILENO, line, 1024) != 1024)
            exit(5);
}

static void eat(long megabytes)
{
    size_t size = (size_t)megabytes << 20;
    kept = malloc(size);
    for (size_t k = 0; kept != NULL && k < size; k += 4096)
        kept[k] = 1;
}

static bool is_there(const char *file)
{
    return file != NULL && access(file, F_OK) == 0;
}

#define CLIENTS 64

static void serve(int listen_fd)
{
    struct pollfd fds[CLIENTS + 1] = {{.fd = listen_fd, .events = POLLIN}};
    nfds_t count = 1;
    sigset_t term, none;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    /* Only ppoll lets it in: between the test and the wait it would be lost. */
    sigprocmask(SIG_BLOCK, &term, NULL);
    while (!is_asked) {
        fds[0].events = count <= CLIENTS ? POLLIN : 0;
        if (ppoll(fds, count, NULL, &none) < 0)
            continue;
        for (nfds_t k = count - 1; k > 0; k--) {
            char text[4096];
            if (fds[k].revents == 0)
                continue;
            ssize_t got = read(fds[k].fd, text, sizeof text);
            bool is_quiet = is_mute || is_there(mute_file);
            if (got > 0 && !is_quiet) {
                int len = snprintf(text, sizeof text,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"pid\":%d,"
                        "\"status\":\"%s\"}}\n",
                        (int)getpid(),
                        is_there(degraded_file) ? "degraded" : "healthy");
                got = write(fds[k].fd, text, (size_t)len);
            }
            if (got <= 0) {
                close(fds[k].fd);
                fds[k] = fds[--count];
            }
        }
        if ((fds[0].revents & POLLIN) != 0) {
            int fd = accept(listen_fd, NULL, NULL);
            if (fd >= 0)
                fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
    }
}

static void exit_by_file(const char *path)
{
    FILE *f = fopen(path, "r");
    int code = 0;
    if (f == NULL)
        return;
    if (fscanf(f, "%d", &code) == 1)
        exit(code);
    fclose(f);
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    bool is_notify = false, ignores = false;
    for (int k = 1; k < argc; k++) {
        const char *value = k + 1 < argc ? argv[k + 1] : "";
        if (strcmp(argv[k], "--socket") == 0)
            path = value;
        else if (strcmp(argv[k], "--exit") == 0)
            exit(atoi(value));
        else if (strcmp(argv[k], "--exit-file") == 0)
            exit_by_file(value);
        else if (strcmp(argv[k], "--forks-away") == 0 && fork() > 0)
            exit(0);
        else if (strcmp(argv[k], "--forks-away") == 0)
            setsid();
        else if (strcmp(argv[k], "--ignore-term") == 0)
            ignores = true;
        else if (strcmp(argv[k], "--flood") == 0)
            flood(atol(value));
        else if (strcmp(argv[k], "--eat") == 0)
            eat(atol(value));
        else if (strcmp(argv[k], "--mute") == 0)
            is_mute = true;
        else if (strcmp(argv[k], "--mute-file") == 0)
            mute_file = value;
        else if (strcmp(argv[k], "--degraded-file") == 0)
            degraded_file = value;
        else if (strcmp(argv[k], "--slow-term") == 0)
            slow_ms = atol(value);
        else if (strcmp(argv[k], "--notify") == 0)
            is_notify = true;
        else if (strcmp(argv[k], "--say") == 0)
            printf("%s\n", value);
        else if (strcmp(argv[k], "--count") == 0) {
            int fd = open(value, O_WRONLY | O_CREAT | O_APPEND, 0644);
            if (fd < 0 || write(fd, "x", 1) != 1)
                exit(6);
            close(fd);
        }
    }
    fflush(stdout);
    struct sigaction act = {.sa_handler = ignores ? SIG_IGN : on_term};
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    const char *pid = getenv("LISTEN_PID");
    bool is_passed = pid != NULL && atoi(pid) == (int)getpid() &&
                     getenv("LISTEN_FDS") != NULL;
    int fd = is_passed ? 3 : listen_at(path != NULL ? path : "child.sock");
    if (is_notify)
        say_ready();
    serve(fd);
    if (slow_ms > 0)
        poll(NULL, 0, (int)slow_ms);
    return 0;
}
