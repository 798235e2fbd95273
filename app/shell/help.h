// The pages that `help`, `help GET`, `help @string` and `GET -h` print.
#pragma once

#include "shell/docs.h"

namespace cay::shell {

// `topic` is what stands behind the word help; bold and colour only where `colour` says so.
std::string helpPage(const Docs &docs, const std::vector<std::string> &topic, bool colour);
// One command's page.
std::string commandPage(const CommandDoc &doc, bool colour);
// True for `GET -h`, `CLIENT KILL --help`, `GET -?`; takes the last word off.
bool takeHelpFlag(std::vector<std::string> *words);

} // namespace cay::shell
