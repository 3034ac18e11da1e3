/* SPDX-License-Identifier: Apache-2.0
 * The list of open projects. Few are open at a time, so a list in order of
 * creation is enough and keeps that order for people.
 *
 * Invariant: the list holds one reference to each project in it. */
#include "daemon/project.h"

#include "base/alloc.h"
#include "base/time.h"

#include <string.h>

struct gox_projects {
    gox_project *first, *last;
    gox_project *fallback; /* the default project, once it is there */
    size_t count;
    size_t max_undo_bytes;
};

/* What calls use that name no project. */
#define DEFAULT_NAME "default"
#define MAX_PROJECTS 10000

gox_projects *gox_projects_new(size_t max_undo_bytes)
{
    gox_projects *projects = gox_calloc(1, sizeof *projects);
    if (projects != NULL)
        projects->max_undo_bytes = max_undo_bytes;
    return projects;
}

void gox_projects_free(gox_projects *projects)
{
    if (projects == NULL)
        return;
    while (projects->first != NULL)
        gox_projects_close(projects, projects->first);
    gox_free(projects);
}

void gox_project_ref(gox_project *project)
{
    project->refs++;
}

void gox_project_unref(gox_project *project)
{
    if (project == NULL || --project->refs > 0)
        return;
    gox_image_free(project->image);
    gox_history_free(project->history);
    gox_free(project->path);
    gox_free(project->changes);
    gox_free(project);
}

gox_project *gox_projects_find(
        const gox_projects *projects, const char *name, size_t len)
{
    for (gox_project *p = projects->first; p != NULL; p = p->next)
        if (strlen(p->name) == len && memcmp(p->name, name, len) == 0)
            return p;
    return NULL;
}

gox_project *gox_projects_default(gox_projects *projects)
{
    if (projects->fallback != NULL)
        return projects->fallback;
    gox_project *p =
            gox_projects_find(projects, DEFAULT_NAME, strlen(DEFAULT_NAME));
    projects->fallback = p;
    if (p != NULL)
        return p;
    int code =
            gox_projects_create(projects, DEFAULT_NAME, NULL, false, &p, NULL);
    return code < 0 ? NULL : p;
}

static bool is_name(const char *name)
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

static int overwrite_with(
        gox_project *project, struct gox_image *own_img, struct gox_error *err)
{
    if (project->turn != NULL) {
        gox_image_free(own_img);
        return gox_error_set(err, GOX_ERR_BUSY,
                "project \"%s\" is being edited; try again when that is done",
                project->name);
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

static gox_project *project_new(
        const char *name, struct gox_image *own_img, size_t max_undo_bytes)
{
    gox_project *p = gox_calloc(1, sizeof *p);
    gox_history *history = gox_history_new(max_undo_bytes);
    if (p == NULL || history == NULL) {
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
    for (int i = 0; i < 3; i++)
        p->size[i] = 64;
    p->saved_revision = gox_history_revision(history);
    return p;
}

static void append(gox_projects *projects, gox_project *p)
{
    if (projects->last != NULL)
        projects->last->next = p;
    else
        projects->first = p;
    projects->last = p;
    projects->count++;
}

int gox_projects_create(gox_projects *projects, const char *name,
        struct gox_image *own_img, bool overwrite, gox_project **project,
        struct gox_error *err)
{
    int code = 0;
    gox_project *have = NULL;
    *project = NULL;
    if (!is_name(name))
        code = gox_error_set(err, GOX_ERR_CREATE_PROJECT,
                "a project's name has 1 to %d bytes, no slash and no control "
                "character",
                GOX_NAME_BYTES - 1);
    else if ((have = gox_projects_find(projects, name, strlen(name))) != NULL &&
             !overwrite)
        code = gox_error_set(err, GOX_ERR_EXISTS,
                "project \"%s\" exists; open it, choose another name, or say "
                "overwrite",
                name);
    else if (have == NULL && projects->count >= MAX_PROJECTS)
        code = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "%d projects are open; close one first", MAX_PROJECTS);
    else if (own_img == NULL && (own_img = gox_image_new()) == NULL)
        code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (code < 0) {
        gox_image_free(own_img);
        return code;
    }
    if (have != NULL) {
        *project = have;
        return overwrite_with(have, own_img, err);
    }
    gox_project *p = project_new(name, own_img, projects->max_undo_bytes);
    if (p == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    append(projects, p);
    *project = p;
    return 0;
}

void gox_projects_close(gox_projects *projects, gox_project *project)
{
    gox_project **at = &projects->first;
    gox_project *before = NULL;
    while (*at != NULL && *at != project) {
        before = *at;
        at = &(*at)->next;
    }
    if (*at == NULL)
        return;
    *at = project->next;
    if (projects->last == project)
        projects->last = before;
    if (projects->fallback == project)
        projects->fallback = NULL;
    projects->count--;
    project->next = NULL;
    project->is_closed = true;
    gox_project_unref(project);
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

uint64_t gox_project_revision(const gox_project *project)
{
    return gox_history_revision(project->history);
}

bool gox_project_is_modified(const gox_project *project)
{
    return gox_project_revision(project) != project->saved_revision;
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
