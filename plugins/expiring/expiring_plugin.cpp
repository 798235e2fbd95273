// EXPIRING: the database's index of expiry times, shown.
#include "cay/args.h"
#include "cay/db.h"
#include "cay/plugin.h"
#include "store/glob.h"

#include <algorithm>
#include <optional>

namespace cay::expiring {

namespace {

constexpr std::int64_t kMostKeys = 100'000, kMostBuckets = 10'000;
// Keys that a pattern is tried on, at most: ten milliseconds.
constexpr std::int64_t kMostLookedAt = 100'000;

struct Request
{
    bool buckets = false;
    std::int64_t width = 0, number = 0; // of buckets; milliseconds
    std::optional<UnixMs> from;
    std::optional<std::int64_t> count;
    std::optional<Bytes> pattern;
    bool withTimes = false;
};

bool readRequest(Call &call, Request *request)
{
    ArgParser args(call, 1);
    while (args.more()) {
        if (!request->buckets && args.word("BUCKETS", 2)) {
            request->buckets = true;
            request->width = args.integerIn(1, INT64_MAX);
            request->number = args.integerIn(1, kMostBuckets);
        } else if (args.word("FROM", 1)) {
            request->from = args.integerIn(0, INT64_MAX);
        } else if (args.word("COUNT", 1)) {
            request->count = args.integerIn(1, kMostKeys);
        } else if (args.word("MATCH", 1)) {
            request->pattern = args.next();
        } else if (args.word("WITHTIMES")) {
            request->withTimes = true;
        } else {
            args.syntaxError();
        }
    }
    const bool lists = request->count || request->pattern || request->withTimes;
    return args.ok() && (!(request->buckets && lists) || args.syntaxError());
}

void replyKeys(Call &call, const Request &request, UnixMs from)
{
    std::int64_t left = request.count.value_or(10), looked = kMostLookedAt;
    std::size_t written = 0;
    const bool pairs = request.withTimes && call.reply.version() == 3;
    const auto list = call.reply.defer();
    call.db.forEachExpiring(from, [&](const Entry &entry) {
        if (!request.pattern || store::globMatch(*request.pattern, entry.key())) {
            if (pairs)
                call.reply.array(2);
            call.reply.bulk(entry.key());
            if (request.withTimes)
                call.reply.integer(entry.expiry());
            written += request.withTimes && !pairs ? 2 : 1;
            --left;
        }
        return left > 0 && --looked > 0;
    });
    call.reply.closeArray(list, written);
}

// The end of a bucket; times do not go on for ever.
UnixMs later(UnixMs at, std::int64_t width)
{
    return at > INT64_MAX - width ? INT64_MAX : at + width;
}

void replyBuckets(Call &call, const Request &request, UnixMs from)
{
    call.reply.map(3);
    call.reply.bulk("from");
    call.reply.integer(from);
    call.reply.bulk("counts");
    call.reply.array(static_cast<std::size_t>(request.number));
    // At the present, what is due now has gone.
    std::size_t before = call.db.expiringBefore(std::max(from, call.db.now() + 1));
    UnixMs at = from;
    for (std::int64_t i = 0; i < request.number; ++i) {
        at = later(at, request.width);
        const std::size_t until = std::max(before, call.db.expiringBefore(at));
        call.reply.integer(static_cast<std::int64_t>(until - before));
        before = until;
    }
    call.reply.bulk("later");
    call.reply.integer(static_cast<std::int64_t>(call.db.expires() - before));
}

void expiring(Call &call)
{
    Request request;
    if (!readRequest(call, &request))
        return;
    // A key whose time has come is not there, even if it has not been deleted yet.
    const UnixMs from = std::max(request.from.value_or(0), call.db.now() + 1);
    if (request.buckets)
        replyBuckets(call, request, std::max(request.from.value_or(call.db.now()), call.db.now()));
    else
        replyKeys(call, request, from);
}

constexpr Binding kCommands[] = {{"expiring", expiring}};

} // namespace

class ExpiringPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "expiring.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
};

} // namespace cay::expiring

#include "expiring_plugin.moc"
