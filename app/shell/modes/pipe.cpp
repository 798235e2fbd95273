// Mass insertion. What stdin holds is sent untouched, and an ECHO of random text goes behind it:
// when that text comes back, every command in front of it has been answered.
#include "shell/modes/modes.h"
#include "shell/text.h"

#include <cstdio>
#include <poll.h>
#include <random>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyParser;
using resp::ReplyType;
using resp::ReplyView;

namespace {

constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::size_t kMarkerSize = 20;

class Pipe
{
public:
    Pipe(Connection &connection, const Options &options)
        : m_connection(connection)
        , m_options(options)
    {
        std::random_device random;
        for (std::size_t i = 0; i < kMarkerSize; ++i)
            m_marker.push_back(static_cast<char>('a' + random() % 26));
    }

    int run()
    {
        m_lastReply = nowMs();
        while (!m_done && !m_failed)
            turn();
        if (!m_failed || m_counts)
            std::printf("errors: %lld, replies: %lld\n", m_errors, m_replies);
        return m_errors || m_failed ? 1 : 0;
    }

private:
    // A store in this process has nothing to wait for: it answers while it is written to.
    void turnInProcess()
    {
        if (!pending().empty())
            write();
        else if (!m_inputEnded)
            readInput();
        if (!m_failed)
            readReplies(m_inputEnded ? 100 : 0);
        giveUpLate();
    }

    void turn()
    {
        if (m_connection.descriptor() < 0)
            return turnInProcess();
        pollfd waiting[2] = {{m_connection.descriptor(), POLLIN, 0}, {-1, POLLIN, 0}};
        if (!pending().empty())
            waiting[0].events |= POLLOUT;
        else if (!m_inputEnded)
            waiting[1].fd = STDIN_FILENO;
        if (::poll(waiting, 2, 1000) < 0)
            return;
        if (waiting[0].revents & (POLLIN | POLLHUP | POLLERR))
            readReplies(0);
        if (!m_failed && (waiting[0].revents & POLLOUT))
            write();
        if (waiting[1].revents)
            readInput();
        giveUpLate();
    }

    Bytes pending() const { return Bytes(m_output).substr(m_sent); }

    void write()
    {
        const long n = m_connection.sendSome(pending());
        if (n < 0)
            return fail("Error writing to the server: the connection is closed");
        m_sent += static_cast<std::size_t>(n);
    }

    void readInput()
    {
        m_output.resize(kBufferSize);
        m_sent = 0;
        const ssize_t n = ::read(STDIN_FILENO, m_output.data(), m_output.size());
        m_output.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        if (n > 0)
            return;
        m_inputEnded = true;
        // The line end finishes an inline command that lacks one.
        m_output = "\r\n";
        resp::appendCommand(&m_output, {"ECHO", m_marker});
        std::printf("All data transferred. Waiting for the last reply...\n");
        std::fflush(stdout);
    }

    void readReplies(int timeoutMs)
    {
        char buffer[kBufferSize];
        std::size_t size = 0;
        const ReadResult result = m_connection.read(buffer, sizeof buffer, timeoutMs, &size);
        if (result == ReadResult::Closed)
            return fail("Server closed the connection");
        if (result != ReadResult::Data)
            return;
        m_lastReply = nowMs();
        Bytes bytes(buffer, size);
        while (!bytes.empty() && !m_done) {
            std::size_t used = 0;
            const auto status = m_parser.feed(bytes, &used);
            bytes.remove_prefix(used);
            if (status == ReplyParser::Status::Failed)
                return fail(m_parser.error());
            if (status == ReplyParser::Status::Complete)
                count(m_parser.reply().root());
        }
    }

    void count(ReplyView reply)
    {
        if (m_inputEnded && reply.type() == ReplyType::Bulk && reply.text() == m_marker) {
            std::printf("Last reply received from server.\n");
            m_done = m_counts = true;
            return;
        }
        if (reply.type() == ReplyType::Push)
            return;
        ++m_replies;
        if (!reply.isError())
            return;
        ++m_errors;
        std::fprintf(stderr, "%s\n", std::string(reply.text()).c_str());
    }

    void giveUpLate()
    {
        const bool waits = m_inputEnded && pending().empty() && !m_done && !m_failed
                           && m_options.pipeTimeout > 0;
        if (!waits || nowMs() - m_lastReply < m_options.pipeTimeout * 1000LL)
            return;
        fail("No replies for " + std::to_string(m_options.pipeTimeout) + " seconds: exiting.");
        ++m_errors;
        m_counts = true;
    }

    void fail(const std::string &why)
    {
        std::fprintf(stderr, "%s\n", why.c_str());
        m_failed = m_counts = true;
    }

    Connection &m_connection;
    const Options &m_options;
    ReplyParser m_parser;
    std::string m_marker;
    std::string m_output;
    std::size_t m_sent = 0;
    long long m_errors = 0, m_replies = 0, m_lastReply = 0;
    bool m_inputEnded = false, m_done = false, m_failed = false, m_counts = false;
};

} // namespace

int runPipe(Client &client, const Options &options)
{
    return Pipe(client.connection(), options).run();
}

} // namespace cay::shell
