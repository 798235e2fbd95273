#include "shell/session.h"

#include "resp/number.h"
#include "shell/format.h"
#include "shell/help.h"
#include "shell/interrupt.h"
#include "shell/text.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyTree;
using resp::ReplyType;
using resp::ReplyView;
using Words = std::vector<std::string>;
using Outcome = Session::Outcome;

namespace {

void write(const std::string &text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

bool contains(const Words &words, std::size_t from, Bytes word)
{
    return std::any_of(words.begin() + static_cast<long>(std::min(from, words.size())), words.end(),
                       [word](const std::string &w) { return equalsIgnoringCase(w, word); });
}

bool mayHaveDashes(const Words &words)
{
    return std::any_of(words.begin() + 1, words.end(),
                       [](const std::string &word) { return word.size() > 1 && word[0] == '-'; });
}

void sleepFor(double seconds)
{
    if (seconds > 0)
        ::usleep(static_cast<useconds_t>(seconds * 1e6));
}

} // namespace

bool isSensitive(const Words &words)
{
    if (words.empty())
        return false;
    const std::string name = toLower(words[0]);
    const std::string second = words.size() > 1 ? toLower(words[1]) : std::string();
    if (name == "auth")
        return true;
    if (name == "acl")
        return second == "setuser" || second == "deluser" || second == "getuser";
    if (name == "hello")
        return contains(words, 1, "auth");
    if (name == "migrate")
        return contains(words, 5, "auth") || contains(words, 5, "auth2");
    if (name == "config" && second == "set")
        return contains(words, 2, "requirepass") || contains(words, 2, "masterauth")
               || contains(words, 2, "masteruser") || contains(words, 2, "primaryauth")
               || contains(words, 2, "tls-key-file-pass")
               || contains(words, 2, "tls-client-key-file-pass");
    return name == "sentinel"
           && (contains(words, 1, "auth-pass") || contains(words, 1, "sentinel-pass"));
}

Session::Session(Client &client, const Options &options, bool interactive)
    : m_client(client)
    , m_options(options)
    , m_interactive(interactive)
    , m_database(options.database)
{
    if (options.showPushes)
        m_client.setPushHandler([this](ReplyView push) { write(formatPush(push, m_options)); });
}

void Session::connected()
{
    m_inMulti = m_repliesOff = false;
    m_repliesToSkip = 0;
}

std::string Session::prompt() const
{
    if (!m_client.isConnected())
        return "not connected> ";
    std::string out = m_client.where();
    if (m_database != 0)
        out += "[" + std::to_string(m_database) + "]";
    return out + (m_inMulti ? "(TX)> " : "> ");
}

// Descriptions cannot be asked for while the reply would be queued or kept back.
void Session::loadDocs()
{
    if (m_client.isConnected() && !m_inMulti && !m_repliesOff && m_repliesToSkip == 0)
        m_docs.loadAll(m_client);
}

bool Session::describe(const Words &words)
{
    if (m_docs.isComplete())
        return true;
    if (!m_client.isConnected() || m_inMulti || m_repliesOff || m_repliesToSkip != 0)
        return false;
    return m_docs.load(m_client, words[0]);
}

Outcome Session::repeat(Words words, long times, const std::string &line)
{
    Outcome outcome = Outcome::Ok;
    for (long i = 0; times < 0 || i < times; ++i) {
        outcome = run(words, line);
        if (outcome != Outcome::Ok || takeInterrupt())
            return outcome;
        if (m_options.intervalChosen)
            sleepFor(m_options.interval);
    }
    return outcome;
}

Outcome Session::run(Words words, const std::string &line)
{
    Outcome outcome = Outcome::Ok;
    if (words.empty() || runLocally(words, &outcome))
        return outcome;
    if (!ensureConnected())
        return Outcome::Failed;
    switch (prepare(&words, line)) {
    case Verdict::Send: return exchange(words);
    case Verdict::Answered: return Outcome::Ok;
    case Verdict::Refused: return m_interactive ? Outcome::Ok : Outcome::Failed;
    }
    return Outcome::Failed;
}

bool Session::runLocally(const Words &words, Outcome *outcome)
{
    const std::string name = toLower(words[0]);
    if (name == "quit" || name == "exit") {
        *outcome = Outcome::Quit;
        return words.size() == 1;
    }
    if (name == "help" || name == "?") {
        printHelp({words.begin() + 1, words.end()});
        return true;
    }
    if (name == "clear" && words.size() == 1 && m_interactive) {
        write("\x1b[H\x1b[2J");
        return true;
    }
    if (name == "connect" && words.size() == 3) {
        *outcome = connectTo(words);
        return true;
    }
    if (name != "deselect" || words.size() != 1)
        return false;
    if (m_previous.empty()) {
        write("(error) there is no database to return to: nothing was selected before\n");
        return true;
    }
    m_selecting = m_previous.back();
    *outcome
        = ensureConnected() ? exchange({"SELECT", std::to_string(m_selecting)}) : Outcome::Failed;
    m_selecting = -1;
    return true;
}

void Session::printHelp(Words topic)
{
    if (!m_client.isConnected())
        m_client.connect();
    loadDocs();
    write(helpPage(m_docs, topic, ::isatty(STDOUT_FILENO)));
}

Outcome Session::connectTo(const Words &words)
{
    std::int64_t port = 0;
    if (!resp::parseInteger(words[2], &port) || port < 1 || port > 65535) {
        write("connect HOST PORT: the port is a number from 1 to 65535\n");
        return Outcome::Failed;
    }
    m_client.setTarget([host = words[1], number = static_cast<int>(port)](
                           std::string *why) { return connectTcp(host, number, why); },
                       formatAddress(words[1], static_cast<int>(port)));
    m_docs.clear();
    m_previous.clear();
    const bool ok = m_client.connect();
    connected();
    if (m_interactive)
        loadDocs();
    return ok ? Outcome::Ok : Outcome::Failed;
}

bool Session::ensureConnected()
{
    // A server that has closed an idle connection is noticed here, before a command is lost on it.
    if (m_client.isConnected() && m_client.drain())
        return true;
    const bool ok = m_client.connect();
    connected();
    return ok;
}

// Help flags, dashes and checks.
Session::Verdict Session::prepare(Words *words, const std::string &line)
{
    if (m_options.checks == Checks::Off)
        return Verdict::Send;
    if (showPage(*words))
        return Verdict::Answered;
    const bool wanted = checksAreOn() || mayHaveDashes(*words);
    if (!wanted || !describe(*words))
        return Verdict::Send;
    std::size_t nameWords = 0;
    if (const CommandDoc *doc = m_docs.find(*words, &nameWords))
        rewriteDashes(*doc, nameWords, words);
    return checksAreOn() && refuse(*words, line) ? Verdict::Refused : Verdict::Send;
}

// `GET -h`: only where nothing but a command's name stands in front.
bool Session::showPage(Words words)
{
    if (!takeHelpFlag(&words) || !describe(words))
        return false;
    std::size_t nameWords = 0;
    const CommandDoc *doc = m_docs.find(words, &nameWords);
    if (!doc || nameWords != words.size())
        return false;
    write(commandPage(*doc, ::isatty(STDOUT_FILENO)));
    return true;
}

bool Session::checksAreOn() const
{
    if (m_options.checks == Checks::Auto)
        return m_interactive;
    return m_options.checks == Checks::On;
}

// Who enters a refused command once more means it.
bool Session::refuse(const Words &words, const std::string &line)
{
    std::size_t nameWords = 0;
    const CommandDoc *doc = m_docs.find(words, &nameWords);
    if (!doc)
        return false;
    const std::optional<Problem> problem = checkCommand(*doc, nameWords, words);
    if (!problem)
        return false;
    if (m_interactive && m_refused == words) {
        m_refused.clear();
        return false;
    }
    m_refused = words;
    std::string text = describeProblem(*problem, words, line, *doc);
    if (m_interactive)
        text += "Nothing was sent; enter it again to send it as it is.\n";
    std::fwrite(text.data(), 1, text.size(), m_interactive ? stdout : stderr);
    std::fflush(stdout);
    return true;
}

Outcome Session::exchange(const Words &words)
{
    const std::string name = toLower(words[0]);
    if (!m_client.send(words))
        return broken(Client::Result::Failed);
    if (name == "monitor")
        return stream(words, false);
    if (name == "subscribe" || name == "psubscribe" || name == "ssubscribe")
        return subscribe(words);
    if (name == "unsubscribe" || name == "punsubscribe" || name == "sunsubscribe")
        return unsubscribe(words);
    if (isSilenced(words))
        return Outcome::Ok;
    return readAndPrint(words);
}

// CLIENT REPLY OFF and SKIP: true when no reply will come.
bool Session::isSilenced(const Words &words)
{
    const bool isReply = words.size() == 3 && equalsIgnoringCase(words[0], "client")
                         && equalsIgnoringCase(words[1], "reply");
    if (isReply && equalsIgnoringCase(words[2], "on")) {
        m_repliesOff = false;
        m_repliesToSkip = 0;
        return false;
    }
    if (isReply && equalsIgnoringCase(words[2], "off")) {
        m_repliesOff = true;
    } else if (isReply && equalsIgnoringCase(words[2], "skip")) {
        m_repliesToSkip = m_repliesOff ? 0 : 2;
    }
    if (m_repliesToSkip > 0) {
        --m_repliesToSkip;
        return true;
    }
    return m_repliesOff;
}

Outcome Session::readAndPrint(const Words &words, bool anything)
{
    ReplyTree reply;
    Client::Result result;
    do {
        result = m_client.read(&reply, -1, anything);
    } while (result == Client::Result::Interrupted && !takeInterrupt());
    if (result != Client::Result::Ok) {
        // A server that shuts down as told says nothing.
        if (equalsIgnoringCase(words[0], "shutdown") && result == Client::Result::Failed)
            return Outcome::Ok;
        return broken(result);
    }
    if (m_options.cluster && reply.root().isError() && follow(words, reply.root()))
        return readAndPrint(words);
    noteReply(words, reply.root());
    return print(words, reply.root());
}

Outcome Session::print(const Words &words, ReplyView reply)
{
    if (reply.isError() && m_options.exitOnError) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(reply.text().size()), reply.text().data());
        return Outcome::Failed;
    }
    write(formatReply(reply, m_options, isReport(words)));
    return Outcome::Ok;
}

Outcome Session::broken(Client::Result result)
{
    if (result == Client::Result::Interrupted) {
        // The reply is still to come on this connection: take a new one.
        std::fprintf(
            stderr,
            "Interrupted. The command may run on in the server; the connection is opened anew.\n");
        m_client.connect();
    } else {
        std::fprintf(stderr, "Error: %s\n", m_client.error().c_str());
        m_client.disconnect();
    }
    connected();
    return Outcome::Failed;
}

// Prints whatever comes, until Ctrl-C or the end of the connection.
Outcome Session::stream(const Words &words, bool anything)
{
    for (;;) {
        ReplyTree reply;
        const Client::Result result = m_client.read(&reply, -1, anything);
        if (result == Client::Result::Interrupted && takeInterrupt()) {
            write("\n");
            m_client.connect();
            connected();
            return Outcome::Ok;
        }
        if (result == Client::Result::Interrupted)
            continue;
        if (result != Client::Result::Ok)
            return broken(result);
        if (print(words, reply.root()) != Outcome::Ok)
            return Outcome::Failed;
        if (reply.root().isError())
            return Outcome::Ok;
    }
}

Outcome Session::subscribe(const Words &words)
{
    if (m_inMulti || words.size() < 2)
        return readAndPrint(words);
    if (m_options.output != Output::Raw)
        write("Reading messages... (press Ctrl-C to quit)\n");
    return stream(words, true);
}

Outcome Session::unsubscribe(const Words &words)
{
    if (m_inMulti)
        return readAndPrint(words);
    for (std::size_t i = 1; i < std::max<std::size_t>(words.size(), 2); ++i) {
        if (const Outcome outcome = readAndPrint(words, true); outcome != Outcome::Ok)
            return outcome;
    }
    return Outcome::Ok;
}

// "MOVED 3999 127.0.0.1:6381", "ASK ...": sends the command again, to whom the error names.
bool Session::follow(const Words &words, ReplyView error)
{
    const Bytes text = error.text();
    const bool ask = text.starts_with("ASK ");
    if (!ask && !text.starts_with("MOVED "))
        return false;
    const std::size_t slot = text.find(' ') + 1;
    const std::size_t address = text.find(' ', slot);
    const std::size_t colon = text.rfind(':');
    std::int64_t port = 0;
    if (address == Bytes::npos || colon == Bytes::npos || colon < address
        || !resp::parseInteger(text.substr(colon + 1), &port) || port < 1 || port > 65535)
        return false;
    std::string host(text.substr(address + 1, colon - address - 1));
    if (host.empty())
        host = m_options.host;
    const std::string where = formatAddress(host, static_cast<int>(port));
    if (m_options.output == Output::Text)
        write("-> Redirected to slot [" + std::string(text.substr(slot, address - slot))
              + "] located at " + where + "\n");
    m_client.setTarget([host, number = static_cast<int>(port)](
                           std::string *why) { return connectTcp(host, number, why); },
                       where);
    if (!m_client.connect())
        return false;
    connected();
    ReplyTree reply;
    return (!ask || m_client.ask({"ASKING"}, &reply)) && m_client.send(words);
}

} // namespace cay::shell
