/* SPDX-License-Identifier: Apache-2.0
 * The voxel server. Everything is in daemon/, so that tests can link it. */
#include "daemon/daemon.h"

int main(int argc, char **argv)
{
    return gox_daemon_main(argc, argv);
}
