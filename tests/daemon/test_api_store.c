/* SPDX-License-Identifier: Apache-2.0
 * Looking after the files of projects, through the daemon that has them. */
#include "daemon/api_client.h"

#define CREATE  "goxel.create_project"
#define ADD     "goxel.add_voxel"
#define COUNT   "goxel.get_voxel_count"
#define CLOSE   "goxel.close_project"
#define DELETE  "goxel.delete_project"
#define CHECK   "goxel.check_project"
#define COMPACT "goxel.compact_project"
#define BACKUP  "goxel.backup_project"
#define RESTORE "goxel.restore_project"
#define TRASH   "goxel.list_trash"
#define BACK    "goxel.undelete_project"
#define EMPTY   "goxel.empty_trash"

static void test_check(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['checked']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {ADD, "[1,0,0]", 0, NULL},
            {CHECK, "['checked']", 0,
                    "{'success':true,'project':'checked','problems':0,"
                    "'edits':3}"},
            {CLOSE, "['checked']", 0, NULL},
            {CHECK, "['checked']", 0, "{'problems':0,'edits':3}"},
            {CHECK, "['none']", -32004, "{'data':{'reason':'NOT_FOUND'}}"},
            {CHECK, NULL, -32602, "{'data':{'param':'name'}}"},
    };
    API_RUN(*state, steps);
}

static void test_compact(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['small']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {ADD, "[1,0,0]", 0, NULL},
            /* it is open: closed for it, and opened again by the next */
            {COMPACT, "['small']", 0, "{'success':true,'project':'small'}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {"goxel.undo", NULL, -32004, NULL},
            {ADD, "[2,0,0]", 0, "{'x':2}"},
            {"goxel.get_status", NULL, 0, "{'revision':3}"},
            {CLOSE, "['small']", 0, NULL},
            {COMPACT, "{'name':'small','history_mb':1}", 0, NULL},
            {"goxel.undo", NULL, 0, "{'steps':1}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {COMPACT, "['none']", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_backup_and_restore(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['original']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {BACKUP, "['original','copy.goxdb']", 0, "{'project':'original'}"},
            {BACKUP, "['original']", 0, "{'path':'*'}"},
            {BACKUP, "['none','none.goxdb']", -32004, NULL},
            {BACKUP, "['original','/none/x.goxdb']", -32006, NULL},
            {ADD, "[1,0,0]", 0, NULL},
            {RESTORE, "['copy.goxdb']", -32005, "{'data':{'reason':'EXISTS'}}"},
            {RESTORE, "['copy.goxdb','second']", 0,
                    "{'project':'second','revision':1}"},
            {COUNT, "{'project':'second'}", 0, "{'count':1}"},
            {"goxel.undo", "{'project':'second'}", 0, NULL},
            {RESTORE, "['copy.goxdb','original',true]", 0,
                    "{'project':'original','revision':1}"},
            {COUNT, "{'project':'original'}", 0, "{'count':1}"},
            {RESTORE, "['copy.goxdb','a/b']", -1001, NULL},
            {RESTORE, "['none.goxdb']", -32004, NULL},
            /* what was there before the last restore is in the trash */
            {DELETE, "{'name':'original','purge':true}", 0, NULL},
    };
    char path[128];
    API_RUN(*state, steps);
    api_path(*state, path, "junk.goxdb");
    api_write_file(path, "SQLite format 3 it is not", 25);
    const json_t *error =
            api_fail(*state, -32603, RESTORE, "['junk.goxdb','junk']");
    api_expect_message(error, "no backup of a project");
    api_fail(*state, -1006, COUNT, "{'project':'junk'}");
    /* What was there stays when nothing can take its place. */
    api_do(*state, CREATE, "['kept']");
    api_do(*state, ADD, "{'project':'kept','position':[0,0,0]}");
    api_fail(*state, -32603, RESTORE, "['junk.goxdb','kept',true]");
    assert_int_equal(api_int(*state, "count", COUNT, "{'project':'kept'}"), 1);
    api_do(*state, DELETE, "{'name':'kept','purge':true}");
}

static void test_trash(void **state)
{
    static const struct api_step steps[] = {
            {EMPTY, NULL, 0, NULL},
            {CREATE, "['gone']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {DELETE, "['gone']", 0, NULL},
            {TRASH, NULL, 0, "{'count':1}"},
            {EMPTY, "[1]", 0, "{'removed':0}"},
            {BACK, "['gone']", 0, "{'project':'gone'}"},
            {TRASH, NULL, 0, "{'count':0}"},
            {COUNT, "{'project':'gone'}", 0, "{'count':1}"},
            {"goxel.undo", "{'project':'gone'}", 0, "{'steps':1}"},
            {BACK, "['gone']", -32005, "{'data':{'reason':'EXISTS'}}"},
            {DELETE, "['gone']", 0, NULL},
            {EMPTY, NULL, 0, "{'removed':1}"},
            {BACK, "['gone']", -32004, NULL},
    };
    API_RUN(*state, steps);
}

/* Edits of the same connection that were sent before are in the copy. */
static void test_copy_after_edits(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['busy']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {"goxel.copy_project", "['busy','calm']", 0, NULL},
            {ADD, "[1,0,0]", 0, NULL},
            {COUNT, "{'project':'calm'}", 0, "{'count':1}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {"goxel.undo", "{'project':'calm'}", 0, "{'steps':1}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_check),
            API_TEST(test_compact),
            API_TEST(test_backup_and_restore),
            API_TEST(test_trash),
            API_TEST(test_copy_after_edits),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
