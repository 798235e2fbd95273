#include "prefix_index.h"

#include "resp/number.h"
#include "store/arena.h"

#include <algorithm>

namespace cay::prefixes {

namespace {

// Elements of a large collection that its size is estimated from.
constexpr std::size_t kSamples = 5;
// A build takes this long at most in one turn of the event loop.
constexpr std::int64_t kStepNs = 500'000;
constexpr std::size_t kKeysBetweenClocks = 64;

// The entry, and what its value owns.
std::uint64_t bytesOf(const Host &host, const Entry &entry)
{
    std::size_t bytes = store::EntryArena::slotFor(entry.size(), entry.key().size());
    if (entry.isObject())
        bytes += host.type(entry.type()).memory(entry.value(), kSamples);
    return bytes;
}

bool readDatabases(Bytes text, int databases, std::set<int> *wanted, QString *why)
{
    if (text == "all") {
        for (int i = 0; i < databases; ++i)
            wanted->insert(i);
        return true;
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const Bytes word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        std::int64_t n = 0;
        if (word.empty())
            continue;
        if (!resp::parseInteger(word, &n) || n < 0 || n >= databases) {
            *why = QStringLiteral("argument must be 'all' or a list of database numbers below %1")
                       .arg(databases);
            return false;
        }
        wanted->insert(static_cast<int>(n));
    }
    return true;
}

} // namespace

void PrefixIndex::start(Host &host)
{
    m_host = &host;
    m_databases.resize(static_cast<std::size_t>(host.databases()));
    m_timer.setInterval(0);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { goOn(); });
}

void PrefixIndex::stop()
{
    m_timer.stop();
    for (std::size_t i = 0; i < m_databases.size(); ++i)
        m_host->db(static_cast<int>(i)).observe(nullptr);
    m_databases.clear();
}

bool PrefixIndex::setDatabases(Bytes text, QString *why)
{
    std::set<int> wanted;
    if (!readDatabases(text, m_host->databases(), &wanted, why))
        return false;
    for (int i = 0; i < m_host->databases(); ++i) {
        const bool isOn = m_databases[static_cast<std::size_t>(i)].isOn;
        if (wanted.contains(i) && !isOn)
            turnOn(i);
        else if (!wanted.contains(i) && isOn)
            turnOff(i);
    }
    listen();
    return true;
}

// Key events cost every command a little: they are followed only while there is an index.
void PrefixIndex::listen()
{
    const bool wanted = std::ranges::any_of(m_databases, &Database::isOn);
    if (wanted && m_hook < 0) {
        m_hook = m_host->onKeyEvent([this](const KeyEvent &event) { keyEvent(event); });
    } else if (!wanted && m_hook >= 0) {
        m_host->removeHook(m_hook);
        m_hook = -1;
    }
}

void PrefixIndex::turnOn(int index)
{
    m_databases[static_cast<std::size_t>(index)].isOn = true;
    m_host->db(index).observe(this);
    build(index);
}

void PrefixIndex::turnOff(int index)
{
    Database &database = m_databases[static_cast<std::size_t>(index)];
    m_host->db(index).observe(nullptr);
    clear(database);
    database.isOn = false;
}

// A large tree is taken apart by the background thread.
void PrefixIndex::clear(Database &database)
{
    auto old = std::make_shared<store::KeyTree>(std::move(database.tree));
    database.tree = store::KeyTree();
    database.isBuilding = false;
    if (old->size() > 0)
        m_host->inBackground([old] {});
}

// Starts anew from an empty tree. A few thousand keys are done at once.
void PrefixIndex::build(int index)
{
    Database &database = m_databases[static_cast<std::size_t>(index)];
    database.isBuilding = true;
    database.cursor = database.walked = 0;
    if (!buildSome(m_host->db(index), database, m_host->monotonicNs() + kStepNs))
        m_timer.start();
}

// True when there is nothing left to do.
bool PrefixIndex::buildSome(Db &db, Database &database, std::int64_t end)
{
    do {
        database.cursor = db.scan(database.cursor, kKeysBetweenClocks, [&](const Entry &entry) {
            put(db, entry);
            ++database.walked;
        });
        if (database.cursor == 0) {
            database.isBuilding = false;
            return true;
        }
    } while (m_host->monotonicNs() < end);
    return false;
}

void PrefixIndex::goOn()
{
    const std::int64_t end = m_host->monotonicNs() + kStepNs;
    for (std::size_t i = 0; i < m_databases.size(); ++i) {
        if (m_databases[i].isBuilding
            && !buildSome(m_host->db(static_cast<int>(i)), m_databases[i], end))
            return;
    }
    m_timer.stop();
}

void PrefixIndex::put(Db &db, const Entry &entry)
{
    of(db).tree.put(entry.key(), bytesOf(*m_host, entry),
                    entry.hasExpiry() ? entry.expiry() : kNever);
}

void PrefixIndex::keyRemoved(Db &db, Bytes key) { of(db).tree.erase(key); }

void PrefixIndex::emptied(Db &db) { clear(of(db)); }

void PrefixIndex::swapped(Db &a, Db &b)
{
    Database &first = of(a), &second = of(b);
    std::swap(first, second);
    std::swap(first.isOn, second.isOn); // that stays with the number
    for (Db *db : {&a, &b}) {
        Database &database = of(*db);
        if (!database.isOn)
            clear(database);
        else if (!of(db == &a ? b : a).isOn)
            build(db->index());
    }
}

// A value that was edited where it lies, or a collection that has more or fewer elements. What has
// another entry has been told already, but is not told apart. Some changes inside streams (a new
// consumer) are events only.
void PrefixIndex::keyEvent(const KeyEvent &event)
{
    if (event.eventClass == EventClass::KeyMiss || !of(event.db).isOn)
        return;
    const Entry *entry = event.db.stored(Key(event.key));
    if (entry && entry->isObject())
        put(event.db, *entry);
}

const store::KeyTree *PrefixIndex::tree(Call &call) const
{
    const Database &database = m_databases[static_cast<std::size_t>(call.db.index())];
    const std::string which = "ERR the prefix index of database " + std::to_string(call.db.index());
    if (!database.isOn) {
        call.fail(which + " is off, see the option prefix-index-databases");
        return nullptr;
    }
    if (database.isBuilding) {
        const std::uint64_t share
            = database.walked * 100 / std::max<std::size_t>(call.db.size(), 1);
        call.fail(which + " is being built, " + std::to_string(std::min<std::uint64_t>(share, 99))
                  + " percent is done");
        return nullptr;
    }
    return &database.tree;
}

void PrefixIndex::writeInfo(InfoWriter &out) const
{
    for (std::size_t i = 0; i < m_databases.size(); ++i) {
        const Database &database = m_databases[i];
        if (!database.isOn)
            continue;
        out.field("prefix_index_db" + std::to_string(i),
                  std::string(database.isBuilding ? "state=building" : "state=ready")
                      + ",keys=" + std::to_string(database.tree.size())
                      + ",memory=" + std::to_string(database.tree.memory()));
    }
}

} // namespace cay::prefixes
