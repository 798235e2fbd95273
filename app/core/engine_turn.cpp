#include "core/engine.h"
#include "core/vector_state.h"

#include <algorithm>
#include <array>

namespace cay::core {

namespace {

// A session that has more than this to run waits for the next turn: others come in between.
constexpr std::uint32_t kCommandsPerTurn = 4096;
// Expiry takes at most this long between two waits of a busy loop.
constexpr std::int64_t kExpireBudgetNs = 500'000;

} // namespace

void Engine::readClock()
{
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    m_keyspace.setClock(now.tv_sec * 1000ll + now.tv_nsec / 1'000'000);
}

void Engine::enqueue(Client &client)
{
    if (!client.queued) {
        client.queued = true;
        m_queue.push_back(&client);
    }
}

void Engine::list(Client &client)
{
    if (!client.listed) {
        client.listed = true;
        m_writable.push_back(&client);
    }
}

void Engine::received(Client &client, Bytes chunk)
{
    client.input.lend(chunk);
    parsedAhead(client, chunk.size());
}

void Engine::parseAhead(Client &client, Bytes chunk) const
{
    client.input.lend(chunk);
    if (!client.has(SessionAuthenticated))
        return; // AUTH changes how the rest is read
    Ahead &ahead = client.ahead;
    for (;;) {
        const std::size_t before = ahead.args.size();
        const auto status = client.input.next(m_limits, true, &ahead.args);
        ahead.failed = status == resp::Input::Status::Error;
        if (status != resp::Input::Status::Command)
            return;
        ahead.sizes.push_back(static_cast<std::uint32_t>(ahead.args.size() - before));
    }
}

void Engine::parsedAhead(Client &client, std::size_t bytes)
{
    client.bytesIn += bytes;
    m_statistics.bytesIn += bytes;
    enqueue(client);
}

void Engine::receivedDirect(Client &client, std::size_t bytes)
{
    client.bytesIn += bytes;
    m_statistics.bytesIn += bytes;
    client.input.commitDirect(bytes);
    enqueue(client);
}

bool Engine::outputFull(const Client &client) const
{
    return client.output.capacity() > static_cast<std::size_t>(m_outputRoom);
}

bool Engine::wantsInput(const Client &client) const
{
    constexpr std::uint32_t kClosed = SessionCloseAfterReply | SessionCloseAsap;
    if (client.flags & kClosed)
        return false;
    // What comes while it waits is kept as it is, and counts against client-query-buffer-limit.
    return client.has(SessionBlocked) || (client.deferred.empty() && !outputFull(client));
}

void Engine::drained(Client &client)
{
    if (!outputFull(client) && (!client.deferred.empty() || client.input.unparsed() > 0))
        enqueue(client);
}

std::vector<Client *> &Engine::takeWritable() { return m_writable; }

void Engine::run()
{
    clearUpperVectors();
    readClock();
    ++m_statistics.eventLoopTurns;
    m_lastTick = ticks();
    const std::uint64_t begin = m_lastTick;
    if (m_pause != Pause::None && now() >= m_pauseUntil)
        endPause();
    m_inRun = true;
    m_turn.swap(m_queue);
    for (Client *client : m_turn) {
        client->queued = false;
        client->lastInteractionMs = now();
    }
    for (std::size_t i = 0; i < m_turn.size();) {
        m_batch.clear();
        while (i < m_turn.size() && m_batch.requests.size() < Batch::kRequests) {
            if (!fill(*m_turn[i]))
                ++i;
            else if (!m_turn[i]->has(SessionAuthenticated))
                break; // AUTH changes how the rest is read
        }
        if (m_batch.requests.size() > 1) {
            prefetch();
            prefetchValues();
        } else {
            m_batch.hashes.assign(m_batch.args.size(), 0);
        }
        runBatch();
    }
    finishTurn();
    m_inRun = false;
    if (m_keyspace.somethingDue()) {
        m_keyspace.expireDue(kExpireBudgetNs * m_expireEffort);
        finishOutermost();
    }
    if (!m_afterTurn.empty()) [[unlikely]]
        runAll(m_afterTurn);
    m_statistics.eventLoopNs += static_cast<std::uint64_t>(m_tickRate.toNs(ticks() - begin));
}

// Adds the client's next command to the batch. False when it has none to run now.
bool Engine::fill(Client &client)
{
    constexpr std::uint32_t kStopped = SessionBlocked | SessionCloseAfterReply | SessionCloseAsap;
    if ((client.flags & kStopped) || client.failed || outputFull(client))
        return false;
    if (client.turnCommands >= kCommandsPerTurn) {
        enqueue(client);
        return false;
    }
    const std::size_t firstArg = m_batch.args.size();
    if (!nextCommand(client))
        return false;
    ++client.turnCommands;
    const std::span<const Bytes> args(m_batch.args.data() + firstArg,
                                      m_batch.args.size() - firstArg);
    Command *command = m_table.find(args[0]);
    if (command && !command->children.empty() && args.size() > 1) {
        Command *child = CommandTable::subcommand(*command, args[1]);
        // An unknown subcommand is told from an unknown command when it runs.
        command = child ? child : command;
    }
    m_batch.requests.push_back({&client, command, static_cast<std::uint32_t>(firstArg),
                                static_cast<std::uint32_t>(args.size())});
    return true;
}

// Appends the arguments of the client's next command to the batch: one that was kept, one that is
// parsed already, or one that is parsed now.
bool Engine::nextCommand(Client &client)
{
    client.putBack = 0;
    if (!client.deferred.empty()) [[unlikely]] {
        m_batch.owned.push_back(std::move(client.deferred.front()));
        client.deferred.pop_front();
        m_batch.args.insert(m_batch.args.end(), m_batch.owned.back().begin(),
                            m_batch.owned.back().end());
        return true;
    }
    if (!client.ahead.empty()) {
        const std::span<const Bytes> args = client.ahead.take();
        m_batch.args.insert(m_batch.args.end(), args.begin(), args.end());
        return true;
    }
    const auto status
        = client.ahead.failed
              ? resp::Input::Status::Error
              : client.input.next(m_limits, client.has(SessionAuthenticated), &m_batch.args);
    // Told when the commands before it have run.
    client.failed = status == resp::Input::Status::Error;
    return status == resp::Input::Status::Command;
}

// Hashes every key and touches its bucket; then the entries that the buckets name.
void Engine::prefetch()
{
    m_batch.hashes.assign(m_batch.args.size(), 0);
    std::size_t wanted = 0;
    for (const Batch::Request &r : m_batch.requests) {
        if (!r.command || r.command->firstKey == 0)
            continue;
        const auto count = static_cast<int>(r.argCount);
        const int last = r.command->lastKey < 0 ? count + r.command->lastKey : r.command->lastKey;
        for (int i = r.command->firstKey; i <= last && i < count; i += r.command->keyStep) {
            const std::uint64_t hash
                = store::hashBytes(m_batch.args[r.firstArg + static_cast<std::size_t>(i)]);
            m_batch.hashes[r.firstArg + static_cast<std::size_t>(i)] = hash;
            if (wanted < Batch::kPrefetchedKeys) {
                ++wanted;
                r.client->db->prefetchBucket(hash);
            }
        }
    }
    for (const Batch::Request &r : m_batch.requests) {
        for (std::size_t i = r.firstArg; i < r.firstArg + r.argCount && wanted > 0; ++i) {
            if (m_batch.hashes[i]) {
                --wanted;
                r.client->db->prefetchEntry(m_batch.hashes[i]);
            }
        }
    }
}

// Values that are not in their entries: their beginnings, then what commands will touch inside of
// large ones. The entries have been asked for by now.
void Engine::prefetchValues()
{
    std::array<const Entry *, Batch::kRequests> entries{};
    for (std::size_t i = 0; i < m_batch.requests.size(); ++i) {
        const Batch::Request &r = m_batch.requests[i];
        const auto first = static_cast<std::uint32_t>(r.command ? r.command->firstKey : 0);
        if (first > 0 && first < r.argCount && r.client->db->hasObjects())
            entries[i] = r.client->db->prefetchValue(m_batch.hashes[r.firstArg + first]);
    }
    for (int step = 0; step < 2; ++step) {
        for (std::size_t i = 0; i < m_batch.requests.size(); ++i) {
            const Batch::Request &r = m_batch.requests[i];
            if (entries[i] && r.command->ahead)
                r.command->ahead(*entries[i], m_batch.argsOf(r), m_batch.hashes.data() + r.firstArg,
                                 step);
        }
    }
}

void Engine::runBatch()
{
    for (const Batch::Request &request : m_batch.requests)
        runRequest(request);
}

void Engine::finishTurn()
{
    const auto told = static_cast<std::ptrdiff_t>(m_writable.size());
    for (Client *client : m_turn) {
        client->turnCommands = 0;
        while (!client->ahead.empty()) {
            const std::span<const Bytes> args = client->ahead.take();
            client->deferred.emplace_back(args.begin(), args.end());
        }
        client->ahead.clear();
        if (client->failed && !(client->flags & (SessionBlocked | SessionCloseAfterReply))) {
            client->reply.error(client->input.error());
            client->set(SessionCloseAfterReply);
        }
        client->input.settle();
        client->inputBytes = client->input.unparsed();
        client->inputCapacity = client->input.capacity();
        if (!client->output.empty()
            || (client->flags & (SessionCloseAfterReply | SessionCloseAsap)))
            list(*client);
    }
    // Who has asked is sent to before those who were told something: they ask again while the
    // others are served, and many messages go out with one send.
    if (told > 0) [[unlikely]]
        std::rotate(m_writable.begin(), m_writable.begin() + told, m_writable.end());
    m_turn.clear();
}

void Engine::cron()
{
    readClock();
    m_tickRate.calibrate();
    refreshUsedMemory();
    m_statistics.peakMemory = std::max(m_statistics.peakMemory, std::uint64_t{usedMemory()});
    if (m_pause != Pause::None && now() >= m_pauseUntil)
        endPause();
    const std::int64_t begin = clockNs();
    if (m_keyspace.somethingDue()) {
        // A quarter of the time between two of these, as Redis's slow cycle, in steps that let
        // commands in between.
        m_keyspace.expireDue(kExpireBudgetNs * 2 * m_expireEffort);
        finishOutermost();
        latency("expire-cycle", (clockNs() - begin) / 1'000'000);
        if (m_keyspace.somethingDue() && m_wakeUp)
            m_wakeUp();
    }
    sampleRates();
    m_onCron();
}

void Engine::sampleRates()
{
    const std::int64_t ns = clockNs();
    const double seconds = static_cast<double>(ns - m_rate.ns) / 1e9;
    if (seconds < 0.1)
        return;
    const auto smooth
        = [](double old, double fresh) { return old == 0 ? fresh : old + (fresh - old) / 8; };
    auto &s = m_statistics;
    s.instantaneousOps
        = smooth(s.instantaneousOps, static_cast<double>(s.commands - m_rate.commands) / seconds);
    s.instantaneousInKbps = smooth(s.instantaneousInKbps,
                                   static_cast<double>(s.bytesIn - m_rate.in) / 1024 / seconds);
    s.instantaneousOutKbps = smooth(s.instantaneousOutKbps,
                                    static_cast<double>(s.bytesOut - m_rate.out) / 1024 / seconds);
    m_rate = {ns, s.commands, s.bytesIn, s.bytesOut};
}

} // namespace cay::core
