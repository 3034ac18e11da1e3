/* SPDX-License-Identifier: Apache-2.0
 * Framing: the same lines come out whatever the pieces they came in. */
#include "base/alloc.h"
#include "gox_test.h"
#include "rpc/frame.h"

#define LIMIT 40

/* Feeds text in pieces; what came out goes to out as "line|" or "!|". */
static void run(const char *text, size_t len, size_t piece, struct gox_buf *out)
{
    struct gox_frame f;
    struct gox_slice line;
    enum gox_frame_result result;
    gox_frame_init(&f, LIMIT);
    for (size_t at = 0; at < len; at += piece) {
        size_t count = len - at < piece ? len - at : piece;
        char *copy = malloc(count); /* so that a late look is a fault */
        memcpy(copy, text + at, count);
        assert_int_equal(gox_frame_feed(&f, copy, count), 0);
        while ((result = gox_frame_next(&f, &line)) != GOX_FRAME_NONE) {
            if (result == GOX_FRAME_LINE)
                gox_buf_put(out, line.data, line.len);
            else
                gox_buf_put_byte(out, '!');
            gox_buf_put_byte(out, '|');
        }
        assert_int_equal(gox_frame_keep(&f), 0);
        free(copy);
        assert_true(f.kept.len <= LIMIT + piece);
    }
    if (gox_frame_flush(&f, true, &line) == GOX_FRAME_LINE) {
        gox_buf_put(out, line.data, line.len);
        gox_buf_put_byte(out, '$');
    }
    assert_int_equal(gox_frame_pending(&f), 0);
    gox_frame_fini(&f);
}

static void test_any_pieces(void **state)
{
    static const char text[] =
            "one\n\n  \r\ntwo\r\nthis line is longer than the limit of forty "
            "bytes and is dropped\nthree\nfour is without an end";
    (void)state;
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct gox_buf out;
        gox_buf_init(&out, 0);
        run(text, sizeof text - 1, piece, &out);
        assert_string_equal(gox_buf_text(&out),
                "one|two\r|!|three|four is without an end$");
        gox_buf_fini(&out);
    }
}

static void test_one_error_for_a_huge_line(void **state)
{
    struct gox_frame f;
    struct gox_slice line;
    char block[1000];
    int errors = 0;
    (void)state;
    memset(block, 'x', sizeof block);
    gox_frame_init(&f, LIMIT);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(gox_frame_feed(&f, block, sizeof block), 0);
        while (gox_frame_next(&f, &line) == GOX_FRAME_TOO_LARGE)
            errors++;
        assert_int_equal(gox_frame_keep(&f), 0);
        assert_int_equal(gox_frame_pending(&f), 0);
    }
    assert_int_equal(errors, 1);
    assert_int_equal(gox_frame_feed(&f, "\nok\n", 4), 0);
    assert_int_equal(gox_frame_next(&f, &line), GOX_FRAME_LINE);
    assert_true(gox_slice_is(line, "ok"));
    gox_frame_fini(&f);
}

static void test_text_without_a_newline(void **state)
{
    struct gox_frame f;
    struct gox_slice line;
    (void)state;
    gox_frame_init(&f, LIMIT);
    assert_int_equal(gox_frame_feed(&f, "{\"a\":", 5), 0);
    assert_int_equal(gox_frame_next(&f, &line), GOX_FRAME_NONE);
    assert_int_equal(gox_frame_keep(&f), 0);
    assert_int_equal(gox_frame_flush(&f, false, &line), GOX_FRAME_NONE);
    assert_int_equal(gox_frame_feed(&f, "1}[2]", 5), 0);
    assert_int_equal(gox_frame_next(&f, &line), GOX_FRAME_NONE);
    assert_int_equal(gox_frame_flush(&f, false, &line), GOX_FRAME_LINE);
    assert_true(gox_slice_is(line, "{\"a\":1}"));
    assert_int_equal(gox_frame_flush(&f, false, &line), GOX_FRAME_LINE);
    assert_true(gox_slice_is(line, "[2]"));
    assert_int_equal(gox_frame_flush(&f, false, &line), GOX_FRAME_NONE);
    gox_frame_fini(&f);
}

static void test_no_memory(void **state)
{
    struct gox_frame f;
    struct gox_slice line;
    (void)state;
    gox_frame_init(&f, LIMIT);
    assert_int_equal(gox_frame_feed(&f, "abc", 3), 0);
    assert_int_equal(gox_frame_next(&f, &line), GOX_FRAME_NONE);
    gox_alloc_fail_at(1, true);
    assert_int_equal(gox_frame_keep(&f), GOX_ERR_NOMEM);
    gox_alloc_fail_at(0, false);
    gox_frame_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_any_pieces),
            cmocka_unit_test(test_one_error_for_a_huge_line),
            cmocka_unit_test(test_text_without_a_newline),
            cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
