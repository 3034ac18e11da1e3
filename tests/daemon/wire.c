/* SPDX-License-Identifier: Apache-2.0
 * Processes and bytes for the tests of the wire. */
#include "daemon/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

double wire_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void pause_a_little(void)
{
    struct timespec t = {.tv_nsec = 2000000};
    nanosleep(&t, NULL);
}

static void exec_daemon(const char *const *first, const char *const *more)
{
    const char *bin = getenv("GOX_BIN_DIR");
    const char *argv[40];
    char path[500];
    size_t count = 0;
    /* A test that fails leaves no daemon behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/goxel-daemon", bin != NULL ? bin : ".");
    argv[count++] = path;
    while (*first != NULL)
        argv[count++] = *first++;
    while (more != NULL && *more != NULL)
        argv[count++] = *more++;
    argv[count] = NULL;
    execv(path, (char *const *)(void *)argv);
    _exit(127);
}

static bool try_connect(const char *path, int *fd)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(*fd >= 0);
    if (connect(*fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return true;
    close(*fd);
    return false;
}

void wire_start_in(struct wire *w, const char *const *args)
{
    char log[100];
    snprintf(w->socket, sizeof w->socket, "%s/s.sock", w->dir);
    snprintf(log, sizeof log, "%s/log", w->dir);
    const char *const first[] = {"--socket", w->socket, "--data-dir", w->dir,
            "--log-file", log, NULL};
    w->in = w->out = -1;
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0)
        exec_daemon(first, args);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    int fd;
    while (!try_connect(w->socket, &fd)) {
        int status;
        if (waitpid(w->pid, &status, WNOHANG) != 0)
            fail_msg("the daemon ended at its start");
        assert_true(wire_now_ms() < limit);
        pause_a_little();
    }
    close(fd);
}

void wire_start(struct wire *w, const char *const *args)
{
    gox_test_dir(w->dir);
    wire_start_in(w, args);
}

void wire_start_stdio(struct wire *w)
{
    static const char *const first[] = {"--stdio", NULL};
    int in[2], out[2];
    gox_test_dir(w->dir);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        exec_daemon(first, NULL);
    }
    close(in[0]);
    close(out[1]);
    w->in = in[1];
    w->out = out[0];
}

int wire_run(const char *const *args, char *text, size_t size)
{
    int out[2], status;
    size_t used = 0;
    ssize_t got;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(out[1], 2);
        exec_daemon(args, NULL);
    }
    close(out[1]);
    while (used < size - 1 &&
            (got = read(out[0], text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int wire_wait(struct wire *w)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    int status;
    pid_t got;
    while ((got = waitpid(w->pid, &status, WNOHANG)) == 0) {
        if (wire_now_ms() > limit) {
            kill(w->pid, SIGKILL);
            fail_msg("the daemon does not end");
        }
        pause_a_little();
    }
    assert_int_equal(got, w->pid);
    w->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int wire_stop(struct wire *w, double *ms)
{
    double start = wire_now_ms();
    kill(w->pid, SIGTERM);
    int code = wire_wait(w);
    if (ms != NULL)
        *ms = wire_now_ms() - start;
    return code;
}

void wire_cleanup(struct wire *w)
{
    if (w->pid > 0)
        assert_int_equal(wire_stop(w, NULL), 0);
    gox_test_dir_remove(w->dir);
}

int wire_connect(const struct wire *w)
{
    int fd;
    assert_true(try_connect(w->socket, &fd));
    return fd;
}

void wire_send_bytes(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno == EINTR)
            continue;
        assert_true(put > 0);
        data += put;
        len -= (size_t)put;
    }
}

static char *with_quotes(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

void wire_send(int fd, const char *text)
{
    char *copy = with_quotes(text);
    wire_send_bytes(fd, copy, strlen(copy));
    free(copy);
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

char *wire_line(int fd)
{
    size_t capacity = 4096;
    size_t len = 0;
    char *line = malloc(capacity);
    for (;;) {
        if (!wait_readable(fd, WIRE_LIMIT_MS))
            fail_msg("no answer");
        ssize_t got = read(fd, line + len, 1);
        if (got <= 0) {
            free(line);
            return NULL;
        }
        if (line[len] == '\n')
            break;
        if (++len == capacity)
            line = realloc(line, capacity *= 2);
    }
    line[len] = '\0';
    return line;
}

void wire_expect(int fd, const char *text)
{
    char *wanted = with_quotes(text);
    char *line = wire_line(fd);
    if (line == NULL)
        fail_msg("the end came instead of %s", wanted);
    else if (strstr(line, wanted) == NULL)
        fail_msg("%s is not in %s", wanted, line);
    free(line);
    free(wanted);
}

void wire_expect_silence(int fd, int ms)
{
    if (wait_readable(fd, ms))
        fail_msg("something came");
}

void wire_expect_end(int fd)
{
    char *line = wire_line(fd);
    if (line != NULL)
        fail_msg("%s came instead of the end", line);
}

int wire_fd_count(const struct wire *w)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)w->pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

long wire_rss_kib(const struct wire *w)
{
    char path[64];
    long pages = 0, rss = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)w->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &pages, &rss), 2);
    fclose(file);
    return rss * (sysconf(_SC_PAGESIZE) / 1024);
}

static char *read_log(const struct wire *w)
{
    char path[100];
    char *text = calloc(1, 1 << 20);
    snprintf(path, sizeof path, "%s/log", w->dir);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        size_t got = fread(text, 1, (1 << 20) - 1, file);
        text[got] = '\0';
        fclose(file);
    }
    return text;
}

char *wire_wait_log(const struct wire *w, const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (;;) {
        char *log = read_log(w);
        char *at = strstr(log, text);
        if (at == NULL && wire_now_ms() > limit)
            fail_msg("\"%s\" is not in the log: %s", text, log);
        if (at != NULL)
            at = strdup(at + strlen(text));
        free(log);
        if (at != NULL)
            return at;
        pause_a_little();
    }
}
