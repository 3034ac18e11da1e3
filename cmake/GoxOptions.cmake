# SPDX-License-Identifier: Apache-2.0
# Compiler flags, sanitizers and the switches of the presets.
option(GOX_TESTS "Build the tests" ON)
option(GOX_BENCH "Build the benchmark programs" OFF)
option(GOX_FUZZ "Build the fuzz targets (clang)" OFF)
option(GOX_WERROR "Treat warnings as errors" OFF)
set(GOX_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined")

include(CheckCSourceRuns)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -fno-math-errno
    -ffp-contract=off -fvisibility=hidden)
if(GOX_WERROR)
    add_compile_options(-Werror)
endif()
# assert() guards our own promises and stays on in release builds.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
# -O2: the programs that wait are to be small; HOT libraries get -O3.
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(APPEND CMAKE_C_FLAGS_RELEASE
    " -g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2")
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections)
if(NOT GOX_SANITIZE)
    # Relocations in a tenth of the space, if the C library here reads them.
    set(CMAKE_REQUIRED_FLAGS -fPIE)
    set(CMAKE_REQUIRED_LINK_OPTIONS -pie -Wl,-z,pack-relative-relocs)
    check_c_source_runs("static int a; int *p = &a; int main(void) { return *p; }"
        GOX_HAS_PACKED_RELOCATIONS)
    unset(CMAKE_REQUIRED_FLAGS)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(GOX_HAS_PACKED_RELOCATIONS)
        add_link_options(-Wl,-z,pack-relative-relocs)
    endif()
endif()
if(GOX_SANITIZE)
    add_compile_options(-fsanitize=${GOX_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${GOX_SANITIZE})
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(MUJS REQUIRED IMPORTED_TARGET mujs)
pkg_check_modules(MD REQUIRED IMPORTED_TARGET libmd)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(READLINE REQUIRED IMPORTED_TARGET readline)
pkg_check_modules(MICROHTTPD REQUIRED libmicrohttpd)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
endif()
if(GOX_TESTS)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
