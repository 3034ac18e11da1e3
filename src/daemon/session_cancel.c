/* SPDX-License-Identifier: Apache-2.0
 * rpc.cancel, seen ahead of its turn: a session runs one request at a time, so
 * the input that waits is looked through for a cancel of that one. */
#include "daemon/session.h"

#include <string.h>

/* Whether this id was cancelled ahead of its turn; tells it once. */
static bool take_cancelled(gox_session *s, struct gox_slice id)
{
    for (size_t i = 0; i < GOX_SESSION_CANCELLED; i++) {
        if (s->cancelled[i][0] == '\0' || !gox_slice_is(id, s->cancelled[i]))
            continue;
        s->cancelled[i][0] = '\0';
        return true;
    }
    return false;
}

static void remember_cancelled(gox_session *s, struct gox_slice id)
{
    if (id.len >= GOX_SESSION_ID_BYTES)
        return;
    char *to = s->cancelled[s->cancelled_count++ % GOX_SESSION_CANCELLED];
    memcpy(to, id.data, id.len);
    to[id.len] = '\0';
}

static bool is_running(const gox_session *s, struct gox_slice id)
{
    const struct gox_call_internal *c = s->running;
    return c != NULL && !c->request.is_notification &&
           c->request.id.len == id.len &&
           memcmp(c->request.id.data, id.data, id.len) == 0;
}

bool gox__session_cancel(gox_session *s, struct gox_slice id)
{
    if (!is_running(s, id))
        return take_cancelled(s, id);
    remember_cancelled(s, id);
    gox__dispatch_cancel(s->running);
    return true;
}

/* The id that a line wants to cancel, when it is an rpc.cancel. */
static struct gox_slice cancel_id(struct gox_slice line)
{
    struct gox_slice none = {NULL, 0};
    struct gox_slice key;
    struct gox_request req;
    struct gox_arena arena;
    struct gox_reader r;
    gox_arena_init(&arena);
    int code = gox_request_parse(&req, line, &arena, NULL);
    bool is_cancel = code == 0 && gox_slice_is(req.method, "rpc.cancel") &&
                     req.params.data != NULL;
    gox_arena_fini(&arena);
    if (!is_cancel)
        return none;
    gox_reader_init(&r, req.params.data, req.params.len, NULL);
    if (gox_reader_peek(&r) == GOX_JSON_ARRAY) {
        gox_reader_array(&r);
        return gox_reader_element(&r) ? gox_reader_skip(&r) : none;
    }
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_equals_json(key, "id"))
            return value;
    }
    return none;
}

/* Looks through the input that waits for a cancel of what is under way; true
 * when there was one. */
static bool look_once(gox_session *s)
{
    static const char word[] = "rpc.cancel";
    struct gox_slice rest = gox_frame_peek(&s->frame);
    while (rest.len > 0) {
        const char *hit = memmem(rest.data, rest.len, word, sizeof word - 1);
        if (hit == NULL)
            return false;
        const char *begin = hit;
        while (begin > rest.data && begin[-1] != '\n')
            begin--;
        const char *end =
                memchr(hit, '\n', rest.len - (size_t)(hit - rest.data));
        if (end == NULL)
            end = rest.data + rest.len;
        struct gox_slice id =
                cancel_id((struct gox_slice){begin, (size_t)(end - begin)});
        rest.len -= (size_t)(end - rest.data);
        rest.data = end;
        if (id.data != NULL && is_running(s, id)) {
            gox__session_cancel(s, id);
            return true; /* the input may have moved */
        }
    }
    return false;
}

/* A cancelled request may make room for the next, which may be cancelled too:
 * a loop, so that no chain of them uses up the stack. */
void gox__session_look_for_cancel(gox_session *s)
{
    if (s->in_look)
        return;
    s->in_look = true;
    while (s->running != NULL && !s->is_closing &&
            !atomic_load(&s->running->call.task.is_cancelled) && look_once(s))
        ;
    s->in_look = false;
}
