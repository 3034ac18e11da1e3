/* SPDX-License-Identifier: Apache-2.0
 * Copied regions by handle. */
#include "daemon/clips.h"

#include <stdio.h>
#include <string.h>

void gox_clips_init(struct gox_clips *clips)
{
    *clips = (struct gox_clips){.count = 0};
}

void gox_clips_fini(struct gox_clips *clips)
{
    for (size_t i = 0; i < clips->count; i++)
        gox_volume_free(clips->items[i].volume);
    clips->count = 0;
}

static struct gox_clip *least_recent(struct gox_clips *clips)
{
    struct gox_clip *found = &clips->items[0];
    for (size_t i = 1; i < clips->count; i++)
        if (clips->items[i].used < found->used)
            found = &clips->items[i];
    return found;
}

const struct gox_clip *gox_clips_put(
        struct gox_clips *clips, gox_volume *own_volume, struct gox_pos size)
{
    struct gox_clip *clip;
    if (clips->count < GOX_CLIPS_MAX) {
        clip = &clips->items[clips->count++];
    } else {
        clip = least_recent(clips);
        gox_volume_free(clip->volume);
    }
    clips->next++;
    *clip = (struct gox_clip){
            .volume = own_volume, .size = size, .used = clips->next};
    snprintf(clip->handle, sizeof clip->handle, "clip-%llu",
            (unsigned long long)clips->next);
    return clip;
}

const struct gox_clip *gox_clips_find(
        struct gox_clips *clips, const char *handle, size_t len)
{
    for (size_t i = 0; i < clips->count; i++) {
        struct gox_clip *clip = &clips->items[i];
        if (strlen(clip->handle) == len &&
                memcmp(clip->handle, handle, len) == 0) {
            clip->used = ++clips->next;
            return clip;
        }
    }
    return NULL;
}
