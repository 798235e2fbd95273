#include "shell/embedded.h"

#include "core/log.h"
#include "host/server.h"
#include "resp/reply_parser.h"
#include "resp/request_writer.h"
#include "shell/embedded_file.h"
#include "shell/interrupt.h"
#include "shell/text.h"

#include <QtCore/QCoreApplication>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sys/stat.h>

namespace cay::shell {

namespace {

constexpr std::size_t kChunk = 64 * 1024; // given to the engine in one turn
constexpr int kNapMs = 5;                 // between two looks at the clock while a command waits

QCoreApplication &application()
{
    // Qt's timers need one; it lives as long as the process.
    static int argc = 1;
    static char name[] = "cay";
    static char *argv[] = {name, nullptr};
    static QCoreApplication instance(argc, argv);
    return instance;
}

// One command and its reply, for loading and saving.
class Asker
{
public:
    explicit Asker(Connection &connection)
        : m_connection(connection)
    {}

    bool send(Bytes bytes) { return m_connection.send(bytes); }
    bool next(resp::ReplyTree *reply)
    {
        for (;;) {
            std::size_t used = 0;
            const auto status = m_parser.feed(Bytes(m_input), &used);
            m_input.erase(0, used);
            if (status == resp::ReplyParser::Status::Complete) {
                *reply = m_parser.take();
                return true;
            }
            char buffer[kChunk];
            std::size_t count = 0;
            if (status == resp::ReplyParser::Status::Failed
                || m_connection.read(buffer, sizeof buffer, 0, &count) != ReadResult::Data)
                return false;
            m_input.append(buffer, count);
        }
    }
    bool ask(std::initializer_list<Bytes> command, resp::ReplyTree *reply)
    {
        std::string out;
        resp::appendCommand(&out, command);
        return send(out) && next(reply);
    }

private:
    Connection &m_connection;
    resp::ReplyParser m_parser;
    std::string m_input;
};

class Store final : public EmbeddedStore, public std::enable_shared_from_this<Store>
{
public:
    explicit Store(std::string directory)
        : m_directory(std::move(directory))
    {}
    ~Store() override { m_server.stop(); }

    bool start(std::string *why);
    std::unique_ptr<Connection> connect(std::string *why) override;
    void idle() override;
    bool save(std::string *why) override;

    core::Engine &engine() { return m_server.engine(); }
    bool isShutDown() const { return m_shutDown; }

private:
    bool configure(std::string *why);
    bool load(std::string *why);
    bool saveKey(Asker &asker, StoreFileWriter *file, const std::string &key, std::string *why);

    std::string m_directory;
    DirectoryLock m_lock;
    host::Server m_server;
    std::uint64_t m_savedChanges = 0;
    bool m_shutDown = false;
};

// Bytes that go in at one end and out at the other.
class Queue
{
public:
    bool empty() const { return m_used == m_bytes.size(); }
    void append(Bytes bytes) { m_bytes.append(bytes); }
    Bytes front(std::size_t size) const { return Bytes(m_bytes).substr(m_used, size); }
    void consume(std::size_t size)
    {
        m_used += size;
        if (empty()) {
            m_bytes.clear();
            m_used = 0;
        }
    }

private:
    std::string m_bytes;
    std::size_t m_used = 0;
};

// One session of the engine. Turns happen in send() and read().
class StoreConnection final : public Connection
{
public:
    explicit StoreConnection(std::shared_ptr<Store> store)
        : m_store(std::move(store))
        , m_client(m_store->engine().open(
              {.peer = "embedded:0", .local = "embedded:0", .unixSocket = true}))
    {}
    ~StoreConnection() override { close(); }

    bool send(Bytes bytes) override
    {
        m_input.append(bytes);
        turn();
        return m_client != nullptr;
    }
    long sendSome(Bytes bytes) override
    {
        return send(bytes) ? static_cast<long>(bytes.size()) : -1;
    }
    ReadResult read(char *buffer, std::size_t size, int timeoutMs, std::size_t *count) override;
    int descriptor() const override { return -1; }

private:
    void turn();
    bool feed();
    void collect();
    void close();
    bool isClosing() const { return m_client->has(SessionCloseAsap); }

    std::shared_ptr<Store> m_store;
    core::Client *m_client;
    Queue m_input;  // not taken by the engine yet
    Queue m_output; // not read yet
};

void StoreConnection::turn()
{
    QCoreApplication::processEvents();
    do {
        if (!m_client)
            return;
        const bool fed = feed();
        if (!fed && !m_store->engine().hasWork() && m_store->engine().takeWritable().empty())
            return;
        collect();
    } while (m_client);
}

// Gives the engine what it wants of the input, and runs it.
bool StoreConnection::feed()
{
    core::Engine &engine = m_store->engine();
    const Bytes chunk = m_input.front(kChunk);
    const bool fed = !chunk.empty() && engine.wantsInput(*m_client);
    if (fed)
        engine.received(*m_client, chunk);
    const bool worked = fed || engine.hasWork();
    if (worked)
        engine.run();
    if (fed)
        m_input.consume(chunk.size());
    return worked;
}

void StoreConnection::collect()
{
    core::Engine &engine = m_store->engine();
    std::vector<core::Client *> writable;
    writable.swap(engine.takeWritable());
    for (core::Client *client : writable)
        client->listed = false;
    if (std::find(writable.begin(), writable.end(), m_client) == writable.end())
        return;
    std::array<Bytes, 16> views;
    while (!isClosing() && !m_client->output.empty()) {
        const std::size_t n = m_client->output.front(views.data(), views.size());
        std::size_t size = 0;
        for (std::size_t i = 0; i < n; ++i) {
            m_output.append(views[i]);
            size += views[i].size();
        }
        m_client->output.consume(size);
    }
    if (isClosing() || m_client->has(SessionCloseAfterReply))
        close();
    else
        engine.drained(*m_client);
}

void StoreConnection::close()
{
    if (m_client)
        m_store->engine().closed(m_client);
    m_client = nullptr;
}

ReadResult StoreConnection::read(char *buffer, std::size_t size, int timeoutMs, std::size_t *count)
{
    const long long deadline = nowMs() + std::max(timeoutMs, 0);
    for (;;) {
        turn();
        if (!m_output.empty()) {
            *count = m_output.front(size).copy(buffer, size);
            m_output.consume(*count);
            return ReadResult::Data;
        }
        if (!m_client || m_store->isShutDown())
            return ReadResult::Closed;
        if (timeoutMs >= 0 && nowMs() >= deadline)
            return ReadResult::Timeout;
        if (waitReadable(-1, kNapMs) == Waited::Interrupted)
            return ReadResult::Interrupted;
    }
}

bool Store::configure(std::string *why)
{
    application();
    core::ConfigInput input;
    const std::string file = m_directory + "/cay.conf";
    struct stat found = {};
    if (::stat(file.c_str(), &found) == 0)
        input.file = file;
    std::string quoted;
    appendQuoted(&quoted, m_directory);
    input.options = "port 0\ndir " + quoted + "\n";
    core::LogSettings log;
    log.file = m_directory + "/cay.log";
    if (!core::openLog(log, why))
        return false;
    std::vector<std::string> warnings;
    if (!m_server.configure(input, &warnings, why))
        return false;
    for (const std::string &warning : warnings)
        core::logText(LogLevel::Warning, warning);
    return true;
}

bool Store::start(std::string *why)
{
    if (!m_lock.take(m_directory, why) || !configure(why))
        return false;
    QString reason;
    if (!m_server.start(&reason, host::Server::Sockets::None)) {
        *why = reason.toStdString();
        return false;
    }
    engine().setOnShutdown([this](int) { m_shutDown = true; });
    const bool loaded = load(why);
    m_savedChanges = engine().statistics().dirty;
    return loaded;
}

std::unique_ptr<Connection> Store::connect(std::string *why)
{
    if (m_shutDown) {
        *why = "the store was shut down";
        return nullptr;
    }
    return std::make_unique<StoreConnection>(shared_from_this());
}

void Store::idle()
{
    QCoreApplication::processEvents();
    if (engine().hasWork())
        engine().run();
}

bool Store::load(std::string *why)
{
    StoreConnection connection(shared_from_this());
    Asker asker(connection);
    return readStoreFile(m_directory, why, [&](Bytes command) {
        resp::ReplyTree reply;
        if (!asker.send(command) || !asker.next(&reply))
            return std::string("the store does not answer");
        return reply.root().isError() ? std::string(reply.root().text()) : std::string();
    });
}

bool Store::saveKey(Asker &asker, StoreFileWriter *file, const std::string &key, std::string *why)
{
    resp::ReplyTree expiry, value;
    if (!asker.ask({"PEXPIRETIME", key}, &expiry) || !asker.ask({"DUMP", key}, &value)) {
        *why = "the store does not answer";
        return false;
    }
    if (value.root().isError()) {
        *why = std::string(value.root().text());
        return false;
    }
    // A key that has expired meanwhile has no value.
    if (!value.root().isNull())
        file->restore(key, expiry.root().integer(), value.root().text());
    return true;
}

bool Store::save(std::string *why)
{
    if (m_shutDown || engine().statistics().dirty == m_savedChanges)
        return true;
    StoreConnection connection(shared_from_this());
    Asker asker(connection);
    StoreFileWriter file(m_directory);
    resp::ReplyTree reply;
    for (int i = 0; i < engine().databases(); ++i) {
        std::vector<std::string> keys;
        engine().db(i).forEach([&](const Entry &entry) { keys.emplace_back(entry.key()); });
        if (keys.empty())
            continue;
        const std::string number = std::to_string(i);
        if (!asker.ask({"SELECT", number}, &reply) || reply.root().isError()) {
            *why = "database " + number + " cannot be selected";
            return false;
        }
        file.select(i);
        for (const std::string &key : keys) {
            if (!saveKey(asker, &file, key, why))
                return false;
        }
    }
    if (!file.finish(why))
        return false;
    m_savedChanges = engine().statistics().dirty;
    return true;
}

} // namespace

std::shared_ptr<EmbeddedStore> EmbeddedStore::open(const std::string &directory, std::string *why)
{
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(directory, error);
    std::filesystem::create_directories(path, error);
    if (error) {
        *why = directory + ": " + error.message();
        return nullptr;
    }
    const auto store = std::make_shared<Store>(path.string());
    return store->start(why) ? store : nullptr;
}

} // namespace cay::shell
