/* SPDX-License-Identifier: Apache-2.0
 * goxelctl top: a screen that shows what goes on, until q.
 *
 * Invariant: however it ends, the terminal is as it was before. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The alternate screen without a cursor, and back. */
#define SCREEN_ON  "\33[?1049h\33[?25l"
#define SCREEN_OFF "\33[?25h\33[?1049l"
#define HOME       "\33[H"
#define LINE_END   "\33[K\r\n"
#define REST       "\33[J"

enum option { INSTANCE_OPTION, INTERVAL_OPTION, ONCE_OPTION };
static const struct gox_cli_option options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        [INTERVAL_OPTION] = {"interval", 'd', "MS", NULL,
                "between two samples (default 1000; with --once 250)"},
        [ONCE_OPTION] = {"once", '1', NULL, NULL,
                "print two samples' figures once, for scripts"},
        {.name = NULL},
};

/* Waits, or until a key or a signal comes; false: it is over. */
static bool pause_for(int64_t ms, bool has_keys)
{
    int64_t end_ns = gox_time_now_ns() + ms * GOX_NS_PER_MS;
    for (;;) {
        struct pollfd items[2] = {
                {.fd = gox_cli_interrupt_fd(), .events = POLLIN},
                {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN}};
        int64_t left_ms = (end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
        char keys[32];
        if (left_ms <= 0)
            return true;
        /* A window that changes its size interrupts: draw at once. */
        if (poll(items, 2, (int)left_ms) < 0 && errno == EINTR)
            return !gox_cli_interrupted();
        if (gox_cli_interrupted())
            return false;
        if (items[1].revents == 0)
            continue;
        ssize_t got = read(STDIN_FILENO, keys, sizeof keys);
        if (got <= 0 || memchr(keys, 'q', (size_t)got) != NULL ||
                memchr(keys, 'Q', (size_t)got) != NULL)
            return false;
    }
}

/* Each line is cleared behind its text; what is too wide is left to the
 * terminal, which cuts it. */
static void show(const struct gox_top *top)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct gox_buf text, frame;
    int rows = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    gox_buf_init(&text, 0);
    gox_buf_init(&frame, 0);
    gox_top_draw(top, &text, size.ws_col, size.ws_row - 1);
    gox_buf_put_str(&frame, HOME);
    for (size_t at = 0; at < text.len && rows < size.ws_row - 1; rows++) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len =
                end != NULL ? (size_t)(end - text.data) - at : text.len - at;
        gox_buf_put(&frame, text.data + at, len);
        gox_buf_put_str(&frame, LINE_END);
        at += len + 1;
    }
    gox_buf_put_str(&frame, "q quits" REST);
    fwrite(frame.data, 1, frame.len, stdout);
    fflush(stdout);
    gox_buf_fini(&text);
    gox_buf_fini(&frame);
}

static void on_resize(int number)
{
    (void)number; /* to interrupt poll is all */
}

static int run_screen(struct gox_top *top, int64_t interval_ms)
{
    struct termios before, raw;
    struct sigaction resized = {.sa_handler = on_resize};
    bool has_keys = tcgetattr(STDIN_FILENO, &before) == 0;
    if (has_keys) {
        raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    sigaction(SIGWINCH, &resized, NULL);
    /* Long lines are cut, not wrapped. */
    fputs(SCREEN_ON "\33[?7l", stdout);
    do {
        gox_top_sample(top);
        if (gox_cli_interrupted())
            break;
        show(top);
    } while (pause_for(interval_ms, has_keys));
    fputs("\33[?7h" SCREEN_OFF, stdout);
    fflush(stdout);
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return GOX_CLI_DONE;
}

static int run_once(struct gox_cli *cli, struct gox_top *top, int64_t ms)
{
    struct gox_buf out;
    json_t *all;
    int rc;
    gox_top_sample(top);
    (void)pause_for(ms, false);
    gox_top_sample(top);
    if (cli->is_json) {
        all = gox_top_json(top);
        rc = gox_cli_print_json(cli, all);
        json_decref(all);
    } else {
        gox_buf_init(&out, 0);
        gox_top_draw(top, &out, 0, 0);
        rc = gox_cli_flush(cli, &out);
    }
    if (rc == 0 && top->now.status == NULL && top->now.metrics == NULL)
        rc = GOX_CLI_UNREACHABLE;
    return rc;
}

static int run_top(struct gox_cli *cli)
{
    struct gox_top top;
    bool is_once = cli->values[ONCE_OPTION] != NULL;
    long interval_ms;
    int rc;
    if (!gox_cli_read_int(cli, INTERVAL_OPTION, 50, 3600000,
                is_once ? 250 : 1000, &interval_ms))
        return GOX_CLI_USAGE;
    if (!is_once && (cli->is_json || !isatty(STDOUT_FILENO)))
        return gox_cli_usage(
                cli, "the screen needs a terminal; --once prints the figures");
    if (gox_cli_catch_signals() != 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "cannot catch signals: %s",
                strerror(errno));
    if (cli->timeout_ms < 0 || cli->timeout_ms > 2000)
        cli->timeout_ms = 2000; /* the screen goes on without an answer */
    gox_top_init(&top, cli, cli->values[INSTANCE_OPTION]);
    rc = is_once ? run_once(cli, &top, interval_ms)
                 : run_screen(&top, interval_ms);
    gox_top_fini(&top);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_top = {
        .name = "top",
        .synopsis = "",
        .summary = "watch load, latency, memory, restarts and events",
        .details = "A screen in the terminal: requests per second, latency, "
                   "queue, memory, restarts, the busiest methods, recent "
                   "events. q quits. It goes on while the daemon or the "
                   "manager is away.",
        .examples = "goxelctl top\n"
                    "goxelctl top --once --json | jq .requests_per_second",
        .flags = GOX_CLI_SOCKET,
        .options = options,
        .run = run_top,
};
