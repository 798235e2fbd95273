// Where the plugins are that belong to this build of the program.
#pragma once

#include <QtCore/QString>

namespace cay::host {

// <folder of libcay>/cay/plugins, which holds in the build tree as in every package; or, where
// libcay is linked in,
// ../lib/cay/plugins from the program. The first that exists; the first of all when none does.
QString defaultPluginFolder();

} // namespace cay::host
