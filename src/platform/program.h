/* SPDX-License-Identifier: Apache-2.0
 * Where an executable is. Each writes the path and answers true when there is
 * one that may be run, else false, and what is in path then means nothing. */
#ifndef GOX_PLATFORM_PROGRAM_H
#define GOX_PLATFORM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* In the directory of the file `beside`; NULL, or a mere name: false. */
bool gox_program_beside(
        const char *beside, const char *name, char *path, size_t size);
/* In the directory of the program that runs. */
bool gox_program_beside_own(const char *name, char *path, size_t size);
/* On PATH. Its empty parts, which stand for the current directory, are passed
 * over: what happens to lie there is not to be run. */
bool gox_program_on_path(const char *name, char *path, size_t size);

#endif
