// CONFIG SET: all pairs or none.
#include "core/options_store_p.h"

#include <unistd.h>

namespace cay::core {

namespace {

// CONFIG SET splits at single spaces: two of them have an empty word between them. An empty value
// is no word at all.
std::vector<std::string> wordsOf(const OptionSpec &spec, Bytes value)
{
    std::vector<std::string> words;
    if (!spec.takesWords() || spec.repeats()) {
        words.emplace_back(value);
        return words;
    }
    while (!value.empty()) {
        const std::size_t space = value.find(' ');
        words.emplace_back(value.substr(0, space));
        if (space != Bytes::npos && space + 1 == value.size())
            words.emplace_back();
        value.remove_prefix(space == Bytes::npos ? value.size() : space + 1);
    }
    return words;
}

std::string failedText(const std::string &name, const std::string &reason)
{
    return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason;
}

// CONFIG SET dir changes the directory while it is read: this brings it back when the whole is
// refused.
class DirectoryGuard
{
public:
    DirectoryGuard()
    {
        if (getcwd(m_path, sizeof m_path) == nullptr)
            m_path[0] = 0;
    }
    ~DirectoryGuard()
    {
        if (!m_keep && m_path[0] && chdir(m_path) != 0)
            m_path[0] = 0;
    }
    void keep() { m_keep = true; }

private:
    char m_path[4096];
    bool m_keep = false;
};

} // namespace

bool OptionStore::protectedAllowed(bool local) const
{
    const std::string allowed = text("enable-protected-configs");
    return allowed == "yes" || (allowed == "local" && local);
}

bool OptionStore::prepare(std::span<const std::pair<Bytes, Bytes>> pairs, bool local,
                          std::vector<Change> *changes, std::string *error) const
{
    for (const auto &[name, value] : pairs) {
        Option *option = find(name);
        if (!option) {
            *error = "ERR Unknown option or number of arguments for CONFIG SET - '"
                     + std::string(name) + '\'';
            return false;
        }
        const std::string asked = lowerCase(name);
        const char *refused = nullptr;
        if (option->spec.immutableOption)
            refused = "can't set immutable config";
        else if (option->spec.protectedOption && !protectedAllowed(local))
            refused = "can't set protected config";
        for (const Change &change : *changes) {
            if (!refused && change.asked == asked)
                refused = "duplicate parameter";
        }
        if (refused) {
            *error = failedText(asked, refused);
            return false;
        }
        changes->push_back({option, asked, {}});
    }
    return true;
}

// Tells all who watch the option. On a refusal, those told before it hear nothing: the caller puts
// the value back and tells everybody again.
bool OptionStore::tell(Option &option, QString *why)
{
    for (std::size_t i = 0; i < option.watches.size(); ++i) {
        if (!option.watches[i].apply(why))
            return false;
    }
    return true;
}

bool OptionStore::commit(std::vector<Change> &changes, std::string *failed, std::string *why)
{
    for (Change &change : changes)
        std::swap(change.option->value, change.value);
    QString reason;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (changes[i].option->value == changes[i].value || tell(*changes[i].option, &reason))
            continue;
        *failed = changes[i].asked;
        *why = reason.toStdString();
        for (std::size_t j = changes.size(); j-- > 0;)
            std::swap(changes[j].option->value, changes[j].value);
        QString ignored;
        for (std::size_t j = 0; j <= i; ++j)
            tell(*changes[j].option, &ignored);
        return false;
    }
    return true;
}

bool OptionStore::setMany(std::span<const std::pair<Bytes, Bytes>> pairs, bool local,
                          std::string *error)
{
    std::vector<Change> changes;
    if (!prepare(pairs, local, &changes, error))
        return false;
    DirectoryGuard directory;
    std::string why, failed;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i].value = changes[i].option->value;
        const OptionSpec &spec = changes[i].option->spec;
        if (!parseOption(spec, wordsOf(spec, pairs[i].second), ValueSource::Runtime,
                         &changes[i].value, &why)) {
            *error = failedText(changes[i].asked, why);
            return false;
        }
    }
    if (!commit(changes, &failed, &why)) {
        *error = failedText(failed, why);
        return false;
    }
    directory.keep();
    return true;
}

bool OptionStore::change(Bytes name, Bytes value, std::string *why)
{
    Option *option = find(name);
    if (!option) {
        *why = "there is no such option";
        return false;
    }
    std::vector<Change> changes{{option, lowerCase(name), option->value}};
    std::string failed;
    return parseOption(option->spec, wordsOf(option->spec, value), ValueSource::Runtime,
                       &changes[0].value, why)
           && commit(changes, &failed, why);
}

} // namespace cay::core
