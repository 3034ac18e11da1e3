/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log_test.h"

#include "gox_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int log_test_setup(void **state)
{
    char *dir = strdup("/tmp/goxel-log-XXXXXX");
    *state = dir;
    return dir != NULL && mkdtemp(dir) != NULL ? 0 : -1;
}

int log_test_teardown(void **state)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    int code = system(command);
    free(*state);
    return code;
}

const char *log_test_path(void **state, const char *name)
{
    static char paths[3][256];
    static int turn;
    char *path = paths[turn++ % 3];
    snprintf(path, sizeof paths[0], "%s/%s", (char *)*state, name);
    return path;
}

static bool read_from(FILE *file, struct gox_buf *text)
{
    char part[65536];
    size_t got;
    while ((got = fread(part, 1, sizeof part, file)) > 0)
        gox_buf_put(text, part, got);
    return gox_buf_error(text) == 0;
}

/* Compressed files are read by the program that people use. */
bool log_test_read(const char *path, struct gox_buf *text)
{
    size_t len = strlen(path);
    if (access(path, F_OK) != 0)
        return false;
    if (len > 3 && strcmp(path + len - 3, ".gz") == 0) {
        char command[512];
        snprintf(command, sizeof command, "zcat '%s'", path);
        FILE *pipe = popen(command, "r");
        return pipe != NULL && read_from(pipe, text) && pclose(pipe) == 0;
    }
    FILE *file = fopen(path, "r");
    bool is_read = file != NULL && read_from(file, text);
    if (file != NULL)
        fclose(file);
    return is_read;
}

unsigned log_test_read_chain(const char *path, struct gox_buf *text)
{
    unsigned files = 0;
    for (int i = 2000; i >= 0; i--) {
        char name[512];
        snprintf(name, sizeof name, i > 0 ? "%s.%d" : "%s", path, i);
        bool is_read = log_test_read(name, text);
        if (!is_read && i > 0) {
            snprintf(name, sizeof name, "%s.%d.gz", path, i);
            is_read = log_test_read(name, text);
        }
        files += is_read;
    }
    return files;
}

uint64_t log_test_count_lines(const struct gox_buf *text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}
