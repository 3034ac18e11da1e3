/* SPDX-License-Identifier: Apache-2.0
 * The version of the whole project, read by CMake and by the programs. */
#ifndef GOXEL_VERSION_H
#define GOXEL_VERSION_H

#define GOX_VERSION "0.1.0"

#endif
