/* SPDX-License-Identifier: Apache-2.0
 * Rays against the plain way: every voxel's box is cut with the ray, and the
 * nearest one is what must be hit. Rays that only graze a voxel may do either.
 */
#include "base/alloc.h"
#include "gox_test.h"
#include "render/cast_internal.h"
#include "render_test.h"

#define GRAZE 1e-7 /* of t; cuts shorter than this count as a touch */
#define HITS  400

struct hit {
    double in, out; /* t */
    int32_t pos[3]; /* relative to the scene's origin */
};

/* All voxels of a volume relative to the origin of its scene. */
struct list {
    int32_t (*pos)[3];
    size_t count;
};

static struct list list_voxels(
        const gox_volume *vol, const struct gox__scene *scene)
{
    struct list list = {malloc(gox_volume_solid(vol) * sizeof(*list.pos)), 0};
    size_t cursor = 0;
    struct gox_pos at;
    const gox_block *block;
    assert_non_null(list.pos);
    while ((block = gox_volume_each_block(vol, &cursor, &at)) != NULL) {
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
            if (gox_block_get(block, i) == 0)
                continue;
            int32_t *pos = list.pos[list.count++];
            pos[0] = at.x * 16 + (int)(i & 15) - scene->origin.x;
            pos[1] = at.y * 16 + (int)(i >> 4 & 15) - scene->origin.y;
            pos[2] = at.z * 16 + (int)(i >> 8) - scene->origin.z;
        }
    }
    assert_int_equal(list.count, gox_volume_solid(vol));
    return list;
}

/* Cuts the ray with a voxel. */
static bool cut(struct hit *hit, const int32_t pos[3], const double org[3],
        const double dir[3], double from)
{
    hit->in = from;
    hit->out = INFINITY;
    memcpy(hit->pos, pos, sizeof(hit->pos));
    for (int a = 0; a < 3; a++) {
        double low = pos[a] - org[a];
        double high = pos[a] + 1 - org[a];
        if (dir[a] == 0) {
            if (low > 0 || high <= 0)
                return false;
            continue;
        }
        double t0 = low / dir[a];
        double t1 = high / dir[a];
        hit->in = fmax(hit->in, fmin(t0, t1));
        hit->out = fmin(hit->out, fmax(t0, t1));
    }
    return hit->in <= hit->out;
}

static int compare_hits(const void *a, const void *b)
{
    const struct hit *x = a;
    const struct hit *y = b;
    return x->in < y->in ? -1 : x->in > y->in;
}

/* Voxels that the ray surely passes, nearest first. */
static size_t find_hits(struct hit hits[HITS], const struct list *list,
        const double org[3], const double dir[3], double from)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct hit hit;
        if (cut(&hit, list->pos[i], org, dir, from) &&
                hit.out - hit.in > GRAZE && count < HITS)
            hits[count++] = hit;
    }
    qsort(hits, count, sizeof(*hits), compare_hits);
    return count;
}

/* The voxel that a ray is in must be there, be touched, and have been come
 * into by the face that the ray says. */
static void check_hit(const struct gox__ray *ray, const gox_volume *vol,
        const double org[3], const double dir[3], double from)
{
    int32_t pos[3];
    gox__ray_pos(ray, pos);
    const struct gox_pos o = ray->scene->origin;
    gox_rgba color = gox_volume_get(
            vol, gox_pos_make(pos[0] + o.x, pos[1] + o.y, pos[2] + o.z));
    assert_int_not_equal(color, 0);
    assert_int_equal(gox__ray_color(ray), color);
    assert_true(ray->t >= from);
    for (int a = 0; a < 3; a++) {
        double at = org[a] + dir[a] * ray->t - pos[a];
        assert_true(at > -GRAZE && at < 1 + GRAZE);
    }
    if (ray->axis >= 0) {
        double at = org[ray->axis] + dir[ray->axis] * ray->t;
        double face = pos[ray->axis] + (dir[ray->axis] < 0);
        assert_true(fabs(at - face) < 1e-6);
    }
}

/* Follows one ray through all voxels. Returns how many there were. */
static size_t check_ray(const struct gox__scene *scene, const gox_volume *vol,
        const struct list *list, const double org[3], const double dir[3],
        double from)
{
    static struct hit hits[HITS];
    size_t count = find_hits(hits, list, org, dir, from);
    struct gox__ray ray;
    size_t seen = 0;
    double last = -INFINITY;
    bool more = gox__ray_init(&ray, scene, org, dir, from);
    while (more && gox__ray_next(&ray)) {
        check_hit(&ray, vol, org, dir, from);
        assert_true(ray.t >= last);
        last = ray.t;
        int32_t pos[3];
        gox__ray_pos(&ray, pos);
        /* What lies between must be what was found the plain way. */
        if (seen < count && memcmp(pos, hits[seen].pos, sizeof(pos)) == 0)
            seen++;
        else
            assert_true(seen == count || ray.t <= hits[seen].in + 1e-5);
        more = gox__ray_leave(&ray);
    }
    assert_int_equal(seen, count);
    return count;
}

static double random_unit(struct random *r)
{
    return random_next(r) / 4294967296.0;
}

/* A ray that passes near some voxel. */
static void random_ray(struct random *r, const struct list *list, int kind,
        double org[3], double dir[3])
{
    const int32_t *target = list->pos[random_below(r, (uint32_t)list->count)];
    int along = (int)random_below(r, 3);
    double away = floor(random_unit(r) * 80 - 10);
    for (int a = 0; a < 3; a++) {
        dir[a] = random_unit(r) * 2 - 1;
        if (kind == 1) /* along an axis */
            dir[a] = 0;
        if (kind == 2) /* exact diagonals through corners */
            dir[a] = dir[a] < 0 ? -1 : 1;
        if (kind == 3) /* nearly along an axis */
            dir[a] *= 1e-7;
        if ((kind == 1 || kind == 3) && a == along)
            dir[a] = random_below(r, 2) ? 1 : -1;
        if (kind == 4 && a == along) /* in a plane of voxel faces */
            dir[a] = 0;
        double at = target[a] - 0.1 + random_unit(r) * 1.2;
        if (kind == 2 || (kind == 4 && a == along))
            at = floor(at);
        org[a] = at - dir[a] * away;
    }
}

/* A diagonal through corners touches more than it passes, in any order. */
static void check_diagonal(const struct gox__scene *scene,
        const gox_volume *vol, const double org[3], const double dir[3])
{
    struct gox__ray ray;
    if (!gox__ray_init(&ray, scene, org, dir, -INFINITY))
        return;
    for (bool more = true; more && gox__ray_next(&ray);
            more = gox__ray_leave(&ray))
        check_hit(&ray, vol, org, dir, -INFINITY);
}

static void test_random_volumes(void **state)
{
    (void)state;
    size_t passed = 0;
    for (uint32_t seed = 1; seed <= 24; seed++) {
        gox_volume *vol = make_sparse(seed, 20 + (int)seed * 6, 300);
        struct gox__scene scene;
        struct random r = {seed + 1000};
        assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
        struct list list = list_voxels(vol, &scene);
        for (int i = 0; i < 600; i++) {
            double org[3], dir[3];
            random_ray(&r, &list, i % 5, org, dir);
            double from = i % 3 == 0 ? -INFINITY : 0;
            if (i % 5 == 2)
                check_diagonal(&scene, vol, org, dir);
            else
                passed += check_ray(&scene, vol, &list, org, dir, from);
        }
        free(list.pos);
        gox__scene_fini(&scene);
        gox_volume_free(vol);
    }
    assert_true(passed > 10000);
}

/* A full wall has no gap, wherever a ray meets it, and block borders least. */
static void test_walls_are_tight(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_box(vol, (struct gox_bbox){{-40, -40, -1}, {40, 40, 0}}, 0xff808080u);
    struct gox__scene scene;
    assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
    struct random r = {77};
    for (int i = 0; i < 40000; i++) {
        double at[3] = {-(double)scene.origin.x, -(double)scene.origin.y,
                -(double)scene.origin.z};
        double org[3], dir[3];
        /* Targets on corners, on edges, and next to them. */
        for (int a = 0; a < 2; a++) {
            double where = (double)random_below(&r, 79) - 39;
            at[a] += where + (i % 3 == 0 ? 0 : i % 3 == 1 ? 1e-13 : -1e-13);
        }
        for (int a = 0; a < 3; a++)
            dir[a] = random_unit(&r) * 2 - 1;
        dir[2] = i % 2 ? 0.01 + random_unit(&r) : -0.01 - random_unit(&r);
        for (int a = 0; a < 3; a++)
            org[a] = at[a] - dir[a] * 5;
        struct gox__ray ray;
        assert_true(gox__ray_init(&ray, &scene, org, dir, 0));
        assert_true(gox__ray_next(&ray));
        assert_true(fabs(ray.t - 5) * fabs(dir[2]) < 1.0 + 1e-6);
    }
    gox__scene_fini(&scene);
    gox_volume_free(vol);
}

static void test_starts_in_the_voxel_it_is_told(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_voxel(vol, 0, 0, 0, 0xff0000ffu);
    put_voxel(vol, 1, 0, 0, 0xff00ff00u);
    put_voxel(vol, 5, 0, 0, 0xffff0000u);
    struct gox__scene scene;
    assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
    const double dir[3] = {1, 0, 0};
    const double org[3] = {1, 0.5, 0.5}; /* on the face between the two */
    static const struct {
        int32_t pos[3];
        gox_rgba color; /* 0: nothing is met */
    } cases[] = {{{0, 0, 0}, 0xff0000ffu}, {{1, 0, 0}, 0xff00ff00u},
            {{2, 0, 0}, 0xffff0000u}, {{6, 0, 0}, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct gox__ray ray;
        bool is_hit = gox__ray_init_at(&ray, &scene, org, dir, cases[i].pos) &&
                      gox__ray_next(&ray);
        assert_int_equal(is_hit, cases[i].color != 0);
        if (is_hit)
            assert_int_equal(gox__ray_color(&ray), cases[i].color);
    }
    gox__scene_fini(&scene);
    gox_volume_free(vol);
}

static void test_far_apart(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_voxel(vol, -8388608, -8388608, -8388608, 0xff0000ffu);
    put_voxel(vol, 8388607, 8388607, 8388607, 0xff00ff00u);
    struct gox__scene scene;
    assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
    assert_true(gox__scene_bytes(&scene) < 4096);
    struct list list = list_voxels(vol, &scene);
    for (int i = 0; i < 2; i++) {
        const int32_t *to = list.pos[i];
        const int32_t *other = list.pos[1 - i];
        double org[3], dir[3];
        for (int a = 0; a < 3; a++) {
            org[a] = other[a] + 0.5;
            dir[a] = to[a] - other[a];
        }
        struct gox__ray ray;
        assert_true(gox__ray_init(&ray, &scene, org, dir, 0));
        assert_true(gox__ray_next(&ray));
        assert_true(gox__ray_leave(&ray));
        assert_true(gox__ray_next(&ray));
        int32_t pos[3];
        gox__ray_pos(&ray, pos);
        assert_memory_equal(pos, to, sizeof(pos));
        /* A few for each level of the tree, not one for each voxel. */
        assert_true(ray.steps < 300);
    }
    free(list.pos);
    gox__scene_fini(&scene);
    gox_volume_free(vol);
}

static void test_probe(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(5, 50, 3000);
    struct gox__scene scene;
    struct gox__probe probe;
    struct random r = {9};
    assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
    gox__probe_init(&probe, &scene);
    int opaque = 0;
    for (int i = 0; i < 200000; i++) {
        int32_t p[3];
        for (int a = 0; a < 3; a++)
            p[a] = (int)random_below(&r, 110) - 20;
        gox_rgba color = gox_volume_get(
                vol, gox_pos_make(p[0] + scene.origin.x, p[1] + scene.origin.y,
                             p[2] + scene.origin.z));
        bool is_opaque = gox__probe_is_opaque(&probe, p[0], p[1], p[2]);
        assert_int_equal(is_opaque, gox_rgba_a(color) == 255);
        opaque += is_opaque;
    }
    assert_true(opaque > 100);
    gox__scene_fini(&scene);
    gox_volume_free(vol);
}

static void test_empty(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    struct gox__scene scene;
    struct gox__probe probe;
    struct gox__ray ray;
    const double org[3] = {0, 0, 0};
    const double dir[3] = {1, 1, 1};
    const int32_t pos[3] = {0, 0, 0};
    assert_int_equal(gox__scene_init(&scene, vol, NULL, NULL), 0);
    assert_false(gox__ray_init(&ray, &scene, org, dir, -INFINITY));
    assert_false(gox__ray_init_at(&ray, &scene, org, dir, pos));
    gox__probe_init(&probe, &scene);
    assert_false(gox__probe_is_opaque(&probe, 0, 0, 0));
    gox__scene_fini(&scene);
    gox_volume_free(vol);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(3, 200, 200);
    int rc = -1;
    for (uint64_t n = 1; rc != 0; n++) {
        struct gox__scene scene;
        struct gox_error err = {0};
        assert_true(n < 100);
        gox_alloc_fail_at(n, false);
        rc = gox__scene_init(&scene, vol, NULL, &err);
        gox_alloc_fail_at(0, false);
        if (rc == 0)
            gox__scene_fini(&scene);
        else
            assert_int_equal(err.code, GOX_ERR_NOMEM);
    }
    gox_volume_free(vol);
}

static void test_cancelled(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(3, 200, 200);
    struct gox__scene scene;
    struct gox_task task;
    struct gox_error err = {0};
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(
            gox__scene_init(&scene, vol, &task, &err), GOX_ERR_CANCELLED);
    assert_int_equal(err.code, GOX_ERR_CANCELLED);
    gox_volume_free(vol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_random_volumes),
            cmocka_unit_test(test_walls_are_tight),
            cmocka_unit_test(test_starts_in_the_voxel_it_is_told),
            cmocka_unit_test(test_far_apart),
            cmocka_unit_test(test_probe),
            cmocka_unit_test(test_empty),
            cmocka_unit_test(test_out_of_memory),
            cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
