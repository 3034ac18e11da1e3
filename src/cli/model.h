/* SPDX-License-Identifier: Apache-2.0
 * What convert, info and render share about model files. */
#ifndef GOX_CLI_MODEL_H
#define GOX_CLI_MODEL_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Checks that path is a file that can be read; the error says what it is
 * instead. */
int gox_model_check(const char *path, struct gox_error *err) GOX_MUST_CHECK;

/* "a/ship.vox" to "a/ship.glb", or "dir/ship.glb" when dir is not NULL. NULL
 * when out of memory. */
char *gox_model_output(
        const char *input, const char *dir, const char *extension);

/* True when a file that could be replaced is at path, even a dangling link.
 * What else may be there is refused when the output is staged. */
bool gox_model_exists(const char *path);

/* The parameters of goxel.load_project for a file, with its absolute path;
 * options (borrowed) may be NULL. NULL when out of memory. */
json_t *gox_model_load_params(const char *path, const json_t *options);

#endif
