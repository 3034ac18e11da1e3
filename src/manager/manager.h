/* SPDX-License-Identifier: Apache-2.0
 * The program goxel-manager. */
#ifndef GOX_MANAGER_MANAGER_H
#define GOX_MANAGER_MANAGER_H

/* Exit codes: 0 stopped, 2 usage, 75 try again later, 78 bad configuration. */
int gox_manager_main(int argc, char **argv);

#endif
