#include "host/plugin_folder.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDir>
#include <QtCore/QFileInfo>

#include <dlfcn.h>

namespace cay::host {

QString defaultPluginFolder()
{
    QStringList candidates;
    Dl_info info;
    if (dladdr(reinterpret_cast<const void *>(&defaultPluginFolder), &info) && info.dli_fname) {
        const QFileInfo library(QString::fromLocal8Bit(info.dli_fname));
        candidates << library.absolutePath() + QStringLiteral("/cay/plugins");
    }
    if (QCoreApplication::instance())
        candidates << QCoreApplication::applicationDirPath()
                          + QStringLiteral("/../lib/cay/plugins");
    for (const QString &candidate : candidates) {
        if (QFileInfo(candidate).isDir())
            return QDir(candidate).canonicalPath();
    }
    return candidates.isEmpty() ? QString() : QDir::cleanPath(candidates.first());
}

} // namespace cay::host
