/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as gox, and, as only these files hold clones,
 * shapes and blend modes, evaluates the layers too. */
#include "base/time.h"

#define FUZZ_FORMAT            gox_format_gox
#define LLVMFuzzerTestOneInput read_and_write
#include "fuzz_reader.h"
#undef LLVMFuzzerTestOneInput

#define EVALUATE_MS 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_image *img = NULL;
    (void)read_and_write(data, len);
    if (gox_format_read(&img, &gox_format_gox, data, len, NULL, NULL, NULL,
                NULL, NULL) < 0)
        return 0;
    struct gox_task task;
    gox_volume *vol = NULL;
    struct gox_error err = {.offset = -1};
    gox_task_init(&task);
    task.deadline_at_ns = gox_time_now_ns() + EVALUATE_MS * GOX_NS_PER_MS;
    int rc = gox_image_composite(img, &vol, &task, &err);
    if (rc == 0 && !gox_volume_is_sane(vol))
        abort();
    if (rc == 0)
        gox_volume_free(vol);
    gox_image_free(img);
    return 0;
}
