#include "watch.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

namespace transactions {

using cay::Bytes;
using cay::Call;
using cay::Session;

namespace {

struct Watched
{
    int db;
    std::string key;
    bool expired; // it was there when it was watched, but past its time
};
using WatchList = std::vector<Watched>;

struct TextHash
{
    using is_transparent = void;
    std::size_t operator()(Bytes text) const { return cay::store::hashBytes(text); }
};
using Watchers = std::unordered_map<std::string, std::vector<Session *>, TextHash, std::equal_to<>>;

cay::Host *g_host = nullptr;
int g_slot = -1;
int g_hook = 0;
std::map<int, Watchers> g_watchers; // by database

WatchList *listOf(const Session &session)
{
    return static_cast<WatchList *>(session.pluginData[static_cast<std::size_t>(g_slot)].data);
}

Watched *find(const Session &session, int db, Bytes key)
{
    WatchList *list = listOf(session);
    if (!list)
        return nullptr;
    const auto found
        = std::ranges::find_if(*list, [&](const Watched &w) { return w.db == db && w.key == key; });
    return found == list->end() ? nullptr : &*found;
}

// Neither look deletes an expired key.
bool isPastItsTime(const cay::Db &db, Bytes key)
{
    const cay::Entry *entry = db.stored(cay::Key(key));
    return entry && entry->hasExpiry() && entry->expiry() <= db.now();
}

bool exists(const cay::Db &db, Bytes key) { return db.stored(cay::Key(key)) != nullptr; }

void touch(cay::Db &db, Bytes key, const std::vector<Session *> &sessions)
{
    for (Session *session : sessions) {
        Watched *watched = find(*session, db.index(), key);
        if (watched->expired && !exists(db, key)) {
            // Expired when it was watched, deleted now: it has not changed for whoever watches.
            watched->expired = false;
            continue;
        }
        session->set(cay::SessionDirtyCas);
    }
}

void keyChanged(const cay::KeyEvent &event)
{
    if (!event.modified)
        return;
    const auto inDb = g_watchers.find(event.db.index());
    if (inDb == g_watchers.end())
        return;
    const auto found = inDb->second.find(event.key);
    if (found != inDb->second.end())
        touch(event.db, event.key, found->second);
}

void databaseChanged(int index)
{
    for (const auto &[db, watchers] : g_watchers) {
        if (index >= 0 && db != index)
            continue;
        for (const auto &[key, sessions] : watchers) {
            cay::Db &where = g_host->db(db);
            if (!exists(where, key))
                continue;
            for (Session *session : sessions) {
                if (!find(*session, db, key)->expired || !isPastItsTime(where, key))
                    session->set(cay::SessionDirtyCas);
            }
        }
    }
}

} // namespace

void setUpWatch(cay::Host &host)
{
    g_host = &host;
    g_slot = host.sessionSlot();
    g_hook = 0;
    host.onFlush(databaseChanged);
    host.onSessionClosed(unwatchAll);
}

void unwatchAll(Session &session)
{
    WatchList *list = listOf(session);
    if (!list)
        return;
    for (const Watched &watched : *list) {
        Watchers &watchers = g_watchers[watched.db];
        const auto found = watchers.find(watched.key);
        std::erase(found->second, &session);
        if (found->second.empty())
            watchers.erase(found);
        if (watchers.empty())
            g_watchers.erase(watched.db);
    }
    delete list;
    session.pluginData[static_cast<std::size_t>(g_slot)] = {};
    session.watched = 0;
    session.unset(cay::SessionDirtyCas);
    if (g_watchers.empty() && g_hook) {
        g_host->removeHook(g_hook);
        g_hook = 0;
    }
}

bool watchedKeyExpired(Session &session)
{
    const WatchList *list = listOf(session);
    return list && std::ranges::any_of(*list, [](const Watched &watched) {
               return !watched.expired && isPastItsTime(g_host->db(watched.db), watched.key);
           });
}

void watch(Call &call)
{
    Session &session = call.session;
    if (session.has(cay::SessionMulti)) {
        call.fail(cay::errors::kWatchInsideMulti);
        return;
    }
    call.reply.ok();
    if (session.has(cay::SessionDirtyCas))
        return; // EXEC will fail whatever else is watched
    if (!g_hook)
        g_hook = g_host->onKeyEvent(keyChanged);
    Session::Slot &slot = session.pluginData[static_cast<std::size_t>(g_slot)];
    if (!slot.data)
        slot = {new WatchList, [](void *list) { delete static_cast<WatchList *>(list); }};
    const int db = call.db.index();
    for (std::size_t i = 1; i < call.size(); ++i) {
        if (find(session, db, call[i]))
            continue;
        listOf(session)->push_back({db, std::string(call[i]), isPastItsTime(call.db, call[i])});
        g_watchers[db][std::string(call[i])].push_back(&session);
        ++session.watched;
    }
}

void unwatch(Call &call)
{
    unwatchAll(call.session);
    call.reply.ok();
}

} // namespace transactions
