/* SPDX-License-Identifier: Apache-2.0
 * Telling a person, in one line, why a call did not succeed. */
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_TAIL_BYTES 2048

void gox_session_last_words(
        const struct gox_cli_session *session, char *text, size_t size)
{
    char tail[LOG_TAIL_BYTES + 1];
    size_t len, from;
    long end;

    text[0] = '\0';
    if (!session->child_log || fseek(session->child_log, 0, SEEK_END) != 0)
        return;
    end = ftell(session->child_log);
    if (end <= 0 || fseek(session->child_log,
                            end > LOG_TAIL_BYTES ? end - LOG_TAIL_BYTES : 0,
                            SEEK_SET) != 0)
        return;
    len = fread(tail, 1, LOG_TAIL_BYTES, session->child_log);
    while (len > 0 && (tail[len - 1] == '\n' || tail[len - 1] == ' '))
        len--;
    for (from = len; from > 0 && tail[from - 1] != '\n';)
        from--;
    tail[len] = '\0';
    gox_cli_clean(text, size, tail + from);
}

const char *gox_session_text(
        const struct gox_cli_session *session, const struct gox_error *err)
{
    const char *whole =
            json_string_value(json_object_get(session->last_error, "message"));

    return whole ? whole : err->text;
}

static bool is_lost(const struct gox_cli_session *session)
{
    return !session->client || gox_client_get_fd(session->client) < 0;
}

int gox_session_fail(struct gox_cli_session *session, const char *on,
        const struct gox_error *err)
{
    char text[2048], words[400] = "";
    bool says_where;

    gox_cli_clean(text, sizeof(text), gox_session_text(session, err));
    if (is_lost(session))
        gox_session_last_words(session, words, sizeof(words));
    says_where = !on || strstr(text, on) != NULL;
    /* The daemon's words are for who speaks its protocol. */
    if (err->code == GOX_ERR_UNAUTHENTICATED && getenv("GOXEL_TOKEN") == NULL)
        snprintf(words, sizeof(words), "%s",
                "goxelctl does so with the token in the environment variable "
                "GOXEL_TOKEN");
    if (session->cli->is_json && !session->keeps_quiet)
        gox_cli_print_error(err, session->last_error);
    return gox_cli_fail(session->cli,
            is_lost(session) ? GOX_CLI_UNREACHABLE : GOX_CLI_FAILED,
            "%s%s%s%s%s", says_where ? "" : on, says_where ? "" : ": ", text,
            words[0] ? ": " : "", words);
}
