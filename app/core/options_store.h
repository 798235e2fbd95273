// All options of a server: the host's and those of its plugins, with their values and who listens
// to them.
//
// Life: declareHost(); load() reads the configuration and applies what is declared so far;
// addOptions() for each plugin applies what waited for it; finishLoading() complains about what
// nobody declared. Then the server runs, and CONFIG SET and REWRITE come through cay::Options.
#pragma once

#include "cay/options.h"
#include "core/config_file.h"
#include "core/options_spec.h"

#include <map>
#include <memory>

namespace cay::core {

class Q_DECL_EXPORT OptionStore : public Options
{
public:
    OptionStore();
    ~OptionStore() override;
    OptionStore(const OptionStore &) = delete;
    OptionStore &operator=(const OptionStore &) = delete;

    // Declarations. False with a reason: a bad or a duplicate declaration, a line of the
    // configuration that the new options refuse; nothing of the owner is then left.
    bool declareHost(QString *why); // from the resource :/cay/options.json
    bool addOptions(const QString &owner, const QJsonObject &options, QString *why);
    void
    removeOptions(const QString &owner); // with all watches and mirrors that were made in its name
    // In whose name watch(), mirror() and onRewrite() are called from now on; empty is the host.
    void actFor(const QString &owner) { m_actor = owner.toStdString(); }

    // The configuration. *error is the text to print before the process ends with status 1.
    bool load(const ConfigInput &input, std::string *error);
    // After the last plugin was declared: one warning per option of Redis or Valkey that nobody
    // here has.
    bool finishLoading(std::vector<std::string> *warnings, std::string *error);
    // The reason of the first watch that refused its option's value since the last call.
    bool takeRefusal(QString *why);
    // Each name with its value and the line that set it, as --check-config prints them.
    std::string report() const;
    // Names of all options, hidden ones included, sorted.
    std::vector<std::string> names() const;
    const OptionSpec *spec(Bytes name) const;

    // cay::Options
    std::string text(Bytes name) const override;
    std::int64_t integer(Bytes name) const override;
    void watch(Bytes name, std::function<bool(QString *why)> apply) override;
    void mirror(Bytes name, std::int64_t *to) override;
    void mirror(Bytes name, bool *to) override;
    std::vector<std::vector<std::string>> entries(Bytes name) const override;
    void onRewrite(Bytes name, std::function<std::vector<std::string>()> lines) override;
    bool change(Bytes name, Bytes value, std::string *why) override;
    std::vector<std::pair<std::string, std::string>>
    match(std::span<const Bytes> patterns) const override;
    bool setMany(std::span<const std::pair<Bytes, Bytes>> pairs, bool local,
                 std::string *error) override;
    bool rewrite(std::string *error) override;
    bool rewriteAll(std::string *error) override;
    const std::string &configFile() const override { return m_input.file; }

private:
    struct Option;
    struct Waiting; // a directive that nobody had declared when it was read
    struct Change;

    Option *find(Bytes name) const; // by name or alias, any case
    bool declare(OptionSpec spec, QString *why);
    bool applyDirective(const Directive &directive, std::string *reason);
    bool applyWaiting(QString *why);
    bool prepare(std::span<const std::pair<Bytes, Bytes>> pairs, bool local,
                 std::vector<Change> *changes, std::string *error) const;
    bool protectedAllowed(bool local) const;
    bool commit(std::vector<Change> &changes, std::string *failed, std::string *why);
    static bool tell(Option &option, QString *why);
    std::vector<std::pair<std::string, bool>> lines(const Option &option) const;
    bool rewriteFile(bool all, std::string *error);

    std::map<std::string, std::unique_ptr<Option>, std::less<>> m_options;
    std::map<std::string, Option *, std::less<>> m_names; // aliases too
    std::vector<Waiting> m_waiting;
    ConfigInput m_input;
    std::string m_actor;
    QString m_refusal;
};

} // namespace cay::core
