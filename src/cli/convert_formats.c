/* SPDX-License-Identifier: Apache-2.0
 * What the daemon says about file formats, for the plan of convert: which
 * extension a format's files have and which options its writer takes.
 *
 * Only asked when the plan needs it: it costs the start of a daemon. */
#include "cli/convert.h"
#include "cli/session.h"

#include <string.h>
#include <strings.h>

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

static bool has_extension(const json_t *row, const char *wanted)
{
    size_t i;
    json_t *item;

    json_array_foreach(json_object_get(row, "extensions"), i, item)
    {
        const char *text = json_string_value(item);
        if (text && strcasecmp(text, wanted) == 0)
            return true;
    }
    return false;
}

/* By name, else by extension; a row that can be written. */
static const json_t *find_row(const json_t *formats, const char *wanted)
{
    const json_t *found = NULL;
    size_t i;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)formats, i, row)
    {
        if (!json_is_true(json_object_get(row, "write")))
            continue;
        if (strcasecmp(text_of(row, "name"), wanted) == 0)
            return row;
        if (!found && has_extension(row, wanted))
            found = row;
    }
    return found;
}

/* An option that the writer would leave unread is a mistake of the caller. */
static int check_options(const struct gox_convert *convert, const json_t *row)
{
    const json_t *taken = json_object_get(row, "options");
    const char *key;
    json_t *value, *item;
    size_t i;

    json_object_foreach(convert->export_options, key, value)
    {
        bool is_known = false;
        json_array_foreach((json_t *)(uintptr_t)taken, i, item)
        {
            const char *text = json_string_value(item);
            is_known = is_known || (text && strcmp(text, key) == 0);
        }
        if (!is_known)
            return gox_cli_usage(convert->cli,
                    "--%s means nothing for %s; goxelctl formats tells which "
                    "options a format takes",
                    key, text_of(row, "name"));
    }
    return 0;
}

static int ask(const struct gox_convert *convert, json_t **result)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    int rc = gox_session_open_child(&session, convert->cli, 1, false);

    if (rc == 0 && gox_session_call(&session, "goxel.list_formats", NULL,
                           result, &err) != 0)
        rc = gox_session_fail(&session, "goxel.list_formats", &err);
    gox_session_close(&session);
    return rc;
}

int gox_convert_check_format(
        const struct gox_convert *convert, const char *format, char ext[32])
{
    json_t *result = NULL;
    const json_t *row;
    const char *first;
    int rc = ask(convert, &result);

    ext[0] = '\0';
    if (rc == 0) {
        row = find_row(json_object_get(result, "formats"), format);
        if (row)
            rc = check_options(convert, row);
        else
            rc = gox_cli_usage(convert->cli,
                    "no format \"%s\" can be written; goxelctl formats lists "
                    "them",
                    format);
        first = json_string_value(
                json_array_get(json_object_get(row, "extensions"), 0));
        /* "--to pov" is to give .pov. */
        if (row && has_extension(row, format))
            first = format;
        snprintf(ext, 32, "%s", first ? first : format);
    }
    json_decref(result);
    return rc;
}
