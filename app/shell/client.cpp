#include "shell/client.h"

#include "shell/interrupt.h"

#include <cstdio>

namespace cay::shell {

using resp::ReplyParser;
using resp::ReplyTree;
using resp::ReplyType;

namespace {

constexpr std::size_t kReadSize = 64 * 1024;

} // namespace

std::string formatAddress(const std::string &host, int port)
{
    const bool needsBrackets = host.find(':') != std::string::npos;
    return (needsBrackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Connector connectorFor(const Options &options, std::string *where)
{
    if (!options.socket.empty()) {
        *where = options.socket;
        return [path = options.socket](std::string *why) { return connectUnix(path, why); };
    }
    *where = formatAddress(options.host, options.port);
    return [host = options.host, port = options.port](std::string *why) {
        return connectTcp(host, port, why);
    };
}

void Client::setTarget(Connector connector, std::string where)
{
    disconnect();
    m_connector = std::move(connector);
    m_where = std::move(where);
}

void Client::setCredentials(std::string user, std::string password)
{
    m_hasCredentials = true;
    m_user = std::move(user);
    m_password = std::move(password);
}

void Client::disconnect()
{
    m_connection.reset();
    m_parser.reset();
    m_input.clear();
    m_inputUsed = 0;
}

bool Client::connect(bool quiet)
{
    disconnect();
    std::string why;
    m_connection = m_connector(&why);
    if (!m_connection) {
        m_error = "Could not connect to " + m_where + ": " + why;
        if (!quiet)
            std::fprintf(stderr, "%s\n", m_error.c_str());
        return false;
    }
    login(quiet);
    return isConnected();
}

void Client::login(bool quiet)
{
    if (m_hasCredentials && isConnected())
        authenticate(quiet);
    if (m_database != 0 && isConnected())
        selectDatabase(quiet);
    if (m_protocol != 0 && isConnected())
        switchProtocol(quiet);
}

bool Client::succeeded(const char *what, std::initializer_list<Bytes> command, bool quiet)
{
    ReplyTree reply;
    if (!ask(command, &reply)) {
        if (!quiet)
            std::fprintf(stderr, "Error: %s\n", m_error.c_str());
        return false;
    }
    if (!reply.root().isError())
        return true;
    const std::string text(reply.root().text());
    if (!quiet)
        std::fprintf(stderr, "%s failed: %s\n", what, text.c_str());
    return false;
}

void Client::authenticate(bool quiet)
{
    if (m_user.empty())
        succeeded("AUTH", {"AUTH", m_password}, quiet);
    else
        succeeded("AUTH", {"AUTH", m_user, m_password}, quiet);
}

void Client::selectDatabase(bool quiet)
{
    const std::string number = std::to_string(m_database);
    succeeded(("SELECT " + number).c_str(), {"SELECT", number}, quiet);
}

void Client::switchProtocol(bool quiet)
{
    const std::string version = std::to_string(m_protocol);
    const bool ok = succeeded(("HELLO " + version).c_str(), {"HELLO", version},
                              quiet || m_options.protocolMayFail);
    // A server from before HELLO speaks RESP2.
    if (!ok)
        m_protocol = 0;
}

bool Client::sendBytes(Bytes bytes)
{
    if (!m_connection) {
        m_error = "Not connected";
        return false;
    }
    if (m_connection->send(bytes))
        return true;
    fail("Server closed the connection");
    return false;
}

Client::Result Client::fail(std::string why)
{
    disconnect();
    m_error = std::move(why);
    return Result::Failed;
}

bool Client::parseBuffered(ReplyTree *reply, bool anything, Result *result)
{
    while (m_inputUsed < m_input.size()) {
        std::size_t used = 0;
        const auto status = m_parser.feed(Bytes(m_input).substr(m_inputUsed), &used);
        m_inputUsed += used;
        if (status == ReplyParser::Status::Failed) {
            *result = fail(std::string(m_parser.error()));
            return true;
        }
        if (status == ReplyParser::Status::More)
            break;
        if (m_parser.reply().root().type() == ReplyType::Push && !anything) {
            if (m_pushHandler)
                m_pushHandler(m_parser.reply().root());
            continue;
        }
        *reply = m_parser.take();
        *result = Result::Ok;
        return true;
    }
    m_input.clear();
    m_inputUsed = 0;
    return false;
}

// An answer that is not waited for would be taken for the next one's: such a connection is given
// up.
bool Client::answer(ReplyTree *reply)
{
    const Result result = read(reply);
    if (result == Result::Interrupted) {
        takeInterrupt();
        fail("Interrupted");
    }
    return result == Result::Ok;
}

bool Client::drain()
{
    ReplyTree unexpected;
    for (;;) {
        const Result result = read(&unexpected, 0);
        if (result == Result::Timeout || result == Result::Interrupted)
            return true;
        if (result == Result::Failed)
            return false;
    }
}

Client::Result Client::read(ReplyTree *reply, int timeoutMs, bool anything)
{
    Result result;
    for (;;) {
        if (!m_connection)
            return fail("Not connected");
        if (parseBuffered(reply, anything, &result))
            return result;
        m_input.resize(kReadSize);
        std::size_t count = 0;
        const ReadResult got
            = m_connection->read(m_input.data(), m_input.size(), timeoutMs, &count);
        m_input.resize(count);
        switch (got) {
        case ReadResult::Data: break;
        case ReadResult::Timeout: return Result::Timeout;
        case ReadResult::Interrupted: return Result::Interrupted;
        case ReadResult::Closed: return fail("Server closed the connection");
        }
    }
}

} // namespace cay::shell
