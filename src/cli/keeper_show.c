/* SPDX-License-Identifier: Apache-2.0
 * What a manager says, for people: words in colour, lines, events. */
#include "cli/keeper.h"
#include "cli/output.h"

#include <stdarg.h>
#include <string.h>

struct word {
    const char *name;
    const char *tint;
    int exit; /* as health; -1: it is none */
};

#define GREEN  "\33[32m"
#define YELLOW "\33[33m"
#define RED    "\33[31m"
#define GREY   "\33[90m"

static const struct word words[] = {
        {"healthy", GREEN, GOX_CLI_HEALTHY},
        {"degraded", YELLOW, GOX_CLI_DEGRADED},
        {"unhealthy", RED, GOX_CLI_UNHEALTHY},
        {"not_running", GREY, GOX_CLI_NOT_RUNNING},
        {"unknown", YELLOW, GOX_CLI_UNKNOWN},
        {"starting", YELLOW, GOX_CLI_UNKNOWN},
        {"running", GREEN, -1},
        {"attached", GREEN, -1},
        {"stopped", GREY, -1},
        {"backoff", YELLOW, -1},
        {"stopping", YELLOW, -1},
        {"upgrading", YELLOW, -1},
        {"failed", RED, -1},
        {"pass", GREEN, -1},
        {"ok", GREEN, -1},
        {"warn", YELLOW, -1},
        {"fail", RED, -1},
        {"skipped", GREY, -1},
        /* events */
        {"ready", GREEN, -1},
        {"recovered", GREEN, -1},
        {"restarted", YELLOW, -1},
        {"exited", RED, -1},
        {"error", RED, -1},
        {"reload_failed", RED, -1},
};

static const struct word *find(const char *name)
{
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (strcmp(words[k].name, name) == 0)
            return &words[k];
    return NULL;
}

int gox_keeper_exit_of(const char *health)
{
    const struct word *word = find(health);
    return word != NULL && word->exit >= 0 ? word->exit : GOX_CLI_UNKNOWN;
}

const char *gox_keeper_tint(const struct gox_cli *cli, const char *name)
{
    const struct word *word = find(name);
    return cli->has_color && word != NULL ? word->tint : "";
}

const char *gox_keeper_plain(const struct gox_cli *cli)
{
    return cli->has_color ? "\33[0m" : "";
}

void gox_keeper_put_head(const struct gox_cli *cli, struct gox_buf *out,
        const char *name, const char *health, const char *state,
        const char *reason)
{
    char who[80], why[320];
    const char *shown = strcmp(health, "not_running") ? health : "not running";
    gox_cli_clean(who, sizeof who, name);
    gox_cli_clean(why, sizeof why, reason);
    gox_buf_printf(out, "%s%s%s%s", gox_keeper_tint(cli, health),
            cli->has_color ? "\xe2\x97\x8f " : "", shown,
            gox_keeper_plain(cli));
    if (strcmp(state, health) != 0 &&
            !(strcmp(state, "stopped") == 0 && shown != health))
        gox_buf_printf(out, ", %s", state);
    if (who[0] != '\0' && strcmp(who, "default") != 0)
        gox_buf_printf(out, " (%s)", who);
    if (why[0] != '\0')
        gox_buf_printf(out, ": %s", why);
    gox_buf_put_str(out, "\n");
}

void gox_keeper_put_line(
        struct gox_buf *out, int width, const char *word, const char *fmt, ...)
{
    char raw[4608], text[4608];
    va_list args;
    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    gox_cli_clean(text, sizeof text, raw);
    gox_buf_printf(out, "  %-*s  %s\n", width, word, text);
}

const char *gox_keeper_span(char text[32], int64_t ms)
{
    long long s = (long long)ms / 1000;
    if (ms < 1000)
        snprintf(text, 32, "%lld ms", (long long)ms);
    else if (s < 120)
        snprintf(text, 32, "%lld s", s);
    else if (s < 7200)
        snprintf(text, 32, "%lld min", s / 60);
    else if (s < 172800)
        snprintf(text, 32, "%lld h %lld min", s / 3600, s / 60 % 60);
    else
        snprintf(text, 32, "%lld d %lld h", s / 86400, s / 3600 % 24);
    return text;
}

/* The members of events that people want to read, in this order. A number
 * stands between two texts; without one behind it, it is a span of time. */
static const struct {
    const char *key, *before, *after;
    bool is_number;
} event_words[] = {
        {"pid", "pid ", "", true},
        {"cause", "", "", false},
        {"text", "", "", false},
        {"reason", "", "", false},
        {"message", "", "", false},
        {"status", "", "", false},
        {"what", "", "", false},
        {"backend", "by ", "", false},
        {"after_ms", "after ", " ms", true},
        {"down_ms", "down for ", " ms", true},
        {"total", "restart ", "", true},
        {"uptime_ms", "it ran for ", NULL, true},
        {"next_in_ms", "again in ", NULL, true},
        {"retry_in_ms", "again in ", NULL, true},
        {"binary", "", "", false},
        {"bundle", "see ", "", false},
};

static void put_words(struct gox_buf *out, const json_t *event)
{
    for (size_t k = 0; k < sizeof event_words / sizeof event_words[0]; k++) {
        const json_t *value = json_object_get(event, event_words[k].key);
        const char *text = json_string_value(value);
        char span[32];
        if (event_words[k].is_number ? !json_is_integer(value)
                                     : text == NULL || text[0] == '\0')
            continue;
        gox_buf_put_str(out, out->len > 0 ? ", " : "");
        gox_buf_put_str(out, event_words[k].before);
        if (!event_words[k].is_number)
            gox_buf_put_str(out, text);
        else if (event_words[k].after != NULL)
            gox_buf_put_int(out, json_integer_value(value));
        else
            gox_buf_put_str(
                    out, gox_keeper_span(span, json_integer_value(value)));
        if (event_words[k].after != NULL)
            gox_buf_put_str(out, event_words[k].after);
    }
}

void gox_keeper_put_event(const struct gox_cli *cli, struct gox_buf *out,
        const json_t *event, size_t width)
{
    char clock[32], name[32], text[1024];
    struct gox_buf raw;
    const char *kind = gox_keeper_text(event, "event");
    snprintf(clock, sizeof clock, "%.23s", gox_keeper_text(event, "time"));
    if (clock[0] != '\0' && strlen(clock) > 10)
        clock[10] = ' ';
    gox_cli_clean(name, sizeof name, kind);
    gox_buf_init(&raw, 0);
    put_words(&raw, event);
    gox_cli_clean(text, sizeof text,
            raw.len > 0 && gox_buf_text(&raw) ? gox_buf_text(&raw) : "");
    gox_buf_fini(&raw);
    if (width > 0 && width < sizeof text) {
        size_t used = strlen(clock) + 2 + 13 + 2;
        size_t room = width > used ? width - used : 0;
        if (strlen(text) > room) {
            while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
                room--;
            text[room] = '\0';
        }
    }
    gox_buf_printf(out, "%s  %s%-13s%s  %s\n", clock,
            gox_keeper_tint(cli, kind), name, gox_keeper_plain(cli), text);
}
