// Who listens to what. There is one Registry for channels, one for shard channels and one for
// patterns, and a Subscriber for each session that listens to anything.
//
//   Registry                                                    Subscriber, in the session's slot
//   +--------------------------+    Topic                       +-------------------------------+
//   | table: name -> Topic     |--> +----------------------+    | per kind: name -> Subscription|
//   | list of all Topics       |    | name                 |    +-------------------------------+
//   +--------------------------+    | receivers:           |        |
//                                   |  session | --------- | --> Subscription: topic, place among
//                                   |  session | --------- |     the topic's receivers
//                                   +----------------------+
//
// Invariants: a topic has at least one receiver; receivers[s->place].subscription == s.
// Complexities: subscribe, unsubscribe and look-up O(1), at any number of channels and of
// subscribers: the last receiver moves to the place of the one that goes, so receivers are in no
// order. Publishing walks an array of sessions. Tables grow by segments (store/dict.h): no
// subscription stalls the others.
//
// Turned down: lists of clients per channel as Redis 7.0 has them (leaving is O(subscribers)), and
// ids of sessions in place of pointers (a look-up per delivery); sessions tell when they go, so the
// pointers never dangle.
#pragma once

#include "cay/host.h"
#include "store/dict.h"

namespace cay::pubsub {

enum class Kind : std::uint8_t { Channel, Pattern, Shard };
inline constexpr std::size_t kKinds = 3;

struct Subscription;

struct Receiver
{
    Session *session;
    Subscription *subscription;
};

struct Topic
{
    std::string name;
    std::vector<Receiver> receivers;
    std::size_t place; // in the registry's list
};

struct Subscription
{
    Topic *topic;
    std::size_t place; // in the topic's receivers
};

// For tables by name, of topics and of a session's subscriptions.
struct ByName
{
    static Bytes key(const Topic *topic) { return topic->name; }
    static Bytes key(const Subscription *subscription) { return subscription->topic->name; }
};

class Subscriptions
{
public:
    explicit Subscriptions(Session &of)
        : session(of)
    {}
    using Table = store::Dict<Subscription, ByName>;
    Table &of(Kind kind) { return m_tables[static_cast<std::size_t>(kind)]; }
    bool empty() const
    {
        return std::ranges::all_of(m_tables, [](const Table &table) { return table.empty(); });
    }

    Session &session;

private:
    std::array<Table, kKinds> m_tables;
};

class Registry
{
public:
    explicit Registry(Kind kind)
        : m_kind(kind)
    {}
    ~Registry();
    Registry(const Registry &) = delete;
    Registry &operator=(const Registry &) = delete;

    // Null when nobody listens to it.
    const Topic *find(Bytes name) const;
    // False when it was so already.
    bool add(Subscriptions &subscriber, Bytes name);
    bool remove(Subscriptions &subscriber, Bytes name);

    // All of them, in no order; not while add() or remove() run.
    const std::vector<Topic *> &topics() const { return m_topics; }
    std::size_t size() const { return m_topics.size(); }

private:
    Topic *make(Bytes name, std::uint64_t hash);
    void drop(Topic *topic, std::uint64_t hash);

    Kind m_kind;
    store::Dict<Topic, ByName> m_byName;
    std::vector<Topic *> m_topics;
};

} // namespace cay::pubsub
