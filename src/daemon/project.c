/* SPDX-License-Identifier: Apache-2.0
 * The list of projects, by order of creation for people and by name for calls.
 *
 * Invariant: the list holds one reference to each project in it. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/project_internal.h"

#include <string.h>

/* What calls use that name no project. */
#define DEFAULT_NAME  "default"
#define MAX_PROJECTS  10000
#define FIRST_BUCKETS 16

/* ---- the list ---- */

gox_projects *gox_projects_new(const struct gox_projects_config *config)
{
    gox_projects *projects = gox_calloc(1, sizeof *projects);
    gox_project **buckets = gox_calloc(FIRST_BUCKETS, sizeof *buckets);
    if (projects == NULL || buckets == NULL) {
        gox_free(projects);
        gox_free(buckets);
        gox_stores_close(config->own_stores);
        return NULL;
    }
    projects->config = *config;
    projects->buckets = buckets;
    projects->bucket_count = FIRST_BUCKETS;
    return projects;
}

/* FNV-1a. */
static gox_project **bucket_of(
        const gox_projects *projects, const char *name, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    return &projects->buckets[hash & (projects->bucket_count - 1)];
}

/* Without memory the chains only get longer. */
static void grow(gox_projects *projects)
{
    size_t old_count = projects->bucket_count;
    gox_project **old = projects->buckets;
    gox_project **wider = gox_calloc(old_count * 4, sizeof *wider);
    if (wider == NULL)
        return;
    projects->buckets = wider;
    projects->bucket_count = old_count * 4;
    for (gox_project *p = projects->first; p != NULL; p = p->next) {
        gox_project **bucket = bucket_of(projects, p->name, strlen(p->name));
        p->hash_next = *bucket;
        *bucket = p;
    }
    gox_free(old);
}

void gox__projects_add(gox_projects *projects, gox_project *p)
{
    if (projects->count >= projects->bucket_count)
        grow(projects);
    gox_project **bucket = bucket_of(projects, p->name, strlen(p->name));
    p->hash_next = *bucket;
    *bucket = p;
    p->prev = projects->last;
    if (projects->last != NULL)
        projects->last->next = p;
    else
        projects->first = p;
    projects->last = p;
    projects->count++;
}

void gox__projects_remove(gox_projects *projects, gox_project *p)
{
    gox_project **at = bucket_of(projects, p->name, strlen(p->name));
    while (*at != p)
        at = &(*at)->hash_next;
    *at = p->hash_next;
    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        projects->first = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    else
        projects->last = p->prev;
    p->next = p->prev = p->hash_next = NULL;
    projects->count--;
    p->is_closed = true;
    gox_project_unref(p);
}

gox_project *gox_projects_find(
        const gox_projects *projects, const char *name, size_t len)
{
    gox_project *p = *bucket_of(projects, name, len);
    while (p != NULL &&
            (strlen(p->name) != len || memcmp(p->name, name, len) != 0))
        p = p->hash_next;
    return p;
}

gox_project *gox_projects_next(
        const gox_projects *projects, const gox_project *after)
{
    return after == NULL ? projects->first : after->next;
}

size_t gox_projects_count(const gox_projects *projects)
{
    return projects->count;
}

bool gox_projects_are_stored(const gox_projects *projects)
{
    return projects->config.own_stores != NULL;
}

gox_stores *gox_projects_stores(gox_projects *projects)
{
    return projects->config.own_stores;
}

uint64_t gox_projects_evicted(const gox_projects *projects)
{
    return projects->evicted;
}

uint64_t gox_projects_damaged(const gox_projects *projects)
{
    return projects->damaged;
}

void gox_projects_get_closed(
        const gox_projects *projects, struct gox_store_stats *stats)
{
    *stats = projects->closed;
}

/* ---- one project ---- */

void gox_project_ref(gox_project *project)
{
    project->refs++;
}

void gox_project_unref(gox_project *project)
{
    if (project == NULL)
        return;
    project->refs--;
    if (project->is_closed && project->refs == project->sessions) {
        /* Only connections that may come back to it by its name. */
        gox_image_free(project->image);
        gox_history_free(project->history);
        project->image = NULL;
        project->history = NULL;
    }
    if (project->refs > 0)
        return;
    gox__project_free_job(project);
    gox_free(project->path);
    gox_free(project->changes);
    gox_free(project);
}

gox_project *gox__project_new(
        const char *name, struct gox_image *own_img, size_t max_undo_bytes)
{
    gox_project *p = gox_calloc(1, sizeof *p);
    gox_history *history = gox_history_new(max_undo_bytes);
    if (p == NULL || history == NULL || own_img == NULL) {
        gox_free(p);
        gox_history_free(history);
        gox_image_free(own_img);
        return NULL;
    }
    memcpy(p->name, name, strlen(name) + 1);
    p->image = own_img;
    p->history = history;
    p->refs = 1;
    p->created_ms = p->modified_ms = gox_time_wall_ms();
    p->saved_revision = gox_history_revision(history);
    return p;
}

bool gox__project_is_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len >= GOX_NAME_BYTES || strcmp(name, ".") == 0 ||
            strcmp(name, "..") == 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == '/' || name[i] == 0x7f)
            return false;
    return true;
}

static int fail_memory(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

/* A project that is not there yet, to be filled by its file. */
static int want(gox_projects *projects, const char *name, bool may_create,
        gox_project **project, struct gox_error *err)
{
    gox_project *p = gox__project_new(
            name, gox_image_new(), projects->config.max_undo_bytes);
    if (p == NULL)
        return fail_memory(err);
    gox__projects_add(projects, p);
    int code = gox__project_begin_open(projects, p, may_create, err);
    if (code < 0) {
        gox__projects_remove(projects, p);
        return code;
    }
    *project = p;
    return 0;
}

int gox_projects_want(gox_projects *projects, const char *name, size_t len,
        gox_project **project, struct gox_error *err)
{
    char text[GOX_NAME_BYTES];
    *project = gox_projects_find(projects, name, len);
    if (*project != NULL)
        return 0;
    if (len < sizeof text && gox_projects_are_stored(projects)) {
        memcpy(text, name, len);
        text[len] = '\0';
        /* Without its file it must not look for a while as if it existed: who
         * makes one of that name meanwhile would be refused. */
        if (strlen(text) == len && gox__project_is_name(text) &&
                gox_stores_has(projects->config.own_stores, text))
            return want(projects, text, false, project, err);
    }
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "there is no project \"%.*s\"; goxel.list_projects lists them",
            len > 80 ? 80 : (int)len, name);
}

int gox_projects_want_default(
        gox_projects *projects, gox_project **project, struct gox_error *err)
{
    *project = gox_projects_find(projects, DEFAULT_NAME, strlen(DEFAULT_NAME));
    if (*project != NULL)
        return 0;
    if (gox_projects_are_stored(projects))
        return want(projects, DEFAULT_NAME, true, project, err);
    return gox_projects_create(
            projects, DEFAULT_NAME, NULL, false, project, err);
}

/* ---- create ---- */

static int overwrite_with(
        gox_project *project, struct gox_image *own_img, struct gox_error *err)
{
    if (project->turn != NULL || project->stage != GOX_PROJECT_OPEN) {
        gox_image_free(own_img);
        return gox_error_set(err, GOX_ERR_BUSY,
                "project \"%s\" is being %s; try again when that is done",
                project->name, project->turn != NULL ? "edited" : "opened");
    }
    if (project->is_read_only) {
        gox_image_free(own_img);
        return gox_error_set(err, GOX_ERR_READ_ONLY,
                "project \"%s\" was opened read-only", project->name);
    }
    int64_t now = gox_time_wall_ms();
    int code = gox_history_replace(project->history, &project->image, own_img,
            "overwrite project", now, NULL);
    if (code < 0)
        return gox_error_set(err, code, "project \"%s\": %s", project->name,
                gox_error_text(code));
    project->modified_ms = now;
    return 0;
}

/* own_img is taken over. */
static int add_new(gox_projects *projects, const char *name,
        struct gox_image *own_img, gox_project **project, struct gox_error *err)
{
    gox_project *p =
            gox__project_new(name, own_img, projects->config.max_undo_bytes);
    if (p == NULL)
        return fail_memory(err);
    for (int i = 0; i < 3; i++)
        p->size[i] = 64;
    gox__projects_add(projects, p);
    int code = gox_projects_are_stored(projects)
                       ? gox__project_begin_create(projects, p, err)
                       : 0;
    if (code < 0) {
        gox__projects_remove(projects, p);
        return code;
    }
    *project = p;
    return 0;
}

int gox_projects_check_name(const char *name, struct gox_error *err)
{
    if (gox__project_is_name(name))
        return 0;
    return gox_error_set(err, GOX_ERR_CREATE_PROJECT,
            "a project's name has 1 to %d bytes, no slash and no control "
            "character",
            GOX_NAME_BYTES - 1);
}

int gox_projects_create(gox_projects *projects, const char *name,
        struct gox_image *own_img, bool overwrite, gox_project **project,
        struct gox_error *err)
{
    gox_project *have = gox_projects_find(projects, name, strlen(name));
    *project = NULL;
    int code = gox_projects_check_name(name, err);
    if (code == 0 && have != NULL && !overwrite)
        code = gox_error_set(err, GOX_ERR_EXISTS,
                "project \"%s\" exists; open it, choose another name, or say "
                "overwrite",
                name);
    else if (code == 0 && have == NULL && projects->count >= MAX_PROJECTS)
        code = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "%d projects are open; close one first", MAX_PROJECTS);
    else if (code == 0 && own_img == NULL &&
             (own_img = gox_image_new()) == NULL)
        code = fail_memory(err);
    if (code < 0) {
        gox_image_free(own_img);
        return code;
    }
    if (have == NULL)
        return add_new(projects, name, own_img, project, err);
    *project = have;
    return overwrite_with(have, own_img, err);
}

int gox_projects_drop(gox_projects *projects, gox_project *project,
        enum gox_project_drop how, struct gox_error *err)
{
    if (!gox_projects_are_stored(projects)) {
        gox__projects_remove(projects, project);
        return 0;
    }
    if (project->turn != NULL || project->waiting_first != NULL)
        return gox_error_set(err, GOX_ERR_BUSY,
                "project \"%s\" is being edited; try again when that is done",
                project->name);
    return gox__project_begin_close(projects, project, how, err);
}

/* ---- what the edits of a turn change ---- */

void gox_project_mark_dirty(gox_projects *projects, gox_project *project)
{
    if (project->is_dirty)
        return;
    gox_project_ref(project);
    project->is_dirty = true;
    project->dirty_next = projects->dirty;
    projects->dirty = project;
}

gox_project *gox_projects_take_dirty(gox_projects *projects)
{
    gox_project *first = projects->dirty;
    projects->dirty = NULL;
    return first;
}

bool gox_projects_has_dirty(const gox_projects *projects)
{
    return projects->dirty != NULL;
}

uint64_t gox_project_revision(const gox_project *project)
{
    return gox_history_revision(project->history);
}

bool gox_project_is_modified(const gox_project *project)
{
    return gox_project_revision(project) != project->saved_revision;
}

uint64_t gox_project_bytes(const gox_project *project)
{
    uint64_t bytes = gox_history_bytes(project->history);
    for (size_t i = 0; i < project->image->layer_count; i++)
        bytes += gox_volume_bytes(project->image->layers[i]->volume);
    return bytes;
}

int gox_project_set_saved(
        gox_project *project, const char *path, uint64_t revision)
{
    char *copy = NULL;
    if (path != NULL && (copy = gox_strdup(path)) == NULL)
        return GOX_ERR_NOMEM;
    gox_free(project->path);
    project->path = copy;
    project->saved_revision = revision;
    return 0;
}
