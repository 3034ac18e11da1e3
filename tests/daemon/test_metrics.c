/* SPDX-License-Identifier: Apache-2.0
 * Counting, and that all that names a metric names one that exists: the page,
 * the documentation, the dashboard and the alerts.
 *
 * test_daemon_metrics table: prints the table of docs/monitoring.md. */
#include "base/alloc.h"
#include "daemon/daemon_internal.h"
#include "daemon/wire.h"

#include <ctype.h>
#include <signal.h>

/* ---- counting ---- */

static void test_histogram(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        size_t bucket;
    } rows[] = {{-5, 0}, {0, 0}, {1, 0}, {1024, 0}, {1025, 1}, {2048, 1},
            {2049, 2}, {INT64_C(1) << 34, 24}, {(INT64_C(1) << 34) + 1, 25},
            {INT64_C(1) << 35, 25}, {INT64_MAX, 25}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gox_histogram h = {.sum_ns = 0};
        gox_histogram_add(&h, rows[i].ns);
        assert_int_equal(h.counts[rows[i].bucket], 1);
        assert_int_equal(gox_histogram_count(&h), 1);
        assert_int_equal(h.sum_ns, rows[i].ns > 0 ? rows[i].ns : 0);
    }
}

static void test_quantile(void **state)
{
    (void)state;
    struct gox_histogram h = {.sum_ns = 0};
    assert_true(gox_histogram_quantile(&h, 0.5) == 0);
    for (int i = 0; i < 99; i++)
        gox_histogram_add(&h, 3000);
    gox_histogram_add(&h, 5000000);
    double p50 = gox_histogram_quantile(&h, 0.5);
    double p99 = gox_histogram_quantile(&h, 0.99);
    double p100 = gox_histogram_quantile(&h, 1);
    assert_true(p50 > 2048 && p50 <= 4096);
    assert_true(p99 > p50 && p99 <= 4096);
    assert_true(p100 > 4194304 && p100 <= 8388608);
}

static gox_registry *new_registry(void)
{
    gox_registry *reg = gox_registry_new(gox_api_groups, gox_api_group_count);
    assert_non_null(reg);
    return reg;
}

static void test_methods(void **state)
{
    (void)state;
    gox_registry *reg = new_registry();
    struct gox_metrics m;
    assert_int_equal(gox_metrics_init(&m, reg), 0);
    /* Off: no clock, no count. */
    assert_int_equal(gox_metrics_now(&m), 0);
    gox_metrics_add_request(&m, gox_registry_get(reg, 0), 0, 1);
    gox_metrics_add_in(&m, 10);
    gox_metrics_add_commit(&m, 5, false);
    gox_metrics_add_queue_wait(&m, 5);
    assert_int_equal(gox_histogram_count(&m.methods[1].latency), 0);
    assert_int_equal(m.bytes_in, 0);
    assert_int_equal(m.commits, 0);
    gox_metrics_set_on(&m, true);
    int64_t begin = gox_metrics_now(&m);
    assert_true(begin > 0);
    for (size_t i = 0; i < gox_registry_count(reg); i++)
        for (size_t k = 0; k <= i; k++)
            gox_metrics_add_request(
                    &m, gox_registry_get(reg, i), k == 0 ? -32602 : 0, begin);
    gox_metrics_add_request(&m, NULL, -32601, begin);
    for (size_t i = 0; i < gox_registry_count(reg); i++) {
        assert_ptr_equal(m.methods[i + 1].method, gox_registry_get(reg, i));
        assert_int_equal(gox_histogram_count(&m.methods[i + 1].latency), i + 1);
        assert_int_equal(m.methods[i + 1].errors[0].code, -32602);
        assert_int_equal(m.methods[i + 1].errors[0].count, 1);
    }
    assert_int_equal(gox_histogram_count(&m.methods[0].latency), 1);
    /* More codes than there is room for are counted as the last one. */
    for (int code = 1; code <= 20; code++)
        gox_metrics_add_request(&m, NULL, code, begin);
    uint64_t sum = 0;
    for (size_t i = 0; i < GOX_METRICS_CODES; i++)
        sum += m.methods[0].errors[i].count;
    assert_int_equal(sum, 21);
    /* Off and on: from 0. */
    gox_metrics_set_on(&m, false);
    gox_metrics_set_on(&m, true);
    assert_int_equal(gox_histogram_count(&m.methods[0].latency), 0);
    assert_int_equal(m.methods[0].errors[0].code, 0);
    gox_metrics_fini(&m);
    gox_registry_free(reg);
}

static void test_no_memory(void **state)
{
    (void)state;
    gox_registry *reg = new_registry();
    struct gox_metrics m;
    int code = GOX_ERR_NOMEM;
    for (uint64_t n = 1; code < 0 && n < 10; n++) {
        gox_alloc_fail_at(n, false);
        code = gox_metrics_init(&m, reg);
        gox_alloc_fail_at(0, false);
        assert_true(code == 0 || (code == GOX_ERR_NOMEM && n < 3));
    }
    assert_int_equal(code, 0);
    gox_metrics_fini(&m);
    gox_registry_free(reg);
}

/* ---- names ---- */

static char *read_text(const char *path)
{
    const char *dir = getenv("GOX_SOURCE_DIR");
    char full[500];
    snprintf(full, sizeof full, "%s/%s", dir != NULL ? dir : ".", path);
    FILE *file = fopen(full, "r");
    if (file == NULL)
        fail_msg("%s is not there", full);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len > n && memcmp(text + len - n, end, n) == 0;
}

/* Every word of text that begins with prefix is a row of the table. */
static unsigned check_names(const char *file, const char *text,
        const char *prefix, const char *table)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, prefix)) != NULL;) {
        size_t len = 0;
        char wanted[140];
        while (is_name_char(at[len]))
            len++;
        bool is_word = at == text || (!is_name_char(at[-1]) && at[-1] != '$');
        const char *name = at;
        at += len;
        if (!is_word)
            continue;
        static const char *const ends[] = {"_bucket", "_sum", "_count"};
        for (size_t i = 0; i < 3; i++)
            if (ends_with(name, len, ends[i]))
                len -= strlen(ends[i]);
        snprintf(wanted, sizeof wanted, "| `%.*s` ", (int)len, name);
        if (strstr(table, wanted) == NULL)
            fail_msg("%s: there is no metric %.*s", file, (int)len, name);
        count++;
    }
    return count;
}

static void test_files_name_metrics_that_exist(void **state)
{
    (void)state;
    static const char *const files[] = {
            "config/monitoring/grafana-dashboard.json",
            "config/monitoring/goxel-alerts.yml"};
    struct gox_buf table;
    gox_buf_init(&table, 0);
    gox_metrics_put_table(&table);
    for (size_t i = 0; i < 2; i++) {
        char *text = read_text(files[i]);
        unsigned count =
                check_names(files[i], text, "goxel_", gox_buf_text(&table));
        count += check_names(files[i], text, "process_", gox_buf_text(&table));
        assert_true(count > 10);
        free(text);
    }
    gox_buf_fini(&table);
}

static void test_dashboard_is_json(void **state)
{
    (void)state;
    struct gox_reader r;
    struct gox_error err;
    char *text = read_text("config/monitoring/grafana-dashboard.json");
    gox_reader_init(&r, text, strlen(text), &err);
    gox_reader_skip(&r);
    if (gox_reader_error(&r) < 0 || !gox_reader_end(&r))
        fail_msg("%s", err.text);
    free(text);
}

static void test_documentation_is_current(void **state)
{
    (void)state;
    struct gox_buf table;
    gox_buf_init(&table, 0);
    gox_metrics_put_table(&table);
    char *page = read_text("docs/monitoring.md");
    if (strstr(page, gox_buf_text(&table)) == NULL)
        fail_msg("the table of docs/monitoring.md is stale; "
                 "test_daemon_metrics table prints it");
    free(page);
    gox_buf_fini(&table);
}

/* ---- promtool ---- */

static bool has_promtool(void)
{
    if (system("command -v promtool >/dev/null 2>&1") == 0)
        return true;
    print_message("promtool (Debian: prometheus) is not installed\n");
    return false;
}

static void test_rules(void **state)
{
    (void)state;
    if (!has_promtool())
        skip();
    assert_int_equal(system("cd \"${GOX_SOURCE_DIR:-.}/config/monitoring\" && "
                            "promtool check rules goxel-alerts.yml "
                            ">/dev/null"),
            0);
    assert_int_equal(system("cd \"${GOX_SOURCE_DIR:-.}/config/monitoring\" && "
                            "promtool check config prometheus.yml >/dev/null"),
            0);
    assert_int_equal(
            system("cd \"${GOX_SOURCE_DIR:-.}/tests/data/monitoring\" && "
                   "promtool test rules alerts_test.yml >/dev/null"),
            0);
}

/* ---- the real daemon ---- */

/* The answer to one request, ' for ". */
static char *ask(int fd, const char *text)
{
    wire_send(fd, text);
    char *line = wire_line(fd);
    assert_non_null(line);
    return line;
}

static double number_of(const char *json, const char *key)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, "\"%s\":", key);
    const char *at = strstr(json, wanted);
    if (at == NULL)
        fail_msg("%s is not in %s", key, json);
    return strtod(at + strlen(wanted), NULL);
}

#define METRICS "{'jsonrpc':'2.0','id':1,'method':'daemon.metrics'}\n"
#define HEALTH  "{'jsonrpc':'2.0','id':1,'method':'daemon.health'}\n"
#define ADD                                                                    \
    "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel','params':[1,2,3,255,"  \
    "0,0,255]}\n"

static void test_counts(void **state)
{
    (void)state;
    struct wire w;
    char text[200];
    wire_start(&w, NULL);
    int fd = wire_connect(&w);
    char *before = ask(fd, METRICS);
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text,
                "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel','params':"
                "[%d,2,3,255,0,0,255]}\n",
                i);
        free(ask(fd, text));
    }
    free(ask(fd, "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel'}\n"));
    free(ask(fd, "{'jsonrpc':'2.0','id':1,'method':'nope'}\n"));
    free(ask(fd, "[{'jsonrpc':'2.0','id':1,'method':'ping'},"
                 "{'jsonrpc':'2.0','method':'ping'}]\n"));
    char *after = ask(fd, METRICS);
    static const struct {
        const char *key;
        double by;
    } rows[] = {{"requests", 15}, {"errors", 2}, {"notifications", 1},
            {"batches", 1}, {"connections", 0}, {"store_commits", 10},
            {"store_failures", 0}, {"voxels", 10}, {"projects", 1},
            {"log_drops", 0}, {"auth_failures", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double grown =
                number_of(after, rows[i].key) - number_of(before, rows[i].key);
        if (grown != rows[i].by)
            fail_msg("%s grew by %g instead of %g", rows[i].key, grown,
                    rows[i].by);
    }
    assert_true(
            number_of(after, "bytes_in") - number_of(before, "bytes_in") > 900);
    assert_true(number_of(after, "bytes_out") - number_of(before, "bytes_out") >
                900);
    assert_true(number_of(after, "rss_bytes") > 1e6);
    assert_true(number_of(after, "fds") > 5);
    assert_true(number_of(after, "disk_free_bytes") > 0);
    assert_non_null(strstr(after, "\"goxel.add_voxel\":{\"count\":11,"));
    assert_non_null(strstr(after, "\"errors\":{\"-32602\":1}"));
    assert_non_null(strstr(after, "\"ping\":{\"count\":2,"));
    assert_non_null(strstr(after, "\"unknown\":{\"count\":1,"));
    char *page = ask(fd, "{'jsonrpc':'2.0','id':1,'method':'daemon.metrics',"
                         "'params':{'format':'prometheus'}}\n");
    assert_non_null(strstr(page, "\"content_type\":\"text/plain; version="));
    assert_non_null(strstr(page, "# TYPE goxel_errors_total counter\\n"
                                 "goxel_errors_total 2\\n"));
    free(page);
    free(before);
    free(after);
    close(fd);
    wire_cleanup(&w);
}

static void test_off(void **state)
{
    (void)state;
    static const char *const args[] = {
            "--set", "monitoring.enable_metrics=false", NULL};
    struct wire w;
    wire_start(&w, args);
    int fd = wire_connect(&w);
    free(ask(fd, ADD));
    char *json = ask(fd, METRICS);
    assert_non_null(strstr(json, "\"enabled\":false"));
    assert_null(strstr(json, "\"requests\""));
    assert_null(strstr(json, "\"methods\""));
    assert_true(number_of(json, "voxels") == 1);
    free(json);
    close(fd);
    wire_cleanup(&w);
}

/* Asks until text is in the answer, which is new. */
static char *wait_health(int fd, const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (;;) {
        char *json = ask(fd, HEALTH);
        if (strstr(json, text) != NULL)
            return json;
        if (wire_now_ms() > limit)
            fail_msg("%s is not in %s", text, json);
        free(json);
    }
}

static void test_health(void **state)
{
    (void)state;
    static const char *const args[] = {"--max-connections", "2", "--set",
            "monitoring.health_check_interval_seconds=1", NULL};
    struct wire w;
    wire_start(&w, args);
    int fd = wire_connect(&w);
    /* The connection that waited for the start may not be closed yet. */
    char *json = wait_health(fd, "\"status\":\"healthy\",\"timestamp\":\"2");
    assert_non_null(strstr(json, "\"last_commit_ms\":null"));
    assert_non_null(strstr(json, "\"limit_bytes\":null"));
    free(json);
    free(ask(fd, ADD));
    json = ask(fd, HEALTH);
    assert_true(number_of(json, "last_commit_ms") < 5000);
    assert_true(number_of(json, "oldest_ms") == 0);
    assert_true(number_of(json, "lag_ms") < 5000);
    assert_true(number_of(json, "disk_free_bytes") > 0);
    assert_true(number_of(json, "current") == 1);
    assert_true(number_of(json, "max") == 2);
    free(json);
    /* The limit is reached: degraded, and the log says so, then not any more.
     */
    int second = wire_connect(&w);
    free(ask(second, "{'jsonrpc':'2.0','id':1,'method':'ping'}\n"));
    json = ask(fd, HEALTH);
    assert_non_null(strstr(json, "\"status\":\"degraded\",\"timestamp\""));
    free(json);
    free(wire_wait_log(
            &w, "health went from healthy to degraded: connections"));
    close(second);
    free(wire_wait_log(&w, "health went from degraded to healthy"));
    close(fd);
    wire_cleanup(&w);
}

static void write_config(const struct wire *w, const char *text)
{
    char path[100];
    snprintf(path, sizeof path, "%s/daemon.json", w->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#define RELOAD "{'jsonrpc':'2.0','id':1,'method':'daemon.reload'}\n"

/* A reload turns metrics on, from 0, and the health check off. */
static void test_reload(void **state)
{
    (void)state;
    struct wire w;
    char path[100];
    gox_test_dir(w.dir);
    snprintf(path, sizeof path, "%s/daemon.json", w.dir);
    write_config(&w, "{\"monitoring\":{\"enable_metrics\":false,"
                     "\"health_check_interval_seconds\":1},"
                     "\"server\":{\"max_connections\":2}}");
    const char *const args[] = {"--config", path, NULL};
    wire_start_in(&w, args);
    int fd = wire_connect(&w);
    char *json = ask(fd, METRICS);
    assert_non_null(strstr(json, "\"enabled\":false"));
    free(json);
    write_config(&w, "{\"monitoring\":{\"enable_metrics\":true,"
                     "\"enable_health_check\":false},"
                     "\"server\":{\"max_connections\":2}}");
    free(ask(fd, RELOAD));
    free(ask(fd, ADD));
    json = ask(fd, METRICS);
    assert_non_null(strstr(json, "\"enabled\":true"));
    assert_non_null(strstr(json, "\"goxel.add_voxel\":{\"count\":1,"));
    free(json);
    /* Degraded for longer than the interval, and nothing is logged of it. */
    int second = wire_connect(&w);
    free(ask(second, "{'jsonrpc':'2.0','id':1,'method':'ping'}\n"));
    free(wait_health(fd, "\"status\":\"degraded\""));
    wire_expect_silence(second, 1500);
    snprintf(path, sizeof path, "! grep -q 'health went' %s/log", w.dir);
    assert_int_equal(system(path), 0);
    close(second);
    close(fd);
    wire_cleanup(&w);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "table") == 0) {
        struct gox_buf table;
        gox_buf_init(&table, 0);
        gox_metrics_put_table(&table);
        fputs(gox_buf_text(&table), stdout);
        gox_buf_fini(&table);
        return 0;
    }
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_histogram),
            cmocka_unit_test(test_quantile),
            cmocka_unit_test(test_methods),
            cmocka_unit_test(test_no_memory),
            cmocka_unit_test(test_files_name_metrics_that_exist),
            cmocka_unit_test(test_dashboard_is_json),
            cmocka_unit_test(test_documentation_is_current),
            cmocka_unit_test(test_rules),
            cmocka_unit_test(test_counts),
            cmocka_unit_test(test_off),
            cmocka_unit_test(test_health),
            cmocka_unit_test(test_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
