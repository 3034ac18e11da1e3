/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: rows of a project's journal, as another program may have written
 * them: the checksum is right, the content is any bytes. Records are carried
 * out and taken back; the image must stay sane. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#define SEQ       1
#define CRC_BYTES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The row with its checksum before it; exactly as long as it is. */
static uint8_t *make_row(const uint8_t *data, size_t len)
{
    static const uint8_t place[8] = {SEQ};
    uint8_t *row = gox_malloc(CRC_BYTES + len);
    if (row == NULL)
        abort();
    uint32_t crc = libdeflate_crc32(0, place, sizeof place);
    if (len > 0) {
        crc = libdeflate_crc32(crc, data, len);
        memcpy(row + CRC_BYTES, data, len);
    }
    for (int i = 0; i < CRC_BYTES; i++)
        row[i] = (uint8_t)(crc >> (8 * i));
    return row;
}

/* 0, or an error, after which the image is of no use. */
static int apply(const struct gox_record *record, struct gox_image *img)
{
    if (record->op == GOX_RECORD_UNDO || record->op == GOX_RECORD_REDO)
        return 0;
    int code = gox__record_apply(record, false, img);
    if (code == 0 && !gox_image_is_sane(img))
        abort();
    /* Nothing was before the base, so that is never taken back. */
    if (code == 0 && record->op != GOX_RECORD_BASE) {
        code = gox__record_apply(record, true, img);
        if (code == 0 && !gox_image_is_sane(img))
            abort();
    }
    return code;
}

static void read_changes(const struct gox_record *record)
{
    struct gox_change_reader reader;
    struct gox_change change;
    gox__changes_init(&reader, record);
    while (gox__changes_next(&reader, &change) > 0)
        gox__change_fini(&change);
    gox__changes_fini(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_row row;
    struct gox_row_room room = {0};
    struct gox_record record;
    struct gox_row_head head;
    struct gox_error err = {.offset = -1};
    struct gox_image *img = gox_image_new();
    uint8_t *bytes = make_row(data, len);
    if (img == NULL)
        abort();
    (void)!gox__row_peek(&head, SEQ, bytes, len + CRC_BYTES);
    int code = gox__row_open(&row, SEQ, bytes, len + CRC_BYTES, &room, &err);
    while (code == 0 && gox__row_next(&row, &record) > 0) {
        read_changes(&record);
        code = apply(&record, img);
    }
    gox_image_free(img);
    gox__row_room_fini(&room);
    gox_free(bytes);
    return 0;
}
