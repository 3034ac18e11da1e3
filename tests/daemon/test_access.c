/* SPDX-License-Identifier: Apache-2.0
 * Tokens and scopes with the real daemon on its socket: what each of them may
 * do, when they are revoked, and the safety of their file. */
#include "base/time.h"
#include "daemon/access_rig.h"

#include <sys/stat.h>

static void test_tokens(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES], editor[GOX_TOKEN_SECRET_BYTES],
            admin[GOX_TOKEN_SECRET_BYTES], old[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    rig_add_token(reader, &token, GOX_SCOPE_READ, 0);
    rig_add_token(editor, &token, GOX_SCOPE_READ | GOX_SCOPE_EDIT, 0);
    rig_add_token(admin, &token, GOX_SCOPE_ADMIN, 0);
    rig_add_token(old, &token, GOX_SCOPE_ALL, gox_time_wall_ms() - 1000);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    /* Without: health, and nothing else. */
    rig_call(fd, "daemon.health", "{}", "'status':");
    rig_call(fd, "daemon.ready", "{}", "'ready':true");
    rig_call(fd, "goxel.list_layers", "{}", "-32003");
    rig_call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}",
            "daemon.authenticate");
    rig_call(fd, "daemon.shutdown", "{}", "-32003");
    rig_login(fd, "goxel_nothing", "not valid");
    rig_login(fd, old, "not valid");
    rig_call(fd, "goxel.list_layers", "{}", "-32003");
    /* Each with what it has. */
    rig_login(fd, reader, "'scopes':['read']");
    rig_call(fd, "goxel.list_layers", "{}", "'result'");
    rig_call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "-32006");
    rig_call(fd, "goxel.save_project", "{'path':'x.gox'}", "scope edit");
    rig_call(fd, "goxel.create_project", "{'name':'x'}", "-32006");
    rig_call(fd, "daemon.shutdown", "{}", "scope admin");
    rig_login(fd, editor, "'scopes':['read','edit']");
    rig_call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "'result'");
    rig_call(fd, "goxel.save_project", "{'path':'x.gox'}", "'result'");
    rig_call(fd, "daemon.reload", "{}", "-32006");
    /* A wrong one takes away what there was. */
    rig_login(fd, "goxel_wrong", "not valid");
    rig_call(fd, "goxel.list_layers", "{}", "-32003");
    rig_login(fd, admin, "'scopes':['admin']");
    rig_call(fd, "goxel.list_layers", "{}", "-32006");
    rig_call(fd, "daemon.shutdown", "{}", "'success':true");
    assert_int_equal(wire_wait(rig_wire()), 0);
    rig_wire()->pid = 0;
    close(fd);
    rig_expect_log("not valid");
    /* Neither the log nor anything else has a secret. */
    char command[256];
    snprintf(command, sizeof command, "grep -rqF '%s' '%s'", editor,
            rig_wire()->dir);
    assert_int_not_equal(system(command), 0);
}

/* Every method there is, with a token that may only look: those of this list
 * are let through (and fail for want of parameters, or not), all others are
 * not. A new method that is missing here and needs no more than `read` belongs
 * here and into the table of src/daemon/access.c. */
static void test_each_method(void **state)
{
    (void)state;
    static const char *const lookers[] = {"daemon.authenticate",
            "daemon.config", "daemon.health", "daemon.metrics", "daemon.ready",
            "echo", "list_methods", "goxel.analyze", "goxel.copy_region",
            "goxel.diff", "goxel.find_voxels_by_color",
            "goxel.get_bounding_box", "goxel.get_color_histogram",
            "goxel.get_layer_voxels", "goxel.get_render_info",
            "goxel.get_render_stats", "goxel.get_status",
            "goxel.get_unique_colors", "goxel.get_voxel",
            "goxel.get_voxel_count", "goxel.get_voxels_region", "goxel.history",
            "goxel.list_checkpoints", "goxel.list_formats", "goxel.list_layers",
            "goxel.list_projects", "goxel.list_renders", "goxel.open_project",
            "goxel.read_slices", "goxel.render_scene", "goxel.subscribe",
            "goxel.unsubscribe", "rpc.cancel", "rpc.discover", "status",
            "version", "ping"};
    char reader[GOX_TOKEN_SECRET_BYTES], line[256];
    struct gox_token token;
    rig_add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    rig_login(fd, reader, "'result'");
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'rpc.discover'}\n");
    char *document = wire_line(fd);
    size_t seen = 0, found = 0;
    static const char mark[] = "{\"name\":\"";
    for (char *at = strstr(document, "\"methods\":"); at != NULL;
            at = strstr(at + 1, mark)) {
        char name[64];
        int end = 0;
        /* Parameters have a name too, but no summary behind it. */
        if (sscanf(at, "{\"name\":\"%63[a-z_.]\",\"summary%n", name, &end) !=
                        1 ||
                end == 0 || strcmp(name, "daemon.authenticate") == 0)
            continue;
        bool is_looker = false;
        for (size_t i = 0; i < sizeof lookers / sizeof lookers[0]; i++)
            is_looker |= strcmp(lookers[i], name) == 0;
        snprintf(line, sizeof line,
                "{'jsonrpc':'2.0','id':1,'method':'%s','params':{'?':0}}\n",
                name);
        wire_send(fd, line);
        char *answer = wire_line(fd);
        bool is_let = strstr(answer, "-32006") == NULL;
        if (is_let != is_looker)
            fail_msg("%s: %s", name, answer);
        free(answer);
        seen++;
        found += is_looker;
    }
    free(document);
    close(fd);
    assert_true(seen > 50);
    assert_true(found > 20);
}

/* A batch is no way around. */
static void test_batch(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    rig_add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    rig_login(fd, reader, "'result'");
    wire_send(fd, "[{'jsonrpc':'2.0','id':1,'method':'goxel.list_layers'},"
                  "{'jsonrpc':'2.0','id':2,'method':'goxel.add_voxel',"
                  "'params':{'x':0,'y':0,'z':0}}]\n");
    char *line = wire_line(fd);
    assert_non_null(strstr(line, "\"result\""));
    assert_non_null(strstr(line, "-32006"));
    free(line);
    rig_call(fd, "goxel.batch_operations", "{'operations':[]}", "-32006");
    rig_call(fd, "goxel.execute_script", "{'code':'1'}", "-32006");
    close(fd);
}

/* Revoking and making take effect while the daemon runs. */
static void test_revoked(void **state)
{
    (void)state;
    char one[GOX_TOKEN_SECRET_BYTES], two[GOX_TOKEN_SECRET_BYTES];
    struct gox_token first, second;
    struct gox_error err;
    rig_add_token(one, &first, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    rig_login(fd, one, "'result'");
    rig_call(fd, "goxel.list_layers", "{}", "'result'");
    assert_int_equal(
            gox_tokens_remove(rig_in_dir("tokens"), first.id, &err), 0);
    rig_add_token(two, &second, GOX_SCOPE_READ, 0);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    bool is_refused = false;
    while (!is_refused && wire_now_ms() < limit) {
        wire_send(
                fd, "{'jsonrpc':'2.0','id':7,'method':'goxel.list_layers'}\n");
        char *line = wire_line(fd);
        is_refused = strstr(line, "-32003") != NULL;
        free(line);
    }
    assert_true(is_refused);
    rig_login(fd, one, "not valid");
    rig_login(fd, two, "'result'");
    /* A file that is wrong changes nothing. */
    assert_int_equal(chmod(rig_in_dir("tokens"), 0644), 0);
    rig_expect_log("2 tokens\\|1 tokens");
    int64_t until = gox_time_now_ns() + 2 * GOX_NS_PER_S;
    while (gox_time_now_ns() < until)
        rig_call(fd, "goxel.list_layers", "{}", "'result'");
    rig_expect_log("has mode 0644");
    close(fd);
}

/* Nor does a subscription go on. */
static void test_revoked_subscriber(void **state)
{
    (void)state;
    char one[GOX_TOKEN_SECRET_BYTES], two[GOX_TOKEN_SECRET_BYTES];
    struct gox_token first, second;
    struct gox_error err;
    rig_add_token(one, &first, GOX_SCOPE_READ, 0);
    rig_add_token(two, &second, GOX_SCOPE_READ | GOX_SCOPE_EDIT, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire()), editor = wire_connect(rig_wire());
    rig_login(fd, one, "'result'");
    rig_login(editor, two, "'result'");
    rig_call(fd, "goxel.subscribe", "{}", "'result'");
    rig_call(editor, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "'result'");
    wire_expect(fd, "goxel.changed");
    assert_int_equal(
            gox_tokens_remove(rig_in_dir("tokens"), first.id, &err), 0);
    /* Until the daemon has seen the new file. */
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!rig_log_has("1 tokens were read") && wire_now_ms() < limit)
        rig_call(editor, "goxel.list_layers", "{}", "'result'");
    rig_call(editor, "goxel.add_voxel", "{'x':2,'y':2,'z':2}", "'result'");
    wire_expect_silence(fd, 300);
    close(fd);
    close(editor);
}

static void test_failures_are_limited(void **state)
{
    (void)state;
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    rig_add_token(secret, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    for (int i = 0; i < 5; i++)
        rig_login(fd, "goxel_guess", "-32003");
    rig_login(fd, "goxel_guess", "'retry_after_ms':");
    /* The right one too, until the time is over. */
    rig_login(fd, secret, "-32002");
    close(fd);
}

/* Rows: a token file that is not as it must be; the start is refused. */
static void test_start_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
        const char *said;
    } rows[] = {
            {NULL, 0, "goxel-daemon: security.enable_authentication is on"},
            {"", 0644, "chmod 600"},
            {"a b\n", 0600, "line 1"},
    };
    char text[4096], socket[128];
    snprintf(socket, sizeof socket, "%s/s.sock", rig_wire()->dir);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].text != NULL) {
            FILE *f = fopen(rig_in_dir("tokens"), "w");
            fputs(rows[i].text, f);
            fclose(f);
            chmod(rig_in_dir("tokens"), rows[i].mode);
        }
        const char *args[] = {"--socket", socket, "--data-dir", rig_wire()->dir,
                "--set", "security.enable_authentication=true", NULL};
        assert_int_equal(wire_run(args, text, sizeof text), 78);
        if (strstr(text, rows[i].said) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", text, rows[i].said);
    }
}

/* The hashes are no file of the clients'. */
static void test_file_is_private(void **state)
{
    (void)state;
    const char *args[] = {"--set",
            rig_option("security.token_file", rig_in_dir("tokens")), NULL};
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    rig_add_token(secret, &token, GOX_SCOPE_READ, 0);
    rig_start(args);
    int fd = wire_connect(rig_wire());
    char params[256];
    static const char *const names[] = {"tokens", "tokens.lock", "tokens.new"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
                rig_in_dir(names[i]));
        rig_call(fd, "goxel.export_model", params, "a file of the daemon");
    }
    snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
            rig_in_dir("tokens"));
    rig_call(fd, "goxel.import", params, "a file of the daemon");
    assert_int_equal(symlink("tokens", rig_in_dir("link")), 0);
    snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
            rig_in_dir("link"));
    rig_call(fd, "goxel.import", params, "a file of the daemon");
    close(fd);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
            TEST(test_tokens),
            TEST(test_each_method),
            TEST(test_batch),
            TEST(test_revoked),
            TEST(test_revoked_subscriber),
            TEST(test_failures_are_limited),
            TEST(test_start_refused),
            TEST(test_file_is_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
