// What ps shows of the process.
#pragma once

#include <string>

namespace cay::server {

// Makes room for a title in the memory that the kernel shows: argv and the environment behind it,
// which moves to the heap. Called first thing in main(), before anybody keeps a pointer into
// either.
void prepareProcessTitle(int argc, char **argv);

// At most as long as that room; what is longer is cut. Elsewhere than on Linux nothing happens.
void setProcessTitle(const std::string &title);

} // namespace cay::server
