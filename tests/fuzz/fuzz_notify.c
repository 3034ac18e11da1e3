/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: whatever a datagram holds, what is read from it is fit for
 * terminals and JSON, and reading it again as a status changes nothing. */
#include "platform/notify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_status(const struct gox_notify_message *m)
{
    struct gox_notify_message again;
    char line[sizeof m->status + 8] = "STATUS=";
    size_t len = strlen(m->status);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)m->status[i] < 0x20 || m->status[i] == 0x7f)
            abort();
    memcpy(line + 7, m->status, len);
    if (gox_notify_parse(&again, line, len + 7, NULL) != 0 ||
            !again.has_status || strcmp(again.status, m->status) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_notify_message m;
    struct gox_error err = {0};
    /* Memory of its own, so that a step beyond its end is seen. */
    char *text = malloc(len > 0 ? len : 1);
    if (text == NULL)
        abort();
    memcpy(text, data, len);
    int code = gox_notify_parse(&m, text, len, &err);
    free(text);
    if (code != 0)
        return code == GOX_ERR_FORMAT && err.text[0] != '\0' ? 0 : (abort(), 0);
    const int64_t numbers[] = {m.monotonic_us, m.extend_timeout_us,
            m.watchdog_us, m.main_pid, m.errno_value, m.exit_status};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] < -1)
            abort();
    if (m.pid != -1 || m.uid != -1)
        abort();
    check_status(&m);
    return 0;
}
