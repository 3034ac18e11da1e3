/* SPDX-License-Identifier: Apache-2.0
 * Ending whole trees where there is no cgroup to do it.
 *
 * A process that is known is stopped before its children are looked up, so the
 * tree cannot grow while it is walked. What has left the tree (its parent died)
 * has become our child, since we are a subreaper, and is known by its mark. A
 * number found here cannot be another's meanwhile: its parent is stopped or we,
 * so nobody reaps it. */
#include "base/alloc.h"
#include "platform/process_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PASSES_MAX 16
#define ENV_BYTES  (64 * 1024)

int gox_process_become_reaper(struct gox_error *err)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
        return 0;
    return gox_error_set_errno(err,
            errno == EINVAL ? GOX_ERR_UNSUPPORTED : GOX_ERR_IO, errno,
            "orphans cannot be taken over");
}

struct table {
    struct gox__proc_row *rows;
    size_t count, capacity;
};

/* All processes there are: not every kernel lists the children of one. */
static int read_table(struct table *t)
{
    DIR *dir = opendir("/proc");
    int code = dir != NULL ? 0 : GOX_ERR_IO;
    t->count = 0;
    for (struct dirent *e; code == 0 && (e = readdir(dir)) != NULL;) {
        struct gox__proc_row row;
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        if (gox__proc_row_read(strtoll(e->d_name, NULL, 10), &row) < 0)
            continue; /* ended meanwhile */
        if (!gox_grow(&t->rows, &t->capacity, t->count + 1, sizeof *t->rows))
            code = GOX_ERR_NOMEM;
        else
            t->rows[t->count++] = row;
    }
    if (dir != NULL)
        closedir(dir);
    return code;
}

/* The value of the mark in a process's environment, 0 when it has none. */
static int64_t read_mark(int64_t pid)
{
    char path[64];
    int64_t mark = 0;
    size_t len = 0;
    char *text = gox_malloc(ENV_BYTES + 1);
    snprintf(path, sizeof path, "/proc/%lld/environ", (long long)pid);
    int fd = text != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    for (ssize_t n = 1; fd >= 0 && n > 0 && len < ENV_BYTES;) {
        n = read(fd, text + len, ENV_BYTES - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    if (text != NULL)
        text[len] = '\0';
    for (size_t at = 0; at < len; at += strlen(text + at) + 1)
        if (strncmp(text + at, GOX_TREE_VARIABLE "=",
                    sizeof GOX_TREE_VARIABLE) == 0)
            mark = strtoll(text + at + sizeof GOX_TREE_VARIABLE, NULL, 10);
    gox_free(text);
    return mark;
}

struct hunt {
    struct gox_process *root;
    const struct gox_process_set *set;
    struct table all;
    int64_t *pids; /* what belongs to the tree, found so far */
    size_t count, capacity;
    size_t unreaped; /* orphans that have ended: there may be more to come */
    bool is_alone;   /* an orphan without a mark must be root's */
};

static bool is_found(const struct hunt *h, int64_t pid)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->pids[i] == pid)
            return true;
    return false;
}

/* An orphan that came to us after the root began. */
static bool is_orphan(const struct hunt *h, const struct gox__proc_row *row)
{
    return row->parent == getpid() && row->pid != h->root->id.pid &&
           row->start_ticks >= h->root->id.start_ticks &&
           gox__process_find(h->set, row->pid) == NULL;
}

static bool is_stray(const struct hunt *h, const struct gox__proc_row *row)
{
    if (!is_orphan(h, row))
        return false;
    int64_t mark = read_mark(row->pid);
    return mark == h->root->id.pid || (mark == 0 && h->is_alone);
}

/* Ended, or on the way there: whose it was can no longer be read, so one on
 * the way counts in any case, for the moment that it takes. */
static bool is_leaving(const struct hunt *h, const struct gox__proc_row *row)
{
    return is_orphan(h, row) && (row->is_ended ? h->is_alone : row->is_exiting);
}

/* Adds what is below the known ones; stops each. Number of new ones. */
static int extend(struct hunt *h)
{
    int added = 0;
    int code = read_table(&h->all);
    h->unreaped = 0;
    for (size_t i = 0; code == 0 && i < h->all.count; i++) {
        const struct gox__proc_row *row = &h->all.rows[i];
        h->unreaped += is_leaving(h, row);
        bool is_root = row->pid == h->root->id.pid && !h->root->has_ended;
        if (row->is_ended || is_found(h, row->pid) ||
                (!is_root && !is_found(h, row->parent) && !is_stray(h, row)))
            continue;
        if (!gox_grow(&h->pids, &h->capacity, h->count + 1, sizeof *h->pids))
            return GOX_ERR_NOMEM;
        h->pids[h->count++] = row->pid;
        added++;
        if (is_root)
            (void)!gox_process_signal(h->root, SIGSTOP);
        else
            kill((pid_t)row->pid, SIGSTOP);
    }
    return code < 0 ? code : added;
}

static int hunt(struct hunt *h)
{
    int added = 1;
    for (int pass = 0; added > 0 && pass < PASSES_MAX; pass++)
        added = extend(h);
    for (size_t i = 0; i < h->count; i++) {
        if (h->pids[i] == h->root->id.pid && !h->root->has_ended)
            (void)!gox_process_signal(h->root, SIGKILL);
        else
            kill((pid_t)h->pids[i], SIGKILL);
    }
    /* One that forks and ends all the time may not be in the table, but then
     * what it has left is: the caller reaps that and asks again. */
    return added < 0 ? added : (int)(h->count + h->unreaped);
}

static bool is_only_one(
        const struct gox_process *root, const struct gox_process_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i] != root && set->items[i]->id.pid > 0 &&
                !set->items[i]->has_ended)
            return false;
    return set->owns_all_children;
}

/* 1: the group did it, *left is what remains; 0: there is no such group. */
static int kill_group(struct gox_cgroup *cgroup, int *left)
{
    struct gox_cgroup_info info;
    if (cgroup == NULL || cgroup->dir_fd < 0 || !cgroup->can_kill ||
            gox_cgroup_kill(cgroup) < 0 ||
            gox_cgroup_info_read(cgroup, &info) < 0)
        return 0;
    *left = info.is_populated ? 1 : 0;
    return 1;
}

int gox_process_kill_tree(struct gox_process *p, struct gox_cgroup *cgroup,
        const struct gox_process_set *set)
{
    int left = 0;
    int code = p->pidfd >= 0 ? gox_process_check(p) : 0;
    if (code < 0)
        return code;
    if (kill_group(cgroup, &left) == 1) {
        bool is_running = p->pidfd >= 0 && !p->has_ended;
        if (is_running)
            (void)!gox_process_signal(p, SIGKILL);
        return left > 0 || is_running ? 1 : 0;
    }
    struct hunt h = {.root = p, .set = set, .is_alone = is_only_one(p, set)};
    code = hunt(&h);
    gox_free(h.all.rows);
    gox_free(h.pids);
    return code;
}
