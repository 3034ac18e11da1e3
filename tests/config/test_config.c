/* SPDX-License-Identifier: Apache-2.0
 * The table of settings, reading a file of them, what is told of mistakes, and
 * which source wins. */
#include "base/alloc.h"
#include "base/io.h"
#include "config/edit.h"
#include "config/generate.h"
#include "config/load.h"
#include "config/parse.h"
#include "gox_test.h"

#include <ctype.h>
#include <dirent.h>
#include <regex.h>
#include <sys/stat.h>

/* ---- the table ---- */

static void test_rows_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        char member[128];
        regex_t regex;
        snprintf(member, sizeof member, "%s", row->name);
        for (char *c = member; *c != '\0'; c++)
            if (*c == '.')
                *c = '_';
        assert_string_equal(member, row->member);
        assert_true(row->min <= row->max);
        assert_true(strlen(row->help) > 5);
        assert_true(row->help[strlen(row->help) - 1] != '.');
        assert_true(row->help[0] == tolower(row->help[0]) ||
                    isupper((unsigned char)row->help[1]) ||
                    strncmp(row->help, "TCP", 3) == 0 || row->help[0] == 'U');
        if (row->rule != NULL && row->type != GOX_SETTING_ENUM) {
            assert_int_equal(regcomp(&regex, row->rule, REG_EXTENDED), 0);
            regfree(&regex);
        }
    }
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *a = &gox_setting_rows[i];
        for (size_t k = 0; k < i; k++) {
            const struct gox_setting *b = &gox_setting_rows[k];
            assert_string_not_equal(a->name, b->name);
            if (a->flag != NULL && b->flag != NULL)
                assert_string_not_equal(a->flag, b->flag);
            if (a->env != NULL && b->env != NULL)
                assert_string_not_equal(a->env, b->env);
        }
    }
}

/* Every setting has a variable: its own name, or one that was there before. */
static void test_variables_follow_names(void **state)
{
    static const char *const others[] = {"GOXEL_SOCKET_PATH", "GOXEL_PID_FILE",
            "GOXEL_LOG_FILE", "GOXEL_LOG_LEVEL", "GOXEL_MAX_WORKERS",
            "GOXEL_QUEUE_SIZE", "GOXEL_MAX_CONNECTIONS",
            "GOXEL_STARTUP_TIMEOUT", "GOXEL_SHUTDOWN_TIMEOUT",
            "GOXEL_HEALTH_TIMEOUT", "MCP_SERVER_PORT"};
    (void)state;
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        char name[160] = "GOXEL_";
        size_t len = 6;
        bool is_known = false;
        if (row->type == GOX_SETTING_MAP)
            continue;
        for (const char *c = row->member; *c != '\0'; c++)
            name[len++] = (char)toupper((unsigned char)*c);
        name[len] = '\0';
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            is_known = is_known || strcmp(others[k], row->env) == 0;
        if (!is_known)
            assert_string_equal(row->env, name);
    }
}

static void test_values_come_back(void **state)
{
    static const char *const cases[][3] = {
            {"server.workers", "7", "7"},
            {"security.socket_permissions", "600", "0600"},
            {"daemon.daemonize", "yes", "true"},
            {"daemon.daemonize", "off", "false"},
            {"logging.level", "debug", "debug"},
            {"logging.levels", "store=debug,rpc=warn", "rpc=warn,store=debug"},
            {"security.allowed_paths", "/a:/b", "/a:/b"},
            {"security.allowed_uids", "1,2,3", "1,2,3"},
            {"environment", "A=1,B=x=y", "A=1,B=x=y"},
            {"environment.C", "two, words", "C=two, words"},
            {"logging.levels.http", "error", "http=error"},
            {"mcp_integration.allow_origins", "https://a,https://b",
                    "https://a,https://b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gox_settings s;
        struct gox_buf text;
        const char *name = cases[i][0];
        assert_int_equal(gox_settings_init(&s), 0);
        assert_int_equal(gox_settings_set(&s, name, strlen(name), cases[i][1],
                                 GOX_ORIGIN_FLAG, NULL),
                0);
        const struct gox_setting *row = gox_setting_find(name, strlen(name));
        if (row == NULL)
            row = name[0] == 'e' ? gox_setting_find("environment", 11)
                                 : gox_setting_find("logging.levels", 14);
        gox_buf_init(&text, 0);
        gox_settings_put_value(&s, (size_t)(row - gox_setting_rows), &text);
        assert_string_equal(gox_buf_text(&text), cases[i][2]);
        gox_buf_fini(&text);
        gox_settings_fini(&s);
    }
}

static void test_bad_texts_change_nothing(void **state)
{
    static const char *const cases[][2] = {
            {"server.workers", ""},
            {"server.workers", " 4"},
            {"server.workers", "+4"},
            {"server.workers", "4x"},
            {"server.workers", "99999999999999999999"},
            {"daemon.daemonize", "maybe"},
            {"daemon.user", "a b"},
            {"security.allowed_uids", "1,x"},
            {"security.allowed_uids", "-1"},
            {"environment", "A"},
            {"environment", "1A=x"},
            {"logging.levels", "store=loud"},
            {"logging.levels.nothing", "info"},
            {"daemon.log_file", "a\nb"},
            {"server.nothing", "1"},
    };
    struct gox_settings s, before;
    struct gox_error err;
    (void)state;
    assert_int_equal(gox_settings_init(&s), 0);
    assert_int_equal(gox_settings_init(&before), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(gox_settings_set(&s, cases[i][0], strlen(cases[i][0]),
                            cases[i][1], GOX_ORIGIN_FLAG, &err) < 0);
        assert_true(strlen(err.text) > 10);
    }
    for (size_t i = 0; i < gox_setting_count; i++)
        assert_true(gox_settings_is_equal(&s, &before, i));
    gox_settings_fini(&s);
    gox_settings_fini(&before);
}

/* ---- files ---- */

static void parse(const char *text, size_t len, struct gox_settings *s,
        struct gox_config_errors *errors)
{
    assert_int_equal(gox_settings_init(s), 0);
    gox_config_errors_init(errors);
    gox_config_parse(s, text, len, errors);
}

/* Calls judge for each file of tests/data/config whose name begins so. */
static size_t each_file(const char *prefix,
        void (*judge)(const char *name, const struct gox_input *in))
{
    char dir[600], path[1200];
    const char *source = getenv("GOX_SOURCE_DIR");
    size_t count = 0;
    snprintf(dir, sizeof dir, "%s/tests/data/config",
            source != NULL ? source : ".");
    DIR *list = opendir(dir);
    assert_non_null(list);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        struct gox_input in;
        struct gox_error err;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        assert_int_equal(gox_input_read_file(&in, path, 0, &err), 0);
        judge(entry->d_name, &in);
        gox_input_fini(&in);
        count++;
    }
    closedir(list);
    return count;
}

static void judge_good(const char *name, const struct gox_input *in)
{
    struct gox_settings s;
    struct gox_config_errors errors;
    parse((const char *)in->data, in->len, &s, &errors);
    if (errors.error_count > 0)
        fail_msg("%s: %s", name, errors.items[0].text);
    gox_config_errors_fini(&errors);
    gox_settings_fini(&s);
}

static void judge_bad(const char *name, const struct gox_input *in)
{
    struct gox_settings s;
    struct gox_config_errors errors;
    parse((const char *)in->data, in->len, &s, &errors);
    if (errors.error_count == 0)
        fail_msg("%s: no mistake was found", name);
    for (size_t i = 0; i < errors.count; i++) {
        assert_true(errors.items[i].line > 0 && errors.items[i].column > 0);
        assert_null(strchr(errors.items[i].text, '\n'));
        assert_false(errors.items[i].is_warning);
    }
    gox_config_errors_fini(&errors);
    gox_settings_fini(&s);
}

static void test_corpus(void **state)
{
    (void)state;
    assert_true(each_file("good-", judge_good) >= 19);
    assert_true(each_file("bad-", judge_bad) >= 60);
    assert_true(each_file("syntax-", judge_bad) >= 18);
}

static void test_all_mistakes_at_once(void **state)
{
    static const char text[] = "{\n"
                               "  \"server\": {\n"
                               "    \"workers\": \"four\",\n"
                               "    \"prot\": 80\n"
                               "  },\n"
                               "  \"wörld/~\": 1, \"workers\": 3,\n"
                               "  \"security\": {\"allowed_paths\": [\"x\"],\n"
                               "  \"max_request_size_mb\": 0},\n"
                               "  \"logging\": {\"levels\": {\"store\": 3}}\n"
                               "}\n";
    static const struct {
        unsigned line, column;
        const char *pointer, *text;
    } expected[] = {
            {3, 16, "/server/workers",
                    "expected an integer from 0 to 256, got \"four\""},
            {4, 5, "/server/prot", "did you mean port?"},
            {6, 3, "/wörld~1~0", "known are: daemon, server"},
            {6, 17, "/workers", "did you mean server.workers?"},
            {7, 34, "/security/allowed_paths/0", "absolute paths"},
            {8, 26, "/security/max_request_size_mb", "from 1 to 2047"},
            {9, 35, "/logging/levels/store", "debug, got 3"},
    };
    struct gox_settings s;
    struct gox_config_errors errors;
    (void)state;
    parse(text, sizeof text - 1, &s, &errors);
    size_t count = sizeof expected / sizeof expected[0];
    assert_int_equal(errors.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct gox_config_error *e = &errors.items[i];
        assert_int_equal(e->line, expected[i].line);
        assert_int_equal(e->column, expected[i].column);
        assert_string_equal(e->pointer, expected[i].pointer);
        if (strstr(e->text, expected[i].text) == NULL)
            fail_msg("%s has no \"%s\"", e->text, expected[i].text);
    }
    gox_config_errors_fini(&errors);
    gox_settings_fini(&s);
}

static void test_many_mistakes_are_counted(void **state)
{
    struct gox_buf text;
    struct gox_settings s;
    struct gox_config_errors errors;
    (void)state;
    gox_buf_init(&text, 0);
    gox_buf_put_byte(&text, '{');
    for (int i = 0; i < 300; i++)
        gox_buf_printf(&text, "%s\"x%d\": 1", i > 0 ? "," : "", i);
    gox_buf_put_byte(&text, '}');
    parse(gox_buf_text(&text), text.len, &s, &errors);
    assert_int_equal(errors.count, GOX_CONFIG_MAX_ERRORS);
    assert_int_equal(errors.error_count, 300);
    gox_buf_reset(&text);
    gox_config_errors_put(&errors, &text);
    assert_non_null(strstr(gox_buf_text(&text), "and 200 more"));
    gox_buf_fini(&text);
    gox_config_errors_fini(&errors);
    gox_settings_fini(&s);
}

/* ---- sources ---- */

static void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void expect_origin(
        const struct gox_settings *s, size_t row, const char *expected)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_settings_put_origin(s, row, &text);
    assert_non_null(strstr(gox_buf_text(&text), expected));
    gox_buf_fini(&text);
}

static void test_who_wins(void **state)
{
    static const char *const variables[] = {"PATH=/bin", "GOXEL_QUEUE_SIZE=40",
            "GOXEL_MAX_CONNECTIONS=40", NULL};
    static const struct gox_config_flag flags[] = {
            {"server.max_connections", 22, "50", "--max-connections"}};
    char dir[64], path[100];
    struct gox_settings s;
    struct gox_config_errors errors;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/c.json", dir);
    put_file(path,
            "{\"server\": {\"timeout_seconds\": 30, \"queue_size\": 30,\n"
            "\"max_connections\": 30},\n"
            "\"defaults\": {\"linux\": {\"server\": {\"workers\": 20,\n"
            "\"timeout_seconds\": 20, \"queue_size\": 20}},\n"
            "\"macos\": {\"server\": {\"drain_seconds\": 99}}}}\n",
            0644);
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_NAMED,
            .file = path,
            .variables = variables,
            .flags = flags,
            .flag_count = 1};
    gox_config_errors_init(&errors);
    assert_int_equal(gox_config_load(&s, &from, &errors), 0);
    assert_int_equal(s.server_drain_seconds, 10);
    assert_int_equal(s.server_workers, 20);
    assert_int_equal(s.server_timeout_seconds, 30);
    assert_int_equal(s.server_queue_size, 40);
    assert_int_equal(s.server_max_connections, 50);
    expect_origin(&s, GOX_ROW_server_drain_seconds, "default");
    expect_origin(&s, GOX_ROW_server_workers, "c.json:3 (defaults)");
    expect_origin(&s, GOX_ROW_server_timeout_seconds, "c.json:1");
    expect_origin(&s, GOX_ROW_server_queue_size, "environment GOXEL_QUEUE");
    expect_origin(&s, GOX_ROW_server_max_connections, "command line");
    assert_int_equal(errors.warning_count, 0);
    gox_settings_fini(&s);
    gox_config_errors_fini(&errors);
    gox_test_dir_remove(dir);
}

static void test_mistakes_of_all_sources(void **state)
{
    static const char *const variables[] = {"GOXEL_QUEUE_SIZE=many",
            "GOXEL_QUEUE_SIZES=1", "GOXEL_DAEMON_BINARY=/x", "OTHER=1", NULL};
    static const struct gox_config_flag flags[] = {
            {"server.port", 11, "http", "--port"}};
    char dir[64], path[100];
    struct gox_settings s;
    struct gox_config_errors errors;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/c.json", dir);
    put_file(path, "{\"server\": {\"workers\": -1}}", 0644);
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_NAMED,
            .file = path,
            .variables = variables,
            .flags = flags,
            .flag_count = 1};
    gox_config_errors_init(&errors);
    assert_int_equal(gox_config_load(&s, &from, &errors), GOX_ERR_PARAMS);
    assert_int_equal(errors.error_count, 3);
    assert_int_equal(errors.warning_count, 1);
    assert_true(errors.has_usage_error);
    assert_non_null(strstr(errors.items[1].text, "GOXEL_QUEUE_SIZE"));
    assert_non_null(strstr(errors.items[2].text, "mean GOXEL_QUEUE_SIZE?"));
    assert_true(errors.items[2].is_warning);
    gox_config_errors_fini(&errors);
    /* Alone, a warning does not stop it. */
    gox_config_errors_init(&errors);
    from = (struct gox_config_sources){
            .file_use = GOX_CONFIG_FILE_NONE, .variables = variables + 1};
    assert_int_equal(gox_config_load(&s, &from, &errors), 0);
    assert_int_equal(errors.warning_count, 1);
    gox_settings_fini(&s);
    gox_config_errors_fini(&errors);
    gox_test_dir_remove(dir);
}

static void expect_load(const char *path, int code, const char *text)
{
    struct gox_settings s;
    struct gox_error err = {.text = ""};
    assert_int_equal(gox_config_load_file(&s, path, &err), code);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" has no \"%s\"", err.text, text);
    if (code == 0)
        gox_settings_fini(&s);
}

static void test_file_that_cannot_be_used(void **state)
{
    char dir[64], path[100];
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/c.json", dir);
    expect_load(path, GOX_ERR_PARAMS, "c.json");
    expect_load(dir, GOX_ERR_PARAMS, dir);
    put_file(path, "{}", 0666);
    expect_load(path, GOX_ERR_PARAMS, "may be written to by others");
    put_file(path, "{}", 0640);
    expect_load(path, 0, "");
    put_file(path,
            "{\"server\": {\"port\": 80, \"bind_address\": \"0.0.0.0\"}}",
            0640);
    expect_load(path, GOX_ERR_PARAMS, "is not loopback");
    put_file(path,
            "{\"auto_start\": {\"restart_delay_ms\": 5, "
            "\"restart_delay_max_ms\": 1}}",
            0640);
    expect_load(path, GOX_ERR_PARAMS, "is below");
    gox_test_dir_remove(dir);
}

/* ---- made texts ---- */

static void test_sample_is_the_defaults(void **state)
{
    struct gox_buf text;
    struct gox_settings s, defaults;
    struct gox_config_errors errors;
    (void)state;
    gox_buf_init(&text, 0);
    gox_config_put_sample(&text);
    assert_int_equal(gox_buf_error(&text), 0);
    parse((const char *)text.data, text.len, &s, &errors);
    assert_int_equal(errors.error_count, 0);
    assert_int_equal(gox_settings_init(&defaults), 0);
    for (size_t i = 0; i < gox_setting_count; i++) {
        assert_true(gox_settings_is_equal(&s, &defaults, i));
        assert_int_equal(s.origins[i].from, GOX_ORIGIN_FILE);
    }
    gox_settings_fini(&defaults);
    gox_settings_fini(&s);
    gox_config_errors_fini(&errors);
    gox_buf_fini(&text);
}

/* ---- changing a file ---- */

static void test_edit(void **state)
{
    static const struct {
        const char *before, *name, *value, *after;
    } cases[] = {
            {"", "server.workers", "4",
                    "{\n  \"server\": {\n    \"workers\": 4\n  }\n}\n"},
            {"{\"server\":{\"workers\":1,\"port\":2}}", "server.workers", "4",
                    "{\"server\":{\"workers\":4,\"port\":2}}"},
            {"{\n  \"server\": {\n    \"port\": 2\n  }\n}\n", "server.workers",
                    "4",
                    "{\n  \"server\": {\n    \"port\": 2,\n    \"workers\": 4\n"
                    "  }\n}\n"},
            {"{\n  \"server\": {\n    \"port\": 2\n  }\n}\n", "logging.level",
                    "debug",
                    "{\n  \"server\": {\n    \"port\": 2\n  },\n"
                    "  \"logging\": {\n    \"level\": \"debug\"\n  }\n}\n"},
            {"{\"environment\": {\"A\": \"1\"}}", "environment.A", "2",
                    "{\"environment\": {\"A\": \"2\"}}"},
            {"{\n  \"logging\": {}\n}\n", "logging.rotation.enabled", "no",
                    "{\n  \"logging\": {\n    \"rotation\": {\n"
                    "      \"enabled\": false\n    }\n  }\n}\n"},
            {"{\"security\":{\"allowed_paths\":[]}}", "security.allowed_paths",
                    "/a:/b",
                    "{\"security\":{\"allowed_paths\":[\"/a\",\"/b\"]}}"},
            {"", "security.allowed_uids", " [1, 2]",
                    "{\n  \"security\": {\n    \"allowed_uids\":  [1, 2]\n"
                    "  }\n}\n"},
            {"{\"server\":{\"workers\":1, \"port\":2}}", "server.workers", NULL,
                    "{\"server\":{\"port\":2}}"},
            {"{\"server\":{\"port\":2 , \"workers\":1}}", "server.workers",
                    NULL, "{\"server\":{\"port\":2}}"},
            {"{\n  \"server\": {\n    \"workers\": 1\n  }\n}\n",
                    "server.workers", NULL, "{\n  \"server\": {\n  }\n}\n"},
            {"{\"environment\": {\"A\": \"1\"}}", "environment.A", NULL,
                    "{\"environment\": {}}"},
            {"{\"server\":{}}", "server.workers", NULL, "{\"server\":{}}"},
            {"", "server.workers", NULL, "{}\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gox_buf out;
        struct gox_config_errors errors;
        struct gox_error err = {.text = ""};
        gox_buf_init(&out, 0);
        gox_config_errors_init(&errors);
        if (gox_config_edit(cases[i].before, strlen(cases[i].before),
                    cases[i].name, cases[i].value, &out, &errors, &err) != 0)
            fail_msg("%zu: %s", i, err.text);
        assert_string_equal(gox_buf_text(&out), cases[i].after);
        gox_config_errors_fini(&errors);
        gox_buf_fini(&out);
    }
}

static void test_edit_refuses(void **state)
{
    static const struct {
        const char *before, *name, *value;
        int code;
    } cases[] = {
            {"{}", "server.nothing", "1", GOX_ERR_NOT_FOUND},
            {"{}", "server.workers", "x", GOX_ERR_PARAMS},
            {"{", "server.workers", "1", GOX_ERR_PARSE},
            {"[]", "server.workers", "1", GOX_ERR_PARSE},
            {"{\"serber\": 1}", "server.workers", "1", GOX_ERR_PARAMS},
            {"{\"server\": 1}", "server.workers", "1", GOX_ERR_PARAMS},
            {"{}", "server.nothing", NULL, GOX_ERR_NOT_FOUND},
            {"{\"server\": 1}", "server.workers", NULL, GOX_ERR_PARAMS},
            {"{}", "security.allowed_paths", "[\"a\"]", GOX_ERR_PARAMS},
            {"{}", "security.allowed_paths", "[\"/a\"", GOX_ERR_PARAMS},
            {"{}", "security.allowed_uids", "[1]]", GOX_ERR_PARAMS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gox_buf out;
        struct gox_config_errors errors;
        struct gox_error err;
        gox_buf_init(&out, 0);
        gox_config_errors_init(&errors);
        assert_int_equal(
                gox_config_edit(cases[i].before, strlen(cases[i].before),
                        cases[i].name, cases[i].value, &out, &errors, &err),
                cases[i].code);
        gox_config_errors_fini(&errors);
        gox_buf_fini(&out);
    }
}

/* ---- memory ---- */

static void test_out_of_memory(void **state)
{
    static const char *const variables[] = {
            "GOXEL_SECURITY_ALLOWED_PATHS=/a:/b", "GOXEL_NOTHING=1", NULL};
    static const struct gox_config_flag flags[] = {
            {"environment.B", 13, "2", "--set"}};
    char dir[64], path[100];
    int code = GOX_ERR_NOMEM;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/c.json", dir);
    put_file(path,
            "{\"environment\": {\"A\": \"1\"}, \"security\": {\"allowed_uids\":"
            " [1, 2]}, \"logging\": {\"levels\": {\"rpc\": \"warn\"}},"
            " \"defaults\": {\"windows\": {\"daemon\": {\"user\": \"x\"}}}}",
            0644);
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_NAMED,
            .file = path,
            .variables = variables,
            .flags = flags,
            .flag_count = 1};
    for (uint64_t n = 1; code != 0; n++) {
        struct gox_settings s;
        struct gox_config_errors errors;
        gox_config_errors_init(&errors);
        gox_alloc_fail_at(n, false);
        code = gox_config_load(&s, &from, &errors);
        gox_alloc_fail_at(0, false);
        if (code == 0)
            gox_settings_fini(&s);
        gox_config_errors_fini(&errors);
        assert_true(n < 2000);
    }
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_rows_are_sound),
            cmocka_unit_test(test_names_are_unique),
            cmocka_unit_test(test_variables_follow_names),
            cmocka_unit_test(test_values_come_back),
            cmocka_unit_test(test_bad_texts_change_nothing),
            cmocka_unit_test(test_corpus),
            cmocka_unit_test(test_all_mistakes_at_once),
            cmocka_unit_test(test_many_mistakes_are_counted),
            cmocka_unit_test(test_who_wins),
            cmocka_unit_test(test_mistakes_of_all_sources),
            cmocka_unit_test(test_file_that_cannot_be_used),
            cmocka_unit_test(test_sample_is_the_defaults),
            cmocka_unit_test(test_edit),
            cmocka_unit_test(test_edit_refuses),
            cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
