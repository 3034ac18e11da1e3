/* SPDX-License-Identifier: Apache-2.0
 * Copied regions under short handles ("clip-7"), shared by all clients, so that
 * a command that ends may copy and the next one paste.
 *
 * Invariant: at most GOX_CLIPS_MAX are held; the least recently used goes
 * first. Threads: the loop's. */
#ifndef GOX_DAEMON_CLIPS_H
#define GOX_DAEMON_CLIPS_H

#include "voxel/volume.h"

#define GOX_CLIPS_MAX         64
#define GOX_CLIP_HANDLE_BYTES 24

struct gox_clip {
    char handle[GOX_CLIP_HANDLE_BYTES];
    gox_volume *volume;  /* owned; moved so that size.min is 0 */
    struct gox_pos size; /* of the region that was copied */
    uint64_t used;       /* order of use */
};
struct gox_clips {
    struct gox_clip items[GOX_CLIPS_MAX];
    size_t count;
    uint64_t next;
};

void gox_clips_init(struct gox_clips *clips);
void gox_clips_fini(struct gox_clips *clips);
/* Takes own_volume over; the new clip, borrowed until the next put. */
const struct gox_clip *gox_clips_put(
        struct gox_clips *clips, gox_volume *own_volume, struct gox_pos size);
/* NULL when there is none of that handle. */
const struct gox_clip *gox_clips_find(
        struct gox_clips *clips, const char *handle, size_t len);

#endif
