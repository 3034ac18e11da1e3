/* SPDX-License-Identifier: Apache-2.0
 * The supervisor of the Goxel daemon. All of it is in manager/. */
#include "manager/manager.h"

int main(int argc, char **argv)
{
    return gox_manager_main(argc, argv);
}
