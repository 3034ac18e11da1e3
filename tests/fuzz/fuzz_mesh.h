/* SPDX-License-Identifier: Apache-2.0
 * The body of a fuzz target for a format of meshes: reads any bytes as that
 * format at a small size, checks what came out, writes it and reads that. Files
 * beside it (materials, pictures) are the input itself. The file that includes
 * it defines FUZZ_FORMAT as the row. */
#include "base/alloc.h"
#include "fuzz_again.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_SIZE 24

struct fuzz_input {
    const uint8_t *data;
    size_t len;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int open_aux(void *ctx, const char *path, struct gox_input *in,
        struct gox_error *err)
{
    const struct fuzz_input *input = ctx;
    (void)path;
    in->data = gox_malloc(input->len);
    if (in->data == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "no memory");
    memcpy(in->data, input->data, input->len);
    in->len = input->len;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input input = {.data = data, .len = len};
    struct gox_format_options opts;
    struct gox_image *img = NULL;
    struct gox_error err = {.offset = -1};
    gox_format_options_init(&opts);
    opts.voxelize_size = FUZZ_SIZE;
    opts.open_aux = open_aux;
    opts.aux_ctx = &input;
    (void)gox_format_detect(data, len, NULL);
    int rc = gox_format_read(
            &img, &FUZZ_FORMAT, data, len, NULL, &opts, NULL, NULL, &err);
    if (rc < 0 ? err.text[0] == '\0' : !gox_image_is_sane(img))
        abort();
    if (rc == 0)
        write_again(img);
    gox_image_free(img);
    return 0;
}
