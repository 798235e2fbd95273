// What plugins hang into the host, and how it is taken out again.
#include "core/engine.h"

#include <algorithm>

namespace cay::core {

int Engine::addGate(Gate gate)
{
    for (std::size_t i = 0; i < m_gates.size(); ++i) {
        if (!m_gates[i].gate) {
            m_gates[i] = {m_actor, std::move(gate)};
            return static_cast<int>(i);
        }
    }
    m_gates.push_back({m_actor, std::move(gate)});
    return static_cast<int>(m_gates.size()) - 1;
}

int Engine::addObserver(std::function<void(Call &)> observer)
{
    for (std::size_t i = 0; i < m_observers.size(); ++i) {
        if (!m_observers[i].observer) {
            m_observers[i] = {m_actor, std::move(observer)};
            return static_cast<int>(i);
        }
    }
    m_observers.push_back({m_actor, std::move(observer)});
    return static_cast<int>(m_observers.size()) - 1;
}

int Engine::onKeyEvent(std::function<void(const KeyEvent &)> hook)
{
    m_onKeyEvent.add(m_nextHook, m_actor, std::move(hook));
    m_keyspace.tellDetails = true;
    return m_nextHook++;
}

int Engine::onFlush(std::function<void(int)> hook)
{
    m_onFlush.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onEmptied(std::function<void(int)> hook)
{
    m_onEmptied.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onSessionOpened(std::function<void(Session &)> hook)
{
    m_onOpened.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onSessionClosed(std::function<void(Session &)> hook)
{
    m_onClosed.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onSessionReset(std::function<void(Session &)> hook)
{
    m_onReset.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onCommand(std::function<void(Call &)> hook)
{
    m_onCommand.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onSlowCommand(std::int64_t thresholdNs, std::function<void(Call &, std::int64_t)> hook)
{
    m_onSlow.push_back({m_nextHook, m_actor, thresholdNs, std::move(hook)});
    updateSlowThreshold();
    return m_nextHook++;
}

void Engine::setSlowThreshold(int hook, std::int64_t thresholdNs)
{
    for (SlowHook &slow : m_onSlow) {
        if (slow.id == hook)
            slow.thresholdNs = thresholdNs;
    }
    updateSlowThreshold();
}

int Engine::onLatency(std::function<void(const char *, std::int64_t)> hook)
{
    m_onLatency.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

void Engine::latency(const char *event, std::int64_t ms)
{
    if (!m_onLatency.empty())
        m_onLatency(event, ms);
}

int Engine::onPropagate(std::function<void(int, std::span<const Bytes>)> hook)
{
    m_onPropagate.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

int Engine::onCron(std::function<void()> hook)
{
    m_onCron.add(m_nextHook, m_actor, std::move(hook));
    return m_nextHook++;
}

void Engine::removeHook(int id)
{
    std::erase_if(m_onSlow, [id](const SlowHook &hook) { return hook.id == id; });
    updateSlowThreshold();
    m_onKeyEvent.remove(id) || m_onFlush.remove(id) || m_onEmptied.remove(id)
        || m_onOpened.remove(id) || m_onClosed.remove(id) || m_onReset.remove(id)
        || m_onCommand.remove(id) || m_onLatency.remove(id) || m_onPropagate.remove(id)
        || m_onCron.remove(id);
    m_keyspace.tellDetails = !m_onKeyEvent.empty();
}

// Those of clients and the internal ones.
template <typename Visit>
void Engine::forEverySession(Visit visit)
{
    for (const auto &[id, client] : m_clients)
        visit(*client);
    for (const auto &[id, session] : m_internal)
        visit(*session);
}

void Engine::forget(const std::string &plugin)
{
    std::erase_if(m_onSlow, [&](const SlowHook &hook) { return hook.owner == plugin; });
    updateSlowThreshold();
    m_onKeyEvent.removeAll(plugin);
    m_keyspace.tellDetails = !m_onKeyEvent.empty();
    m_onFlush.removeAll(plugin);
    m_onEmptied.removeAll(plugin);
    m_onOpened.removeAll(plugin);
    m_onClosed.removeAll(plugin);
    m_onReset.removeAll(plugin);
    m_onCommand.removeAll(plugin);
    m_onLatency.removeAll(plugin);
    m_onPropagate.removeAll(plugin);
    m_onCron.removeAll(plugin);
    for (std::size_t i = 0; i < m_gates.size(); ++i) {
        if (m_gates[i].gate && m_gates[i].owner == plugin) {
            m_gates[i] = {};
            forEverySession([i](Session &session) { session.gates &= ~(1u << i); });
        }
    }
    for (std::size_t i = 0; i < m_observers.size(); ++i) {
        if (m_observers[i].observer && m_observers[i].owner == plugin) {
            m_observers[i] = {};
            forEverySession([i](Session &session) { session.observers &= ~(1u << i); });
        }
    }
    for (std::size_t i = 0; i < m_slotOwners.size(); ++i) {
        if (m_slotOwners[i] != plugin)
            continue;
        m_slotOwners[i].clear();
        forEverySession([i](Session &session) {
            Session::Slot &slot = session.pluginData[i];
            if (slot.data && slot.free)
                slot.free(slot.data);
            slot = {};
        });
    }
    for (std::size_t i = m_info.size(); i-- > 0;) {
        if (m_infoOwners[i] == plugin) {
            m_info.erase(m_info.begin() + static_cast<std::ptrdiff_t>(i));
            m_infoOwners.erase(m_infoOwners.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

void Engine::addInfoSection(InfoSection section)
{
    m_info.push_back(std::move(section));
    m_infoOwners.push_back(m_actor);
}

void Engine::removeInfoSection(Bytes name)
{
    for (std::size_t i = m_info.size(); i-- > 0;) {
        if (m_info[i].name == name) {
            m_info.erase(m_info.begin() + static_cast<std::ptrdiff_t>(i));
            m_infoOwners.erase(m_infoOwners.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

} // namespace cay::core
