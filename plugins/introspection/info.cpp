#include "info.h"

#include "introspection.h"
#include "text.h"

#include <algorithm>
#include <set>

namespace cay::introspection {

std::span<const BuiltinSection> builtinSections()
{
    static constexpr BuiltinSection kSections[] = {
        {"server", "Server", true, writeServer},
        {"clients", "Clients", true, writeClients},
        {"memory", "Memory", true, writeMemory},
        {"persistence", "Persistence", true, writePersistence},
        {"stats", "Stats", true, writeStats},
        {"replication", "Replication", true, writeReplication},
        {"cpu", "CPU", true, writeCpu},
        {"modules", "Modules", true, writeModules},
        {"commandstats", "Commandstats", false, writeCommandStats},
        {"errorstats", "Errorstats", true, writeErrorStats},
        {"latencystats", "Latencystats", false, writeLatencyStats},
        {"cluster", "Cluster", true, writeCluster},
        {"keyspace", "Keyspace", true, writeKeyspace},
    };
    return kSections;
}

namespace {

class Choice
{
public:
    explicit Choice(std::span<const Bytes> args)
    {
        for (const Bytes arg : args) {
            const std::string name = lowerCase(arg);
            m_default |= name == "default";
            m_all |= name == "all" || name == "everything";
            m_names.insert(name);
        }
        m_default |= args.empty();
    }
    bool has(const std::string &name, bool isDefault) const
    {
        return m_all || (m_default && isDefault) || m_names.contains(name);
    }

private:
    bool m_default = false, m_all = false;
    std::set<std::string> m_names;
};

Bytes fieldName(Bytes line) { return line.substr(0, line.find(':')); }

std::vector<Bytes> lines(Bytes text)
{
    std::vector<Bytes> result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\r\n"), text.size() - 2);
        result.push_back(text.substr(0, end));
        text.remove_prefix(end + 2);
    }
    return result;
}

// Lines of `over` replace the lines of `base` that have the same field.
std::string merged(Bytes base, Bytes over)
{
    std::vector<Bytes> result = lines(base);
    for (const Bytes line : lines(over)) {
        const auto same = std::find_if(result.begin(), result.end(), [line](Bytes other) {
            return fieldName(other) == fieldName(line);
        });
        if (same == result.end())
            result.push_back(line);
        else
            *same = line;
    }
    std::string text;
    for (const Bytes line : result)
        (text += line) += "\r\n";
    return text;
}

class Page
{
public:
    explicit Page(Host &host)
        : m_host(host)
    {}

    void add(const BuiltinSection &section)
    {
        std::string body;
        InfoWriter writer(body);
        section.write(writer, m_host);
        for (const InfoSection &extra : m_host.infoSections()) {
            if (extra.name == section.name)
                body = merged(body, text(extra));
        }
        append(section.title, body);
    }
    void add(const InfoSection &section) { append(section.title, text(section)); }
    const std::string &text() const { return m_text; }

private:
    static std::string text(const InfoSection &section)
    {
        std::string body;
        InfoWriter writer(body);
        section.write(writer);
        return body;
    }
    void append(Bytes title, Bytes body)
    {
        if (!m_text.empty())
            m_text += "\r\n";
        ((m_text += "# ") += title) += "\r\n";
        m_text += body;
    }

    Host &m_host;
    std::string m_text;
};

bool isBuiltin(const std::string &name)
{
    const auto all = builtinSections();
    return std::any_of(all.begin(), all.end(),
                       [&name](const BuiltinSection &s) { return name == s.name; });
}

} // namespace

void info(Call &call)
{
    const Choice choice(call.args.subspan(1));
    Page page(call.host);
    for (const BuiltinSection &section : builtinSections()) {
        if (choice.has(section.name, section.isDefault))
            page.add(section);
    }
    for (const InfoSection &section : call.host.infoSections()) {
        if (!isBuiltin(section.name) && choice.has(section.name, section.isDefault))
            page.add(section);
    }
    call.reply.verbatim("txt", page.text());
}

} // namespace cay::introspection
