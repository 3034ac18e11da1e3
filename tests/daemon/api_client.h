/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the API share: a real daemon in a directory of its own,
 * calls whose parameters and expected results are written as JSON text, and a
 * check of every result against what the method's row declares.
 *
 * In all texts ' stands for ", so that JSON can be read inside a C literal.
 *
 * Invariant: every result that a test receives was compared with the OpenRPC
 * document: no member that is not declared, none missing, all of its type. */
#ifndef GOX_TESTS_API_CLIENT_H
#define GOX_TESTS_API_CLIENT_H

#include "daemon/api_check.h"
#include "gox_test.h"
#include "goxel/client.h"

/* Far more than any call takes, also under a sanitizer. */
#define API_LIMIT_MS 60000

struct api {
    char dir[64];    /* the data directory; "" when joined */
    char socket[96]; /* "" with --stdio */
    pid_t pid;       /* of the own daemon; 0 when joined */
    bool is_ending;  /* the daemon was told to end and needs no signal */
    gox_client *client;
    json_t *methods; /* rows of the OpenRPC document by name and by alias */
    json_t *notices; /* notifications that came: [{method, params}] */
    unsigned project_count;
};

struct api_options {
    bool on_socket;        /* else --stdio, which may touch any file */
    int file_limit_blocks; /* of 512 bytes: no file grows beyond; 0: none */
    const char *args[8];
};

/* Starts a daemon; opts NULL: --stdio. */
void api_start(struct api *api, const struct api_options *opts);
/* Another connection to a daemon on a socket. */
void api_join(struct api *api, const struct api *owner);
/* Ends the connection and an own daemon, which must exit with 0. */
void api_stop(struct api *api);

/* For cmocka: one daemon for a group (*state is its struct api), and a project
 * of its own for each test. */
int api_group_start(void **state);
int api_group_start_socket(void **state);
int api_group_stop(void **state);
int api_new_project(void **state);
#define API_TEST(fn) cmocka_unit_test_setup(fn, api_new_project)

/* A value from text; fails the test when it is no JSON. */
json_t *api_json(const char *fmt, ...) GOX_API_PRINTF(1, 2);

/* Calls and returns the result (a new reference). fmt NULL: no params. An error
 * fails the test. */
json_t *api_call(struct api *api, const char *method, const char *fmt, ...)
        GOX_API_PRINTF(3, 4);
/* The same with params made before (taken over). */
json_t *api_call_json(struct api *api, const char *method, json_t *own_params);
/* Calls, drops the result. */
void api_do(struct api *api, const char *method, const char *fmt, ...)
        GOX_API_PRINTF(3, 4);
/* The integer member of the result. */
json_int_t api_int(struct api *api, const char *member, const char *method,
        const char *fmt, ...) GOX_API_PRINTF(4, 5);
/* The call must fail with this JSON-RPC code. Returns the error object
 * {code, message, data}, borrowed until the next call. */
const json_t *api_fail(struct api *api, int code, const char *method,
        const char *fmt, ...) GOX_API_PRINTF(4, 5);

/* got must have all that the text says: members of objects may be more, arrays
 * are compared whole; the string "*" is any value, "-" says absent; numbers
 * are equal to 1e-6. */
void api_expect(const json_t *got, const char *fmt, ...) GOX_API_PRINTF(2, 3);
/* The message of an error contains the text. */
void api_expect_message(const json_t *error, const char *text);

/* One call of a table. */
struct api_step {
    const char *method;
    const char *params; /* NULL: none */
    int code;           /* 0: success */
    const char *expect; /* of the result, or of the error; NULL: nothing */
};
void api_run(struct api *api, const struct api_step *steps, size_t count);
#define API_RUN(api, steps)                                                    \
    api_run(api, steps, sizeof(steps) / sizeof(*(steps)))

/* Calls until the integer member of the result is value; false after the limit.
 */
bool api_poll_int(struct api *api, const char *member, const char *method,
        json_int_t value);
/* Waits until count notifications have come; false after the limit. */
bool api_wait_notices(struct api *api, size_t count);

/* DIR/name in path. */
void api_path(const struct api *api, char path[128], const char *name);
/* Writes or reads a whole file; read gives a new string. */
void api_write_file(const char *path, const void *data, size_t len);
char *api_read_file(const char *path, size_t *len);

#endif
