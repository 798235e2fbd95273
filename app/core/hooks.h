// Lists of functions that plugins have hung into the host, each with an id and the plugin it
// belongs to.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cay::core {

// Hooks may be added and removed while they are being called: a removed one is not called again,
// and its memory goes when nobody walks the list.
template <typename Signature>
class HookList
{
public:
    bool empty() const { return m_live == 0; }

    void add(int id, std::string owner, std::function<Signature> call)
    {
        m_hooks.push_back(std::make_shared<Hook>(Hook{id, std::move(owner), std::move(call)}));
        ++m_live;
    }
    bool remove(int id)
    {
        return removeIf([id](const Hook &hook) { return hook.id == id; });
    }
    void removeAll(const std::string &owner)
    {
        removeIf([&](const Hook &hook) { return hook.owner == owner; });
    }
    template <typename... Arguments>
    void operator()(Arguments &&...arguments)
    {
        ++m_walking;
        for (std::size_t i = 0; i < m_hooks.size(); ++i) {
            const std::shared_ptr<Hook> hook = m_hooks[i];
            if (hook->call)
                hook->call(arguments...);
        }
        if (--m_walking == 0)
            sweep();
    }

private:
    struct Hook
    {
        int id;
        std::string owner;
        std::function<Signature> call;
    };

    template <typename Match>
    bool removeIf(Match match)
    {
        bool found = false;
        for (const auto &hook : m_hooks) {
            if (hook->call && match(*hook)) {
                hook->call = nullptr;
                --m_live;
                found = true;
            }
        }
        if (m_walking == 0)
            sweep();
        return found;
    }
    void sweep()
    {
        if (m_hooks.size() != m_live)
            std::erase_if(m_hooks, [](const auto &hook) { return !hook->call; });
    }

    std::vector<std::shared_ptr<Hook>> m_hooks;
    std::size_t m_live = 0;
    int m_walking = 0;
};

} // namespace cay::core
