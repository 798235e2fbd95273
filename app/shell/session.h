// Runs one command after another over a client and follows what they do to the connection:
// database, transaction, protocol, subscriptions, user.
#pragma once

#include "shell/check.h"
#include "shell/client.h"

namespace cay::shell {

class Session
{
public:
    enum class Outcome : unsigned char { Ok, Failed, Quit };

    // `interactive`: somebody types at a terminal.
    Session(Client &client, const Options &options, bool interactive);

    // Runs a command, its output to stdout. `line` is what was typed, if anything was.
    Outcome run(std::vector<std::string> words, const std::string &line = {});
    // The same several times, with the interval of the options between.
    Outcome repeat(std::vector<std::string> words, long times, const std::string &line = {});

    std::string prompt() const;
    bool isConnected() const { return m_client.isConnected(); }
    Docs &docs() { return m_docs; }
    // Asks for all descriptions, where that is possible now.
    void loadDocs();
    void connected(); // after Client::connect()

private:
    bool runLocally(const std::vector<std::string> &words, Outcome *outcome);
    void printHelp(std::vector<std::string> topic);
    Outcome connectTo(const std::vector<std::string> &words);
    enum class Verdict : unsigned char { Send, Answered, Refused };
    Verdict prepare(std::vector<std::string> *words, const std::string &line);
    bool showPage(std::vector<std::string> words);
    bool describe(const std::vector<std::string> &words);
    bool checksAreOn() const;
    bool refuse(const std::vector<std::string> &words, const std::string &line);
    bool ensureConnected();

    Outcome exchange(const std::vector<std::string> &words);
    Outcome readAndPrint(const std::vector<std::string> &words, bool anything = false);
    Outcome print(const std::vector<std::string> &words, resp::ReplyView reply);
    Outcome stream(const std::vector<std::string> &words, bool anything);
    Outcome subscribe(const std::vector<std::string> &words);
    Outcome unsubscribe(const std::vector<std::string> &words);
    Outcome broken(Client::Result result);
    bool isSilenced(const std::vector<std::string> &words);
    bool follow(const std::vector<std::string> &words, resp::ReplyView error);

    void noteReply(const std::vector<std::string> &words, resp::ReplyView reply);
    void noteSelection(const std::vector<std::string> &words);
    void noteTransaction(const std::string &name, resp::ReplyView reply);
    void noteLogin(const std::vector<std::string> &words);
    void noteHello(const std::vector<std::string> &words);
    void reset();
    void setDatabase(int database);

    Client &m_client;
    const Options &m_options;
    Docs m_docs;
    bool m_interactive;
    int m_database = 0;
    std::vector<int> m_previous; // databases to return to, the latest last
    int m_selecting = -1;        // DESELECT is on its way to this database
    bool m_inMulti = false;
    int m_databaseBeforeMulti = 0;
    bool m_repliesOff = false;          // CLIENT REPLY OFF
    int m_repliesToSkip = 0;            // CLIENT REPLY SKIP
    std::vector<std::string> m_refused; // sent as it is when it comes again
};

// Commands that hold a password, which no history keeps.
bool isSensitive(const std::vector<std::string> &words);

} // namespace cay::shell
