// A whole server without sockets whose effects and keyspace events are written down, and rows of
// commands with what the last of them is to cause.
#pragma once

#include "core/config_file.h"
#include "host/server.h"
#include "resp/output_buffer.h"

#include <QtCore/QRegularExpression>
#include <QtTest/QtTest>

namespace cay {

class EffectStore
{
public:
    EffectStore()
    {
        std::vector<std::string> warnings;
        std::string error;
        const auto input = core::readArguments(
            {"--plugin-dir", PLUGINS, "--databases", "16", "--lazyfree-lazy-expire", "no"});
        QString why;
        if (!m_server.configure(input, &warnings, &error)
            || !m_server.start(&why, host::Server::Sockets::None))
            qFatal("%s%s", error.c_str(), qPrintable(why));
        m_session = m_server.engine().openInternal(m_out);
        m_server.engine().onPropagate([this](int, std::span<const Bytes> command) {
            QByteArray line;
            for (const Bytes word : command)
                line += (line.isEmpty() ? "" : " ")
                        + QByteArray(word.data(), qsizetype(word.size()));
            propagated << QString::fromLatin1(line);
        });
        m_server.engine().onKeyEvent([this](const KeyEvent &event) {
            if (event.eventClass == EventClass::New)
                return; // not among the events of KEA, with which the lists were recorded
            events << QStringLiteral("%1 %2 %3")
                          .arg(event.db.index())
                          .arg(QLatin1String(event.event),
                               QLatin1String(event.key.data(), int(event.key.size())));
        });
    }
    ~EffectStore() { m_server.engine().closeInternal(m_session); }

    void run(const QString &line)
    {
        std::vector<std::string> words;
        for (const QString &word : line.split(QLatin1Char(' ')))
            words.push_back(word.toLatin1().toStdString());
        const std::vector<Bytes> args(words.begin(), words.end());
        m_server.engine().execute(*m_session, args, m_session->reply);
        m_out.clear();
    }

    core::Engine &engine() { return m_server.engine(); }

    QStringList propagated, events;

private:
    host::Server m_server;
    resp::OutputBuffer m_out;
    Session *m_session = nullptr;
};

struct EffectRow
{
    const char *commands; // the last one counts; PAY stands for a payload
    QStringList propagated, events;
};

inline void addRows(std::span<const EffectRow> rows)
{
    QTest::addColumn<QString>("commands");
    QTest::addColumn<QStringList>("propagated");
    QTest::addColumn<QStringList>("events");
    for (const EffectRow &row : rows) {
        QTest::newRow(row.commands)
            << QString::fromLatin1(row.commands) << row.propagated << row.events;
    }
}

// Runs the current row. Times around now are compared as NOW.
inline void compareEffects(const QString &payload = {})
{
    QFETCH(QString, commands);
    QFETCH(QStringList, propagated);
    QFETCH(QStringList, events);
    EffectStore store;
    for (QString command : commands.split(QStringLiteral("; "))) {
        store.propagated.clear();
        store.events.clear();
        if (!payload.isEmpty())
            command.replace(QStringLiteral("PAY"), payload);
        store.run(command);
    }
    static const QRegularExpression now(QStringLiteral("\\b1[0-9]{12}\\b"));
    store.propagated.replaceInStrings(now, QStringLiteral("NOW"));
    if (!payload.isEmpty())
        store.propagated.replaceInStrings(payload, QStringLiteral("PAY"));
    QCOMPARE(store.propagated, propagated);
    QCOMPARE(store.events, events);
}

} // namespace cay
