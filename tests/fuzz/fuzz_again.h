/* SPDX-License-Identifier: Apache-2.0
 * Writes what a fuzz target has read, and reads that again. The file that
 * includes it defines FUZZ_FORMAT as the row. */
#include "format/formats_internal.h"

#include <stdlib.h>

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
