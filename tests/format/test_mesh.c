/* SPDX-License-Identifier: Apache-2.0
 * The mesher against the brute-force truth: every exposed face is covered
 * once, in its colour, wound outward. T-junctions are not tested against:
 * merging makes them, and only GOX_FACES_RAW promises none. */
#include "format/mesh_out.h"
#include "model_test.h"

static void build(struct gox_mesh *mesh, const gox_volume *vol,
        enum gox_faces faces, bool see_through)
{
    const struct gox_mesh_options opts = {
            .faces = faces, .see_through = see_through};
    struct gox_error err;
    assert_int_equal(gox_mesh_build(mesh, vol, &opts, NULL, &err), 0);
}

static uint64_t area(const struct gox_mesh *mesh)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < mesh->count; i++)
        sum += (uint64_t)mesh->quads[i].side_u * mesh->quads[i].side_v;
    return sum;
}

/* The winding of the corners gives the direction as its normal. */
static void assert_winding(const struct gox_mesh_quad *quad)
{
    int32_t p[4][3];
    for (unsigned i = 0; i < 4; i++)
        gox_mesh_corner(quad, i, p[i]);
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        int64_t n = (int64_t)(p[1][u] - p[0][u]) * (p[3][v] - p[0][v]) -
                    (int64_t)(p[1][v] - p[0][v]) * (p[3][u] - p[0][u]);
        int64_t size = (int64_t)quad->side_u * quad->side_v;
        assert_int_equal(n, face_step[quad->dir][k] * size);
        assert_int_equal(p[2][k] - p[1][k], p[3][k] - p[0][k]);
    }
}

/* Walks the unit faces of all quads: each must be an exposed face of a voxel
 * of that colour; with the equal total, each is covered exactly once. */
static void assert_covers(const struct gox_mesh *mesh, const gox_volume *vol)
{
    for (size_t i = 0; i < mesh->count; i++) {
        const struct gox_mesh_quad *q = &mesh->quads[i];
        const int *step = face_step[q->dir];
        assert_winding(q);
        for (uint32_t v = 0; v < q->side_v; v++)
            for (uint32_t u = 0; u < q->side_u; u++) {
                int32_t p[3] = {q->corner[0], q->corner[1], q->corner[2]};
                p[gox_mesh_axis_u(q->dir)] += (int32_t)u;
                p[gox_mesh_axis_v(q->dir)] += (int32_t)v;
                if (q->dir % 2 == 0)
                    p[q->dir / 2]--;
                assert_int_equal(
                        gox_volume_get(vol, gox_pos_make(p[0], p[1], p[2])),
                        q->color);
                assert_false(model_is_solid(
                        vol, p[0] + step[0], p[1] + step[1], p[2] + step[2]));
            }
    }
    assert_int_equal(area(mesh), model_count_faces(vol));
}

static void check_volume(const gox_volume *vol)
{
    struct gox_mesh merged, raw;
    build(&merged, vol, GOX_FACES_MERGED, false);
    build(&raw, vol, GOX_FACES_RAW, false);
    assert_covers(&merged, vol);
    assert_covers(&raw, vol);
    assert_int_equal(raw.count, area(&raw));
    assert_true(merged.count <= raw.count);
    assert_int_equal(merged.voxels, raw.voxels);
    gox_mesh_fini(&merged);
    gox_mesh_fini(&raw);
}

static void boxes_become_six_rectangles(void **state)
{
    (void)state;
    static const int cases[][6] = {{0, 0, 0, 1, 1, 1}, {0, 0, 0, 16, 16, 16},
            {-1, -1, -1, 1, 1, 1}, {-20, 3, 15, 50, 100, 17},
            {5, 5, 5, 6, 70, 6}, {0, 0, -100, 33, 1, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int *c = cases[i];
        gox_volume *vol = gox_volume_new();
        struct gox_mesh mesh;
        model_fill(vol, model_box(c[0], c[1], c[2], c[3], c[4], c[5]),
                UINT32_C(0xff102030));
        build(&mesh, vol, GOX_FACES_MERGED, false);
        assert_int_equal(mesh.count, 6);
        assert_covers(&mesh, vol);
        assert_int_equal(mesh.box.min.x, c[0]);
        assert_int_equal(mesh.box.max.z, c[5]);
        assert_int_equal(mesh.voxels, gox_volume_solid(vol));
        gox_mesh_fini(&mesh);
        gox_volume_free(vol);
    }
}

static void colours_are_not_merged(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    model_fill(vol, model_box(0, 0, 0, 20, 20, 1), UINT32_C(0xff0000ff));
    model_fill(vol, model_box(20, 0, 0, 40, 20, 1), UINT32_C(0xff00ff00));
    build(&mesh, vol, GOX_FACES_MERGED, false);
    /* Top and bottom twice each, front and back twice, two ends. */
    assert_int_equal(mesh.count, 10);
    assert_covers(&mesh, vol);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

static void clouds_are_covered(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        gox_volume *vol = gox_volume_new();
        int at = -24 + (int)i * 5;
        model_cloud(vol, gox_pos_make(at, -at, 7 - at), 20 + (int)i, 5 + 8 * i,
                1 + i % 4, i % 2 == 0 ? 200 : 0, i);
        check_volume(vol);
        gox_volume_free(vol);
    }
}

static void far_blocks_do_not_touch(void **state)
{
    (void)state;
    const int m = GOX_COORD_MAX;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    const struct gox_pos at[] = {{-m, -m, -m}, {m - 1, m - 1, m - 1},
            {m - 1, -m, 0}, {0, 0, 15}, {0, 0, 17}, {0, 48, 15}};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(gox_volume_set(vol, at[i], UINT32_MAX), 0);
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(mesh.count, 36);
    for (size_t i = 0; i < mesh.count; i++)
        assert_winding(&mesh.quads[i]);
    assert_int_equal(mesh.box.min.x, -m);
    assert_int_equal(mesh.box.max.y, m);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

static void nothing_gives_nothing(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(mesh.count, 0);
    gox_mesh_fini(&mesh);
    /* Alpha 126 is not there for exports, 127 is. */
    model_fill(vol, model_box(0, 0, 0, 16, 16, 16), UINT32_C(0x7e000001));
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(mesh.count, 0);
    gox_mesh_fini(&mesh);
    assert_int_equal(
            gox_volume_set(vol, gox_pos_make(3, 3, 3), UINT32_C(0x7f000001)),
            0);
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(mesh.count, 6);
    assert_int_equal(mesh.voxels, 1);
    assert_true(mesh.has_glass);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

/* An opaque cube beside a glass cube: its face there shows through. */
static void glass_shows_what_is_behind(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    model_fill(vol, model_box(0, 0, 0, 4, 4, 4), UINT32_C(0xff0000ff));
    model_fill(vol, model_box(4, 0, 0, 8, 4, 4), UINT32_C(0x80ff0000));
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(mesh.count, 10);
    gox_mesh_fini(&mesh);
    build(&mesh, vol, GOX_FACES_MERGED, true);
    assert_int_equal(mesh.count, 11);
    uint64_t opaque = 0;
    for (size_t i = 0; i < mesh.count; i++)
        if (gox_rgba_a(mesh.quads[i].color) == 255)
            opaque += (uint64_t)mesh.quads[i].side_u * mesh.quads[i].side_v;
    assert_int_equal(opaque, 6 * 16);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh first, other;
    struct gox_mesh_vertices v1, v2;
    struct gox_error err;
    const struct gox_mesh_options opts = {.faces = GOX_FACES_MERGED};
    struct gox_task task;
    gox_task_init(&task);
    model_cloud(vol, gox_pos_make(-31, -31, -31), 60, 40, 3, 0, 5);
    task.threads = 1;
    assert_int_equal(gox_mesh_build(&first, vol, &opts, &task, &err), 0);
    assert_int_equal(gox_mesh_share(&v1, &first, true, &task, &err), 0);
    for (unsigned threads = 2; threads < 6; threads++) {
        task.threads = threads;
        assert_int_equal(gox_mesh_build(&other, vol, &opts, &task, &err), 0);
        assert_int_equal(other.count, first.count);
        for (size_t i = 0; i < first.count; i++) {
            const struct gox_mesh_quad *a = &first.quads[i];
            const struct gox_mesh_quad *b = &other.quads[i];
            assert_true(memcmp(a->corner, b->corner, sizeof(a->corner)) == 0 &&
                        a->color == b->color && a->side_u == b->side_u &&
                        a->dir == b->dir && a->side_v == b->side_v);
        }
        assert_int_equal(gox_mesh_share(&v2, &other, true, &task, &err), 0);
        assert_int_equal(v2.count, v1.count);
        assert_memory_equal(
                v2.index, v1.index, 4 * first.count * sizeof(*v1.index));
        gox_mesh_vertices_fini(&v2);
        gox_mesh_fini(&other);
    }
    gox_mesh_vertices_fini(&v1);
    gox_mesh_fini(&first);
    gox_volume_free(vol);
}

static int compare_vertices(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct gox_mesh_vertex));
}

static void assert_shared(const struct gox_mesh *mesh, bool by_color)
{
    struct gox_mesh_vertices v;
    struct gox_error err;
    assert_int_equal(gox_mesh_share(&v, mesh, by_color, NULL, &err), 0);
    for (size_t i = 0; i < 4 * mesh->count; i++) {
        int32_t pos[3];
        const struct gox_mesh_quad *q = &mesh->quads[i / 4];
        assert_true(v.index[i] < v.count);
        gox_mesh_corner(q, i % 4, pos);
        assert_memory_equal(pos, v.items[v.index[i]].pos, sizeof(pos));
        assert_int_equal(v.items[v.index[i]].color, by_color ? q->color : 0);
    }
    qsort(v.items, v.count, sizeof(*v.items), compare_vertices);
    for (size_t i = 1; i < v.count; i++)
        assert_true(compare_vertices(&v.items[i - 1], &v.items[i]) != 0);
    gox_mesh_vertices_fini(&v);
}

static void vertices_are_shared(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    struct gox_mesh_vertices v;
    struct gox_error err;
    model_fill(vol, model_box(10, 10, 10, 20, 20, 20), UINT32_MAX);
    build(&mesh, vol, GOX_FACES_MERGED, false);
    assert_int_equal(gox_mesh_share(&v, &mesh, false, NULL, &err), 0);
    assert_int_equal(v.count, 8);
    gox_mesh_vertices_fini(&v);
    gox_mesh_fini(&mesh);
    model_cloud(vol, gox_pos_make(-20, -9, 2), 33, 30, 3, 0, 77);
    build(&mesh, vol, GOX_FACES_RAW, false);
    assert_shared(&mesh, false);
    assert_shared(&mesh, true);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

/* In a closed surface of unit faces each edge is used as often forward as
 * backward: sum of start minus end codes is zero for every vertex pair, which
 * is checked by counting directed edges in a table. */
static void raw_surface_is_closed(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    struct gox_mesh_vertices v;
    struct gox_error err;
    model_cloud(vol, gox_pos_make(-3, 12, 14), 12, 45, 2, 0, 9);
    build(&mesh, vol, GOX_FACES_RAW, false);
    assert_int_equal(gox_mesh_share(&v, &mesh, false, NULL, &err), 0);
    assert_true(v.count < 4000);
    int8_t *balance = calloc(v.count * v.count, 1);
    assert_non_null(balance);
    for (size_t i = 0; i < 4 * mesh.count; i++) {
        size_t a = v.index[i], b = v.index[i - i % 4 + (i + 1) % 4];
        balance[a * v.count + b]++;
        balance[b * v.count + a]--;
    }
    for (size_t i = 0; i < v.count * v.count; i++)
        assert_int_equal(balance[i], 0);
    free(balance);
    gox_mesh_vertices_fini(&v);
    gox_mesh_fini(&mesh);
    gox_volume_free(vol);
}

static void palette_keeps_every_colour(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    struct gox_mesh mesh;
    struct gox_mesh_palette palette;
    struct gox_error err;
    model_cloud(vol, gox_pos_make(0, 0, 0), 20, 90, 50000, 0, 3);
    build(&mesh, vol, GOX_FACES_MERGED, false);
    uint32_t *by_quad = malloc(mesh.count * sizeof(*by_quad));
    assert_non_null(by_quad);
    gox_mesh_palette_init(&palette);
    assert_int_equal(gox_mesh_palette_add(&palette, &mesh, by_quad), 0);
    for (size_t i = 0; i < mesh.count; i++)
        assert_int_equal(palette.colors[by_quad[i]], mesh.quads[i].color);
    assert_int_equal(gox_mesh_palette_layout(&palette, &err), 0);
    size_t texels = (size_t)palette.width * (size_t)palette.height;
    assert_true(texels >= palette.count && texels < 2 * palette.count + 16);
    palette.count = (size_t)4096 * 4096 + 1; /* the limit, by its number only */
    assert_int_equal(
            gox_mesh_palette_layout(&palette, &err), GOX_ERR_TOO_LARGE);
    gox_mesh_palette_fini(&palette);
    gox_mesh_fini(&mesh);
    free(by_quad);
    gox_volume_free(vol);
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{0, 6, "0"}, {-0.0, 6, "0"}, {1, 6, "1"}, {-1, 6, "-1"},
            {0.5, 6, "0.5"}, {-0.25, 6, "-0.25"}, {1234567.5, 6, "1234567.5"},
            {0.1, 6, "0.1"}, {0.0000004, 6, "0"}, {-0.0000004, 6, "0"},
            {0.0000006, 6, "0.000001"}, {100, 0, "100"}, {99.999, 2, "100"},
            {-8388608.5, 6, "-8388608.5"}, {16777216e6, 18, "16777216000000"},
            {0.000001, 12, "0.000001"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32];
        text[gox_mesh_number(text, cases[i].value, cases[i].decimals)] = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

static void places_follow_the_options(void **state)
{
    (void)state;
    struct gox_mesh_place place;
    struct gox_format_options opts;
    struct gox_error err;
    const struct gox_bbox box = model_box(0, 2, 4, 3, 6, 10);
    const int32_t corner[3] = {3, 6, 10};
    float p[3];
    gox_format_options_init(&opts);
    assert_int_equal(
            gox_mesh_place_init(&place, &opts, GOX_UP_Y, box, &err), 0);
    gox_mesh_place_point(&place, corner, p);
    assert_true(p[0] == 3 && p[1] == 10 && p[2] == -6);
    opts.has_up = true;
    opts.up = GOX_UP_Z;
    opts.scale = 0.1f;
    opts.pivot = GOX_PIVOT_BOTTOM;
    assert_int_equal(
            gox_mesh_place_init(&place, &opts, GOX_UP_Y, box, &err), 0);
    gox_mesh_place_point(&place, corner, p);
    assert_true(p[0] == 0.15f && p[1] == 0.2f && p[2] == 0.6f);
    opts.pivot = GOX_PIVOT_CENTER;
    assert_int_equal(
            gox_mesh_place_init(&place, &opts, GOX_UP_Y, box, &err), 0);
    gox_mesh_place_point(&place, corner, p);
    assert_true(p[0] == 0.15f && p[1] == 0.2f && p[2] == 0.3f);
    static const float bad[] = {0, -1, 1e-7f, 1e7f};
    for (size_t i = 0; i < 4; i++) {
        opts.scale = bad[i];
        assert_int_equal(
                gox_mesh_place_init(&place, &opts, GOX_UP_Y, box, &err),
                GOX_ERR_RANGE);
    }
}

static int build_and_share(void *ctx)
{
    const gox_volume *vol = ctx;
    const struct gox_mesh_options opts = {.see_through = true};
    struct gox_mesh mesh;
    struct gox_mesh_vertices v = {0};
    struct gox_mesh_palette palette;
    struct gox_error err;
    struct gox_task task;
    gox_task_init(&task);
    task.threads = 2;
    gox_mesh_palette_init(&palette);
    int rc = gox_mesh_build(&mesh, vol, &opts, &task, &err);
    if (rc == 0)
        rc = gox_mesh_share(&v, &mesh, true, &task, &err);
    if (rc == 0)
        rc = gox_mesh_palette_add(&palette, &mesh, NULL);
    gox_mesh_palette_fini(&palette);
    gox_mesh_vertices_fini(&v);
    gox_mesh_fini(&mesh);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    model_cloud(vol, gox_pos_make(0, 0, 0), 20, 20, 600, 200, 4);
    model_fail_each(build_and_share, vol);
    gox_volume_free(vol);
}

static void cancel_is_heard(void **state)
{
    (void)state;
    gox_volume *vol = gox_volume_new();
    const struct gox_mesh_options opts = {.faces = GOX_FACES_RAW};
    struct gox_mesh mesh;
    struct gox_error err = {0};
    struct gox_task task;
    gox_task_init(&task);
    gox_task_cancel(&task);
    model_fill(vol, model_box(0, 0, 0, 20, 20, 20), UINT32_MAX);
    assert_int_equal(
            gox_mesh_build(&mesh, vol, &opts, &task, &err), GOX_ERR_CANCELLED);
    assert_int_equal(err.code, GOX_ERR_CANCELLED);
    assert_null(mesh.quads);
    gox_volume_free(vol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(boxes_become_six_rectangles),
            cmocka_unit_test(colours_are_not_merged),
            cmocka_unit_test(clouds_are_covered),
            cmocka_unit_test(far_blocks_do_not_touch),
            cmocka_unit_test(nothing_gives_nothing),
            cmocka_unit_test(glass_shows_what_is_behind),
            cmocka_unit_test(threads_do_not_matter),
            cmocka_unit_test(vertices_are_shared),
            cmocka_unit_test(raw_surface_is_closed),
            cmocka_unit_test(palette_keeps_every_colour),
            cmocka_unit_test(numbers_are_short_and_exact),
            cmocka_unit_test(places_follow_the_options),
            cmocka_unit_test(memory_may_run_out),
            cmocka_unit_test(cancel_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
