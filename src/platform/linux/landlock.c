/* SPDX-License-Identifier: Apache-2.0
 * Landlock by its system calls; no library has them, and the headers of many
 * systems know only the first versions. A right that the running kernel does
 * not know must not be named, so all sets are cut to its ABI. */
#include "platform/sandbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The numbers are the same on all architectures. */
#define NR_CREATE_RULESET 444
#define NR_ADD_RULE       445
#define NR_RESTRICT_SELF  446

#define CREATE_VERSION 1u
#define RULE_PATH      1
#define RULE_PORT      2

#define BIT(n) (UINT64_C(1) << (n))
// clang-format off
#define FS_EXECUTE     BIT(0)
#define FS_WRITE_FILE  BIT(1)
#define FS_READ_FILE   BIT(2)
#define FS_READ_DIR    BIT(3)
#define FS_REMOVE_DIR  BIT(4)
#define FS_REMOVE_FILE BIT(5)
#define FS_MAKE_DIR    BIT(7)
#define FS_MAKE_REG    BIT(8)
#define FS_MAKE_SOCK   BIT(9)
#define FS_MAKE_FIFO   BIT(10)
#define FS_MAKE_SYM    BIT(12)
#define FS_REFER       BIT(13) /* ABI 2: rename across directories */
#define FS_TRUNCATE    BIT(14) /* ABI 3 */
#define FS_IOCTL_DEV   BIT(15) /* ABI 5 */
#define FS_ALL_ABI_1   (BIT(13) - 1)
#define NET_BIND_TCP   BIT(0) /* ABI 4 */
#define NET_CONNECT    BIT(1)
#define SCOPE_ABSTRACT BIT(0) /* ABI 6 */
#define SCOPE_SIGNAL   BIT(1)

#define SET_READ  (FS_READ_FILE | FS_READ_DIR)
#define SET_WRITE (SET_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | \
                   FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO |   \
                   FS_MAKE_SYM | FS_REFER | FS_TRUNCATE)
/* The rights that a rule on a file, not a directory, may have. */
#define SET_FILE  (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE |   \
                   FS_IOCTL_DEV)
// clang-format on

struct ruleset_attr {
    uint64_t fs, net, scoped;
};
struct path_attr {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));
struct port_attr {
    uint64_t allowed, port;
};

/* A server's own needs, whatever it is configured for. */
static const struct gox_sandbox_path SYSTEM_PATHS[] = {
        {"/usr/lib", GOX_SANDBOX_READ, true},
        {"/usr/lib64", GOX_SANDBOX_READ, true},
        {"/lib", GOX_SANDBOX_READ, true},
        {"/lib64", GOX_SANDBOX_READ, true},
        {"/usr/share/zoneinfo", GOX_SANDBOX_READ, true},
        {"/usr/share/locale", GOX_SANDBOX_READ, true},
        {"/etc/ld.so.cache", GOX_SANDBOX_READ, true},
        {"/etc/localtime", GOX_SANDBOX_READ, true},
        {"/etc/nsswitch.conf", GOX_SANDBOX_READ, true},
        {"/etc/passwd", GOX_SANDBOX_READ, true},
        {"/etc/group", GOX_SANDBOX_READ, true},
        {"/proc", GOX_SANDBOX_READ, true},
        {"/sys/fs/cgroup", GOX_SANDBOX_READ, true},
        {"/sys/devices/system/cpu", GOX_SANDBOX_READ, true},
        {"/dev/urandom", GOX_SANDBOX_READ, true},
        {"/dev/null", GOX_SANDBOX_READ | GOX_SANDBOX_WRITE, true},
        {"/dev/zero", GOX_SANDBOX_READ | GOX_SANDBOX_WRITE, true},
        {"/proc/self/exe", GOX_SANDBOX_READ | GOX_SANDBOX_EXECUTE, true},
};

int gox__landlock_abi(void)
{
    long abi = syscall(NR_CREATE_RULESET, NULL, (size_t)0, CREATE_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static uint64_t fs_of_abi(int abi)
{
    return FS_ALL_ABI_1 | (abi >= 2 ? FS_REFER : 0) |
           (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

struct walk {
    int ruleset;
    uint64_t known; /* rights of this ABI */
    int error;
};

/* 0, errno, or ENOENT for a path that is not there. */
static int add_path(const struct walk *w, const struct gox_sandbox_path *path)
{
    struct path_attr attr = {0};
    struct stat st;
    int fd = open(path->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == EACCES ? ENOENT : errno;
    int error = fstat(fd, &st) != 0 ? errno : 0;
    attr.parent_fd = fd;
    if ((path->access & (GOX_SANDBOX_READ | GOX_SANDBOX_EXECUTE)) != 0)
        attr.allowed |= SET_READ;
    if ((path->access & GOX_SANDBOX_WRITE) != 0)
        attr.allowed |= SET_WRITE;
    if ((path->access & GOX_SANDBOX_EXECUTE) != 0)
        attr.allowed |= FS_EXECUTE;
    attr.allowed &= w->known & (S_ISDIR(st.st_mode) ? UINT64_MAX : SET_FILE);
    if (error == 0 &&
            syscall(NR_ADD_RULE, w->ruleset, RULE_PATH, &attr, 0u) != 0)
        error = errno;
    close(fd);
    return error;
}

/* The directory of a loaded library, wherever this system keeps it, and the
 * loader itself, which the kernel executes when we execute ourselves. */
static int add_loaded(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct walk *w = ctx;
    char dir[PATH_MAX];
    (void)size;
    const char *slash = strrchr(info->dlpi_name, '/');
    if (slash != NULL && slash != info->dlpi_name) {
        struct gox_sandbox_path path = {dir, GOX_SANDBOX_READ, true};
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - info->dlpi_name),
                info->dlpi_name);
        (void)add_path(w, &path);
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_INTERP)
            continue;
        uintptr_t at =
                (uintptr_t)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        struct gox_sandbox_path loader = {
                (const char *)at, GOX_SANDBOX_READ | GOX_SANDBOX_EXECUTE, true};
        (void)add_path(w, &loader);
    }
    return 0;
}

static int add_paths(struct walk *w, const struct gox_sandbox_spec *spec,
        size_t *missing, const char **first_missing)
{
    for (size_t i = 0; i < sizeof SYSTEM_PATHS / sizeof *SYSTEM_PATHS; i++) {
        int error = add_path(w, &SYSTEM_PATHS[i]);
        if (error != 0 && error != ENOENT)
            return error;
    }
    dl_iterate_phdr(add_loaded, w);
    for (size_t i = 0; i < spec->path_count; i++) {
        int error = add_path(w, &spec->paths[i]);
        if (error != 0 && error != ENOENT)
            return error;
        if (error != ENOENT || spec->paths[i].is_optional)
            continue;
        if (++*missing == 1)
            *first_missing = spec->paths[i].path;
    }
    return 0;
}

static int add_ports(int ruleset, const struct gox_sandbox_spec *spec)
{
    for (size_t i = 0; i < spec->bind_port_count; i++) {
        struct port_attr attr = {
                .allowed = NET_BIND_TCP, .port = spec->bind_ports[i]};
        if (syscall(NR_ADD_RULE, ruleset, RULE_PORT, &attr, 0u) != 0)
            return errno;
    }
    return 0;
}

int gox__landlock_enter(struct gox_sandbox *sandbox,
        const struct gox_sandbox_spec *spec, size_t *missing,
        const char **first_missing)
{
    int abi = sandbox->landlock_abi;
    struct ruleset_attr attr = {.fs = fs_of_abi(abi)};
    if (abi >= 4 && !spec->is_tcp_free)
        attr.net = NET_BIND_TCP | NET_CONNECT;
    if (abi >= 6)
        attr.scoped = SCOPE_SIGNAL |
                      (spec->needs_abstract_sockets ? 0 : SCOPE_ABSTRACT);
    /* An older kernel takes the longer struct when the rest of it is zero. */
    int fd = (int)syscall(NR_CREATE_RULESET, &attr, sizeof attr, 0u);
    if (fd < 0)
        return errno;
    struct walk w = {.ruleset = fd, .known = attr.fs};
    int error = add_paths(&w, spec, missing, first_missing);
    if (error == 0 && attr.net != 0)
        error = add_ports(fd, spec);
    bool is_refused = spec->level == GOX_SANDBOX_REQUIRE && *missing > 0;
    if (error == 0 && !is_refused && syscall(NR_RESTRICT_SELF, fd, 0u) != 0)
        error = errno;
    close(fd);
    sandbox->is_files = error == 0 && !is_refused;
    sandbox->is_tcp = sandbox->is_files && attr.net != 0;
    sandbox->is_scoped = sandbox->is_files && attr.scoped != 0;
    return error;
}
