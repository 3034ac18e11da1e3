/* SPDX-License-Identifier: Apache-2.0
 * The MCP server. Everything is in mcp/, so that tests can link it. */
#include "mcp/mcp.h"

int main(int argc, char **argv)
{
    return gox_mcp_main(argc, argv);
}
