#include "queue.h"
#include "watch.h"

#include "cay/plugin.h"

namespace transactions {

namespace {

constexpr cay::Binding kCommands[] = {
    {"discard", discard}, {"exec", exec}, {"multi", multi}, {"unwatch", unwatch}, {"watch", watch},
};

} // namespace

class TransactionsPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "transactions.json")
    Q_INTERFACES(cay::Plugin)
public:
    std::span<const cay::Binding> commands() const override { return kCommands; }

    bool start(cay::Host &host, QString *) override
    {
        setUpQueue(host);
        setUpWatch(host);
        return true;
    }
};

} // namespace transactions

#include "transactions_plugin.moc"
