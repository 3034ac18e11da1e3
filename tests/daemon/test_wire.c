/* SPDX-License-Identifier: Apache-2.0
 * Framing, batches, errors and order, byte for byte, on the real daemon. */
#include "daemon/wire.h"

#include <sys/socket.h>

#define PING(id) "{'jsonrpc':'2.0','method':'ping','id':" id "}"
#define ECHO(id, params)                                                       \
    "{'jsonrpc':'2.0','method':'echo','params':" params ",'id':" id "}"

static int start(void **state)
{
    static struct wire w;
    wire_start(&w, NULL);
    *state = &w;
    return 0;
}

static int stop(void **state)
{
    wire_cleanup(*state);
    return 0;
}

static void test_request_in_pieces(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, "{'jsonrpc':'2.0','me");
    wire_expect_silence(fd, 20);
    wire_send(fd, "thod':'echo','params':['\xc3");
    wire_expect_silence(fd, 150); /* longer than the grace */
    wire_send(fd, "\xa4'],'id':1}\n");
    wire_expect(fd, "{'jsonrpc':'2.0','result':['\xc3\xa4'],'id':1}");
    close(fd);
}

static void test_many_in_one_write(void **state)
{
    int fd = wire_connect(*state);
    wire_send(
            fd, PING("1") "\n" ECHO("2", "{'a':[]}") "\n\n  \r\n" PING("'3'") "\r\n" ECHO("4", "[1.50,1e400]") "\n{\n" PING(
                        "6") "\n" PING("7.50") "\n" PING("null") "\n" PING("900"
                                                                           "719"
                                                                           "925"
                                                                           "474"
                                                                           "099"
                                                                           "3") "\n" PING("-0") "\n");
    wire_expect(fd, "'pong':true");
    wire_expect(fd, "{'jsonrpc':'2.0','result':{'a':[]},'id':2}");
    wire_expect(fd, "'id':'3'}");
    wire_expect(fd, "'result':[1.50,1e400],'id':4}");
    wire_expect(fd, "'code':-32700");
    wire_expect(fd, "'id':6}");
    wire_expect(fd, "'id':7.50}");
    wire_expect(fd, "'id':null}");
    wire_expect(fd, "'id':9007199254740993}");
    wire_expect(fd, "'id':-0}");
    close(fd);
}

static void test_no_newline(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, PING("1"));
    wire_expect(fd, "'id':1}");
    wire_send(fd, "\n" PING("2") PING("3"));
    wire_expect(fd, "'id':2}");
    wire_expect(fd, "'id':3}");
    wire_send(fd, PING("4") "\n");
    wire_expect(fd, "'id':4}");
    close(fd);
}

static void test_half_closed(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, PING("1") "\n" PING("2"));
    shutdown(fd, SHUT_WR);
    wire_expect(fd, "'id':1}");
    wire_expect(fd, "'id':2}");
    wire_expect_end(fd);
    close(fd);
}

static void test_errors_are_answered(void **state)
{
    static const char *const pairs[][2] = {
            {"{'jsonrpc':'2.0','method':'nope','id':1}", "'code':-32601"},
            {"{'jsonrpc':'2.0','method':'pingg','id':1}", "did you mean ping"},
            {"nonsense", "'code':-32700"},
            {"{'jsonrpc':'2.0','method':'ping','id':1", "'code':-32700"},
            {"{'jsonrpc':'2.0','method':'ping','id':1}}", "'code':-32700"},
            {"1", "'code':-32600"},
            {"'a'", "'code':-32600"},
            {"{}", "'code':-32600"},
            {"{'method':'ping','id':8}", "'id':8}"},
            {"{'jsonrpc':'2.0','method':'ping','id':[]}", "'code':-32600"},
            {"{'jsonrpc':'2.0','method':'ping','params':5,'id':1}",
                    "'code':-32600"},
            {"{'jsonrpc':'2.0','method':'ping','params':[1],'id':1}",
                    "'code':-32602"},
            {"{'jsonrpc':'2.0','method':'ping','params':{'a':1},'id':1}",
                    "'param':'a'"},
            {"{'jsonrpc':'2.0','method':'rpc.none','id':1}", "'code':-32601"},
            {"{'jsonrpc':'2.0','method':'echo','params':['\xff'],'id':1}",
                    "invalid UTF-8"},
            {"{'jsonrpc':'2.0','method':'goxel.get_voxel','params':[1,2],"
             "'id':1}",
                    "'param':'z','expected':'integer"},
            {"{'jsonrpc':'2.0','method':'goxel.get_voxel','params':[1,2,3],"
             "'project':'x','id':1}",
                    "'exists':false"},
            {"{'jsonrpc':'2.0','method':'goxel.get_voxel','params':{'x':1,"
             "'y':2,'z':3,'project':'none'},'id':1}",
                    "there is no project"},
    };
    int fd = wire_connect(*state);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        wire_send(fd, pairs[i][0]);
        wire_send(fd, "\n");
        wire_expect(fd, pairs[i][1]);
    }
    wire_send(fd, PING("1") "\n");
    wire_expect(fd, "'pong':true");
    close(fd);
}

static void test_notifications(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, "{'jsonrpc':'2.0','method':'ping'}\n"
                  "{'jsonrpc':'2.0','method':'nope'}\n"
                  "{'jsonrpc':'2.0','method':'ping','params':[1]}\n"
                  "[{'jsonrpc':'2.0','method':'ping'},"
                  "{'jsonrpc':'2.0','method':'ping'}]\n" PING("1") "\n");
    wire_expect(fd, "'id':1}");
    close(fd);
}

static void test_batches(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd,
            "[" ECHO("1",
                    "[1]") ",{'jsonrpc':'2.0','method':'ping'},1,"
                           "{'jsonrpc':'2.0','method':'nope','id':2}," ECHO(
                                   "3", "{}") "]\n");
    wire_expect(fd,
            "[{'jsonrpc':'2.0','result':[1],'id':1},{'jsonrpc':'2.0','error':"
            "{'code':-32600,");
    wire_send(fd, "[]\n");
    wire_expect(fd, "{'jsonrpc':'2.0','error':{'code':-32600,");
    wire_send(fd, " [1]\n");
    wire_expect(fd, "[{'jsonrpc':'2.0','error':{'code':-32600,");
    wire_send(fd, "[" ECHO("1", "[1]") ",\n");
    wire_expect(fd, "'code':-32700");
    wire_send(fd, "[" ECHO("1", "[1]") "]");
    wire_expect(fd, "[{'jsonrpc':'2.0','result':[1],'id':1}]");
    close(fd);
}

static void test_long_batch_is_bounded(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, "[");
    for (int i = 0; i < 1001; i++)
        wire_send(fd, PING("1") ",");
    wire_send(fd, PING("2") "]\n");
    char *line = wire_line(fd);
    size_t count = 0;
    for (char *p = line; (p = strstr(p, "pong")) != NULL; p++)
        count++;
    assert_int_equal(count, 1000);
    assert_non_null(strstr(line, "at most 1000"));
    assert_int_equal(line[strlen(line) - 1], ']');
    free(line);
    close(fd);
}

static void test_deep_nesting(void **state)
{
    char text[3000] = "{'jsonrpc':'2.0','method':'echo','id':1,'params':";
    size_t at = strlen(text);
    int fd = wire_connect(*state);
    memset(text + at, '[', 1000);
    memset(text + at + 1000, ']', 1000);
    strcpy(text + at + 2000, "}\n");
    wire_send(fd, text);
    wire_expect(fd, "nested deeper than");
    close(fd);
}

static void test_large_reply_is_whole(void **state)
{
    size_t count = 3000000;
    char *text = malloc(count + 200);
    int fd = wire_connect(*state);
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1,\"params\":"
                 "[\"");
    size_t at = strlen(text);
    memset(text + at, 'x', count);
    strcpy(text + at + count, "\"]}\n");
    wire_send_bytes(fd, text, strlen(text));
    char *line = wire_line(fd);
    assert_non_null(line);
    assert_int_equal(strlen(line), count + strlen("{'jsonrpc':'2.0','result':"
                                                  "[''],'id':1}"));
    free(line);
    free(text);
    wire_send(fd, PING("2") "\n");
    wire_expect(fd, "'id':2}");
    close(fd);
}

static void test_discover(void **state)
{
    int fd = wire_connect(*state);
    wire_send(fd, "{'jsonrpc':'2.0','method':'rpc.discover','id':1}\n"
                  "{'jsonrpc':'2.0','method':'list_methods','id':2}\n"
                  "{'jsonrpc':'2.0','method':'daemon.health','id':3}\n"
                  "{'jsonrpc':'2.0','method':'daemon.config','params':"
                  "['server.workers'],'id':4}\n"
                  "{'jsonrpc':'2.0','method':'daemon.config','params':"
                  "['server.worker'],'id':5}\n");
    wire_expect(fd, "{'openrpc':'1.3.2'");
    wire_expect(fd, "goxel.get_voxel");
    wire_expect(fd, "'status':'healthy'");
    wire_expect(fd, "'server.workers':{'value':");
    wire_expect(fd, "did you mean server.workers");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_request_in_pieces),
            cmocka_unit_test(test_many_in_one_write),
            cmocka_unit_test(test_no_newline),
            cmocka_unit_test(test_half_closed),
            cmocka_unit_test(test_errors_are_answered),
            cmocka_unit_test(test_notifications),
            cmocka_unit_test(test_batches),
            cmocka_unit_test(test_long_batch_is_bounded),
            cmocka_unit_test(test_deep_nesting),
            cmocka_unit_test(test_large_reply_is_whole),
            cmocka_unit_test(test_discover),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
