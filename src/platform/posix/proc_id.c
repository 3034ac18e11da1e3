/* SPDX-License-Identifier: Apache-2.0
 * Comparing process identities, and writing them down for the next manager. */
#include "platform/procinfo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool gox_proc_id_is_same(
        const struct gox_proc_id *a, const struct gox_proc_id *b)
{
    return a->pid == b->pid && a->start_ticks == b->start_ticks &&
           strcmp(a->boot_id, b->boot_id) == 0;
}

void gox_proc_id_format(
        const struct gox_proc_id *id, char text[GOX_PROC_ID_TEXT_BYTES])
{
    snprintf(text, GOX_PROC_ID_TEXT_BYTES, "%" PRId64 " %" PRIu64 " %s",
            id->pid, id->start_ticks,
            id->boot_id[0] != '\0' ? id->boot_id : "-");
}

int gox_proc_id_parse(const char *text, struct gox_proc_id *id)
{
    char boot[GOX_BOOT_ID_BYTES];
    char rest;
    *id = (struct gox_proc_id){0};
    if (text[0] < '0' || text[0] > '9' ||
            sscanf(text, "%" SCNd64 " %" SCNu64 " %39s %c", &id->pid,
                    &id->start_ticks, boot, &rest) != 3 ||
            id->pid <= 0)
        return GOX_ERR_FORMAT;
    if (strcmp(boot, "-") != 0)
        memcpy(id->boot_id, boot, strlen(boot) + 1);
    return 0;
}
