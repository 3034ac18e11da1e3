/* SPDX-License-Identifier: Apache-2.0
 * What the history tells, as bytes of a turn. docs/store.md has the layout.
 *
 * One voxel takes about 17 bytes. Undo and redo mostly only name the edit, as
 * its record holds both sides; when that one is gone, they carry the changes.
 *
 * Invariant: the buffer's error is sticky, so that an event which did not fit
 * into memory makes the commit fail and never leaves half a record. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <string.h>

void gox__turn_init(struct gox_turn *turn)
{
    memset(turn, 0, sizeof(*turn));
    gox_buf_init(&turn->bytes, 0);
}

void gox__turn_reset(struct gox_turn *turn)
{
    gox_buf_reset(&turn->bytes);
    /* A large edit's memory is not kept for ever. */
    if (turn->bytes.capacity > ((size_t)4 << 20))
        gox_buf_fini(&turn->bytes);
    turn->records = 0;
    turn->label[0] = '\0';
    turn->pos = gox_pos_make(0, 0, 0);
}

void gox__turn_fini(struct gox_turn *turn)
{
    gox_buf_fini(&turn->bytes);
}

bool gox__turn_is_empty(const struct gox_turn *turn)
{
    return turn->records == 0;
}

/* ---- one side of a change ---- */

static uint8_t *write_pos(uint8_t *at, struct gox_pos *last, struct gox_pos pos)
{
    at = gox__write_varint(at, gox__zigzag((int64_t)pos.x - last->x));
    at = gox__write_varint(at, gox__zigzag((int64_t)pos.y - last->y));
    at = gox__write_varint(at, gox__zigzag((int64_t)pos.z - last->z));
    *last = pos;
    return at;
}

static uint8_t *write_color(uint8_t *at, gox_rgba color)
{
    gox_rgba_store(color, at);
    return at + 4;
}

static void put_point(struct gox_buf *buf, struct gox_pos *last,
        struct gox_pos pos, gox_rgba before, gox_rgba after)
{
    uint8_t *start = gox_buf_reserve(buf, 48);

    if (start == NULL)
        return;
    uint8_t *at = write_pos(start, last, pos);
    at = write_color(at, before);
    at = write_color(at, after);
    gox_buf_commit(buf, (size_t)(at - start));
}

static void put_packed(struct gox_buf *buf, const gox_block *block)
{
    uint8_t *at;

    if (block == NULL)
        return;
    at = gox_buf_reserve(buf, 4 + GOX_BLOCK_MAX_BYTES);
    if (at == NULL)
        return;
    size_t len = gox_block_write(block, at + 4);
    gox_buf_commit(buf, 4 + len);
    gox_buf_set_u32le(buf, buf->len - 4 - len, (uint32_t)len);
}

static void put_block(struct gox_buf *buf, struct gox_pos *last,
        struct gox_pos pos, const gox_block *before, const gox_block *after)
{
    uint8_t *start = gox_buf_reserve(buf, 40);

    if (start == NULL)
        return;
    uint8_t *at = write_pos(start, last, pos);
    *at++ = (uint8_t)((before != NULL ? 1 : 0) | (after != NULL ? 2 : 0));
    gox_buf_commit(buf, (size_t)(at - start));
    put_packed(buf, before);
    put_packed(buf, after);
}

/* The voxels of one run, in pieces of one new colour. Returns how many. */
static unsigned put_run(struct gox_buf *buf, const struct gox_log_run *run,
        const gox_rgba *now, unsigned *last)
{
    unsigned pieces = 0, end = (unsigned)run->start + run->length;

    for (unsigned i = run->start; i < end;) {
        unsigned next = i + 1;
        while (next < end && now[next] == now[i])
            next++;
        uint8_t *start = gox_buf_reserve(buf, 32);
        if (start == NULL)
            return pieces;
        uint8_t *at = gox__write_varint(start, i - *last);
        at = gox__write_varint(at, next - i);
        at = write_color(at, run->before);
        at = write_color(at, now[i]);
        gox_buf_commit(buf, (size_t)(at - start));
        *last = next;
        i = next;
        pieces++;
    }
    return pieces;
}

static void put_runs(struct gox_buf *buf, struct gox_pos *last,
        const struct gox_history_change *change, const gox_block *after)
{
    gox_rgba now[GOX_BLOCK_VOXELS] = {0};
    uint8_t *start = gox_buf_reserve(buf, 44);
    unsigned pieces = 0, from = 0;

    if (start == NULL)
        return;
    if (after != NULL)
        gox_block_decode(after, now);
    uint8_t *at = write_pos(start, last, change->pos);
    *at++ = 4;
    gox_buf_commit(buf, (size_t)(at - start) + 4);
    size_t count_at = buf->len - 4;
    for (size_t i = 0; i < change->run_count; i++)
        pieces += put_run(buf, &change->runs[i], now, &from);
    if (buf->error == 0)
        gox_buf_set_u32le(buf, count_at, pieces);
}

/* ---- all changes of an event ---- */

/* Counts the points and blocks of the layer that the cursor is in. */
static void count_layer(const struct gox_history_event *event,
        struct gox_history_cursor cursor,
        const struct gox_history_change *first, uint64_t count[2])
{
    struct gox_history_change c = *first;

    count[0] = count[1] = 0;
    do {
        if (c.layer_id != first->layer_id)
            return;
        count[c.form == GOX_CHANGE_POINT ? 0 : 1]++;
    } while (gox_history_next_change(event, &cursor, &c));
}

static void put_change(struct gox_buf *buf, struct gox_pos *last,
        const struct gox_history_change *c, const gox_volume *now)
{
    if (c->form == GOX_CHANGE_POINT) {
        put_point(buf, last, c->pos, c->color, gox_volume_get(now, c->pos));
        return;
    }
    const gox_block *after = gox_volume_peek_block(now, c->pos);
    if (c->form == GOX_CHANGE_RUNS)
        put_runs(buf, last, c, after);
    else
        put_block(buf, last, c->pos, c->block, after);
}

/* Groups of points, then blocks, of one layer; a zero ends them. Points come
 * before blocks in each log. */
static void put_changes(
        struct gox_buf *buf, const struct gox_history_event *event)
{
    struct gox_history_cursor cursor = {0};
    struct gox_history_change c;
    const gox_volume *now = NULL;
    struct gox_pos last = {0, 0, 0};
    int layer_id = 0;

    while (gox_history_next_change(event, &cursor, &c)) {
        if (c.layer_id != layer_id) {
            uint64_t count[2];
            layer_id = c.layer_id;
            now = gox_image_find_layer(event->image, layer_id)->volume;
            last = gox_pos_make(0, 0, 0);
            count_layer(event, cursor, &c, count);
            gox__put_varint(buf, (uint64_t)layer_id);
            gox__put_varint(buf, count[0]);
            gox__put_varint(buf, count[1]);
            if (count[0] == 0)
                last = gox_pos_make(0, 0, 0);
        }
        put_change(buf, &last, &c, now);
    }
    gox_buf_put_byte(buf, 0);
}

/* ---- differences of two images ---- */

/* With buf NULL only counts. */
static uint64_t put_difference(struct gox_buf *buf, struct gox_pos *last,
        const gox_volume *before, const gox_volume *after)
{
    uint64_t count = 0;
    struct gox_pos p;
    const gox_block *b;
    size_t i = 0;

    while ((b = gox_volume_each_block(before, &i, &p)) != NULL) {
        const gox_block *now = gox_volume_peek_block(after, p);
        if (now == b)
            continue;
        count++;
        if (buf != NULL)
            put_block(buf, last, p, b, now);
    }
    i = 0;
    while ((b = gox_volume_each_block(after, &i, &p)) != NULL) {
        if (gox_volume_peek_block(before, p) != NULL)
            continue;
        count++;
        if (buf != NULL)
            put_block(buf, last, p, NULL, b);
    }
    return count;
}

static void put_layer(struct gox_buf *buf, int id, const gox_volume *before,
        const gox_volume *after)
{
    struct gox_pos last = {0, 0, 0};

    if (before == after)
        return;
    uint64_t count = put_difference(NULL, NULL, before, after);
    if (count == 0)
        return;
    gox__put_varint(buf, (uint64_t)id);
    gox__put_varint(buf, 0);
    gox__put_varint(buf, count);
    put_difference(buf, &last, before, after);
}

static void put_frames(struct gox_buf *buf, const struct gox_image *before,
        const struct gox_image *after)
{
    size_t at = buf->len;

    gox_buf_put_u32le(buf, 0);
    gox__put_frame(buf, before);
    size_t middle = buf->len;
    gox__put_frame(buf, after);
    if (buf->error != 0)
        return;
    size_t len = middle - at - 4;
    /* Equal frames are left out. */
    if (buf->len - middle == len &&
            memcmp(buf->data + at + 4, buf->data + middle, len) == 0)
        buf->len = at + 4;
    gox_buf_set_u32le(buf, at, (uint32_t)(buf->len - at - 4));
}

static void put_structure(struct gox_buf *buf, const struct gox_image *before,
        const struct gox_image *after)
{
    gox_volume *none = gox_volume_new();

    if (none == NULL) {
        if (buf->error == 0)
            buf->error = GOX_ERR_NOMEM;
        return;
    }
    put_frames(buf, before, after);
    for (size_t i = 0; i < before->layer_count; i++) {
        const struct gox_layer *b = before->layers[i];
        const struct gox_layer *a = gox_image_find_layer(after, b->id);
        put_layer(buf, b->id, b->volume, a == NULL ? none : a->volume);
    }
    for (size_t i = 0; i < after->layer_count; i++) {
        const struct gox_layer *a = after->layers[i];
        if (gox_image_find_layer(before, a->id) == NULL)
            put_layer(buf, a->id, none, a->volume);
    }
    gox_buf_put_byte(buf, 0);
    gox_volume_free(none);
}

/* ---- records ---- */

/* Keeps room for the row's header and notes the revision. */
static bool begin_record(struct gox_turn *turn, uint64_t revision, int64_t at)
{
    struct gox_buf *buf = &turn->bytes;

    if (turn->records++ == 0) {
        turn->first = revision;
        turn->at_ms = at;
        if (gox_buf_reserve(buf, GOX_TURN_HEADER) != NULL)
            gox_buf_commit(buf, GOX_TURN_HEADER);
        turn->last = revision - 1; /* the first counts up to itself */
    }
    bool is_same = turn->last == revision && turn->records > 1;
    turn->last = revision;
    return is_same;
}

static void put_start(struct gox_turn *turn, unsigned op,
        const struct gox_edit_info *info, int64_t at, bool has_label)
{
    struct gox_buf *buf = &turn->bytes;
    uint8_t *start = gox_buf_reserve(buf, 96);

    if (start == NULL)
        return;
    uint8_t *end = start;
    bool is_same = strcmp(turn->label, info->label) == 0;
    *end++ = (uint8_t)(op | (is_same ? 0x20U : 0));
    end = gox__write_varint(end, gox__zigzag(at - turn->at_ms));
    if (has_label && !is_same) {
        size_t len = strlen(info->label);
        *end++ = (uint8_t)len;
        memcpy(end, info->label, len);
        end += len;
        memcpy(turn->label, info->label, sizeof(turn->label));
    }
    gox_buf_commit(buf, (size_t)(end - start));
}

/* A record with a body of its own length, for readers that pass over it. */
static void put_body(
        struct gox_turn *turn, const struct gox_history_event *event)
{
    struct gox_buf *buf = &turn->bytes;

    gox__put_varint(buf, event->info->voxels_changed);
    gox__put_varint(buf, (uint64_t)event->info->layer_id);
    size_t at = buf->len;
    gox_buf_put_u32le(buf, 0);
    if (event->kind == GOX_EDIT_STRUCTURE)
        put_structure(buf, event->before, event->image);
    else
        put_changes(buf, event);
    if (buf->error == 0 && buf->len - at - 4 > UINT32_MAX)
        buf->error = GOX_ERR_TOO_LARGE;
    if (buf->error == 0)
        gox_buf_set_u32le(buf, at, (uint32_t)(buf->len - at - 4));
}

/* Whether the event is one voxel, which is then in c. */
static bool is_one_point(
        const struct gox_history_event *event, struct gox_history_change *c)
{
    struct gox_history_cursor cursor = {0};
    struct gox_history_change other;

    return event->op == GOX_HISTORY_EDIT && event->kind == GOX_EDIT_VOXELS &&
           gox_history_next_change(event, &cursor, c) &&
           c->form == GOX_CHANGE_POINT &&
           !gox_history_next_change(event, &cursor, &other);
}

static void put_edit(struct gox_turn *turn,
        const struct gox_history_event *event, unsigned flags)
{
    struct gox_buf *buf = &turn->bytes;
    struct gox_history_change c;
    bool is_point = is_one_point(event, &c);
    unsigned op = is_point                            ? GOX_RECORD_POINT
                  : event->kind == GOX_EDIT_STRUCTURE ? GOX_RECORD_STRUCTURE
                                                      : GOX_RECORD_VOXELS;

    put_start(turn, op | flags, event->info, event->info->at_ms, true);
    gox__put_varint(buf, event->revision - event->base);
    if (!is_point) {
        put_body(turn, event);
        return;
    }
    gox__put_varint(buf, (uint64_t)c.layer_id);
    const struct gox_layer *layer =
            gox_image_find_layer(event->image, c.layer_id);
    put_point(buf, &turn->pos, c.pos, c.color,
            gox_volume_get(layer->volume, c.pos));
}

static void put_step(struct gox_turn *turn,
        const struct gox_history_event *event, unsigned flags, bool may_name)
{
    struct gox_buf *buf = &turn->bytes;
    bool is_undo = event->op == GOX_HISTORY_UNDO;

    if (may_name) {
        put_start(turn, (is_undo ? GOX_RECORD_UNDO : GOX_RECORD_REDO) | flags,
                event->info, turn->at_ms, false);
        gox__put_varint(buf, event->revision - event->edit);
        return;
    }
    put_start(turn, GOX_RECORD_MOVED | flags | (is_undo ? 0x40U : 0x80U),
            event->info, turn->at_ms, true);
    gox__put_varint(buf, event->revision - event->edit);
    gox__put_varint(buf, event->edit - event->base);
    gox_buf_put_byte(buf, (uint8_t)event->kind);
    put_body(turn, event);
}

void gox__turn_add(struct gox_turn *turn, const struct gox_history_event *event,
        bool may_name)
{
    unsigned flags =
            begin_record(turn, event->revision, event->info->at_ms) ? 0x10U : 0;

    if (event->op == GOX_HISTORY_EDIT)
        put_edit(turn, event, flags);
    else
        put_step(turn, event, flags, may_name);
}

void gox__turn_add_base(struct gox_turn *turn, const struct gox_image *img,
        uint64_t revision, int64_t wall_ms)
{
    struct gox_image *none = gox_image_new_empty();
    struct gox_edit_info info = {.at_ms = wall_ms};
    struct gox_history_event event = {.kind = GOX_EDIT_STRUCTURE,
            .revision = revision,
            .info = &info,
            .image = img,
            .before = none};

    begin_record(turn, revision, wall_ms);
    if (none == NULL) {
        turn->bytes.error = GOX_ERR_NOMEM;
        return;
    }
    put_start(turn, GOX_RECORD_BASE, &info, wall_ms, true);
    put_body(turn, &event);
    gox_image_free(none);
}

void gox__turn_begin(struct gox_turn *turn, unsigned op,
        const struct gox_edit_info *info, bool has_label)
{
    unsigned flags =
            begin_record(turn, info->revision, info->at_ms) ? 0x10U : 0;

    put_start(turn, op | flags, info, info->at_ms, has_label);
}

void gox__put_point(struct gox_buf *buf, struct gox_pos *last,
        const struct gox_change *change, bool is_one_sided)
{
    put_point(buf, last, change->pos, change->before, change->after);
    if (is_one_sided && buf->error == 0)
        buf->len -= 4; /* the colour after is the last */
}

/* ---- the row ---- */

/* All between the checksum and the records, or what stands for them. */
static uint8_t *write_head(uint8_t *at, enum gox_row_form form,
        const struct gox_row_head *head, int64_t at_ms)
{
    *at++ = (uint8_t)form;
    at = gox__write_varint(at, head->last - head->first);
    at = gox__write_varint(at, (uint64_t)at_ms);
    at = gox__write_varint(at, head->voxels);
    at = gox__write_varint(at, head->last - head->state);
    return gox__write_varint(
            at, head->redo_top == 0 ? 0 : head->last - head->redo_top + 1);
}

/* The row's place is part of what is verified. */
static void seal(uint8_t *row, size_t len, uint64_t last)
{
    uint8_t seq[8];

    for (unsigned i = 0; i < 8; i++)
        seq[i] = (uint8_t)(last >> (8 * i));
    uint32_t crc = libdeflate_crc32(0, seq, 8);
    crc = libdeflate_crc32(crc, row + 4, len - 4);
    for (unsigned i = 0; i < 4; i++)
        row[i] = (uint8_t)(crc >> (8 * i));
}

const uint8_t *gox__turn_finish(
        struct gox_turn *turn, const struct gox_row_head *head, size_t *len)
{
    uint8_t header[GOX_TURN_HEADER];
    uint8_t *data = turn->bytes.data;

    uint8_t *at = write_head(header + 4, GOX_ROW_PLAIN, head, turn->at_ms);
    size_t used = (size_t)(at - header);
    uint8_t *row = data + GOX_TURN_HEADER - used;
    memcpy(row, header, used);
    *len = used + turn->bytes.len - GOX_TURN_HEADER;
    seal(row, *len, head->last);
    return row;
}

int gox__turn_pack(const struct gox_turn *turn, const struct gox_row_head *head,
        struct libdeflate_compressor *compressor, struct gox_buf *row)
{
    int rc = gox_buf_error(&turn->bytes);

    if (rc < 0)
        return rc;
    const uint8_t *records = turn->bytes.data + GOX_TURN_HEADER;
    size_t len = turn->bytes.len - GOX_TURN_HEADER;
    gox_buf_reset(row);
    uint8_t *start = gox_buf_reserve(row, GOX_TURN_HEADER + 16 + len);
    if (start == NULL)
        return gox_buf_error(row);
    uint8_t *at = write_head(start + 4, GOX_ROW_PACKED, head, turn->at_ms);
    at = gox__write_varint(at, len);
    /* What does not become smaller stays: it has then the length it says. */
    size_t used = libdeflate_deflate_compress(
            compressor, records, len, at, len > 0 ? len - 1 : 0);
    if (used == 0) {
        memcpy(at, records, len);
        used = len;
    }
    gox_buf_commit(row, (size_t)(at - start) + used);
    seal(start, row->len, head->last);
    return 0;
}
