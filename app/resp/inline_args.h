// Splits a line into arguments: inline commands, the configuration file and the shell share these
// rules.
#pragma once

#include "store/bytes.h"

#include <string>
#include <vector>

namespace cay::resp {

// Replaces *out with the arguments of the line; false when a quote is not closed or is followed by
// anything but white space, and *out is then empty. Source: the rules of Redis's sdssplitargs, to
// the byte:
//   - arguments are separated by white space; a NUL byte ends the line;
//   - "..." knows \n \r \t \b \a and \xHH, and any other character after a backslash stands for
//   itself;
//   - '...' knows only \';
//   - a quote may open in the middle of an argument (a"b c" is `ab c`), and must end it.
bool splitArgs(Bytes line, std::vector<std::string> *out);

} // namespace cay::resp
