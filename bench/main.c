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

static bool has_group(const char *name)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        if (strcmp(name, GROUPS[i].name) == 0)
            return true;
    return false;
}

static void print_usage(FILE *out)
{
    fprintf(out,
            "usage: goxel-bench BIN_DIR [CORPUS_DIR [RESULTS.json "
            "[GROUP]]]\n"
            "\n"
            "Runs the programs of BIN_DIR and prints each figure with its "
            "bar. CORPUS_DIR holds\n"
            "models to convert; \"\" leaves that out. The exit status is 0 "
            "when all bars were met.\n"
            "\n"
            "groups:");
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        fprintf(out, " %s", GROUPS[i].name);
    fprintf(out, "\n");
}

static void run_groups(struct bench *b, const char *only)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        if (only == NULL || strcmp(only, GROUPS[i].name) == 0)
            GROUPS[i].run(b);
}

int main(int argc, char **argv)
{
    bool wants_help = argc > 1 && (strcmp(argv[1], "--help") == 0 ||
                                          strcmp(argv[1], "-h") == 0);
    if (wants_help) {
        print_usage(stdout);
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-' || (argc > 4 && !has_group(argv[4]))) {
        print_usage(stderr);
        return 2;
    }
    /* Others than us, in other directories, are told of it, too. */
    char *bin_dir = realpath(argv[1], NULL);
    if (bin_dir == NULL) {
        perror(argv[1]);
        return 2;
    }
    struct bench b = {.bin_dir = bin_dir,
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
    free(bin_dir);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", b.dir);
    return system(command) != 0 || b.failed_count > 0;
}
