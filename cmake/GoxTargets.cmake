# SPDX-License-Identifier: Apache-2.0
# One library a folder, one executable a test module.

# gox_library(voxel SOURCES a.c b.c LINKS base [HOT]): the static library
# gox_voxel. LINKS names exactly the folders that it may include; others are
# packages. HOT: its loops over voxels gain from -O3.
function(gox_library name)
    cmake_parse_arguments(ARG "HOT" "" "SOURCES;LINKS;PACKAGES" ${ARGN})
    if(NOT ARG_SOURCES)
        return()
    endif()
    add_library(gox_${name} STATIC ${ARG_SOURCES})
    target_include_directories(gox_${name} PUBLIC
        ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    foreach(link ${ARG_LINKS})
        target_link_libraries(gox_${name} PUBLIC gox_${link})
    endforeach()
    target_link_libraries(gox_${name} PUBLIC ${ARG_PACKAGES})
    if(ARG_HOT)
        target_compile_options(gox_${name} PRIVATE $<$<CONFIG:Release>:-O3>)
    endif()
endfunction()

# gox_program(goxelctl SOURCES goxelctl.c LINKS cli): installed to bin.
function(gox_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    foreach(link ${ARG_LINKS})
        target_link_libraries(${name} PRIVATE gox_${link})
    endforeach()
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# What the TSan run builds: the tests that start threads, and the daemon.
add_custom_target(thread_tests)

# gox_test(voxel_block SOURCES test_block.c LINKS voxel [LABEL unit]
#          [TIMEOUT 60] [THREADS]): a cmocka program that CTest runs. It is told
# where the sources and the programs are by GOX_SOURCE_DIR and GOX_BIN_DIR.
# THREADS: it starts threads, so that it is also run under TSan.
function(gox_test name)
    cmake_parse_arguments(ARG "THREADS" "LABEL;TIMEOUT" "SOURCES;LINKS;PACKAGES" ${ARGN})
    if(NOT ARG_LABEL)
        set(ARG_LABEL unit)
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(test_${name} ${ARG_SOURCES})
    foreach(link ${ARG_LINKS})
        target_link_libraries(test_${name} PRIVATE gox_${link})
    endforeach()
    target_link_libraries(test_${name} PRIVATE PkgConfig::CMOCKA ${ARG_PACKAGES})
    target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    add_test(NAME ${name} COMMAND test_${name})
    gox_test_properties(${name} ${ARG_LABEL} ${ARG_TIMEOUT})
    if(ARG_THREADS)
        set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL};threads")
        add_dependencies(thread_tests test_${name})
    endif()
endfunction()

# gox_script_test(cli_convert SCRIPT convert.bats LABEL daemon): runs a bats
# file (or another executable script) as one CTest test.
function(gox_script_test name)
    cmake_parse_arguments(ARG "" "SCRIPT;LABEL;TIMEOUT" "" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    if(ARG_SCRIPT MATCHES "\\.bats$")
        add_test(NAME ${name} COMMAND bats --tap
            ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT})
    else()
        add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT})
    endif()
    gox_test_properties(${name} ${ARG_LABEL} ${ARG_TIMEOUT})
    # Exit 77 says: skipped, and the test prints why.
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

function(gox_test_properties name label timeout)
    set(environment "GOX_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
        "GOX_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" "GOX_BUILD_DIR=${CMAKE_BINARY_DIR}")
    # A leak checker needs ptrace, which the daemon's sandbox takes away.
    if(GOX_SANITIZE)
        list(APPEND environment "GOXEL_SECURITY_SANDBOX=off" "GOX_SANITIZED=1")
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout}
        ENVIRONMENT "${environment}")
endfunction()

# gox_fuzzer(gox SOURCES fuzz_gox.c LINKS format): a libFuzzer program.
function(gox_fuzzer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PACKAGES" ${ARGN})
    add_executable(fuzz_${name} ${ARG_SOURCES})
    foreach(link ${ARG_LINKS})
        target_link_libraries(fuzz_${name} PRIVATE gox_${link})
    endforeach()
    target_link_libraries(fuzz_${name} PRIVATE ${ARG_PACKAGES})
    target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# The same program without libFuzzer, as a test over the seeds of tests/data.
function(gox_fuzz_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PACKAGES" ${ARGN})
    add_executable(replay_${name} ${ARG_SOURCES}
        $<TARGET_OBJECTS:gox_fuzz_replay>)
    foreach(link base ${ARG_LINKS})
        target_link_libraries(replay_${name} PRIVATE gox_${link})
    endforeach()
    target_link_libraries(replay_${name} PRIVATE ${ARG_PACKAGES})
    target_include_directories(replay_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    add_test(NAME fuzz_${name}
        COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/tests/data/${name})
    gox_test_properties(fuzz_${name} fuzz 60)
endfunction()
