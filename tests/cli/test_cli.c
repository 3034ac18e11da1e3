/* SPDX-License-Identifier: Apache-2.0
 * The parts of the command line that need no daemon: words and parameters,
 * options by the table, staged outputs, figures, and what must hold for every
 * row of the table. */
#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/params.h"
#include "cli/progress.h"
#include "cli/stage.h"
#include "cli/words.h"
#include "gox_test.h"

#include <dirent.h>
#include <sys/stat.h>

/* ---- words ---- */

static void test_split(void **state)
{
    static const struct {
        const char *line;
        const char *words; /* joined by '|'; NULL: an error */
    } rows[] = {
            {"", ""},
            {" \t\n", ""},
            {"# a comment", ""},
            {"ping", "ping"},
            {" a  b\tc \n", "a|b|c"},
            {"a x=1 y=-2", "a|x=1|y=-2"},
            {"a 'b c' \"d e\"", "a|b c|d e"},
            {"a ''", "a|"},
            {"a n=\"b c\"", "a|n=\"b c\""},
            {"a n=\"b \\\" c\"", "a|n=\"b \\\" c\""},
            {"a \"b \\\" c\"", "a|b \" c"},
            {"a n='b c'", "a|n=b c"},
            {"a {\"x\": [1, 2], \"t\": \"} ]\"} b",
                    "a|{\"x\": [1, 2], \"t\": \"} ]\"}|b"},
            {"a p=[1, 2] q={\"r\": 3}", "a|p=[1, 2]|q={\"r\": 3}"},
            {"a color=#ff0000", "a|color=#ff0000"},
            {"a [1", NULL},
            {"a 'b", NULL},
            {"a \"b", NULL},
            {"a {\"x\": \"}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_error err = {0};
        char joined[256] = "";
        char **words;
        size_t count;
        int rc = gox_cli_split(rows[i].line, &words, &count, &err);
        if (!rows[i].words) {
            assert_int_equal(rc, GOX_ERR_PARSE);
            assert_int_not_equal(err.text[0], 0);
            continue;
        }
        assert_int_equal(rc, 0);
        for (size_t w = 0; w < count; w++) {
            strcat(joined, w > 0 ? "|" : "");
            strcat(joined, words[w]);
        }
        assert_string_equal(joined, rows[i].words);
        gox_cli_free_words(words, count);
    }
}

static void test_split_out_of_memory(void **state)
{
    struct gox_error err = {0};
    char **words;
    size_t count;
    int rc = GOX_ERR_NOMEM;

    (void)state;
    for (uint64_t nth = 1; rc != 0 && nth < 50; nth++) {
        gox_alloc_fail_at(nth, false);
        rc = gox_cli_split("a 'b c' [1,2] d=e", &words, &count, &err);
        gox_alloc_fail_at(0, false);
        assert_true(rc == 0 || rc == GOX_ERR_NOMEM);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(count, 4);
    gox_cli_free_words(words, count);
}

/* ---- parameters ---- */

static void test_params(void **state)
{
    static const struct {
        const char *words[4];
        const char *json; /* NULL: none */
        int code;
    } rows[] = {
            {{NULL}, NULL, 0},
            {{"{\"a\":[1,2]}", NULL}, "{\"a\":[1,2]}", 0},
            {{"[1,\"b\"]", NULL}, "[1,\"b\"]", 0},
            {{"x=1", "y=-2.5", "z=true", NULL},
                    "{\"x\":1,\"y\":-2.5,\"z\":true}", 0},
            {{"name=a b", "t=\"1\"", NULL}, "{\"name\":\"a b\",\"t\":\"1\"}",
                    0},
            {{"color=#ff0000", "p=[1,2,3]", NULL},
                    "{\"color\":\"#ff0000\",\"p\":[1,2,3]}", 0},
            {{"options.up=z", "options.scale=2", NULL},
                    "{\"options\":{\"scale\":2,\"up\":\"z\"}}", 0},
            {{"path=/a.b=c", NULL}, "{\"path\":\"/a.b=c\"}", 0},
            {{"name=", NULL}, "{\"name\":\"\"}", 0},
            {{"{\"a\":1,\"a\":2}", NULL}, NULL, GOX_ERR_PARSE},
            {{"{\"a\":", NULL}, NULL, GOX_ERR_PARSE},
            {{"novalue", NULL}, NULL, GOX_ERR_PARAMS},
            {{"=1", NULL}, NULL, GOX_ERR_PARAMS},
            {{"a=1", "a=2", NULL}, NULL, GOX_ERR_PARAMS},
            {{"a=\xff\xfe", NULL}, NULL, GOX_ERR_PARAMS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_error err = {0};
        json_t *params = NULL;
        size_t count = 0;
        char *text;
        while (rows[i].words[count])
            count++;
        assert_int_equal(
                gox_cli_read_params(rows[i].words, count, &params, &err),
                rows[i].code);
        if (!rows[i].json) {
            assert_null(params);
            continue;
        }
        text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
        assert_string_equal(text, rows[i].json);
        free(text);
        json_decref(params);
    }
}

/* ---- options ---- */

static int no_run(struct gox_cli *cli)
{
    (void)cli;
    return 0;
}

static const struct gox_cli_option OPTIONS[] = {
        {"out-dir", 'o', "DIR", GOX_CLI_DIR, "x"},
        {"kind", 0, "KIND", "raw merged", "x"},
        {"force", 'f', NULL, NULL, "x"},
        {"jobs", 'j', "N", NULL, "x"},
        {NULL, 0, NULL, NULL, NULL},
};
static const struct gox_cli_command COMMAND = {
        .name = "test",
        .synopsis = "A [B]",
        .summary = "x",
        .details = "x",
        .flags = GOX_CLI_SOCKET,
        .min_args = 1,
        .max_args = 2,
        .options = OPTIONS,
        .run = no_run,
};

static int read_line(
        struct gox_cli *cli, const char *line, char *copy, const char **args)
{
    char *argv[16] = {"goxelctl"};
    int argc = 1;

    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *cli = (struct gox_cli){
            .command = &COMMAND, .args = args, .timeout_ms = -2};
    return gox_cli_read(cli, argc, argv, gox_cli_find_command_arg(argc, argv));
}

static void test_options(void **state)
{
    struct gox_cli cli;
    const char *args[16];
    char copy[256];
    long n;

    (void)state;
    assert_int_equal(
            read_line(&cli, "test a -fj4 --kind=raw -o d b", copy, args), 0);
    assert_int_equal(cli.arg_count, 2);
    assert_string_equal(cli.values[0], "d");
    assert_string_equal(cli.values[1], "raw");
    assert_non_null(cli.values[2]);
    assert_string_equal(cli.values[3], "4");
    assert_true(gox_cli_read_int(&cli, 3, 1, 8, 2, &n));
    assert_int_equal(n, 4);
    assert_false(gox_cli_read_int(&cli, 3, 1, 3, 2, &n));

    assert_int_equal(
            read_line(&cli, "--socket /s --json test --timeout 1.5 -- -x", copy,
                    args),
            0);
    assert_string_equal(cli.socket, "/s");
    assert_true(cli.is_json);
    assert_in_range(cli.timeout_ms, 1500, 1501);
    assert_string_equal(cli.args[0], "-x");
    assert_int_equal(read_line(&cli, "test - -5", copy, args), 0);
    assert_string_equal(cli.args[1], "-5");
    assert_int_equal(read_line(&cli, "test a --timeout 0", copy, args), 0);
    assert_int_equal(cli.timeout_ms, -1);
}

static void test_bad_options(void **state)
{
    static const char *const lines[] = {"test", "test a b c", "test a --nope",
            "test a -x", "test a --kind", "test a --kind wrong", "test a -o",
            "test a --force=1", "test a --timeout x", "test a --timeout -1",
            "test a --stdio", "test a -fx"};
    struct gox_cli cli;
    const char *args[16];
    char copy[256];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(read_line(&cli, lines[i], copy, args), GOX_CLI_USAGE);
}

/* ---- the table ---- */

static void check_option(void *ctx, const struct gox_cli_option *option)
{
    const char **seen = ctx;
    char letter[2] = {option->letter, '\0'};

    assert_non_null(option->help);
    assert_true(option->help[strlen(option->help) - 1] != '.');
    /* A list of choices needs a value to choose. */
    assert_true(option->value || !option->values);
    assert_null(option->letter ? strstr(*seen, letter) : NULL);
    if (option->letter)
        strcat((char *)(uintptr_t)*seen, letter);
}

static void test_rows(void **state)
{
    struct gox_buf out;

    (void)state;
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        const struct gox_cli_command *cmd = gox_cli_commands[i];
        char letters[64] = "";
        const char *seen = letters;
        size_t count = 0;
        assert_non_null(cmd->run);
        assert_true(cmd->summary[strlen(cmd->summary) - 1] != '.');
        assert_true(cmd->details[strlen(cmd->details) - 1] == '.');
        assert_ptr_equal(gox_cli_find_command(cmd->name), cmd);
        while (cmd->options && cmd->options[count].name)
            count++;
        assert_true(count <= GOX_CLI_MAX_OPTIONS);
        gox_cli_each_option(cmd, check_option, &seen);
        gox_buf_init(&out, 0);
        gox_cli_put_help(&out, cmd);
        assert_non_null(strstr(gox_buf_text(&out), cmd->name));
        /* Options with long names stand alone; no line is wider than a
         * terminal. */
        for (char *line = strtok((char *)out.data, "\n"); line;
                line = strtok(NULL, "\n"))
            assert_true(strlen(line) <= 80);
        gox_buf_fini(&out);
    }
}

static const char *next_command(void *ctx, size_t i)
{
    (void)ctx;
    return i < gox_cli_command_count ? gox_cli_commands[i]->name : NULL;
}

static const char *next_method(void *ctx, size_t i)
{
    static const char *const names[] = {
            "ping", "goxel.get_voxel", "goxel.add_voxel", "goxel.undo"};
    (void)ctx;
    return i < 4 ? names[i] : NULL;
}

static void test_suggestions(void **state)
{
    (void)state;
    assert_string_equal(
            gox_cli_nearest("convrt", next_command, NULL), "convert");
    assert_null(gox_cli_nearest("xyzzyplugh", next_command, NULL));
    assert_string_equal(
            gox_cli_nearest("get_voxl", next_method, NULL), "goxel.get_voxel");
    assert_string_equal(gox_cli_nearest("goxel.ad_voxel", next_method, NULL),
            "goxel.add_voxel");
    assert_string_equal(gox_cli_nearest("pign", next_method, NULL), "ping");
}

/* ---- figures ---- */

static void test_figures(void **state)
{
    static const struct {
        double bytes;
        const char *text;
    } rows[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"},
            {12345, "12.3 kB"}, {999999, "1.0 MB"}, {123456789, "123 MB"}};
    struct gox_progress bar = {.unit = "files", .total = 100};
    char text[GOX_CLI_FIGURE], clean[8];
    struct gox_buf out;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(gox_cli_bytes(text, rows[i].bytes), rows[i].text);
    assert_string_equal(gox_cli_seconds(text, 0.0123), "12 ms");
    assert_string_equal(gox_cli_seconds(text, 12.34), "12.3 s");
    assert_string_equal(gox_cli_seconds(text, 125), "2:05 min");

    gox_buf_init(&out, 0);
    gox_progress_put(&out, &bar, 50, 2, 10);
    assert_string_equal(gox_buf_text(&out),
            "[===============>              ]  50 %  50/100 files  5.0/s  "
            "ETA 0:10  2 failed");
    gox_buf_reset(&out);
    bar.unit = NULL;
    bar.total = 1;
    gox_progress_put(&out, &bar, 1, 0, 5000);
    assert_string_equal(
            gox_buf_text(&out), "[==============================] 100 %");
    gox_buf_fini(&out);

    gox_cli_clean(clean, sizeof(clean), "a\33[1m\nb");
    assert_string_equal(clean, "a?[1m b");
    gox_cli_clean(clean, sizeof(clean), "\xc2\x9b\xff\xc3\xa9\xe2\x82\xac!");
    assert_string_equal(clean, "??"
                               "?"
                               "\xc3\xa9");
}

/* ---- staged outputs ---- */

static size_t entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void read_text(const char *path, char text[64])
{
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, 63, file);
    text[n] = '\0';
    fclose(file);
}

static void stage_with(struct gox_stage *stage, const char *target,
        const char *text, const char *beside)
{
    struct gox_error err = {0};
    char path[256];

    assert_int_equal(gox_stage_open(stage, target, &err), 0);
    write_text(stage->path, text);
    snprintf(path, sizeof(path), "%s/.goxel-1-2.tmp", stage->dir);
    write_text(path, "unfinished");
    if (beside) {
        snprintf(path, sizeof(path), "%s/%s", stage->dir, beside);
        write_text(path, beside);
    }
}

static void test_stage(void **state)
{
    struct gox_stage stage;
    struct gox_error err = {0};
    char dir[64], target[96], text[64];
    struct stat st;

    (void)state;
    gox_test_dir(dir);
    snprintf(target, sizeof(target), "%s/a.obj", dir);
    stage_with(&stage, target, "one", "a.mtl");
    assert_int_equal(gox_model_exists(target), false);
    assert_int_equal(gox_stage_publish(&stage, false, &err), 0);
    assert_int_equal(entries(dir), 2);
    read_text(target, text);
    assert_string_equal(text, "one");

    /* What is there stays, unless it may be replaced. */
    stage_with(&stage, target, "two", NULL);
    assert_int_equal(gox_stage_publish(&stage, false, &err), GOX_ERR_EXISTS);
    assert_non_null(strstr(err.text, "--force"));
    read_text(target, text);
    assert_string_equal(text, "one");
    assert_int_equal(chmod(target, 0600), 0);
    stage_with(&stage, target, "two", NULL);
    assert_int_equal(gox_stage_publish(&stage, true, &err), 0);
    read_text(target, text);
    assert_string_equal(text, "two");
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    stage_with(&stage, target, "three", "b.mtl");
    gox_stage_discard(&stage);
    gox_stage_discard(&stage);
    read_text(target, text);
    assert_string_equal(text, "two");

    /* A daemon that answered and wrote nothing is an error. */
    assert_int_equal(gox_stage_open(&stage, target, &err), 0);
    assert_int_equal(gox_stage_publish(&stage, true, &err), GOX_ERR_IO);
    read_text(target, text);
    assert_string_equal(text, "two");
    assert_int_equal(entries(dir), 2);
    gox_test_dir_remove(dir);
}

static void test_stage_refuses(void **state)
{
    static const char *const targets[] = {
            "/tmp", "/tmp/", "/nonexistent/a.glb", "/dev/null"};
    struct gox_stage stage;

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct gox_error err = {0};
        assert_int_equal(gox_stage_open(&stage, targets[i], &err), GOX_ERR_IO);
        assert_int_not_equal(err.text[0], 0);
    }
}

static void test_stage_out_of_memory(void **state)
{
    struct gox_stage stage;
    struct gox_error err = {0};
    char dir[64], target[96];
    int rc = GOX_ERR_NOMEM;

    (void)state;
    gox_test_dir(dir);
    snprintf(target, sizeof(target), "%s/a.obj", dir);
    for (uint64_t nth = 1; rc != 0 && nth < 50; nth++) {
        gox_alloc_fail_at(nth, false);
        rc = gox_stage_open(&stage, target, &err);
        gox_alloc_fail_at(0, false);
        assert_true(rc == 0 || rc == GOX_ERR_NOMEM);
        assert_int_equal(entries(dir), rc == 0 ? 1 : 0);
    }
    assert_int_equal(rc, 0);
    gox_stage_discard(&stage);
    assert_int_equal(entries(dir), 0);
    gox_test_dir_remove(dir);
}

static void test_output_names(void **state)
{
    static const struct {
        const char *in, *dir, *ext, *out;
    } rows[] = {{"a.vox", NULL, "glb", "a.glb"},
            {"d/a.b.vox", NULL, "glb", "d/a.b.glb"},
            {"d.e/a", NULL, "glb", "d.e/a.glb"},
            {"d/.vox", NULL, "glb", "d/.vox.glb"},
            {"x/a.vox", "out", "txt", "out/a.txt"},
            {"x/a.vox", "out/", "txt", "out/a.txt"},
            {"/a.vox", NULL, "txt", "/a.txt"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *out = gox_model_output(rows[i].in, rows[i].dir, rows[i].ext);
        assert_string_equal(out, rows[i].out);
        gox_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_split),
            cmocka_unit_test(test_split_out_of_memory),
            cmocka_unit_test(test_params),
            cmocka_unit_test(test_options),
            cmocka_unit_test(test_bad_options),
            cmocka_unit_test(test_rows),
            cmocka_unit_test(test_suggestions),
            cmocka_unit_test(test_figures),
            cmocka_unit_test(test_stage),
            cmocka_unit_test(test_stage_refuses),
            cmocka_unit_test(test_stage_out_of_memory),
            cmocka_unit_test(test_output_names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
