/* SPDX-License-Identifier: Apache-2.0
 * How starts and ends of processes are told to people. */
#include "platform/process.h"

#include <stdio.h>
#include <string.h>

const char *gox_process_step_name(enum gox_process_step step)
{
    // clang-format off
    static const char *const NAMES[] = {
        [GOX_STEP_NONE]        = "nothing",
        [GOX_STEP_PREPARE]     = "preparing",
        [GOX_STEP_FORK]        = "making a process",
        [GOX_STEP_SESSION]     = "beginning a session",
        [GOX_STEP_CGROUP]      = "entering the control group",
        [GOX_STEP_DESCRIPTORS] = "passing descriptors",
        [GOX_STEP_LIMITS]      = "setting limits",
        [GOX_STEP_USER]        = "becoming the user",
        [GOX_STEP_WORKING_DIR] = "changing the directory",
        [GOX_STEP_EXEC]        = "executing the program",
    };
    // clang-format on
    return (size_t)step < sizeof NAMES / sizeof *NAMES ? NAMES[step] : "?";
}

void gox_process_exit_format(const struct gox_process_exit *ended,
        char text[GOX_PROCESS_EXIT_TEXT_BYTES])
{
    if (!ended->is_known)
        snprintf(text, GOX_PROCESS_EXIT_TEXT_BYTES, "ended, how is not known");
    else if (!ended->is_signal)
        snprintf(text, GOX_PROCESS_EXIT_TEXT_BYTES, "exited with code %d",
                ended->code);
    else
        snprintf(text, GOX_PROCESS_EXIT_TEXT_BYTES, "ended by signal %d (%s)%s",
                ended->code, strsignal(ended->code),
                ended->is_core ? ", core written" : "");
}
