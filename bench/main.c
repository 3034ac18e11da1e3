/* SPDX-License-Identifier: Apache-2.0
 * goxel-bench BIN_DIR [CORPUS_DIR [RESULTS.json [GROUP]]]: runs all benchmarks
 * (or one group of them) on the real programs and prints one table. Exit 0 when
 * every bar was met. */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(struct bench *b);
} GROUPS[] = {
        {"server", bench_server},
        {"model", bench_model},
        {"pingpong", bench_pingpong},
        {"monitoring", bench_monitoring},
        {"convert", bench_convert},
        {"store", bench_store},
        {"durable", bench_durable},
        {"mcp", bench_mcp},
        {"manager", bench_manager},
};

static void run_groups(struct bench *b, const char *only)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        if (only == NULL || strcmp(only, GROUPS[i].name) == 0)
            GROUPS[i].run(b);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: goxel-bench BIN_DIR [CORPUS_DIR [RESULTS.json "
                        "[GROUP]]]\n");
        return 2;
    }
    struct bench b = {.bin_dir = argv[1],
            .corpus_dir = argc > 2 && argv[2][0] != '\0' ? argv[2] : NULL,
            .is_first_row = true};
    signal(SIGPIPE, SIG_IGN);
    strcpy(b.dir, "/tmp/goxel-bench-XXXXXX");
    if (mkdtemp(b.dir) == NULL)
        return 1;
    FILE *json = argc > 3 ? fopen(argv[3], "w") : NULL;
    b.json = json;
    printf("%-44s %10s %-4s %-9s %-6s %s\n", "what", "measured", "", "bar", "",
            "against (ratio)");
    run_groups(&b, argc > 4 ? argv[4] : NULL);
    printf("%u figures, %u bars missed\n", b.row_count, b.failed_count);
    if (json != NULL) {
        fprintf(json, "\n]\n");
        fclose(json);
    }
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", b.dir);
    return system(command) != 0 || b.failed_count > 0;
}
