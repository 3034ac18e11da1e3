/* SPDX-License-Identifier: Apache-2.0
 * The list of projects as its own files see it. */
#ifndef GOX_DAEMON_PROJECT_INTERNAL_H
#define GOX_DAEMON_PROJECT_INTERNAL_H

#include "daemon/project.h"

struct gox_projects {
    struct gox_projects_config config; /* own_stores is owned */
    gox_project *first, *last;
    gox_project **buckets; /* by name; bucket_count is a power of two */
    size_t bucket_count;
    gox_project *dirty;
    size_t count;
    uint64_t evicted, damaged;
    /* What the stores had counted that are closed now. */
    struct gox_store_stats closed;
};

/* ---- project.c ---- */
bool gox__project_is_name(const char *name);
/* own_img and its history; not in the list yet. NULL: no memory. */
gox_project *gox__project_new(
        const char *name, struct gox_image *own_img, size_t max_undo_bytes);
void gox__projects_add(gox_projects *projects, gox_project *p);
/* Out of the list; drops the list's reference. */
void gox__projects_remove(gox_projects *projects, gox_project *p);

/* ---- project_store.c ---- */
/* Both begin a job: the project is OPENING or CLOSING then. */
int gox__project_begin_open(gox_projects *projects, gox_project *p,
        bool may_create, struct gox_error *err) GOX_MUST_CHECK;
int gox__project_begin_create(gox_projects *projects, gox_project *p,
        struct gox_error *err) GOX_MUST_CHECK;
int gox__project_begin_close(gox_projects *projects, gox_project *p,
        enum gox_project_drop how, struct gox_error *err) GOX_MUST_CHECK;
/* Frees a job that never came to its end, with what it holds. */
void gox__project_free_job(gox_project *p);

#endif
