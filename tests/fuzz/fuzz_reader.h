/* SPDX-License-Identifier: Apache-2.0
 * The body of a fuzz target for one reader of the format table: reads any
 * bytes as that format, checks what came out, and writes it again when the
 * format can, so that writers see odd models too. The file that includes it
 * defines FUZZ_FORMAT as the row. */
#include "fuzz_again.h"

#include <stdlib.h>

#define WRITE_MAX_VOXELS 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

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
