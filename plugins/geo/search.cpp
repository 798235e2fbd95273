// GEOSEARCH, GEOSEARCHSTORE, GEORADIUS and its three kin: one search, read in two ways.
#include "geo_commands.h"
#include "partial_sort.h"

#include "cay/host.h"

#include <algorithm>

namespace cay::geo {

namespace {

enum class Form : std::uint8_t { Radius, RadiusByMember, Search, SearchStore };
enum class Order : std::uint8_t { None, Ascending, Descending };

struct Request
{
    Form form;
    bool mayStore = false; // STORE and STOREDIST of GEORADIUS
    const Entry *source = nullptr;

    Shape shape;
    double unit = 1; // metres
    bool withDistance = false, withHash = false, withPosition = false;
    Order order = Order::None;
    std::uint64_t count = 0; // 0: all
    bool any = false;
    std::size_t store = 0; // the argument with the key, 0 for none
    bool storeDistance = false;
    bool hasCentre = false, hasMember = false, hasRadius = false, hasBox = false;

    bool isSearch() const { return form == Form::Search || form == Form::SearchStore; }
};

struct Point
{
    double distance = 0, score = 0;
    Position position;
    std::size_t name = 0, nameSize = 0; // in Found::names
};

struct Found
{
    std::vector<Point> points;
    std::string names; // one behind another

    Bytes name(const Point &point) const { return Bytes(names).substr(point.name, point.nameSize); }
};

bool readLength(Call &call, Bytes text, double *length, Bytes error)
{
    return readDouble(call, text, length, error);
}

// A number and a unit.
bool readRadius(Call &call, std::size_t i, Request *request)
{
    double radius;
    if (!readLength(call, call[i], &radius, "ERR need numeric radius"))
        return false;
    if (radius < 0)
        return call.fail("ERR radius cannot be negative");
    if (!readUnit(call, call[i + 1], &request->unit))
        return false;
    request->shape.isBox = false;
    request->shape.radius = radius * request->unit;
    return true;
}

bool readBox(Call &call, std::size_t i, Request *request)
{
    double width, height;
    if (!readLength(call, call[i], &width, "ERR need numeric width")
        || !readLength(call, call[i + 1], &height, "ERR need numeric height"))
        return false;
    if (width < 0 || height < 0)
        return call.fail("ERR height or width cannot be negative");
    if (!readUnit(call, call[i + 2], &request->unit))
        return false;
    request->shape.isBox = true;
    request->shape.width = width * request->unit;
    request->shape.height = height * request->unit;
    return true;
}

bool readMember(Call &call, std::size_t i, Request *request)
{
    return memberPosition(*request->source, call[i], &request->shape.centre)
           || call.fail("ERR could not decode requested zset member");
}

bool readCount(Call &call, std::size_t i, Request *request)
{
    std::int64_t count = 0;
    if (!readInteger(call, call[i], &count))
        return false;
    if (count <= 0)
        return call.fail("ERR COUNT must be > 0");
    request->count = static_cast<std::uint64_t>(count);
    return true;
}

// What stands at fixed places; *options becomes the first argument behind it.
bool readHead(Call &call, Request *request, std::size_t *options)
{
    switch (request->form) {
    case Form::Search: *options = 2; return true;
    case Form::SearchStore:
        *options = 3;
        request->store = 1;
        return true;
    case Form::Radius:
        *options = 6;
        return readPosition(call, 2, &request->shape.centre) && readRadius(call, 4, request);
    case Form::RadiusByMember: break;
    }
    *options = 5;
    return !request->source || (readMember(call, 2, request) && readRadius(call, 3, request));
}

enum class Taken : std::uint8_t { No, Yes, Failed };
Taken taken(bool success) { return success ? Taken::Yes : Taken::Failed; }

bool takeFlag(Bytes word, Request *request)
{
    if (isWord(word, "WITHDIST"))
        request->withDistance = true;
    else if (isWord(word, "WITHHASH"))
        request->withHash = true;
    else if (isWord(word, "WITHCOORD"))
        request->withPosition = true;
    else if (isWord(word, "ANY"))
        request->any = true;
    else if (isWord(word, "ASC"))
        request->order = Order::Ascending;
    else if (isWord(word, "DESC"))
        request->order = Order::Descending;
    else
        return false;
    return true;
}

// STORE key, STOREDIST key of GEORADIUS; STOREDIST of GEOSEARCHSTORE.
bool takeStore(Call &call, std::size_t *i, Request *request)
{
    const bool distance = isWord(call[*i], "STOREDIST");
    if (distance && request->form == Form::SearchStore) {
        request->storeDistance = true;
        return true;
    }
    if (!request->mayStore || !(distance || isWord(call[*i], "STORE")) || *i + 1 >= call.size())
        return false;
    request->store = ++*i;
    request->storeDistance = distance;
    return true;
}

// FROMMEMBER, FROMLONLAT, BYRADIUS and BYBOX.
Taken takeShape(Call &call, std::size_t *i, Request *request)
{
    const Bytes word = call[*i];
    const std::size_t at = *i + 1, rest = call.size() - at;
    if (isWord(word, "FROMMEMBER") && rest >= 1 && !request->hasCentre) {
        request->hasMember = true;
        *i += 1;
        return taken(!request->source || readMember(call, at, request));
    }
    if (isWord(word, "FROMLONLAT") && rest >= 2 && !request->hasMember) {
        request->hasCentre = true;
        *i += 2;
        return taken(readPosition(call, at, &request->shape.centre));
    }
    if (isWord(word, "BYRADIUS") && rest >= 2 && !request->hasBox) {
        request->hasRadius = true;
        *i += 2;
        return taken(readRadius(call, at, request));
    }
    if (isWord(word, "BYBOX") && rest >= 3 && !request->hasRadius) {
        request->hasBox = true;
        *i += 3;
        return taken(readBox(call, at, request));
    }
    return Taken::No;
}

bool readOptions(Call &call, std::size_t from, Request *request)
{
    for (std::size_t i = from; i < call.size(); ++i) {
        if (takeFlag(call[i], request))
            continue;
        if (isWord(call[i], "COUNT") && i + 1 < call.size()) {
            if (!readCount(call, ++i, request))
                return false;
            continue;
        }
        if (takeStore(call, &i, request))
            continue;
        const Taken shape = request->isSearch() ? takeShape(call, &i, request) : Taken::No;
        if (shape == Taken::No)
            return call.fail(errors::kSyntax);
        if (shape == Taken::Failed)
            return false;
    }
    return true;
}

bool checkOptions(Call &call, const Request &request)
{
    if (request.store && (request.withDistance || request.withHash || request.withPosition)) {
        const std::string who
            = request.form == Form::SearchStore ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
        return call.fail("ERR " + who
                         + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    }
    if (request.isSearch() && !request.hasMember && !request.hasCentre)
        return call.fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "
                         + std::string(call[0]));
    if (request.isSearch() && !request.hasRadius && !request.hasBox)
        return call.fail("ERR exactly one of BYRADIUS and BYBOX can be specified for "
                         + std::string(call[0]));
    return !request.any || request.count > 0
           || call.fail("ERR the ANY argument requires COUNT argument");
}

// The members of one cell that lie in the shape, in the order of their scores.
void findIn(const Cell &cell, const Request &request, std::uint64_t limit, Found *found)
{
    const zsets::ScoreRange range{firstScore(cell), endScore(cell), false, true};
    zsets::forEachInRange(*g_zsets, request.source->value(), range,
                          [&](Bytes member, double score) {
                              Point point;
                              point.position = positionOf(score);
                              if (!contains(request.shape, point.position, &point.distance))
                                  return true;
                              point.score = score;
                              point.name = found->names.size();
                              point.nameSize = member.size();
                              found->names.append(member);
                              found->points.push_back(point);
                              return found->points.size() < limit;
                          });
}

void find(const Request &request, Found *found)
{
    const std::uint64_t limit = request.any ? request.count : UINT64_MAX;
    Cell last;
    for (const Cell &cell : cellsAround(request.shape)) {
        // Around the whole earth, neighbours are the same cell.
        if (cell.step == 0 || cell == last)
            continue;
        if (found->points.size() >= limit)
            break;
        findIn(cell, request, limit, found);
        last = cell;
    }
}

void sortPoints(std::vector<Point> &points, std::size_t wanted, Order order)
{
    const auto compare = [order](const Point &a, const Point &b) {
        const int rising = (a.distance > b.distance) - (a.distance < b.distance);
        return order == Order::Ascending ? rising : -rising;
    };
    if (wanted < points.size())
        sortFirst(points.data(), points.size(), wanted, compare);
    else
        std::stable_sort(points.begin(), points.end(),
                         [&](const Point &a, const Point &b) { return compare(a, b) < 0; });
}

void replyPoints(Call &call, const Request &request, const Found &found, std::size_t count)
{
    const std::size_t extras
        = static_cast<std::size_t>(request.withDistance) + request.withHash + request.withPosition;
    call.reply.array(count);
    for (const Point &point : std::span(found.points).first(count)) {
        if (extras > 0)
            call.reply.array(extras + 1);
        call.reply.bulk(found.name(point));
        if (request.withDistance)
            replyDistance(call, point.distance / request.unit);
        if (request.withHash)
            call.reply.integer(static_cast<std::int64_t>(point.score));
        if (request.withPosition)
            replyPosition(call, point.position);
    }
}

void storePoints(Call &call, const Request &request, const Found &found, std::size_t count)
{
    const Key key = call.key(request.store);
    if (count > 0) {
        Value zset = g_zsets->make();
        for (const Point &point : std::span(found.points).first(count)) {
            const double score
                = request.storeDistance ? point.distance / request.unit : point.score;
            g_zsets->add(&zset, found.name(point), score, zsets::Always);
        }
        call.db.put(key, zset);
        call.modified(key, EventClass::SortedSet,
                      request.isSearch() ? "geosearchstore" : "georadiusstore");
        call.dirty += count - 1;
    } else if (call.db.erase(key)) {
        call.modified(key, EventClass::Generic, "del");
    }
    call.reply.integer(static_cast<std::int64_t>(count));
}

void run(Call &call, Form form, bool mayStore)
{
    Request request;
    request.form = form;
    request.mayStore = mayStore;
    std::size_t options;
    if (!readZset(call, form == Form::SearchStore ? 2 : 1, &request.source)
        || !readHead(call, &request, &options) || !readOptions(call, options, &request)
        || !checkOptions(call, request))
        return;
    Found found;
    if (request.source)
        find(request, &found);
    std::size_t count = found.points.size();
    if (request.count > 0) {
        // The nearest ones are asked for, unless any will do.
        if (request.order == Order::None && !request.any)
            request.order = Order::Ascending;
        count = std::min<std::size_t>(count, request.count);
    }
    if (request.order != Order::None && count > 0)
        sortPoints(found.points, count, request.order);
    if (request.store)
        storePoints(call, request, found, count);
    else
        replyPoints(call, request, found, count);
}

} // namespace

void geoRadius(Call &call) { run(call, Form::Radius, true); }
void geoRadiusRo(Call &call) { run(call, Form::Radius, false); }
void geoRadiusByMember(Call &call) { run(call, Form::RadiusByMember, true); }
void geoRadiusByMemberRo(Call &call) { run(call, Form::RadiusByMember, false); }
void geoSearch(Call &call) { run(call, Form::Search, false); }
void geoSearchStore(Call &call) { run(call, Form::SearchStore, false); }

} // namespace cay::geo
