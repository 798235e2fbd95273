// An engine with commands of the test's own, and clients without sockets.
#pragma once

#include "core/engine.h"
#include "core/metadata.h"
#include "core/options_store.h"

#include <QtTest/QtTest>

namespace cay {

class EngineFixture
{
public:
    // Qt's test macros return from a function, not from a constructor.
    void start(const char *metadata, std::span<const Binding> bindings)
    {
        QString why;
        QVERIFY2(options.declareHost(&why), qPrintable(why));
        engine = std::make_unique<core::Engine>(options);
        core::PluginMetadata parsed;
        QVERIFY2(core::parseMetadata(QJsonDocument::fromJson(metadata).object(), &parsed, &why),
                 qPrintable(why));
        QVERIFY2(core::bindCommands(&parsed, bindings, &why), qPrintable(why));
        std::string reason;
        QVERIFY2(engine->table().add(std::move(parsed.commands), &reason), reason.c_str());
        QVERIFY2(engine->start(&why), qPrintable(why));
    }

    core::Client *open()
    {
        core::Client *client = engine->open({});
        client->fd = 1; // as if there were a socket
        return client;
    }

    // One turn of the event loop; what the client is sent in it.
    std::string turn(core::Client &client, Bytes input)
    {
        if (!input.empty())
            engine->received(client, input);
        engine->run();
        for (core::Client *listed : engine->takeWritable())
            listed->listed = false;
        engine->takeWritable().clear();
        return takeOutput(client);
    }

    static std::string takeOutput(core::Client &client)
    {
        std::string text;
        Bytes views[8];
        while (const std::size_t n = client.output.front(views, 8)) {
            for (std::size_t i = 0; i < n; ++i) {
                text.append(views[i]);
                client.output.consume(views[i].size());
            }
        }
        return text;
    }

    core::OptionStore options;
    std::unique_ptr<core::Engine> engine;
};

} // namespace cay
