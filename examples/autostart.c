/* SPDX-License-Identifier: Apache-2.0
 * Makes sure that the daemon runs, asks it something, and leaves it running:
 *   cc autostart.c $(pkg-config --cflags --libs goxel-manager) */
#include <goxel/manager.h>
#include <stdio.h>

int main(void)
{
    struct gox_manager_config config = {.auto_start = true};
    struct gox_manager_status status;
    struct gox_error err;
    gox_manager_link *link = gox_manager_open(&config, &err);
    if (link == NULL || gox_manager_start(link, -1, &err) < 0 ||
            gox_manager_get_status(link, &status, &err) < 0) {
        fprintf(stderr, "autostart: %s\n", err.text);
        return 1;
    }
    printf("the daemon is %s, process %lld, at %s\n", status.state,
            (long long)status.pid, gox_manager_socket_path(link));
    gox_manager_close(link);
    return 0;
}
