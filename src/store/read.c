/* SPDX-License-Identifier: Apache-2.0
 * Rows of the journal back to records and changes, and onto an image.
 *
 * Invariant: a row is looked into only after its checksum was found right;
 * whatever it says then, reading stays inside its bytes. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <string.h>

/* Returns the form, or GOX_ERR_FORMAT. */
static int get_head(struct gox_bytes *in, struct gox_row_head *h, uint64_t seq)
{
    unsigned form = gox_bytes_u8(in, "a form");

    h->last = seq;
    h->first = seq - gox__get_varint(in);
    h->at_ms = (int64_t)gox__get_varint(in);
    h->voxels = gox__get_varint(in);
    h->state = seq - gox__get_varint(in);
    uint64_t top = gox__get_varint(in);
    h->redo_top = top == 0 ? 0 : seq - (top - 1);
    if (in->failed || form == 0 || form > GOX_ROW_PACKED || h->first > seq)
        return GOX_ERR_FORMAT;
    return (int)form;
}

int gox__row_peek(
        struct gox_row_head *head, uint64_t seq, const void *data, size_t len)
{
    struct gox_bytes in;

    gox_bytes_init(&in, data, len, NULL);
    gox_bytes_u32le(&in, "a checksum");
    int form = get_head(&in, head, seq);
    return form < 0 ? form : 0;
}

/* ---- packed rows ---- */

void gox__row_room_fini(struct gox_row_room *room)
{
    if (room->decompressor != NULL)
        libdeflate_free_decompressor(room->decompressor);
    gox_free(room->data);
    memset(room, 0, sizeof(*room));
}

/* Deflate does not make more of one byte. */
#define MOST_INFLATED 1040

/* Lets the row's cursor go on in the records as they were before packing. */
static int unpack(struct gox_row *row, struct gox_row_room *room)
{
    uint64_t len = gox__get_varint(&row->in);
    size_t left = gox_bytes_left(&row->in);
    const uint8_t *data = row->in.data + row->in.pos;

    if (row->in.failed || len > (uint64_t)INT32_MAX ||
            len / MOST_INFLATED > left)
        return GOX_ERR_FORMAT;
    if (len != left) {
        if (room->decompressor == NULL)
            room->decompressor = libdeflate_alloc_decompressor();
        if (room->decompressor == NULL ||
                !gox_grow(&room->data, &room->capacity, (size_t)len, 1))
            return GOX_ERR_NOMEM;
        if (libdeflate_deflate_decompress(room->decompressor, data, left,
                    room->data, (size_t)len, NULL) != LIBDEFLATE_SUCCESS)
            return GOX_ERR_FORMAT;
        data = room->data;
    }
    gox_bytes_init(&row->in, data, (size_t)len, NULL);
    return 0;
}

int gox__row_open(struct gox_row *row, uint64_t seq, const void *data,
        size_t len, struct gox_row_room *room, struct gox_error *err)
{
    uint8_t place[8];

    memset(row, 0, sizeof(*row));
    gox_bytes_init(&row->in, data, len, NULL);
    uint32_t stored = gox_bytes_u32le(&row->in, "a checksum");
    for (unsigned i = 0; i < 8; i++)
        place[i] = (uint8_t)(seq >> (8 * i));
    uint32_t crc = libdeflate_crc32(0, place, 8);
    if (len >= 4)
        crc = libdeflate_crc32(crc, (const uint8_t *)data + 4, len - 4);
    if (row->in.failed || crc != stored)
        return gox_error_set(err, GOX_ERR_FORMAT,
                "journal row %llu has a wrong checksum",
                (unsigned long long)seq);
    int rc = get_head(&row->in, &row->head, seq);
    row->form = rc;
    if (rc == GOX_ROW_PACKED)
        rc = unpack(row, room);
    if (rc < 0)
        return gox_error_set(err, rc, "journal row %llu is malformed",
                (unsigned long long)seq);
    row->revision = row->head.first - 1;
    return 0;
}

/* from and the next difference; it may be any number, so the sum wraps. */
static int64_t get_sum(struct gox_bytes *in, int64_t from)
{
    return (int64_t)((uint64_t)from + (uint64_t)gox__get_signed(in));
}

static struct gox_pos get_pos(struct gox_bytes *in, struct gox_pos *last)
{
    last->x = (int32_t)(uint32_t)get_sum(in, last->x);
    last->y = (int32_t)(uint32_t)get_sum(in, last->y);
    last->z = (int32_t)(uint32_t)get_sum(in, last->z);
    return *last;
}

/* ---- records ---- */

static void get_label(struct gox_row *row, bool is_same)
{
    if (!is_same) {
        size_t len = gox_bytes_u8(&row->in, "a label");
        const uint8_t *text = gox_bytes_take(&row->in, len, "a label");
        if (text == NULL || len >= sizeof(row->label)) {
            gox_bytes_fail(&row->in, "a label");
            return;
        }
        memcpy(row->label, text, len);
        memset(row->label + len, 0, sizeof(row->label) - len);
    }
}

static void get_body(struct gox_row *row, struct gox_record *r)
{
    r->voxels_changed = gox__get_varint(&row->in);
    r->layer_id = (int)gox__get_varint(&row->in);
    size_t len = gox_bytes_u32le(&row->in, "a length");
    r->changes = gox_bytes_sub(&row->in, len, "changes");
    if (r->kind == GOX_EDIT_STRUCTURE) {
        size_t frames = gox_bytes_u32le(&r->changes, "a length");
        r->frames = gox_bytes_sub(&r->changes, frames, "frames");
    }
}

static void get_point(struct gox_row *row, struct gox_record *r)
{
    r->pos = row->pos;
    r->changes = row->in;
    r->layer_id = (int)gox__get_varint(&row->in);
    r->voxels_changed = 1;
    get_pos(&row->in, &row->pos);
    gox_bytes_take(&row->in, r->is_one_sided ? 4 : 8, "colours");
}

static void get_moved(struct gox_row *row, struct gox_record *r, unsigned flags)
{
    r->step = (flags & 0x40) != 0 ? GOX_HISTORY_UNDO : GOX_HISTORY_REDO;
    r->edit = r->revision - gox__get_varint(&row->in);
    r->base = r->edit - gox__get_varint(&row->in);
    r->kind = gox_bytes_u8(&row->in, "a kind") == GOX_EDIT_VOXELS
                      ? GOX_EDIT_VOXELS
                      : GOX_EDIT_STRUCTURE;
    get_body(row, r);
}

static void get_rest(struct gox_row *row, struct gox_record *r, unsigned first)
{
    bool is_same = (first & 0x20) != 0;

    switch (r->op) {
    case GOX_RECORD_UNDO:
    case GOX_RECORD_REDO:
        r->step =
                r->op == GOX_RECORD_UNDO ? GOX_HISTORY_UNDO : GOX_HISTORY_REDO;
        r->edit = r->revision - gox__get_varint(&row->in);
        return;
    case GOX_RECORD_MOVED:
        get_label(row, is_same);
        get_moved(row, r, first);
        return;
    case GOX_RECORD_BASE:
        get_label(row, is_same);
        r->kind = GOX_EDIT_STRUCTURE;
        get_body(row, r);
        return;
    default:
        get_label(row, is_same);
        r->base = r->revision - gox__get_varint(&row->in);
        r->kind = r->op == GOX_RECORD_STRUCTURE ? GOX_EDIT_STRUCTURE
                                                : GOX_EDIT_VOXELS;
        if (r->op == GOX_RECORD_POINT)
            get_point(row, r);
        else
            get_body(row, r);
    }
}

int gox__row_next(struct gox_row *row, struct gox_record *record)
{
    if (gox_bytes_left(&row->in) == 0)
        return row->in.failed || row->revision != row->head.last
                       ? GOX_ERR_FORMAT
                       : 0;
    unsigned first = gox_bytes_u8(&row->in, "a record");
    if ((first & 0x10) == 0)
        row->revision++;
    unsigned op = first & 7;
    if (op > GOX_RECORD_MOVED)
        return gox_bytes_fail(&row->in, "a record of kind %u", op);
    memset(record, 0, offsetof(struct gox_record, label));
    record->op = (enum gox_record_op)op;
    record->is_one_sided = (first & GOX_RECORD_ONE_SIDED) != 0;
    record->step = GOX_HISTORY_EDIT;
    record->revision = record->edit = row->revision;
    record->at_ms = get_sum(&row->in, row->head.at_ms);
    record->frames = (struct gox_bytes){0};
    record->changes = (struct gox_bytes){0};
    record->pos = gox_pos_make(0, 0, 0);
    get_rest(row, record, first);
    memcpy(record->label, row->label, sizeof(record->label));
    return row->in.failed ? GOX_ERR_FORMAT : 1;
}

int gox__row_read_all(struct gox_row *row, struct gox_record_list *list)
{
    struct gox_record record;
    int more;

    while ((more = gox__row_next(row, &record)) > 0) {
        if (!gox_grow(&list->items, &list->capacity, list->count + 1,
                    sizeof(*list->items)))
            return GOX_ERR_NOMEM;
        list->items[list->count++] = record;
    }
    return more;
}

/* ---- changes ---- */

void gox__changes_init(
        struct gox_change_reader *reader, const struct gox_record *record)
{
    memset(reader, 0, sizeof(*reader));
    reader->in = record->changes;
    reader->pos = record->pos;
    reader->is_point = record->op == GOX_RECORD_POINT;
    reader->is_one_sided = record->is_one_sided;
}

void gox__changes_fini(struct gox_change_reader *reader)
{
    gox_free(reader->runs);
    gox_free(reader->run_after);
}

static gox_rgba get_color(struct gox_bytes *in)
{
    return gox_bytes_u32le(in, "a colour");
}

static void get_point_change(
        struct gox_change_reader *reader, struct gox_change *change)
{
    change->form = GOX_CHANGE_POINT;
    change->pos = get_pos(&reader->in, &reader->pos);
    change->before = get_color(&reader->in);
    if (!reader->is_one_sided)
        change->after = get_color(&reader->in);
}

static int get_block(struct gox_bytes *in, gox_block **block)
{
    size_t len = gox_bytes_u32le(in, "a length");
    const uint8_t *data = gox_bytes_take(in, len, "a block");

    return data == NULL ? GOX_ERR_FORMAT : gox_block_read(data, len, block);
}

static int get_runs(struct gox_change_reader *reader, struct gox_change *change)
{
    struct gox_bytes *in = &reader->in;
    size_t count = gox_bytes_u32le(in, "a count"), from = 0;

    if (reader->runs == NULL) {
        reader->runs =
                gox_malloc_array(GOX_BLOCK_VOXELS, sizeof(*reader->runs));
        reader->run_after =
                gox_malloc_array(GOX_BLOCK_VOXELS, sizeof(*reader->run_after));
        if (reader->runs == NULL || reader->run_after == NULL)
            return GOX_ERR_NOMEM;
    }
    if (count > GOX_BLOCK_VOXELS)
        return GOX_ERR_FORMAT;
    for (size_t i = 0; i < count; i++) {
        uint64_t start = from + gox__get_varint(in);
        uint64_t length = gox__get_varint(in);
        if (start > GOX_BLOCK_VOXELS || length > GOX_BLOCK_VOXELS - start)
            return GOX_ERR_FORMAT;
        reader->runs[i] = (struct gox_log_run){
                (uint16_t)start, (uint16_t)length, get_color(in)};
        reader->run_after[i] = reader->is_one_sided ? 0 : get_color(in);
        from = (size_t)(start + length);
    }
    change->form = GOX_CHANGE_RUNS;
    change->runs = reader->runs;
    change->run_after = reader->run_after;
    change->run_count = count;
    return 0;
}

static int get_block_change(
        struct gox_change_reader *reader, struct gox_change *change)
{
    int rc = 0;

    change->form = GOX_CHANGE_BLOCK;
    change->pos = get_pos(&reader->in, &reader->pos);
    unsigned flags = gox_bytes_u8(&reader->in, "a form");
    if ((flags & 4) != 0)
        return get_runs(reader, change);
    if ((flags & 1) != 0)
        rc = get_block(&reader->in, &change->before_block);
    if (rc == 0 && (flags & 2) != 0)
        rc = get_block(&reader->in, &change->after_block);
    if (rc < 0)
        gox__change_fini(change);
    return rc;
}

/* Goes on to the next layer that has changes. */
static bool begin_layer(struct gox_change_reader *reader)
{
    while (reader->points == 0 && reader->blocks == 0) {
        reader->layer_id = (int)gox__get_varint(&reader->in);
        if (reader->layer_id <= 0)
            return false;
        reader->points = reader->is_point ? 1 : gox__get_varint(&reader->in);
        reader->blocks = reader->is_point ? 0 : gox__get_varint(&reader->in);
        if (!reader->is_point)
            reader->pos = gox_pos_make(0, 0, 0);
    }
    return true;
}

int gox__changes_next(
        struct gox_change_reader *reader, struct gox_change *change)
{
    int rc = 0;

    if (reader->is_done)
        return 0;
    memset(change, 0, sizeof(*change));
    if (!begin_layer(reader)) {
        reader->is_done = true;
        return reader->in.failed ? GOX_ERR_FORMAT : 0;
    }
    change->layer_id = reader->layer_id;
    if (reader->points > 0) {
        reader->points--;
        get_point_change(reader, change);
    } else {
        reader->blocks--;
        rc = get_block_change(reader, change);
    }
    reader->is_done = reader->is_point;
    if (rc == 0 && reader->in.failed) {
        gox__change_fini(change);
        rc = GOX_ERR_FORMAT;
    }
    return rc < 0 ? rc : 1;
}

void gox__change_fini(struct gox_change *change)
{
    gox_block_unref(change->before_block);
    gox_block_unref(change->after_block);
    change->before_block = change->after_block = NULL;
}

/* ---- onto an image ---- */

static int apply_runs(
        const struct gox_change *c, bool is_back, gox_volume *volume)
{
    gox_rgba colors[GOX_BLOCK_VOXELS] = {0};
    const gox_block *now = gox_volume_peek_block(volume, c->pos);

    if (now != NULL)
        gox_block_decode(now, colors);
    for (size_t r = 0; r < c->run_count; r++) {
        const struct gox_log_run *run = &c->runs[r];
        gox_rgba color = is_back ? run->before : c->run_after[r];
        for (unsigned i = 0; i < run->length; i++)
            colors[run->start + i] = color;
    }
    return gox_volume_set_block(volume, c->pos, colors);
}

static int apply_change(struct gox_change *c, bool is_back, gox_volume *volume)
{
    if (c->form == GOX_CHANGE_POINT)
        return gox_volume_set(volume, c->pos, is_back ? c->before : c->after);
    if (c->form == GOX_CHANGE_RUNS)
        return apply_runs(c, is_back, volume);
    gox_block **side = is_back ? &c->before_block : &c->after_block;
    gox_block *block = *side;
    *side = NULL;
    return gox_volume_put_block(volume, c->pos, block);
}

/* The first frame leads back, the second forward. Both must be read. */
static int apply_frames(
        struct gox_bytes frames, bool is_back, struct gox_image *img)
{
    if (frames.len == 0)
        return 0;
    if (is_back)
        return gox__get_frame(&frames, img);
    struct gox_image *skipped = gox_image_new_empty();
    if (skipped == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox__get_frame(&frames, skipped);
    gox_image_free(skipped);
    return rc < 0 ? rc : gox__get_frame(&frames, img);
}

/* One voxel, without the reader of changes: recovery is mostly this. */
static int apply_point(
        const struct gox_record *record, bool is_back, struct gox_image *img)
{
    struct gox_bytes in = record->changes;
    struct gox_pos last = record->pos;

    int id = (int)gox__get_varint(&in);
    struct gox_pos pos = get_pos(&in, &last);
    gox_rgba before = get_color(&in);
    gox_rgba color = is_back || record->is_one_sided ? before : get_color(&in);
    const struct gox_layer *layer = gox_image_find_layer(img, id);
    if (in.failed || layer == NULL)
        return GOX_ERR_FORMAT;
    int rc = gox_volume_set(layer->volume, pos, color);
    return rc == GOX_ERR_RANGE ? GOX_ERR_FORMAT : rc;
}

int gox__record_apply(
        const struct gox_record *record, bool is_back, struct gox_image *img)
{
    struct gox_change_reader reader;
    struct gox_change change;
    const struct gox_layer *layer = NULL;
    int more = 0;

    if (record->is_one_sided && !is_back)
        return GOX_ERR_NOT_FOUND;
    if (record->op == GOX_RECORD_POINT)
        return apply_point(record, is_back, img);
    int rc = apply_frames(record->frames, is_back, img);
    /* Only before the base there is no layer. */
    if (rc == 0 && img->layer_count == 0 &&
            !(is_back && record->op == GOX_RECORD_BASE))
        rc = GOX_ERR_FORMAT;
    gox__changes_init(&reader, record);
    while (rc == 0 && (more = gox__changes_next(&reader, &change)) > 0) {
        if (layer == NULL || layer->id != change.layer_id)
            layer = gox_image_find_layer(img, change.layer_id);
        /* A layer that the frame does not have took its voxels along. */
        if (layer != NULL)
            rc = apply_change(&change, is_back, layer->volume);
        else if (record->kind != GOX_EDIT_STRUCTURE)
            rc = GOX_ERR_FORMAT;
        gox__change_fini(&change);
    }
    gox__changes_fini(&reader);
    if (rc == GOX_ERR_RANGE) /* a position that no writer can have written */
        rc = GOX_ERR_FORMAT;
    return rc < 0 ? rc : more;
}
