// Finds plugin files, reads what they say of themselves without running any of their code, and puts
// them in order.
#pragma once

#include "core/metadata.h"

#include <QtCore/QStringList>

namespace cay::host {

// A file that claims to be a plugin, and its metadata.
struct PluginFile
{
    QString path;          // canonical
    QStringList arguments; // as load-plugin or MODULE LOAD gave them
    core::PluginMetadata metadata;

    QString id() const { return QString::fromStdString(metadata.id); }
};

// All functions return false with one line that says what is wrong.

// Checks that the file is a plugin of Cay for this SDK, and its metadata. No code of it runs.
bool readPluginFile(const QString &path, PluginFile *out, QString *why);

// The plugin files of a folder, sorted by name. A folder that does not exist is an error.
bool findPluginFiles(const QString &folder, QStringList *paths, QString *why);

// What is already there, when a plugin comes in later.
struct PresentPlugin
{
    std::string id;
    QString path;
};

// Sorts so that each plugin comes after those it requires, and by id otherwise. Complains about ids
// and commands that are there twice, about requirements that are missing or `disabled`, and about
// circles.
bool orderPlugins(std::vector<PluginFile> *plugins, const std::vector<PresentPlugin> &present,
                  const QStringList &disabled, QString *why);

} // namespace cay::host
