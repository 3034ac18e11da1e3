/* SPDX-License-Identifier: Apache-2.0
 * Running systemctl, launchctl or sc. Orders are rare and need no library. */
#include "manager/backends/order.h"

#include "platform/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_MS 3000

bool gox__order_has_program(const char *name)
{
    char path[512];
    return gox_program_on_path(name, path, sizeof path);
}

static int start(const struct gox__order *order, const char *target,
        struct gox_process *p, struct gox_error *err)
{
    char program[512];
    const char *argv[GOX__ORDER_WORDS + 1] = {program};
    if (!gox_program_on_path(order->words[0], program, sizeof program))
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "%s is not on PATH; without it this daemon cannot be steered",
                order->words[0]);
    for (size_t k = 1; k < GOX__ORDER_WORDS && order->words[k] != NULL; k++)
        argv[k] = strcmp(order->words[k], "%") == 0 ? target : order->words[k];
    struct gox_process_spec spec = {.program = program,
            .argv = argv,
            .env = (const char *const *)environ,
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_NULL,
            .err = GOX_STREAM_NULL};
    return gox_process_start(p, &spec, err);
}

int gox__order_give(gox_instance *i, const struct gox__order *order,
        const char *target, struct gox_error *err)
{
    struct gox_process p;
    int code = start(order, target, &p, err);
    if (code < 0)
        return code;
    gox_process_close(&p);
    gox__probe_soon(i);
    return 0;
}

bool gox__order_ask(
        gox_instance *i, const struct gox__order *order, const char *target)
{
    struct gox_process p;
    struct gox_error err;
    (void)i;
    if (start(order, target, &p, &err) < 0)
        return false;
    bool is_yes = gox_process_wait(&p, ASK_MS) == 1 && p.exit.is_known &&
                  !p.exit.is_signal && p.exit.code == 0;
    gox_process_close(&p);
    return is_yes;
}

int gox__order_open(gox_instance *i, struct gox_error *err)
{
    (void)err;
    gox__probe_soon(i);
    return 0;
}

void gox__order_close(gox_instance *i)
{
    (void)i;
}
