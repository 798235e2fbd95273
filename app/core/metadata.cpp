#include "core/metadata.h"

#include "core/key_spec.h"
#include "core/syntax.h"

#include <QtCore/QJsonArray>

#include <algorithm>

namespace cay {

namespace {

// In the order in which COMMAND INFO prints them; null names are not shown, as in Redis.
constexpr BitName kCommandFlags[] = {
    {FlagWrite, "write"},
    {FlagReadonly, "readonly"},
    {FlagDenyOom, "denyoom"},
    {FlagAdmin, "admin"},
    {FlagPubsub, "pubsub"},
    {FlagNoScript, "noscript"},
    {FlagBlocking, "blocking"},
    {FlagLoading, "loading"},
    {FlagStale, "stale"},
    {FlagSkipMonitor, "skip_monitor"},
    {FlagSkipSlowlog, "skip_slowlog"},
    {FlagAsking, "asking"},
    {FlagFast, "fast"},
    {FlagNoAuth, "no_auth"},
    {FlagMayReplicate, "may_replicate"},
    {FlagNoMandatoryKeys, "no_mandatory_keys"},
    {FlagNoAsyncLoading, "no_async_loading"},
    {FlagNoMulti, "no_multi"},
    {FlagMovableKeys, "movablekeys"},
    {FlagAllowBusy, "allow_busy"},
    {FlagTouchesArbitraryKeys, "touches_arbitrary_keys"},
};
// Redis knows these too, and hides them.
constexpr BitName kHiddenFlags[] = {
    {FlagSentinel, "sentinel"},
    {FlagOnlySentinel, "only_sentinel"},
    {FlagProtected, "protected"},
};

enum AclCategory : std::uint32_t {
    AclKeyspace = 1u << 0,
    AclRead = 1u << 1,
    AclWrite = 1u << 2,
    AclSet = 1u << 3,
    AclSortedSet = 1u << 4,
    AclList = 1u << 5,
    AclHash = 1u << 6,
    AclString = 1u << 7,
    AclBitmap = 1u << 8,
    AclHyperLogLog = 1u << 9,
    AclGeo = 1u << 10,
    AclStream = 1u << 11,
    AclPubsub = 1u << 12,
    AclAdmin = 1u << 13,
    AclFast = 1u << 14,
    AclSlow = 1u << 15,
    AclBlocking = 1u << 16,
    AclDangerous = 1u << 17,
    AclConnection = 1u << 18,
    AclTransaction = 1u << 19,
    AclScripting = 1u << 20,
};
constexpr BitName kAclCategories[] = {
    {AclKeyspace, "keyspace"},
    {AclRead, "read"},
    {AclWrite, "write"},
    {AclSet, "set"},
    {AclSortedSet, "sortedset"},
    {AclList, "list"},
    {AclHash, "hash"},
    {AclString, "string"},
    {AclBitmap, "bitmap"},
    {AclHyperLogLog, "hyperloglog"},
    {AclGeo, "geo"},
    {AclStream, "stream"},
    {AclPubsub, "pubsub"},
    {AclAdmin, "admin"},
    {AclFast, "fast"},
    {AclSlow, "slow"},
    {AclBlocking, "blocking"},
    {AclDangerous, "dangerous"},
    {AclConnection, "connection"},
    {AclTransaction, "transaction"},
    {AclScripting, "scripting"},
};

} // namespace

std::span<const BitName> commandFlagNames() { return kCommandFlags; }
std::span<const BitName> aclCategoryNames() { return kAclCategories; }

namespace core {

namespace {

constexpr std::size_t kMaxName = 64;
constexpr int kMaxArity = 1024;
constexpr qsizetype kMaxText = 4096;

bool isOneOf(Bytes word, std::span<const char *const> words)
{
    return std::any_of(words.begin(), words.end(), [&](const char *w) { return word == w; });
}

std::uint64_t bitOf(Bytes name, std::span<const BitName> names)
{
    for (const BitName &bit : names) {
        if (name == bit.name)
            return bit.bit;
    }
    return 0;
}

// Letters, digits, '-', '_' and '.', of which the first is a letter.
bool isName(Bytes text)
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && text.size() <= kMaxName && letter(text.front())
           && std::all_of(text.begin(), text.end(), [&](char c) {
                  return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
              });
}

// Reads fields out of one JSON object and complains in one form: "plugin 'x': command 'GET': flags:
// ...".
class FieldReader
{
public:
    FieldReader(const QJsonObject &json, std::string where, QString *why)
        : m_json(json)
        , m_where(std::move(where))
        , m_why(why)
    {}

    bool fail(Bytes field, const std::string &what)
    {
        const std::string line
            = m_where + (field.empty() ? "" : ": ") + std::string(field) + ": " + what;
        *m_why = QString::fromStdString(line);
        return false;
    }

    bool onlyKnown(std::span<const char *const> fields)
    {
        for (auto it = m_json.begin(); it != m_json.end(); ++it) {
            if (!isOneOf(it.key().toStdString(), fields))
                return fail(it.key().toStdString(), "unknown field");
        }
        return true;
    }

    bool has(const char *field) const { return m_json.contains(QLatin1String(field)); }
    QJsonValue value(const char *field) const { return m_json.value(QLatin1String(field)); }

    bool text(const char *field, std::string *out)
    {
        if (!has(field))
            return true;
        if (!value(field).isString())
            return fail(field, "must be a string");
        if (value(field).toString().size() > kMaxText)
            return fail(field, "is longer than " + std::to_string(kMaxText) + " characters");
        *out = value(field).toString().toStdString();
        return true;
    }

    bool number(const char *field, int least, int most, int *out)
    {
        const double n = value(field).toDouble(least - 1.0);
        if (!value(field).isDouble() || n < least || n > most || n != static_cast<int>(n))
            return fail(field, "must be a whole number from " + std::to_string(least) + " to "
                                   + std::to_string(most));
        *out = static_cast<int>(n);
        return true;
    }

    bool boolean(const char *field, bool *out)
    {
        if (!has(field))
            return true;
        if (!value(field).isBool())
            return fail(field, "must be true or false");
        *out = value(field).toBool();
        return true;
    }

    bool texts(const char *field, std::vector<std::string> *out)
    {
        if (!has(field))
            return true;
        if (!value(field).isArray())
            return fail(field, "must be a list of strings");
        for (const QJsonValue &item : value(field).toArray()) {
            if (!item.isString())
                return fail(field, "must be a list of strings");
            out->push_back(item.toString().toStdString());
        }
        return true;
    }

    bool object(const char *field, QJsonObject *out)
    {
        if (!has(field))
            return true;
        if (!value(field).isObject())
            return fail(field, "must be an object");
        *out = value(field).toObject();
        return true;
    }

    const std::string &where() const { return m_where; }
    QString *why() const { return m_why; }

private:
    const QJsonObject m_json;
    const std::string m_where;
    QString *m_why;
};

bool readFlags(FieldReader &reader, CommandInfo *command)
{
    std::vector<std::string> names;
    if (!reader.texts("flags", &names))
        return false;
    for (const std::string &name : names) {
        const std::uint64_t bit = bitOf(name, kCommandFlags) | bitOf(name, kHiddenFlags);
        if (!bit)
            return reader.fail("flags", "unknown flag '" + name + "'");
        command->flags |= bit;
    }
    if ((command->flags & FlagWrite) && (command->flags & FlagReadonly))
        return reader.fail("flags", "a command is not both write and readonly");
    return true;
}

bool readAcl(FieldReader &reader, CommandInfo *command)
{
    std::vector<std::string> names;
    if (!reader.texts("acl", &names))
        return false;
    for (const std::string &name : names) {
        const std::uint64_t bit = bitOf(name, kAclCategories);
        if (!bit)
            return reader.fail("acl", "unknown category '" + name + "'");
        command->acl |= static_cast<std::uint32_t>(bit);
    }
    return true;
}

bool readKeys(FieldReader &reader, CommandInfo *command)
{
    std::vector<std::string> lines;
    if (!reader.texts("keys", &lines))
        return false;
    for (const std::string &line : lines) {
        KeySpec spec;
        std::string why;
        if (!parseKeySpec(line, &spec, &why))
            return reader.fail("keys", why);
        if (spec.begin == KeySpec::BeginIndex && command->arity > 0 && spec.index >= command->arity)
            return reader.fail("keys",
                               "position " + std::to_string(spec.index) + " is beyond the arity");
        command->keys.push_back(std::move(spec));
    }
    return true;
}

bool readSyntax(FieldReader &reader, CommandInfo *command)
{
    std::string line, why;
    if (!reader.text("syntax", &line))
        return false;
    const int specs = static_cast<int>(command->keys.size());
    if (!parseSyntax(line, specs, &command->arguments, &why))
        return reader.fail("syntax", why);
    command->syntax = usage(command->arguments);
    return true;
}

bool readHistory(FieldReader &reader, CommandInfo *command)
{
    if (reader.has("history") && !reader.value("history").isArray())
        return reader.fail("history", "must be a list of [version, change]");
    for (const QJsonValue &item : reader.value("history").toArray()) {
        const QJsonArray pair = item.toArray();
        if (pair.size() != 2 || !pair[0].isString() || !pair[1].isString())
            return reader.fail("history", "must be a list of [version, change]");
        command->history.emplace_back(pair[0].toString().toStdString(),
                                      pair[1].toString().toStdString());
    }
    return true;
}

bool readTexts(FieldReader &reader, CommandInfo *command)
{
    return reader.text("summary", &command->summary) && reader.text("group", &command->group)
           && reader.text("since", &command->since)
           && reader.text("complexity", &command->complexity)
           && reader.text("deprecated_since", &command->deprecatedSince)
           && reader.text("replaced_by", &command->replacedBy)
           && reader.texts("tips", &command->tips);
}

bool readArity(FieldReader &reader, CommandInfo *command)
{
    if (!reader.has("arity"))
        return reader.fail("arity", "is missing");
    if (!reader.number("arity", -kMaxArity, kMaxArity, &command->arity))
        return false;
    const int least = command->parent ? 2 : 1;
    if (std::abs(command->arity) < least)
        return reader.fail("arity",
                           "must count the command's own words: at least " + std::to_string(least));
    return true;
}

std::string lowerCase(std::string text)
{
    for (char &c : text)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return text;
}

class CommandReader
{
public:
    CommandReader(const std::string &plugin, QString *why)
        : m_plugin(plugin)
        , m_why(why)
    {}

    // Sorted by name; false when one is wrong.
    bool readAll(const QJsonObject &json, Command *parent,
                 std::vector<std::unique_ptr<Command>> *out)
    {
        for (auto it = json.begin(); it != json.end(); ++it) {
            auto command = std::make_unique<Command>();
            if (!read(it.key().toStdString(), it.value(), parent, command.get()))
                return false;
            out->push_back(std::move(command));
        }
        std::sort(out->begin(), out->end(),
                  [](const auto &a, const auto &b) { return a->name < b->name; });
        for (std::size_t i = 1; i < out->size(); ++i) {
            if ((*out)[i]->name == (*out)[i - 1]->name)
                return FieldReader({}, where(*(*out)[i]), m_why).fail("", "is there twice");
        }
        return true;
    }

private:
    std::string where(const Command &command) const
    {
        return "plugin '" + m_plugin + "': command '" + command.fullName + "'";
    }

    bool read(const std::string &name, const QJsonValue &json, Command *parent, Command *out)
    {
        out->name = lowerCase(name);
        out->fullName = parent ? parent->name + "|" + out->name : out->name;
        out->plugin = m_plugin;
        out->parent = parent;
        FieldReader reader(json.toObject(), where(*out), m_why);
        if (!json.isObject())
            return reader.fail("", "must be an object");
        if (!isName(name))
            return reader.fail("", "a name has letters, digits, '-', '_' and '.', at most 64");
        if (!parent && reader.has("extends"))
            return readExtension(reader, out) && readChildren(reader, out);
        return readFields(reader, out) && readChildren(reader, out);
    }

    static bool readExtension(FieldReader &reader, Command *out)
    {
        static constexpr const char *kFields[] = {"extends", "subcommands"};
        out->isExtension = true;
        std::string plugin;
        return reader.onlyKnown(kFields) && reader.text("extends", &plugin);
    }

    static bool readFields(FieldReader &reader, Command *out)
    {
        static constexpr const char *kFields[] = {
            "summary",     "group",       "since",  "complexity", "arity", "flags",
            "acl",         "keys",        "syntax", "history",    "tips",  "deprecated_since",
            "replaced_by", "subcommands",
        };
        if (!reader.onlyKnown(kFields) || !readArity(reader, out) || !readFlags(reader, out)
            || !readAcl(reader, out) || !readKeys(reader, out) || !readSyntax(reader, out)
            || !readHistory(reader, out) || !readTexts(reader, out))
            return false;
        deriveKeyRange(out);
        deriveAclCategories(out);
        return true;
    }

    bool readChildren(FieldReader &reader, Command *out)
    {
        QJsonObject children;
        if (!reader.object("subcommands", &children))
            return false;
        if (!children.isEmpty() && out->parent)
            return reader.fail("subcommands", "a subcommand has none of its own");
        if (!readAll(children, out, &out->children))
            return false;
        for (const auto &child : out->children) {
            if (child->group.empty())
                child->group = out->group;
            out->subcommands.push_back(child.get());
        }
        return true;
    }

    const std::string &m_plugin;
    QString *m_why;
};

// The shape alone: what the values mean is the option store's business.
bool checkOption(const std::string &plugin, const QString &name, const QJsonValue &json,
                 QString *why)
{
    static constexpr const char *kFields[] = {
        "type",      "default",   "min",       "max",    "aliases",  "values", "help",
        "immutable", "protected", "sensitive", "hidden", "multiple", "octal",
    };
    FieldReader reader(json.toObject(),
                       "plugin '" + plugin + "': option '" + name.toStdString() + "'", why);
    if (!json.isObject())
        return reader.fail("", "must be an object");
    if (!isName(name.toStdString()))
        return reader.fail("", "a name has letters, digits, '-', '_' and '.', at most 64");
    std::string text;
    bool flag = false;
    std::vector<std::string> list;
    if (!reader.onlyKnown(kFields) || !reader.text("type", &text))
        return false;
    for (const char *field :
         {"immutable", "protected", "sensitive", "hidden", "multiple", "octal"}) {
        if (!reader.boolean(field, &flag))
            return false;
    }
    return reader.text("help", &text) && reader.texts("aliases", &list)
           && reader.texts("values", &list);
}

bool checkOptions(const PluginMetadata &metadata, QString *why)
{
    for (auto it = metadata.options.begin(); it != metadata.options.end(); ++it) {
        if (!checkOption(metadata.id, it.key(), it.value(), why))
            return false;
    }
    return true;
}

bool readIdentity(FieldReader &reader, PluginMetadata *out)
{
    static constexpr const char *kFields[] = {
        "id", "version", "sdk", "summary", "requires", "uses", "options", "commands",
    };
    if (!reader.onlyKnown(kFields))
        return false;
    if (!reader.number("sdk", 1, 1'000'000, &out->sdk) || !reader.text("version", &out->version)
        || !reader.text("summary", &out->summary) || !reader.texts("requires", &out->requirements)
        || !reader.texts("uses", &out->uses) || !reader.object("options", &out->options))
        return false;
    for (const std::string &used : out->uses) {
        if (!isName(used))
            return reader.fail("uses", "'" + used + "' is not a plugin's id");
    }
    for (const std::string &required : out->requirements) {
        if (!isName(required))
            return reader.fail("requires", "'" + required + "' is not a plugin's id");
        if (required == out->id)
            return reader.fail("requires", "a plugin cannot require itself");
    }
    return !out->version.empty() || reader.fail("version", "is missing");
}

Command *findFullName(const PluginMetadata &metadata, Bytes fullName)
{
    for (const auto &command : metadata.commands) {
        if (command->fullName == fullName)
            return command.get();
        for (const auto &child : command->children) {
            if (child->fullName == fullName)
                return child.get();
        }
    }
    return nullptr;
}

bool isComplete(const Command &command, QString *why)
{
    if (!command.run && command.children.empty()) {
        *why = QString::fromStdString("plugin '" + command.plugin + "': command '"
                                      + command.fullName + "' is in the JSON but has no handler");
        return false;
    }
    return std::all_of(command.children.begin(), command.children.end(),
                       [why](const auto &child) { return isComplete(*child, why); });
}

} // namespace

bool parseMetadata(const QJsonObject &json, PluginMetadata *out, QString *why)
{
    *out = PluginMetadata();
    out->json = json;
    const std::string id = json.value(QLatin1String("id")).toString().toStdString();
    FieldReader reader(json, "plugin '" + id + "'", why);
    if (!isName(id))
        return reader.fail("id", id.empty() ? "is missing" : "is not a plugin's id");
    out->id = id;
    QJsonObject commands;
    if (!readIdentity(reader, out) || !checkOptions(*out, why)
        || !reader.object("commands", &commands))
        return false;
    return CommandReader(out->id, why).readAll(commands, nullptr, &out->commands);
}

bool bindCommands(PluginMetadata *metadata, std::span<const Binding> bindings, QString *why)
{
    const auto fail = [&](const Binding &binding, const char *what) {
        *why = QString::fromStdString("plugin '" + metadata->id + "': the handler of '"
                                      + binding.name + "' " + what);
        return false;
    };
    for (const Binding &binding : bindings) {
        if (!binding.name)
            return fail({"", nullptr}, "has no name");
        Command *command = findFullName(*metadata, lowerCase(binding.name));
        if (!command)
            return fail(binding, "is not in the JSON");
        if (command->run)
            return fail(binding, "is bound twice");
        if (!binding.run)
            return fail(binding, "is null");
        command->run = binding.run;
        command->keyFinder = binding.keys;
        command->ahead = binding.ahead;
    }
    return std::all_of(metadata->commands.begin(), metadata->commands.end(),
                       [why](const auto &command) { return isComplete(*command, why); });
}

void deriveAclCategories(CommandInfo *command)
{
    if (command->flags & FlagWrite)
        command->acl |= AclWrite;
    if ((command->flags & FlagReadonly) && !(command->acl & AclScripting))
        command->acl |= AclRead;
    if (command->flags & FlagAdmin)
        command->acl |= AclAdmin | AclDangerous;
    if (command->flags & FlagPubsub)
        command->acl |= AclPubsub;
    if (command->flags & FlagFast)
        command->acl |= AclFast;
    if (command->flags & FlagBlocking)
        command->acl |= AclBlocking;
    if (!(command->acl & AclFast))
        command->acl |= AclSlow;
}

} // namespace core
} // namespace cay
