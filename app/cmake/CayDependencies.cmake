# Libraries outside Qt. Each is a package of Debian 12 and of Homebrew.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

if(CAY_SANITIZE)
    set(CAY_JEMALLOC "")  # the sanitizers bring their own allocator
else()
    pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
    set(CAY_JEMALLOC PkgConfig::JEMALLOC)
endif()
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

find_path(LZF_INCLUDE_DIR lzf.h PATH_SUFFIXES liblzf REQUIRED)
find_library(LZF_LIBRARY lzf REQUIRED)
add_library(cay_lzf INTERFACE)
target_include_directories(cay_lzf SYSTEM INTERFACE ${LZF_INCLUDE_DIR})
target_link_libraries(cay_lzf INTERFACE ${LZF_LIBRARY})

if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    pkg_check_modules(URING IMPORTED_TARGET liburing)
    pkg_check_modules(SYSTEMD IMPORTED_TARGET libsystemd)
endif()

# The shell's line editor: BSD licensed, unlike GPL readline.
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
set(CAY_LINE_EDITOR PkgConfig::EDIT)
