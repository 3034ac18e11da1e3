/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: a file of settings. Nothing that is read may be outside its
 * row; what was accepted and is written out is accepted again with the same
 * values; changing one setting in an accepted file keeps the others. */
#include "config/edit.h"
#include "config/generate.h"
#include "config/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void parse(const char *text, size_t len, struct gox_settings *s,
        struct gox_config_errors *errors)
{
    require(gox_settings_init(s) == 0);
    gox_config_errors_init(errors);
    gox_config_parse(s, text, len, errors);
    require(!errors->is_out_of_memory);
}

static void check_ranges(const struct gox_settings *s)
{
    require(s->server_workers >= 0 && s->server_workers <= 256);
    require(s->security_socket_permissions <= 0777);
    require(s->logging_level >= 0 && s->logging_level < GOX_LOG_LEVEL_COUNT);
    require(strlen(s->daemon_user) <= 64);
}

static void check_again(const struct gox_settings *s)
{
    struct gox_settings again;
    struct gox_config_errors errors;
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_settings_put_object(s, &text);
    require(gox_buf_text(&text) != NULL);
    parse((const char *)text.data, text.len, &again, &errors);
    require(errors.error_count == 0);
    for (size_t i = 0; i < gox_setting_count; i++)
        require(gox_settings_is_equal(s, &again, i));
    gox_settings_fini(&again);
    gox_config_errors_fini(&errors);
    gox_buf_fini(&text);
}

static void check_edit(
        const char *data, size_t len, const struct gox_settings *s)
{
    struct gox_settings after;
    struct gox_config_errors errors;
    struct gox_error err;
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_config_errors_init(&errors);
    require(gox_config_edit(data, len, "logging.rotation.max_files", "77",
                    &text, &errors, &err) == 0);
    gox_config_errors_fini(&errors);
    parse((const char *)text.data, text.len, &after, &errors);
    require(errors.error_count == 0);
    require(after.logging_rotation_max_files == 77);
    for (size_t i = 0; i < gox_setting_count; i++)
        require(i == GOX_ROW_logging_rotation_max_files ||
                gox_settings_is_equal(s, &after, i));
    gox_settings_fini(&after);
    gox_config_errors_fini(&errors);
    gox_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_settings s;
    struct gox_config_errors errors;
    struct gox_buf text;
    if (len > GOX_CONFIG_MAX_FILE)
        return 0;
    parse((const char *)data, len, &s, &errors);
    check_ranges(&s);
    gox_buf_init(&text, 0);
    gox_config_errors_put(&errors, &text);
    gox_buf_fini(&text);
    check_again(&s);
    if (errors.error_count == 0 && memchr(data, '\\', len) == NULL)
        check_edit((const char *)data, len, &s);
    gox_settings_fini(&s);
    gox_config_errors_fini(&errors);
    return 0;
}
