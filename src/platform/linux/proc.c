/* SPDX-License-Identifier: Apache-2.0
 * What Linux tells in /proc about this process. */
#include "platform/os.h"

#include <dirent.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *gox_os_name(void)
{
    return "linux";
}

uint64_t gox_os_rss_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    char *end;
    strtoull(text, &end, 10); /* the whole size comes first */
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void gox_os_trim_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int count = 0;
    if (dir == NULL)
        return -1;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

int gox_os_fd_count(void)
{
    int count = count_entries("/proc/self/fd");
    return count < 0 ? -1 : count - 1; /* without the one to look */
}

int gox_os_thread_count(void)
{
    return count_entries("/proc/self/task");
}

int gox_os_thread_id(void)
{
    return (int)gettid();
}

int64_t gox_os_file_birth_ms(int fd)
{
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) != 0 ||
            (st.stx_mask & STATX_BTIME) == 0)
        return 0;
    return (int64_t)st.stx_btime.tv_sec * 1000 +
           (int64_t)st.stx_btime.tv_nsec / 1000000;
}
