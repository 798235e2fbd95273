#include "registry.h"

namespace cay::pubsub {

Registry::~Registry()
{
    for (const Topic *topic : m_topics)
        delete topic;
}

const Topic *Registry::find(Bytes name) const
{
    if (m_topics.empty())
        return nullptr;
    const auto *slot = m_byName.find(name, store::hashBytes(name));
    return slot ? m_byName.item(*slot) : nullptr;
}

bool Registry::add(Subscriptions &subscriber, Bytes name)
{
    const std::uint64_t hash = store::hashBytes(name);
    Subscriptions::Table &own = subscriber.of(m_kind);
    if (own.find(name, hash))
        return false;
    const auto *slot = m_byName.find(name, hash);
    Topic *topic = slot ? m_byName.item(*slot) : make(name, hash);
    auto *subscription = new Subscription{topic, topic->receivers.size()};
    topic->receivers.push_back({&subscriber.session, subscription});
    own.insert(subscription, hash);
    return true;
}

bool Registry::remove(Subscriptions &subscriber, Bytes name)
{
    const std::uint64_t hash = store::hashBytes(name);
    Subscriptions::Table &own = subscriber.of(m_kind);
    auto *slot = own.find(name, hash);
    if (!slot)
        return false;
    Subscription *subscription = own.item(*slot);
    Topic *topic = subscription->topic;
    own.erase(slot, hash);
    auto &receivers = topic->receivers;
    receivers[subscription->place] = receivers.back();
    receivers[subscription->place].subscription->place = subscription->place;
    receivers.pop_back();
    delete subscription;
    if (receivers.empty())
        drop(topic, hash);
    return true;
}

Topic *Registry::make(Bytes name, std::uint64_t hash)
{
    auto *topic = new Topic{std::string(name), {}, m_topics.size()};
    m_topics.push_back(topic);
    m_byName.insert(topic, hash);
    return topic;
}

void Registry::drop(Topic *topic, std::uint64_t hash)
{
    m_byName.erase(m_byName.find(topic->name, hash), hash);
    m_topics[topic->place] = m_topics.back();
    m_topics[topic->place]->place = topic->place;
    m_topics.pop_back();
    delete topic;
}

} // namespace cay::pubsub
