/* SPDX-License-Identifier: Apache-2.0
 * The body of a fuzz target for one reader of the format table: reads any
 * bytes as that format, checks what came out, and writes it again when the
 * format can, so that writers see odd models too. The file that includes it
 * defines FUZZ_FORMAT as the row. */
#include "format/formats_internal.h"

#include <stdlib.h>

#define WRITE_MAX_VOXELS 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_again(const struct gox_image *img)
{
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    struct gox_output *out = gox_output_open_memory(&buf, NULL);
    if (out != NULL && gox_format_write(img, &FUZZ_FORMAT, out, NULL, NULL,
                               NULL, NULL) == 0) {
        /* What a writer makes, its reader must take. */
        struct gox_image *back = NULL;
        if (gox_format_read(&back, &FUZZ_FORMAT, buf.data, buf.len, NULL, NULL,
                    NULL, NULL, NULL) < 0)
            abort();
        gox_image_free(back);
    }
    gox_output_close(out);
    gox_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_image *img = NULL;
    struct gox_error err = {.offset = -1};
    (void)gox_format_detect(data, len, NULL);
    int rc = gox_format_read(
            &img, &FUZZ_FORMAT, data, len, NULL, NULL, NULL, NULL, &err);
    if (rc < 0 ? err.text[0] == '\0' : !gox_image_is_sane(img))
        abort();
    if (rc == 0 && FUZZ_FORMAT.write != NULL &&
            gox_image_solid(img) <= WRITE_MAX_VOXELS)
        write_again(img);
    gox_image_free(img);
    return 0;
}
