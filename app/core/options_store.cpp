#include "core/options_store.h"

#include "core/known_options.h"
#include "core/log.h"
#include "core/options_store_p.h"
#include "resp/inline_args.h"
#include "store/glob.h"

#include <QtCore/QFile>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

#include <set>

namespace cay::core {

OptionStore::OptionStore() = default;
OptionStore::~OptionStore() = default;

// --- declarations -------------------------------------------------------------------------------

bool OptionStore::declareHost(QString *why)
{
    QFile file(QStringLiteral(":/cay/options.json"));
    if (!file.open(QIODevice::ReadOnly)) {
        *why = QStringLiteral("the resource :/cay/options.json is missing");
        return false;
    }
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &error);
    if (error.error != QJsonParseError::NoError) {
        *why = QStringLiteral("options.json: ") + error.errorString();
        return false;
    }
    return addOptions(QString(), document.object().value(QLatin1String("options")).toObject(), why);
}

bool OptionStore::addOptions(const QString &owner, const QJsonObject &options, QString *why)
{
    bool ok = true;
    for (auto it = options.begin(); ok && it != options.end(); ++it) {
        OptionSpec spec;
        ok = readOptionSpec(owner, it.key(), it.value().toObject(), &spec, why)
             && declare(std::move(spec), why);
    }
    ok = ok && applyWaiting(why);
    if (!ok)
        removeOptions(owner);
    return ok;
}

bool OptionStore::declare(OptionSpec spec, QString *why)
{
    std::vector<std::string> names = spec.aliases;
    names.push_back(spec.name);
    for (const std::string &name : names) {
        if (m_names.contains(name)) {
            *why
                = QStringLiteral("option '%1' is declared twice").arg(QString::fromStdString(name));
            return false;
        }
    }
    auto option = std::make_unique<Option>();
    option->spec = std::move(spec);
    std::vector<std::string> words{option->spec.defaultText};
    if (option->spec.takesWords())
        resp::splitArgs(option->spec.defaultText, &words);
    std::string reason;
    if (!parseOption(option->spec, words, ValueSource::Default, &option->value, &reason)) {
        *why = QStringLiteral("option '%1': the default: %2")
                   .arg(QString::fromStdString(option->spec.name), QString::fromStdString(reason));
        return false;
    }
    option->spec.defaultText = option->value.text; // in the form in which values are compared
    for (const std::string &name : names)
        m_names.emplace(name, option.get());
    m_options.emplace(option->spec.name, std::move(option));
    return true;
}

void OptionStore::removeOptions(const QString &owner)
{
    const std::string id = owner.toStdString();
    for (Waiting &one : m_waiting) { // for the day when the owner comes back
        if (const Option *option = find(one.directive.words[0]); option && option->spec.owner == id)
            one.applied = false;
    }
    std::erase_if(m_names, [&](const auto &entry) { return entry.second->spec.owner == id; });
    std::erase_if(m_options, [&](const auto &entry) { return entry.second->spec.owner == id; });
    for (auto &[name, option] : m_options) {
        std::erase_if(option->watches, [&](const Watch &watch) { return watch.owner == id; });
        if (option->rewriteOwner == id)
            option->rewriteLines = nullptr;
    }
}

OptionStore::Option *OptionStore::find(Bytes name) const
{
    const auto it = m_names.find(lowerCase(name));
    return it == m_names.end() ? nullptr : it->second;
}

const OptionSpec *OptionStore::spec(Bytes name) const
{
    const Option *option = find(name);
    return option ? &option->spec : nullptr;
}

std::vector<std::string> OptionStore::names() const
{
    std::vector<std::string> result;
    for (const auto &[name, option] : m_options)
        result.push_back(name);
    return result;
}

// --- loading ------------------------------------------------------------------------------------

bool OptionStore::load(const ConfigInput &input, std::string *error)
{
    m_input = input;
    return readConfig(
        input,
        [this](const Directive &directive, std::string *reason) {
            return applyDirective(directive, reason);
        },
        error);
}

bool OptionStore::applyDirective(const Directive &directive, std::string *reason)
{
    Option *option = find(directive.words[0]);
    if (!option) {
        m_waiting.push_back({directive});
        return true;
    }
    std::vector<std::string> words(directive.words.begin() + 1, directive.words.end());
    // "100 1" in one argument, as the command line gives it, is two words.
    std::vector<std::string> split;
    if (option->spec.takesWords() && !option->spec.repeats() && words.size() == 1
        && !words[0].empty() && resp::splitArgs(words[0], &split))
        words = std::move(split);
    if (!parseOption(option->spec, words, ValueSource::File, &option->value, reason))
        return false;
    option->origin = directive.file + ':' + std::to_string(directive.line);
    QString why;
    if (tell(*option, &why))
        return true;
    *reason = why.toStdString();
    return false;
}

bool OptionStore::applyWaiting(QString *why)
{
    for (Waiting &one : m_waiting) {
        std::string reason;
        if (one.applied || !find(one.directive.words[0]))
            continue;
        one.applied = true;
        if (!applyDirective(one.directive, &reason)) {
            *why = QString::fromStdString(configErrorText(one.directive, reason));
            return false;
        }
    }
    return true;
}

bool OptionStore::finishLoading(std::vector<std::string> *warnings, std::string *error)
{
    std::set<std::string> warned;
    for (const Waiting &one : m_waiting) {
        const std::string &name = one.directive.words[0];
        if (one.applied)
            continue;
        switch (knownOption(name)) {
        case KnownOption::Unknown:
            *error = configErrorText(one.directive, "Bad directive or wrong number of arguments");
            return false;
        case KnownOption::Elsewhere:
            if (warned.insert(name).second)
                warnings->push_back(
                    "Option '" + name + "' (" + one.directive.file + ", line "
                    + std::to_string(one.directive.line)
                    + ") is known to Redis or Valkey, but this server does not have it: ignored");
            break;
        case KnownOption::Retired: break;
        }
    }
    return true;
}

bool OptionStore::takeRefusal(QString *why)
{
    if (m_refusal.isEmpty())
        return false;
    *why = std::exchange(m_refusal, QString());
    return true;
}

std::string OptionStore::report() const
{
    std::string result;
    for (const auto &[name, option] : m_options) {
        if (option->spec.hidden && option->origin.empty())
            continue;
        result += name + ' ' + (option->spec.sensitive ? "(redacted)" : option->value.text);
        if (!option->origin.empty())
            result += "   # " + option->origin;
        result += '\n';
    }
    return result;
}

// --- reading ------------------------------------------------------------------------------------

std::string OptionStore::text(Bytes name) const
{
    const Option *option = find(name);
    return option ? option->value.text : std::string();
}

std::int64_t OptionStore::integer(Bytes name) const
{
    const Option *option = find(name);
    return option ? option->value.integer : 0;
}

std::vector<std::vector<std::string>> OptionStore::entries(Bytes name) const
{
    const Option *option = find(name);
    return option ? option->value.entries : std::vector<std::vector<std::string>>();
}

void OptionStore::watch(Bytes name, std::function<bool(QString *why)> apply)
{
    Option *option = find(name);
    if (!option) { // a slip of the pen in a plugin: its JSON does not declare what its code reads
        log(LogLevel::Warning, "nobody declares the option '%s', which is watched",
            std::string(name).c_str());
        return;
    }
    QString why;
    if (!apply(&why) && m_refusal.isEmpty()) {
        m_refusal = QStringLiteral("option '%1'%2: %3")
                        .arg(QString::fromStdString(option->spec.name),
                             QString::fromStdString(
                                 option->origin.empty() ? "" : " (" + option->origin + ')'),
                             why);
    }
    option->watches.push_back({m_actor, std::move(apply)});
}

void OptionStore::mirror(Bytes name, std::int64_t *to)
{
    watch(name, [option = find(name), to](QString *) {
        *to = option->value.integer;
        return true;
    });
}

void OptionStore::mirror(Bytes name, bool *to)
{
    watch(name, [option = find(name), to](QString *) {
        *to = option->value.integer != 0;
        return true;
    });
}

void OptionStore::onRewrite(Bytes name, std::function<std::vector<std::string>()> lines)
{
    if (Option *option = find(name)) {
        option->rewriteLines = std::move(lines);
        option->rewriteOwner = m_actor;
    }
}

std::vector<std::pair<std::string, std::string>>
OptionStore::match(std::span<const Bytes> patterns) const
{
    std::map<std::string, std::pair<std::string, std::string>> found; // by the name in lower case
    for (const Bytes pattern : patterns) {
        if (pattern.find_first_of("[*?") == Bytes::npos) {
            if (const Option *option = find(pattern)) // shown as it was asked for
                found.try_emplace(lowerCase(pattern), std::string(pattern), option->value.text);
            continue;
        }
        for (const auto &[name, option] : m_names) {
            if (!option->spec.hidden && store::globMatch(pattern, name, true))
                found.try_emplace(name, name, option->value.text);
        }
    }
    std::vector<std::pair<std::string, std::string>> result;
    for (auto &[key, pair] : found)
        result.push_back(std::move(pair));
    return result;
}

} // namespace cay::core
