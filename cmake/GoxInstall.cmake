# SPDX-License-Identifier: Apache-2.0
# What is installed besides programs, libraries, manuals and completions: the
# script that steers the daemon, the Node package, and samples of units and
# settings, in the same places to each other as in this tree.
set(GOX_SHARE ${CMAKE_INSTALL_DATADIR}/goxel-daemon)
install(PROGRAMS scripts/daemon_control.sh DESTINATION ${GOX_SHARE}/scripts)
install(FILES scripts/mcp_daemon_manager.js DESTINATION ${GOX_SHARE}/scripts)
install(FILES node/index.js node/index.mjs node/index.d.ts node/index.d.mts
    node/package.json node/README.md node/LICENSE DESTINATION ${GOX_SHARE}/node)
install(DIRECTORY node/lib DESTINATION ${GOX_SHARE}/node)
install(DIRECTORY config/ DESTINATION ${GOX_SHARE}/config USE_SOURCE_PERMISSIONS
    PATTERN make_templates.sh EXCLUDE PATTERN .gitignore EXCLUDE)
