#include "shell/embedded.h"

namespace cay::shell {

std::unique_ptr<Connection> openEmbedded(const std::string &directory, std::string *why)
{
    *why = "this build has no embedded store";
    return nullptr;
}

} // namespace cay::shell
