// GEOADD, GEOPOS, GEODIST, GEOHASH; and the reading and writing of positions and distances.
#include "geo_commands.h"

#include "cay/host.h"

#include <charconv>

namespace cay::geo {

namespace {

struct Unit
{
    Bytes name;
    double metres;
};
constexpr Unit kUnits[] = {{"M", 1}, {"KM", 1000}, {"FT", 0.3048}, {"MI", 1609.34}};

void replyCoordinate(Call &call, double degrees)
{
    char text[resp::kMaxLongDoubleChars];
    const char *end = resp::writeLongDouble(text, degrees);
    const Bytes digits(text, static_cast<std::size_t>(end - text));
    if (call.reply.version() == 2) {
        call.reply.bulk(digits);
        return;
    }
    call.reply.raw(",");
    call.reply.raw(digits);
    call.reply.raw("\r\n");
}

struct Added
{
    unsigned conditions = zsets::Always;
    bool countChanges = false;
    std::size_t from = 2; // the first longitude
    std::vector<double> scores;
};

bool readAdded(Call &call, Added *added)
{
    for (; added->from < call.size(); ++added->from) {
        const Bytes word = call[added->from];
        if (isWord(word, "NX"))
            added->conditions |= zsets::OnlyNew;
        else if (isWord(word, "XX"))
            added->conditions |= zsets::OnlyExisting;
        else if (isWord(word, "CH"))
            added->countChanges = true;
        else
            break;
    }
    constexpr unsigned kBoth = zsets::OnlyNew | zsets::OnlyExisting;
    const std::size_t rest = call.size() - added->from;
    if (rest % 3 != 0 || (added->conditions & kBoth) == kBoth)
        return call.fail(errors::kSyntax);
    for (std::size_t i = added->from; i < call.size(); i += 3) {
        Position position;
        if (!readPosition(call, i, &position))
            return false;
        added->scores.push_back(scoreOf(position));
    }
    return !added->scores.empty() || call.fail(errors::kSyntax);
}

// A replica that knows no positions needs no more than ZADD.
void propagate(Call &call, const Added &added)
{
    std::vector<std::string> numbers;
    std::vector<Bytes> words = {"ZADD"};
    numbers.reserve(added.scores.size());
    words.insert(words.end(), call.args.begin() + 1,
                 call.args.begin() + static_cast<std::ptrdiff_t>(added.from));
    for (std::size_t i = 0; i < added.scores.size(); ++i) {
        numbers.push_back(std::to_string(static_cast<std::uint64_t>(added.scores[i])));
        words.push_back(numbers.back());
        words.push_back(call[added.from + i * 3 + 2]);
    }
    call.propagateAs(words);
}

} // namespace

bool readZset(Call &call, std::size_t i, const Entry **entry)
{
    *entry = call.db.read(call.key(i));
    return !*entry || (*entry)->type() == g_zsetType || call.fail(errors::kWrongType);
}

bool memberPosition(const Entry &entry, Bytes member, Position *position)
{
    double score;
    if (!g_zsets->score(entry.value(), member, &score))
        return false;
    *position = positionOf(score);
    return true;
}

bool readPosition(Call &call, std::size_t i, Position *position)
{
    if (!readDouble(call, call[i], &position->longitude)
        || !readDouble(call, call[i + 1], &position->latitude))
        return false;
    if (position->isValid())
        return true;
    char text[1024];
    const int size = std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f",
                                   position->longitude, position->latitude);
    return call.fail(
        Bytes(text, std::min<std::size_t>(static_cast<std::size_t>(size), sizeof text - 1)));
}

bool readUnit(Call &call, Bytes text, double *metres)
{
    for (const Unit &unit : kUnits) {
        if (isWord(text, unit.name)) {
            *metres = unit.metres;
            return true;
        }
    }
    return call.fail("ERR unsupported unit provided. please use M, KM, FT, MI");
}

void replyDistance(Call &call, double distance)
{
    char text[512];
    const auto end = std::to_chars(text, text + sizeof text, distance, std::chars_format::fixed, 4);
    call.reply.bulk(Bytes(text, static_cast<std::size_t>(end.ptr - text)));
}

void replyPosition(Call &call, const Position &position)
{
    call.reply.array(2);
    replyCoordinate(call, position.longitude);
    replyCoordinate(call, position.latitude);
}

void geoAdd(Call &call)
{
    Added request;
    if (!readAdded(call, &request))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (entry && entry->type() != g_zsetType) {
        call.fail(errors::kWrongType);
        return;
    }
    std::uint64_t added = 0, updated = 0;
    if (entry || !(request.conditions & zsets::OnlyExisting)) {
        Value zset = entry ? entry->value() : g_zsets->make();
        for (std::size_t i = 0; i < request.scores.size(); ++i) {
            const Bytes member = call[request.from + i * 3 + 2];
            const auto outcome
                = g_zsets->add(&zset, member, request.scores[i], request.conditions).outcome;
            added += outcome == zsets::Added::New;
            updated += outcome == zsets::Added::Changed;
        }
        if (entry)
            entry->setObject(zset.object);
        else
            call.db.put(key, zset);
    }
    if (added + updated > 0) {
        call.modified(key, EventClass::SortedSet, "zadd");
        call.dirty += added + updated - 1;
        propagate(call, request);
    }
    call.reply.integer(static_cast<std::int64_t>(added + (request.countChanges ? updated : 0)));
}

void geoPos(Call &call)
{
    const Entry *entry;
    if (!readZset(call, 1, &entry))
        return;
    call.reply.array(call.size() - 2);
    for (std::size_t i = 2; i < call.size(); ++i) {
        Position position;
        if (entry && memberPosition(*entry, call[i], &position))
            replyPosition(call, position);
        else
            call.reply.nullArray();
    }
}

void geoHash(Call &call)
{
    const Entry *entry;
    if (!readZset(call, 1, &entry))
        return;
    call.reply.array(call.size() - 2);
    for (std::size_t i = 2; i < call.size(); ++i) {
        double score;
        if (entry && g_zsets->score(entry->value(), call[i], &score)) {
            const auto text = geohashText(score);
            call.reply.bulk(Bytes(text.data(), text.size()));
        } else {
            call.reply.null();
        }
    }
}

void geoDist(Call &call)
{
    double unit = 1;
    if (call.size() > 5) {
        call.fail(errors::kSyntax);
        return;
    }
    if (call.size() == 5 && !readUnit(call, call[4], &unit))
        return;
    const Entry *entry;
    if (!readZset(call, 1, &entry))
        return;
    Position a, b;
    if (entry && memberPosition(*entry, call[2], &a) && memberPosition(*entry, call[3], &b))
        replyDistance(call, distance(a, b) / unit);
    else
        call.reply.null();
}

} // namespace cay::geo
