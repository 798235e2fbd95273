# Compiler, linker and layout choices that hold for every target of the project.
include(GNUInstallDirs)

option(CAY_TESTS "Build the tests" ON)
option(CAY_TORTURE "Tiny encoding limits, a resize at every step, one-byte reads and writes" OFF)
set(CAY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_AUTOMOC OFF)

# One place for programs, one for libraries and one for plugins, in the build tree as in the packages.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CAY_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/cay/plugins)
set(CAY_PLUGIN_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/cay/plugins)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(CAY_CCACHE ccache)
    if(CAY_CCACHE)
        # A precompiled header is only cacheable when its time stamps do not count.
        set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
            CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
            CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CAY_CCACHE})
    endif()
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wno-unused-parameter -fno-semantic-interposition)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
endif()
if(CAY_SANITIZE)
    add_compile_options(-fsanitize=${CAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${CAY_SANITIZE})
endif()
if(CAY_TORTURE)
    add_compile_definitions(CAY_TORTURE=1)
endif()

# cay_layer(<name> SOURCES <file>... [DEFAULT_VISIBILITY] [LIBRARIES <target>...])
# One folder of app/ as an object library; all of them together are the shared library libcay.
function(cay_layer name)
    cmake_parse_arguments(ARG "DEFAULT_VISIBILITY;QT" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(cay_${name} OBJECT ${ARG_SOURCES})
    target_include_directories(cay_${name} PUBLIC ${CMAKE_SOURCE_DIR}/app ${CMAKE_SOURCE_DIR}/app/sdk)
    target_link_libraries(cay_${name} PUBLIC ${ARG_LIBRARIES})
    if(ARG_QT)
        target_link_libraries(cay_${name} PUBLIC Qt6::Core Qt6::Network)
        set_target_properties(cay_${name} PROPERTIES AUTOMOC ON)
        target_precompile_headers(cay_${name} PRIVATE ${CMAKE_SOURCE_DIR}/app/cmake/pch_qt.h)
        target_compile_definitions(cay_${name} PRIVATE QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII)
    else()
        target_precompile_headers(cay_${name} PRIVATE ${CMAKE_SOURCE_DIR}/app/cmake/pch_std.h)
    endif()
    if(ARG_DEFAULT_VISIBILITY)
        set_target_properties(cay_${name} PROPERTIES CXX_VISIBILITY_PRESET default
            VISIBILITY_INLINES_HIDDEN OFF)
    endif()
endfunction()
