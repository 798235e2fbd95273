// One conversation with a server: connects and logs in as the options say, sends commands, reads
// replies, and hands out-of-band messages to whoever wants them.
#pragma once

#include "resp/reply_parser.h"
#include "resp/request_writer.h"
#include "shell/connection.h"
#include "shell/options.h"

namespace cay::shell {

class Client
{
public:
    enum class Result : unsigned char { Ok, Timeout, Interrupted, Failed };
    using PushHandler = std::function<void(resp::ReplyView)>;

    Client(const Options &options, Connector connector, std::string where)
        : m_options(options)
        , m_connector(std::move(connector))
        , m_where(std::move(where))
    {}

    // Connects anew and logs in. What goes wrong is printed on stderr unless `quiet`; a refused
    // password or database is printed and leaves the connection usable, as redis-cli does it.
    bool connect(bool quiet = false);
    bool isConnected() const { return m_connection != nullptr; }
    void disconnect();
    // Another server, from now on (CONNECT, cluster redirections).
    void setTarget(Connector connector, std::string where);
    const std::string &where() const { return m_where; } // "127.0.0.1:6379"

    // What a new connection selects and speaks.
    void setDatabase(int database) { m_database = database; }
    void setProtocol(int protocol) { m_protocol = protocol; }
    int protocol() const { return m_protocol; }
    void setCredentials(std::string user, std::string password);

    template <typename Args>
    bool send(const Args &args)
    {
        std::string out;
        resp::appendCommand(&out, args);
        return sendBytes(out);
    }
    bool send(std::initializer_list<Bytes> args)
    {
        return send<std::initializer_list<Bytes>>(args);
    }
    bool sendBytes(Bytes bytes);

    // The next reply, within timeoutMs (below 0: however long it takes). Out-of-band messages go to
    // the push handler, unless `anything` is asked for.
    Result read(resp::ReplyTree *reply, int timeoutMs = -1, bool anything = false);
    // Reads what has come by itself, without waiting; out-of-band messages go to the push handler.
    // False when the connection turns out to be closed.
    bool drain();
    // Sends and reads one reply.
    template <typename Args>
    bool ask(const Args &args, resp::ReplyTree *reply)
    {
        return send(args) && answer(reply);
    }
    bool ask(std::initializer_list<Bytes> args, resp::ReplyTree *reply)
    {
        return send(args) && answer(reply);
    }
    // Why the last send or read failed.
    const std::string &error() const { return m_error; }

    void setPushHandler(PushHandler handler) { m_pushHandler = std::move(handler); }
    Connection &connection() { return *m_connection; }

private:
    bool answer(resp::ReplyTree *reply);
    Result fail(std::string why);
    bool parseBuffered(resp::ReplyTree *reply, bool anything, Result *result);
    void login(bool quiet);
    void authenticate(bool quiet);
    void selectDatabase(bool quiet);
    void switchProtocol(bool quiet);
    bool succeeded(const char *what, std::initializer_list<Bytes> command, bool quiet);

    const Options &m_options;
    Connector m_connector;
    std::string m_where;
    std::unique_ptr<Connection> m_connection;
    resp::ReplyParser m_parser;
    std::string m_input;
    std::size_t m_inputUsed = 0;
    std::string m_error;
    PushHandler m_pushHandler;
    int m_database = 0;
    int m_protocol = 0;
    bool m_hasCredentials = false;
    std::string m_user, m_password;
};

// "127.0.0.1:6379", "[::1]:6379".
std::string formatAddress(const std::string &host, int port);
// The connector to a socket, and the name of what it connects to.
Connector connectorFor(const Options &options, std::string *where);

} // namespace cay::shell
