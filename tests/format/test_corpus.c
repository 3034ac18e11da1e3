/* SPDX-License-Identifier: Apache-2.0
 * Real files against what is known of them: number of voxels, box, and SHA-256
 * of the sorted lines of the text export, for each row of expected.csv. The
 * column `truth` names the expectation that counts.
 *
 * The files are not part of the repository: GOX_CORPUS says where they are,
 * else ../shared/corpus beside it is tried; without them the test is skipped.
 */
#include "base/alloc.h"
#include "format/format_test.h"

#include <ctype.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COL_FILE = 1,
    COL_GOXEL011_VOXELS = 4,
    COL_MIN,
    COL_MAX,
    COL_GOXEL011_SHA,
    COL_HEAD_VOXELS,
    COL_HEAD_SHA,
    COL_INDEPENDENT_VOXELS,
    COL_INDEPENDENT_SHA,
    COL_SCENE_VOXELS,
    COL_SCENE_MIN,
    COL_SCENE_MAX,
    COL_SCENE_SHA,
    COL_TRUTH = 17,
    COL_COUNT = 19
};

struct corpus {
    char dir[400];
    struct gox_input csv;
    int passed, skipped, failed;
};

static bool find_corpus(char *dir, size_t size)
{
    const char *named = getenv("GOX_CORPUS");
    const char *source = getenv("GOX_SOURCE_DIR");
    char csv[450];
    if (named != NULL)
        snprintf(dir, size, "%s", named);
    else if (source != NULL)
        snprintf(dir, size, "%s/../shared/corpus", source);
    else
        return false;
    snprintf(csv, sizeof(csv), "%s/expected.csv", dir);
    return access(csv, R_OK) == 0;
}

/* Cuts a line at its commas, which are text inside quotes. */
static int split_line(char *line, char *cells[COL_COUNT])
{
    int n = 0;
    bool is_quoted = false;
    cells[n++] = line;
    for (char *p = line; *p != '\0'; p++) {
        is_quoted ^= *p == '"';
        if (*p == ',' && !is_quoted && n < COL_COUNT) {
            *p = '\0';
            cells[n++] = p + 1;
        }
    }
    for (int i = n; i < COL_COUNT; i++)
        cells[i] = line + strlen(line);
    return n;
}

/* ---- what the export says ---- */

struct summary {
    uint64_t voxels;
    char min[60], max[60];
    char sha[SHA256_DIGEST_STRING_LENGTH];
};

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_to_box(const char *line, long min[3], long max[3], bool first)
{
    char *at = NULL;
    for (int i = 0; i < 3; i++) {
        long v = strtol(i == 0 ? line : at, &at, 10);
        min[i] = first || v < min[i] ? v : min[i];
        max[i] = first || v > max[i] ? v : max[i];
    }
}

static void summarize(char *text, struct summary *s)
{
    size_t capacity = 0;
    char **lines = NULL, *save = NULL;
    long min[3] = {0}, max[3] = {0};
    *s = (struct summary){0};
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
            line = strtok_r(NULL, "\n", &save)) {
        if (*line == '#')
            continue;
        assert_true(gox_grow(&lines, &capacity, s->voxels + 1, sizeof(*lines)));
        add_to_box(line, min, max, s->voxels == 0);
        lines[s->voxels++] = line;
    }
    SHA2_CTX sha;
    SHA256Init(&sha);
    if (s->voxels > 0) {
        qsort(lines, s->voxels, sizeof(*lines), compare_lines);
        snprintf(s->min, sizeof(s->min), "%ld %ld %ld", min[0], min[1], min[2]);
        snprintf(s->max, sizeof(s->max), "%ld %ld %ld", max[0], max[1], max[2]);
    }
    for (uint64_t i = 0; i < s->voxels; i++) {
        SHA256Update(&sha, (const uint8_t *)lines[i], strlen(lines[i]));
        SHA256Update(&sha, (const uint8_t *)"\n", 1);
    }
    SHA256End(&sha, s->sha);
    gox_free(lines);
}

/* ---- rows ---- */

static bool ends_with(const char *file, const char *ext)
{
    size_t n = strlen(file), m = strlen(ext);
    return n > m && strcmp(file + n - m, ext) == 0;
}

/* Is there a reader for files of this name at all? */
static bool has_reader(const char *file)
{
    for (size_t i = 0; i < gox_format_count; i++)
        for (size_t k = 0; gox_formats[i]->extensions[k] != NULL; k++) {
            char ext[20];
            snprintf(ext, sizeof(ext), ".%s", gox_formats[i]->extensions[k]);
            if (gox_formats[i]->read != NULL && ends_with(file, ext))
                return true;
        }
    return false;
}

static bool differs(const char *file, const char *what, const char *expected,
        const char *found)
{
    if (strcmp(expected, found) == 0)
        return false;
    print_error("%s: %s: expected %s, found %s\n", file, what, expected, found);
    return true;
}

static bool check_summary(char *cells[COL_COUNT], const struct summary *s)
{
    const char *truth = cells[COL_TRUTH], *file = cells[COL_FILE];
    int voxels = COL_GOXEL011_VOXELS, sha = COL_GOXEL011_SHA;
    const char *min = cells[COL_MIN], *max = cells[COL_MAX];
    char count[30];
    snprintf(count, sizeof(count), "%llu", (unsigned long long)s->voxels);
    if (strcmp(truth, "goxel_head") == 0) {
        voxels = COL_HEAD_VOXELS;
        sha = COL_HEAD_SHA;
        min = max = NULL; /* no box is known */
    } else if (strcmp(truth, "independent") == 0) {
        voxels = COL_INDEPENDENT_VOXELS;
        sha = COL_INDEPENDENT_SHA;
        min = max = NULL;
    } else if (strcmp(truth, "scene") == 0) {
        voxels = COL_SCENE_VOXELS;
        sha = COL_SCENE_SHA;
        min = cells[COL_SCENE_MIN];
        max = cells[COL_SCENE_MAX];
    }
    bool bad = differs(file, "voxels", cells[voxels], count);
    bad |= min != NULL && differs(file, "min", min, s->min);
    bad |= max != NULL && differs(file, "max", max, s->max);
    bad |= differs(file, "sha256", cells[sha], s->sha);
    return !bad;
}

static bool check_export(char *cells[COL_COUNT], const struct gox_image *img)
{
    struct gox_buf buf;
    struct summary summary;
    ft_write(&buf, img, "txt", NULL);
    assert_non_null(gox_buf_text(&buf));
    summarize((char *)buf.data, &summary);
    gox_buf_fini(&buf);
    return check_summary(cells, &summary);
}

static bool check_row(struct corpus *c, char *cells[COL_COUNT])
{
    char path[500];
    struct gox_image *img = NULL;
    struct gox_error err;
    const char *file = cells[COL_FILE], *truth = cells[COL_TRUTH];
    snprintf(path, sizeof(path), "%s/%s", c->dir, file);
    int rc = gox_format_load_path(&img, path, NULL, NULL, NULL, &err);
    bool good = true;
    if (strcmp(truth, "error") == 0) {
        good = rc < 0 && err.text[0] != '\0' && img == NULL;
        if (!good)
            print_error("%s: read without an error\n", file);
    } else if (strcmp(truth, "none") != 0 && rc < 0) {
        print_error("%s: %s\n", file, err.text);
        good = false;
    } else if (strcmp(truth, "none") != 0) {
        good = check_export(cells, img);
    }
    gox_image_free(img);
    return good;
}

static void check_line(struct corpus *c, char *line)
{
    char *cells[COL_COUNT];
    size_t n = strlen(line);
    if (n > 0 && line[n - 1] == '\r')
        line[n - 1] = '\0';
    if (split_line(line, cells) <= COL_TRUTH)
        return;
    if (!has_reader(cells[COL_FILE])) {
        print_message("skipped, no reader yet: %s\n", cells[COL_FILE]);
        c->skipped++;
    } else if (check_row(c, cells)) {
        c->passed++;
    } else {
        c->failed++;
    }
}

static void test_expected_rows(void **state)
{
    (void)state;
    struct corpus c = {0};
    char path[450];
    if (!find_corpus(c.dir, sizeof(c.dir))) {
        print_message("no corpus: set GOX_CORPUS to its directory\n");
        skip();
    }
    snprintf(path, sizeof(path), "%s/expected.csv", c.dir);
    assert_int_equal(gox_input_read_file(&c.csv, path, 1 << 24, NULL), 0);
    char *text = gox_strndup((const char *)c.csv.data, c.csv.len);
    gox_input_fini(&c.csv);
    assert_non_null(text);
    char *save = NULL;
    char *line = strtok_r(text, "\n", &save); /* the header */
    assert_non_null(line);
    assert_non_null(strstr(line, "goxel011_voxels,min,max"));
    while ((line = strtok_r(NULL, "\n", &save)) != NULL)
        check_line(&c, line);
    gox_free(text);
    print_message("%d files as expected, %d skipped, %d not\n", c.passed,
            c.skipped, c.failed);
    assert_int_equal(c.failed, 0);
    assert_true(c.passed > 0);
}

/* What was read once and written as .gox is read again exactly. */
static void test_round_trip_through_gox(void **state)
{
    (void)state;
    static const char *const files[] = {"gox/real011_shapes.gox",
            "gox/real011_materials_cameras_light.gox",
            "synth_gox/clone_forward.gox", "synth_gox/mode_sub_v015.gox",
            "synth_gox/extreme_coords.gox", "synth_gox/three_layers_hidden.gox",
            "vox/ogt_test_multiple_model_scene.vox"};
    char dir[400], path[500];
    if (!find_corpus(dir, sizeof(dir)))
        skip();
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct gox_image *img = NULL;
        struct gox_buf buf;
        struct gox_error err;
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        if (gox_format_load_path(&img, path, NULL, NULL, NULL, &err) < 0)
            fail_msg("%s", err.text);
        ft_write(&buf, img, "gox", NULL);
        struct gox_image *back = ft_read("gox", buf.data, buf.len);
        ft_assert_same(img, back);
        ft_assert_same_voxels(img, back);
        gox_image_free(back);
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_expected_rows),
            cmocka_unit_test(test_round_trip_through_gox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
