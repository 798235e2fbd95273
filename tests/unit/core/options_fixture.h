// A store with the host's options, and ways to load and ask it in one line.
#pragma once

#include "core/options_store.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

namespace test {

using cay::Bytes;
using cay::core::OptionStore;

inline void writeFile(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

inline QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(cannot be read)");
}

// A store that has read `config`; error() is empty when it was accepted.
class Server
{
public:
    explicit Server(const QByteArray &config = {}, const QStringList &arguments = {})
    {
        QString why;
        if (!store.declareHost(&why)) {
            m_error = why;
            return;
        }
        std::vector<std::string> all;
        if (!config.isNull()) {
            file = m_folder.filePath(QStringLiteral("cay.conf"));
            writeFile(file, config);
            all.push_back(file.toStdString());
        }
        for (const QString &argument : arguments)
            all.push_back(argument.toStdString());
        std::string error;
        if (!store.load(cay::core::readArguments(all), &error)
            || !store.finishLoading(&warnings, &error))
            m_error = QString::fromStdString(error);
    }

    QString error() const { return m_error; }
    // The line of the error's text that tells the reason.
    QString reason() const { return m_error.split(QLatin1Char('\n')).value(4); }
    QString get(Bytes name) const { return QString::fromStdString(store.text(name)); }
    // "OK" or the error.
    QString set(std::initializer_list<std::pair<Bytes, Bytes>> pairs, bool local = true)
    {
        std::string text;
        const std::vector<std::pair<Bytes, Bytes>> list(pairs);
        return store.setMany(list, local, &text) ? QStringLiteral("OK")
                                                 : QString::fromStdString(text);
    }
    QString set(Bytes name, Bytes value) { return set({{name, value}}); }
    // The reason behind "ERR CONFIG SET failed (...) - ".
    QString whySet(Bytes name, Bytes value)
    {
        return set(name, value).section(QStringLiteral(") - "), 1);
    }

    OptionStore store;
    std::vector<std::string> warnings;
    QString file;

private:
    QTemporaryDir m_folder;
    QString m_error;
};

} // namespace test
