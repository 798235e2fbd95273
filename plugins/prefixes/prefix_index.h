// The indexes of the databases that have one: trees of their keys, kept by whatever happens to a
// key.
//
//   off --option--> being built, a part of the keyspace at a time --> ready
//                        ^ swapped with a database that has none
//
// While an index is being built, it hears of changes already; the walk through the keyspace adds
// the keys that were there before, and meets each of them, whatever comes and goes meanwhile
// (Db::scan()).
#pragma once

#include "cay/host.h"
#include "cay/key_observer.h"
#include "store/key_tree.h"

#include <QtCore/QTimer>

#include <set>
#include <string>
#include <vector>

namespace cay::prefixes {

class PrefixIndex : public KeyObserver
{
public:
    // REQUIRES: all databases are there.
    void start(Host &host);
    void stop();

    // What the option says: "all", or numbers of databases. False with a reason.
    bool setDatabases(Bytes text, QString *why);

    // The tree of a database, complete. Null after the error that says why there is none.
    const store::KeyTree *tree(Call &call) const;

    void writeInfo(InfoWriter &out) const;

private:
    struct Database
    {
        bool isOn = false;
        bool isBuilding = false;
        std::uint64_t cursor = 0; // of Db::scan()
        std::uint64_t walked = 0;
        store::KeyTree tree;
    };

    void keyAdded(Db &db, const Entry &entry) override { put(db, entry); }
    void keyChanged(Db &db, const Entry &entry) override { put(db, entry); }
    void keyRemoved(Db &db, Bytes key) override;
    void emptied(Db &db) override;
    void swapped(Db &a, Db &b) override;
    void keyEvent(const KeyEvent &event);

    Database &of(const Db &db) { return m_databases[static_cast<std::size_t>(db.index())]; }
    void put(Db &db, const Entry &entry);
    void turnOn(int index);
    void turnOff(int index);
    void build(int index);
    void clear(Database &database);
    bool buildSome(Db &db, Database &database, std::int64_t end);
    void goOn();
    void listen();

    Host *m_host = nullptr;
    std::vector<Database> m_databases;
    int m_hook = -1;
    QTimer m_timer; // runs while something is being built
};

} // namespace cay::prefixes
