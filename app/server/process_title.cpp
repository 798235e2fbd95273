#include "server/process_title.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

extern char **environ;

namespace cay::server {

namespace {

char *g_begin = nullptr; // argv[0], and what the kernel shows from there on
char *g_end = nullptr;

// The arguments and the environment stand one behind the other, as the kernel put them.
char *endOfArea(int argc, char **argv)
{
    char *end = argv[0] + std::strlen(argv[0]) + 1;
    for (int i = 1; i < argc && argv[i] == end; ++i)
        end = argv[i] + std::strlen(argv[i]) + 1;
    for (char **variable = environ; variable && *variable; ++variable) {
        if (*variable == end)
            end = *variable + std::strlen(*variable) + 1;
    }
    return end;
}

} // namespace

void prepareProcessTitle(int argc, char **argv)
{
#ifdef __linux__
    if (argc < 1 || !argv[0])
        return;
    g_begin = argv[0];
    g_end = endOfArea(argc, argv);
    for (char **variable = environ; variable && *variable; ++variable) {
        if (*variable >= g_begin && *variable < g_end)
            *variable = strdup(*variable);
    }
    for (int i = 0; i < argc; ++i)
        argv[i] = strdup(argv[i]);
#else
    (void)argc;
    (void)argv;
#endif
}

void setProcessTitle(const std::string &title)
{
    if (!g_begin)
        return;
    const std::size_t room = static_cast<std::size_t>(g_end - g_begin);
    const std::size_t length = std::min(title.size(), room - 1);
    std::memcpy(g_begin, title.data(), length);
    std::memset(g_begin + length, 0, room - length);
}

} // namespace cay::server
