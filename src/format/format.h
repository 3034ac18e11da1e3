/* SPDX-License-Identifier: Apache-2.0
 * The table of file formats and the two doors to it: read any known file by its
 * content, write an image in a named format.
 *
 * Invariants: reading gives a whole image or an error, never a part; it is
 * bounded in memory by GOX_FORMAT_MAX_* below; writing sees a snapshot and does
 * not change it. Formats know no file system: bytes come in, bytes go to a
 * gox_output. Threads: any, each call on its own. */
#ifndef GOX_FORMAT_FORMAT_H
#define GOX_FORMAT_FORMAT_H

#include "base/io.h"
#include "base/task.h"
#include "voxel/image.h"

/* Limits of every reader; a file that says more is GOX_ERR_TOO_LARGE. */
#define GOX_FORMAT_MAX_BLOCKS     (1u << 20) /* 4 G voxels as uniform blocks */
#define GOX_FORMAT_MAX_MEMORY     (UINT64_C(2) << 30)
#define GOX_FORMAT_MAX_IMAGE_SIDE 16384

enum gox_up { GOX_UP_Z, GOX_UP_Y };
enum gox_faces { GOX_FACES_MERGED, GOX_FACES_RAW };
enum gox_pivot { GOX_PIVOT_ORIGIN, GOX_PIVOT_CENTER, GOX_PIVOT_BOTTOM };

/* What a caller may choose; each format's row says which apply. */
struct gox_format_options {
    bool has_up; /* else the format's own default */
    enum gox_up up;
    enum gox_faces faces;
    float scale; /* world units per voxel; 1 */
    enum gox_pivot pivot;
    int voxelize_size; /* meshes in: longest side in voxels, 0: 64, or the
                          mesh's own units when they are near integers */
    bool keep_hidden;  /* write hidden layers too, where layers are kept */
    const char *name;  /* base name of the output without its extension, for
                          the .mtl beside an .obj; NULL: "model" */
    /* Opens a picture that a .gox image layer names, relative to the model.
     * NULL: such a layer is an error. */
    int (*open_aux)(void *ctx, const char *path, struct gox_input *in,
            struct gox_error *err);
    void *aux_ctx;
    /* Opens a second output beside the first ("model.mtl"). Closed by format.
     * NULL: materials are left out. */
    struct gox_output *(*open_sidecar)(
            void *ctx, const char *name, struct gox_error *err);
    void *sidecar_ctx;
};
void gox_format_options_init(struct gox_format_options *opts);

/* What happened beside success; the caller shows it. */
struct gox_format_report {
    uint64_t voxels;        /* read or written */
    uint64_t faces;         /* meshes: quads or triangles written */
    uint32_t colors;        /* distinct colours written, where counted */
    uint32_t colors_before; /* > colors when they were quantised */
    uint32_t models;        /* parts written or read */
    uint64_t clipped;       /* voxels outside the grid that were left out */
    char note[200];         /* one line for people; empty when all is plain */
};

/* option bits of a row */
#define GOX_OPT_UP       0x1u
#define GOX_OPT_FACES    0x2u
#define GOX_OPT_SCALE    0x4u
#define GOX_OPT_PIVOT    0x8u
#define GOX_OPT_VOXELIZE 0x10u
#define GOX_OPT_HIDDEN   0x20u
#define GOX_OPT_SIDECAR  0x40u

struct gox_format {
    const char *name;          /* "vox" */
    const char *title;         /* "MagicaVoxel" */
    const char *extensions[5]; /* without the dot, NULL-ended */
    const char *mime;
    unsigned options;
    /* Looks at the content (all of it) and says how sure it is: 0 no, 100 magic
     * number matches. Text formats answer less. NULL: cannot read. */
    int (*probe)(const uint8_t *data, size_t len);
    int (*read)(struct gox_image *img, const uint8_t *data, size_t len,
            const struct gox_format_options *opts,
            struct gox_format_report *report, struct gox_task *task,
            struct gox_error *err);
    /* NULL: cannot write. Does not commit the output. */
    int (*write)(const struct gox_image *img, struct gox_output *out,
            const struct gox_format_options *opts,
            struct gox_format_report *report, struct gox_task *task,
            struct gox_error *err);
};

/* The table, in the order shown to people. */
extern const struct gox_format *const gox_formats[];
extern const size_t gox_format_count;

/* By name or extension, any case, with or without a dot; NULL: none. */
const struct gox_format *gox_format_find(const char *name, size_t len);
/* For writing: by the extension of a path (the longest that matches). */
const struct gox_format *gox_format_find_path(const char *path);
/* By content; path_hint (may be NULL) only decides between equals. */
const struct gox_format *gox_format_detect(
        const uint8_t *data, size_t len, const char *path_hint);

/* Reads a model of any known format. *img is new. format NULL: detect. err has
 * the byte offset and what was expected; GOX_ERR_UNSUPPORTED when the content
 * is of no known kind. opts, report, task may be NULL. */
int gox_format_read(struct gox_image **img, const struct gox_format *format,
        const uint8_t *data, size_t len, const char *path_hint,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* Writes; commits on success. The caller closes out in any case. */
int gox_format_write(const struct gox_image *img,
        const struct gox_format *format, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* From and to paths, for programs that may use any path (the command line).
 * Pictures of image layers are looked for beside the file, sidecars are put
 * beside the output. Errors name the path. */
int gox_format_load_path(struct gox_image **img, const char *path,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;
int gox_format_save_path(const struct gox_image *img, const char *path,
        const struct gox_format *format, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_task *task,
        uint64_t *bytes, struct gox_error *err) GOX_MUST_CHECK;

#endif
