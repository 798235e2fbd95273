// Records what commands propagate, in the form in which a log or a replica would get it: commands
// on the wire, with a SELECT wherever the database changes.
#include "cay/host.h"
#include "cay/plugin.h"

namespace {

std::string g_stream;
int g_selected = -1; // the database that the end of the stream is in

void appendBulk(cay::Bytes word)
{
    g_stream.append("$").append(std::to_string(word.size())).append("\r\n");
    g_stream.append(word).append("\r\n");
}

void record(int db, std::span<const cay::Bytes> command)
{
    if (db != g_selected) {
        g_stream.append("*2\r\n");
        appendBulk("SELECT");
        appendBulk(std::to_string(db));
        g_selected = db;
    }
    g_stream.append("*").append(std::to_string(command.size())).append("\r\n");
    for (const cay::Bytes word : command)
        appendBulk(word);
}

// Every take begins with a SELECT, so that it can be replayed alone.
void take(cay::Call &call)
{
    call.reply.bulk(g_stream);
    g_stream.clear();
    g_stream.shrink_to_fit();
    g_selected = -1;
}

void follow(cay::Call &call)
{
    call.session.set(cay::SessionMaster);
    call.reply.ok();
}

constexpr cay::Binding kCommands[] = {{"effects|take", take}, {"effects|follow", follow}};

} // namespace

class EffectsPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "effects.json")
    Q_INTERFACES(cay::Plugin)
public:
    std::span<const cay::Binding> commands() const override { return kCommands; }
    bool start(cay::Host &host, QString *) override
    {
        host.onPropagate(record);
        return true;
    }
};

#include "effects_plugin.moc"
