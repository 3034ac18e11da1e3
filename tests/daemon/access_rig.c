/* SPDX-License-Identifier: Apache-2.0
 * The real daemon in a directory of its own, for tests of who may do what. */
#include "daemon/access_rig.h"

#include "base/time.h"

struct wire *rig_wire(void)
{
    static struct wire w;
    return &w;
}

int rig_tear_down(void **state)
{
    (void)state;
    if (rig_wire()->pid > 0)
        wire_stop(rig_wire(), NULL);
    wire_cleanup(rig_wire());
    return 0;
}

int rig_set_up(void **state)
{
    (void)state;
    *rig_wire() = (struct wire){.in = -1, .out = -1};
    gox_test_dir(rig_wire()->dir);
    return 0;
}

void rig_start(const char *const *args)
{
    wire_start_in(rig_wire(), args);
}

void rig_add_token(char secret[GOX_TOKEN_SECRET_BYTES], struct gox_token *token,
        unsigned scopes, int64_t expires_ms)
{
    char path[192];
    struct gox_error err = {0};
    snprintf(path, sizeof path, "%s/tokens", rig_wire()->dir);
    int code = gox_token_make(
            token, secret, scopes, NULL, gox_time_wall_ms(), expires_ms, &err);
    if (code == 0)
        code = gox_tokens_add(path, token, &err);
    if (code < 0)
        fail_msg("%s", err.text);
}

void rig_login(int fd, const char *secret, const char *expected)
{
    char line[256];
    snprintf(line, sizeof line,
            "{'jsonrpc':'2.0','id':1,'method':'daemon.authenticate','params':"
            "{'token':'%s'}}\n",
            secret);
    wire_send(fd, line);
    wire_expect(fd, expected);
}

void rig_call(
        int fd, const char *method, const char *params, const char *expected)
{
    char line[512];
    snprintf(line, sizeof line,
            "{'jsonrpc':'2.0','id':7,'method':'%s','params':%s}\n", method,
            params);
    wire_send(fd, line);
    wire_expect(fd, expected);
}

bool rig_log_has(const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -q '%s' '%s/log'", text,
            rig_wire()->dir);
    return system(command) == 0;
}

void rig_expect_log(const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!rig_log_has(text))
        if (wire_now_ms() > limit)
            fail_msg("the log does not say %s", text);
}

const char *rig_option(const char *name, const char *value)
{
    static char texts[8][256];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    snprintf(text, sizeof texts[0], "%s=%s", name, value);
    return text;
}

const char *rig_in_dir(const char *name)
{
    static char texts[4][256];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", rig_wire()->dir, name);
    return text;
}
