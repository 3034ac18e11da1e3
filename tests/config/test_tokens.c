/* SPDX-License-Identifier: Apache-2.0
 * The file of tokens: made, changed, read back, and refused when it is not as
 * it must be. */
#include "base/alloc.h"
#include "config/tokens.h"
#include "gox_test.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define NOW    INT64_C(1767323045000) /* 2026-01-02T03:04:05Z */
#define MINUTE 60000
#define HASH_OK                                                                \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char dir[64], path[128];

static int setup(void **state)
{
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/tokens", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gox_test_dir_remove(dir);
    return 0;
}

static void add(char secret[GOX_TOKEN_SECRET_BYTES], struct gox_token *token,
        unsigned scopes, const char *name, int64_t expires_ms)
{
    struct gox_error err = {0};
    assert_int_equal(
            gox_token_make(token, secret, scopes, name, NOW, expires_ms, &err),
            0);
    if (gox_tokens_add(path, token, &err) < 0)
        fail_msg("%s", err.text);
}

static void test_round(void **state)
{
    (void)state;
    char one[GOX_TOKEN_SECRET_BYTES], two[GOX_TOKEN_SECRET_BYTES];
    struct gox_token a, b;
    struct gox_tokens tokens;
    struct gox_error err = {0};
    struct stat st;
    add(one, &a, GOX_SCOPE_READ | GOX_SCOPE_EDIT, "build server", 0);
    add(two, &b, GOX_SCOPE_ADMIN, NULL, NOW + MINUTE);
    assert_int_equal(strlen(one), GOX_TOKEN_SECRET_BYTES - 1);
    assert_string_not_equal(one, two);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(gox_tokens_load(&tokens, path, &err), 0);
    assert_int_equal(tokens.count, 2);
    const struct gox_token *found =
            gox_tokens_find(&tokens, one, strlen(one), NOW + 9 * MINUTE);
    assert_ptr_equal(found, &tokens.items[0]);
    assert_memory_equal(found, &a, sizeof a);
    assert_ptr_equal(
            gox_tokens_find(&tokens, two, strlen(two), NOW), &tokens.items[1]);
    assert_int_equal(tokens.items[1].expires_ms, NOW + MINUTE);
    /* Expired, cut, changed, longer, empty: none of them. */
    assert_null(gox_tokens_find(&tokens, two, strlen(two), NOW + MINUTE));
    assert_null(gox_tokens_find(&tokens, one, strlen(one) - 1, NOW));
    assert_null(gox_tokens_find(&tokens, "", 0, NOW));
    one[20] = one[20] == 'x' ? 'y' : 'x';
    assert_null(gox_tokens_find(&tokens, one, strlen(one), NOW));
    gox_tokens_fini(&tokens);
    /* The secret is nowhere in the directory. */
    char command[256];
    snprintf(command, sizeof command, "grep -rq '%s' '%s'", two + 6, dir);
    assert_int_not_equal(system(command), 0);
    /* Removing one leaves the other. */
    assert_int_equal(
            gox_tokens_remove(path, "nothing", &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_tokens_remove(path, a.id, &err), 0);
    assert_int_equal(gox_tokens_load(&tokens, path, &err), 0);
    assert_int_equal(tokens.count, 1);
    assert_string_equal(tokens.items[0].id, b.id);
    gox_tokens_fini(&tokens);
}

static void test_scopes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned scopes;
    } rows[] = {{"read", 1}, {"edit", 2}, {"admin", 4}, {"read,admin", 5},
            {"admin,edit,read", 7}, {"", 0}, {"reader", 0}, {"read,", 0},
            {",read", 0}, {"read edit", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(gox_scopes_parse(rows[i].text, strlen(rows[i].text)),
                rows[i].scopes);
}

/* Rows: the file's text and what is said about it; "": it is fine. */
static const struct {
    const char *text, *said;
} files[] = {
        {"", ""},
        {"# nothing\n\n", ""},
        {"a read 2026-01-02T03:04:05Z - " HASH_OK "\n", ""},
        {"a read 2026-01-02T03:04:05Z - " HASH_OK " a name", ""},
        {"\na read 2026-01-02T03:04:05Z -\n", "line 2 "},
        {"a raed 2026-01-02T03:04:05Z - " HASH_OK "\n", "scopes"},
        {"a read yesterday - " HASH_OK "\n", "creation"},
        {"a read 2026-01-02T03:04:05Z never " HASH_OK "\n", "expiry"},
        {"a read 2026-01-02T03:04:05Z - 0123\n", "SHA-256"},
        {"a read 2026-01-02T03:04:05Z - X" HASH_OK "\n", "SHA-256"},
        {"a123456789 read 2026-01-02T03:04:05Z - " HASH_OK "\n", "id"},
        {"o layer_name\n", "5 fields"},
};

static void write_text(const char *text, size_t len, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(text, 1, len, f);
    fclose(f);
    chmod(path, mode);
}

static void test_files(void **state)
{
    (void)state;
    struct gox_tokens tokens;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct gox_error err = {0};
        write_text(files[i].text, strlen(files[i].text), 0600);
        int code = gox_tokens_load(&tokens, path, &err);
        if (files[i].said[0] == '\0') {
            if (code < 0)
                fail_msg("%s", err.text);
            gox_tokens_fini(&tokens);
            continue;
        }
        assert_int_equal(code, GOX_ERR_FORMAT);
        if (strstr(err.text, files[i].said) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, files[i].said);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct gox_tokens tokens;
    struct gox_error err = {0};
    assert_int_equal(gox_tokens_load(&tokens, path, &err), GOX_ERR_NOT_FOUND);
    write_text("", 0, 0640);
    assert_int_equal(gox_tokens_load(&tokens, path, &err), GOX_ERR_FORBIDDEN);
    assert_non_null(strstr(err.text, "chmod 600"));
    write_text("#\0a", 3, 0600);
    assert_int_equal(gox_tokens_load(&tokens, path, &err), GOX_ERR_FORMAT);
    assert_int_equal(gox_tokens_load(&tokens, dir, &err), GOX_ERR_IO);
    struct gox_token token;
    char secret[GOX_TOKEN_SECRET_BYTES];
    assert_int_equal(
            gox_token_make(&token, secret, 1, "two\nlines", NOW, 0, &err),
            GOX_ERR_PARAMS);
}

/* Root manages the file of a service, which stays the service's. */
static void test_root_for_another_user(void **state)
{
    char secret[GOX_TOKEN_SECRET_BYTES], lock[140];
    struct gox_token token;
    struct gox_tokens tokens;
    struct gox_error err = {0};
    struct stat st;
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(dir, 65534, 65533), 0);
    snprintf(lock, sizeof lock, "%s.lock", path);
    for (int i = 0; i < 2; i++) {
        add(secret, &token, GOX_SCOPE_READ, NULL, 0);
        const char *const made[] = {path, lock};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(stat(made[k], &st), 0);
            assert_int_equal(st.st_uid, 65534);
            assert_int_equal(st.st_gid, 65533);
            assert_int_equal(st.st_mode & 07777, 0600);
        }
    }
    /* A daemon that runs as root trusts nobody's file but root's. */
    assert_int_equal(gox_tokens_load(&tokens, path, &err), GOX_ERR_FORBIDDEN);
    assert_int_equal(gox_tokens_load_for_admin(&tokens, path, &err), 0);
    assert_int_equal(tokens.count, 2);
    gox_tokens_fini(&tokens);
    assert_int_equal(gox_tokens_remove(path, token.id, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 65534);
}

/* Many at once: none is lost. */
static void test_at_once(void **state)
{
    (void)state;
    struct gox_tokens tokens;
    struct gox_error err = {0};
    pid_t children[8];
    for (int i = 0; i < 8; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct gox_token token;
            char secret[GOX_TOKEN_SECRET_BYTES];
            int code = gox_token_make(&token, secret, 1, NULL, NOW, 0, &err);
            if (code == 0)
                code = gox_tokens_add(path, &token, &err);
            _exit(code == 0 ? 0 : 1);
        }
    }
    for (int i = 0; i < 8; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(gox_tokens_load(&tokens, path, &err), 0);
    assert_int_equal(tokens.count, 8);
    gox_tokens_fini(&tokens);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct gox_token token;
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_error err = {0};
    add(secret, &token, 1, "first", 0);
    int code = GOX_ERR_NOMEM;
    for (uint64_t n = 1; code < 0 && n < 100; n++) {
        gox_alloc_fail_at(n, false);
        code = gox_tokens_remove(path, token.id, &err);
        gox_alloc_fail_at(0, false);
    }
    assert_int_equal(code, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_round),
            TEST(test_scopes),
            TEST(test_files),
            TEST(test_refused),
            TEST(test_root_for_another_user),
            TEST(test_at_once),
            TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
