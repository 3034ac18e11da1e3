/* SPDX-License-Identifier: Apache-2.0
 * The progress line.
 *
 * Whether a line stands on the terminal is static: an error message from any
 * place has to clear it first. */
#include "cli/progress.h"

#include "base/time.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_CELLS   30
#define FIRST_MS    300
#define INTERVAL_MS 100

static bool is_on_screen;

void gox_progress_init(struct gox_progress *bar, const struct gox_cli *cli,
        uint64_t total, const char *unit)
{
    *bar = (struct gox_progress){
            .is_shown = cli->has_tty_err && !cli->is_json,
            .unit = unit,
            .total = total,
            .begin_ns = gox_time_now_ns(),
    };
}

static void put_duration(struct gox_buf *out, double seconds)
{
    unsigned long s = (unsigned long)(seconds + 0.5);

    if (s >= 3600)
        gox_buf_printf(out, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        gox_buf_printf(out, "%lu:%02lu", s / 60, s % 60);
}

void gox_progress_put(struct gox_buf *out, const struct gox_progress *bar,
        double done, uint64_t failed, double seconds)
{
    double part = bar->total > 0 ? done / (double)bar->total : 0;
    int cells;

    part = part < 0 ? 0 : part > 1 ? 1 : part;
    cells = (int)(part * BAR_CELLS);
    gox_buf_put_byte(out, '[');
    for (int i = 0; i < BAR_CELLS; i++)
        gox_buf_put_byte(out, i < cells ? '=' : i == cells ? '>' : ' ');
    gox_buf_printf(out, "] %3d %%", (int)(part * 100));
    if (bar->unit) {
        gox_buf_printf(out, "  %llu/%llu %s", (unsigned long long)done,
                (unsigned long long)bar->total, bar->unit);
        if (seconds > 0)
            gox_buf_printf(out, "  %.*f/s", done / seconds < 10 ? 1 : 0,
                    done / seconds);
    }
    if (part > 0 && part < 1) {
        gox_buf_put_str(out, "  ETA ");
        put_duration(out, seconds / part - seconds);
    }
    if (failed > 0)
        gox_buf_printf(out, "  %llu failed", (unsigned long long)failed);
}

void gox_progress_update(struct gox_progress *bar, double done, uint64_t failed)
{
    int64_t now_ns = gox_time_now_ns();
    struct gox_buf line;

    if (!bar->is_shown || now_ns - bar->begin_ns < FIRST_MS * GOX_NS_PER_MS ||
            now_ns - bar->last_ns < INTERVAL_MS * GOX_NS_PER_MS)
        return;
    bar->last_ns = now_ns;
    gox_buf_init(&line, 0);
    gox_buf_put_str(&line, "\r");
    gox_progress_put(&line, bar, done, failed,
            (double)(now_ns - bar->begin_ns) / (double)GOX_NS_PER_S);
    gox_buf_put_str(&line, "\33[K");
    if (gox_buf_error(&line) == 0) {
        fwrite(line.data, 1, line.len, stderr);
        is_on_screen = true;
    }
    gox_buf_fini(&line);
}

void gox_cli_clear_progress(void)
{
    if (is_on_screen)
        fputs("\r\33[K", stderr);
    is_on_screen = false;
}
