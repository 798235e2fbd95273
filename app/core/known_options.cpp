#include "core/known_options.h"

#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

#include <set>

namespace cay::core {

namespace {

struct Names
{
    std::set<std::string, std::less<>> elsewhere, retired;
};

void readInto(std::set<std::string, std::less<>> *names, const QJsonArray &array)
{
    for (const QJsonValue &name : array)
        names->insert(name.toString().toStdString());
}

Names readNames()
{
    Names names;
    QFile file(QStringLiteral(":/cay/known_options.json"));
    if (!file.open(QIODevice::ReadOnly))
        return names;
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    readInto(&names.elsewhere, json.value(QLatin1String("known")).toArray());
    readInto(&names.retired, json.value(QLatin1String("retired")).toArray());
    return names;
}

} // namespace

KnownOption knownOption(Bytes name)
{
    static const Names names = readNames();
    if (names.retired.contains(name))
        return KnownOption::Retired;
    return names.elsewhere.contains(name) ? KnownOption::Elsewhere : KnownOption::Unknown;
}

} // namespace cay::core
