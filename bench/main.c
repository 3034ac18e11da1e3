/* SPDX-License-Identifier: Apache-2.0
 * goxel-bench BIN_DIR [CORPUS_DIR [RESULTS.json [GROUP...]]]: runs all
 * benchmarks (or some groups of them) on the real programs and prints one
 * table. Exit 0 when every bar was met. */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
            "[GROUP...]]]\n"
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

static bool is_wanted(const char *name, char **list)
{
    if (*list == NULL)
        return true;
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* In a process and a directory of its own: what one group leaves in memory
 * would slow down the forks of the next. */
static void run_apart(struct bench *b, size_t i)
{
    int ends[2];
    struct bench after = *b;
    fflush(NULL);
    if (pipe(ends) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        size_t len = strlen(b->dir);
        snprintf(b->dir + len, sizeof b->dir - len, "/%zu", i);
        if (mkdir(b->dir, 0700) != 0)
            _exit(1);
        GROUPS[i].run(b);
        fflush(NULL);
        _exit(write(ends[1], b, sizeof *b) != sizeof *b);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], &after, sizeof after) != sizeof after) {
        fprintf(stderr, "goxel-bench: the group %s broke off\n",
                GROUPS[i].name);
        after.failed_count++;
    }
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    b->row_count = after.row_count;
    b->failed_count = after.failed_count;
    b->is_first_row = after.is_first_row;
}

/* list ends with NULL; empty: all of them. */
static void run_groups(struct bench *b, char **list)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        if (is_wanted(GROUPS[i].name, list))
            run_apart(b, i);
}

int main(int argc, char **argv)
{
    bool wants_help = argc > 1 && (strcmp(argv[1], "--help") == 0 ||
                                          strcmp(argv[1], "-h") == 0);
    if (wants_help) {
        print_usage(stdout);
        return 0;
    }
    bool is_known = true;
    for (int i = 4; i < argc; i++)
        is_known = is_known && has_group(argv[i]);
    if (argc < 2 || argv[1][0] == '-' || !is_known) {
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
    run_groups(&b, argv + (argc > 4 ? 4 : argc));
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
