/* SPDX-License-Identifier: Apache-2.0
 * The command line of the Goxel daemon. All of it is in cli/. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return gox_cli_main(argc, argv);
}
