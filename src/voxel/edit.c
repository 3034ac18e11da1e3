/* SPDX-License-Identifier: Apache-2.0
 * Names of modes and faces, the default modifier, and the edit of one voxel.
 */
#include "voxel/edit_internal.h"

static const char *const mode_names[GOX_MODE_COUNT] = {
#define MODE_NAME(name, text) text,
        GOX_MODE_LIST(MODE_NAME)
#undef MODE_NAME
};

const char *gox_mode_name(enum gox_mode mode)
{
    return (unsigned)mode < GOX_MODE_COUNT ? mode_names[mode] : NULL;
}

int gox_mode_find(const char *name, size_t len)
{
    for (int i = 0; i < GOX_MODE_COUNT; i++) {
        if (strlen(mode_names[i]) == len &&
                memcmp(mode_names[i], name, len) == 0)
            return i;
    }
    return -1;
}

struct face_name {
    const char *name;
    enum gox_face face;
};

int gox_face_find(const char *name, size_t len)
{
    static const struct face_name names[] = {
#define FACE_NAME(face, text, dx, dy, dz) {text, GOX_FACE_##face},
            GOX_FACE_LIST(FACE_NAME)
#undef FACE_NAME
                    {"right", GOX_FACE_RIGHT},
            {"left", GOX_FACE_LEFT}, {"back", GOX_FACE_BACK},
            {"front", GOX_FACE_FRONT}, {"top", GOX_FACE_TOP},
            {"bottom", GOX_FACE_BOTTOM}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == len &&
                memcmp(names[i].name, name, len) == 0)
            return (int)names[i].face;
    }
    return -1;
}

void gox_modifier_init(
        struct gox_modifier *mod, enum gox_mode mode, gox_rgba color)
{
    *mod = (struct gox_modifier){.mode = mode, .color = color};
}

/* One position by a mode other than INTERSECT. */
static int edit_at(gox_volume *vol, struct gox_pos pos,
        const struct gox_modifier *mod, uint64_t *changed)
{
    bool needs_voxel =
            mod->mode == GOX_MODE_SUBTRACT || mod->mode == GOX_MODE_PAINT;

    if (!gox_pos_is_valid(pos))
        return 0;
    if (mod->has_clip && !gox_bbox_contains(mod->clip, pos))
        return 0;
    if (needs_voxel && gox_volume_get(vol, pos) == 0)
        return 0;
    ++*changed;
    return gox_volume_set(
            vol, pos, mod->mode == GOX_MODE_SUBTRACT ? 0 : mod->color);
}

/* The positions of the voxel and its mirror images, each once. */
static unsigned mirror_images(struct gox_pos pos,
        const struct gox_symmetry *symmetry, struct gox_pos images[8])
{
    unsigned count = 0;

    for (unsigned i = 0; i < 8; i++) {
        struct gox_pos p = pos;
        if (((i & 1) != 0 && !symmetry->x) || ((i & 2) != 0 && !symmetry->y) ||
                ((i & 4) != 0 && !symmetry->z))
            continue;
        p.x = (i & 1) != 0 ? symmetry->origin2.x - 1 - p.x : p.x;
        p.y = (i & 2) != 0 ? symmetry->origin2.y - 1 - p.y : p.y;
        p.z = (i & 4) != 0 ? symmetry->origin2.z - 1 - p.z : p.z;
        bool is_known = false;
        for (unsigned k = 0; k < count; k++)
            is_known = is_known || gox__pos_equals(images[k], p);
        if (!is_known)
            images[count++] = p;
    }
    return count;
}

int gox_edit_voxel(gox_volume *vol, struct gox_pos pos,
        const struct gox_modifier *mod, uint64_t *changed)
{
    struct gox_pos images[8];
    uint64_t count = 0;
    int rc = 0;

    if (changed != NULL)
        *changed = 0;
    if (!gox_pos_is_valid(pos) || (unsigned)mod->mode >= GOX_MODE_COUNT ||
            !gox__symmetry_is_valid(&mod->symmetry))
        return GOX_ERR_RANGE;
    if (mod->mode == GOX_MODE_INTERSECT) {
        struct gox_shape_spec one = {.shape = GOX_SHAPE_CUBE,
                .box = gox_shape_box(pos, gox_pos_make(1, 1, 1))};
        return gox_edit_shape(vol, &one, mod, changed, NULL);
    }
    unsigned image_count = mirror_images(pos, &mod->symmetry, images);
    for (unsigned i = 0; i < image_count && rc == 0; i++)
        rc = edit_at(vol, images[i], mod, &count);
    if (rc == 0 && changed != NULL)
        *changed = count;
    return rc;
}
