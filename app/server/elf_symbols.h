// Names of functions that a program or library does not export, from the symbol table in its file.
#pragma once

#include <cstdint>

namespace cay::server {

// Calls found(name, offset into the function) when the file has a function around the address
// `offset` (the run-time address less the file's load address). Async-signal-safe: open(), mmap()
// and nothing else; every position that the file gives is checked against its size. Elsewhere than
// on 64-bit ELF systems nothing is found. Turned down: exporting every symbol of libcay, which
// would make all of it its interface.
bool findElfSymbol(const char *path, std::uint64_t offset,
                   void (*found)(void *context, const char *name, std::uint64_t offset),
                   void *context);

} // namespace cay::server
