// One command: the checks before it, its run, and what follows from it.
#include "cay/args.h"
#include "cay/help.h"
#include "core/engine.h"

#include <algorithm>

namespace cay::core {

namespace {

constexpr std::uint32_t kStopped = SessionBlocked | SessionCloseAfterReply | SessionCloseAsap;

// At most n bytes, and no further than a NUL byte.
Bytes printable(Bytes text, std::size_t n) { return text.substr(0, std::min(n, text.find('\0'))); }

void defer(Client &client, std::span<const Bytes> args)
{
    // A batch may have taken some of the kept commands only: these come before the others.
    const auto at = client.deferred.begin() + static_cast<std::ptrdiff_t>(client.putBack++);
    client.deferred.emplace(at, args.begin(), args.end());
}

const std::string &topLevelName(const Command &command)
{
    return command.parent ? command.parent->name : command.name;
}

std::string notAllowed(const std::string &command)
{
    return "ERR " + upperCase(command) + " command not allowed. If the enable-" + command
           + "-command option is set to \"local\", you can run it from a local connection, "
             "otherwise you need to set this option in the configuration file, and then restart "
             "the "
             "server.";
}

bool isLocal(const Session &session)
{
    const Bytes peer = session.peer;
    return session.fd < 0 || session.has(SessionUnixSocket) || peer.starts_with("127.")
           || peer.starts_with("::1:") || peer.starts_with("[::1]");
}

} // namespace

void Engine::runRequest(const Batch::Request &request)
{
    Client &client = *request.client;
    const std::span<const Bytes> args = m_batch.argsOf(request);
    if ((client.flags & kStopped) || outputFull(client)) [[unlikely]] {
        // Parsed ahead, and stopped meanwhile: it runs after the release, or never.
        if (!(client.flags & (SessionCloseAfterReply | SessionCloseAsap)))
            defer(client, args);
        return;
    }
    if (client.flags & (SessionReplyOff | SessionReplySkipNext)) [[unlikely]]
        runSilently(request);
    else
        runOne(request);
}

void Engine::runSilently(const Batch::Request &request)
{
    Client &client = *request.client;
    const bool skip = client.has(SessionReplySkipNext);
    client.unset(SessionReplySkipNext);
    const resp::OutputBuffer::Mark before = client.output.mark();
    client.set(SessionReplySkip);
    runOne(request);
    client.unset(SessionReplySkip);
    if (skip || client.has(SessionReplyOff))
        client.output.truncate(before);
    runAll(m_afterCommand); // its pushes are not silenced
}

void Engine::runOne(const Batch::Request &request)
{
    Client &client = *request.client;
    const std::span<const Bytes> args = m_batch.argsOf(request);
    Command *command = request.command;
    // A plugin may have come or gone since the request was parsed.
    if (!command || !command->run) [[unlikely]]
        command = m_table.find(args);
    if (!command || !command->run) [[unlikely]] {
        rejectUnknown(client, args, command, client.reply);
        return;
    }
    Call call{
        args, m_batch.hashes.data() + request.firstArg, *client.db, client.reply, client, *command,
        *this};
    call.input = &client.input;
    dispatch(call, command);
}

void Engine::dispatch(Call &call, Command *command)
{
    if (refused(call, command)) [[unlikely]]
        return;
    if (call.session.gates && !passGates(call, *command)) [[unlikely]]
        return;
    invoke(call, *command);
    if ((!m_effects.empty() || m_waiters.due()) && m_groupDepth == 0) [[unlikely]]
        finishOutermost();
}

// The checks that every command passes, in Redis's order. True when it must not run; the reply is
// written.
bool Engine::refused(Call &call, Command *command)
{
    const auto count = static_cast<int>(call.args.size());
    if (command->arity > 0 ? count != command->arity : count < -command->arity) [[unlikely]] {
        reject(call.session, command, call.reply, errors::wrongArity(command->fullName));
        return true;
    }
    if (command->flags & FlagProtected && !mayUseProtected(call.session, *command)) [[unlikely]] {
        reject(call.session, command, call.reply, notAllowed(topLevelName(*command)));
        return true;
    }
    if (!call.session.has(SessionAuthenticated) && !(command->flags & FlagNoAuth)) [[unlikely]] {
        reject(call.session, command, call.reply, errors::kNoAuth);
        return true;
    }
    if (m_keyspace.maxMemory) [[unlikely]] {
        std::uint64_t flags = command->flags;
        if (call.session.has(SessionMulti) && command->fullName == "exec")
            flags |= call.session.queuedFlags;
        if (m_depth == 0 && m_pause == Pause::None && !m_keyspace.makeRoom()
            && (flags & FlagDenyOom)) {
            reject(call.session, command, call.reply, errors::kOutOfMemory);
            return true;
        }
    }
    if (m_pause != Pause::None && call.input && holdsForPause(call.session, *command))
        [[unlikely]] {
        defer(static_cast<Client &>(call.session), call.args);
        hold(call.session);
        m_pausedClients.push_back(call.session.id);
        return true;
    }
    return false;
}

// enable-<command>-command says who may: its values are no, yes and local.
bool Engine::mayUseProtected(const Session &session, const Command &command) const
{
    switch (m_options.integer("enable-" + topLevelName(command) + "-command")) {
    case 1: return true;
    case 2: return isLocal(session);
    default: return false;
    }
}

bool Engine::passGates(Call &call, Command &command)
{
    const std::uint64_t errorsBefore = call.reply.errors();
    for (std::size_t i = 0; i < m_gates.size(); ++i) {
        if (!(call.session.gates & (1u << i)) || !m_gates[i].gate)
            continue;
        switch (m_gates[i].gate(call)) {
        case GateResult::Pass: break;
        case GateResult::Handled:
            if (call.reply.errors() > errorsBefore) {
                ++command.stats.rejected;
                ++m_statistics.errorReplies;
                ++m_errorCounts[std::string(call.reply.lastErrorCode())];
            }
            return false;
        case GateResult::Hold:
            if (call.input)
                defer(static_cast<Client &>(call.session), call.args);
            hold(call.session);
            return false;
        }
    }
    return true;
}

void Engine::reject(Session &session, Command *command, resp::Reply &reply, Bytes error)
{
    std::string aborted;
    if (command && command->fullName == "exec") {
        // EXEC itself is refused: the transaction is over.
        discard(session, reply);
        aborted = "EXECABORT Transaction discarded because of: ";
        error = Bytes(aborted.append(error.starts_with("ERR ") ? error.substr(4) : error));
    } else if (session.has(SessionMulti)) {
        session.set(SessionDirtyExec);
    }
    if (command)
        ++command->stats.rejected;
    reply.error(error);
    ++m_statistics.errorReplies;
    ++m_errorCounts[std::string(reply.lastErrorCode())];
    if (m_depth > 0)
        ++m_nestedErrors;
}

// Ends a transaction as DISCARD does, or the watching alone, and without an answer.
void Engine::discard(Session &session, resp::Reply &reply)
{
    const Bytes args[] = {session.has(SessionMulti) ? "discard" : "unwatch"};
    Command *command = m_table.find(args[0]);
    if (!command || !command->run)
        return;
    const resp::Reply::Deferred before = reply.defer();
    Call call{args, nullptr, *session.db, reply, session, *command, *this};
    command->run(call);
    reply.undo(before);
}

void Engine::rejectUnknown(Session &session, std::span<const Bytes> args, Command *container,
                           resp::Reply &reply)
{
    if (container) {
        if (args.size() < 2) {
            reject(session, container, reply, errors::wrongArity(container->fullName));
        } else {
            reject(session, container, reply,
                   "ERR unknown subcommand '" + std::string(printable(args[1], 128)) + "'. Try "
                       + upperCase(container->fullName) + " HELP.");
        }
        return;
    }
    if (isWord(args[0], "HOST:") || isWord(args[0], "POST")) {
        // A browser or a forged request speaks HTTP to this port: not one more byte for it.
        session.set(SessionCloseAsap);
        return;
    }
    std::string shown;
    for (std::size_t i = 1; i < args.size() && shown.size() < 128; ++i) {
        const Bytes arg = printable(args[i], 128 - shown.size());
        shown.append("'").append(arg).append("' ");
    }
    reject(session, nullptr, reply,
           "ERR unknown command '" + std::string(printable(args[0], 128))
               + "', with args beginning with: " + shown);
}

void Engine::invoke(Call &call, Command &command)
{
    Session &session = call.session;
    m_keyspace.noTouch = session.has(SessionNoTouch) && command.fullName != "touch";
    m_keyspace.following = session.has(SessionMaster);
    const std::uint64_t errorsBefore = call.reply.errors(), nestedBefore = m_nestedErrors;
    session.lastCommand = &command;
    ++session.commands;
    ++m_statistics.commands;
    if (m_depth == 0)
        m_running = &session;
    const std::uint64_t begin = m_depth ? ticks() : m_lastTick;
    ++m_depth;
    command.run(call);
    --m_depth;
    const std::uint64_t end = ticks();
    m_lastTick = end;
    account(call, command, end - begin, errorsBefore, nestedBefore);
    if (call.dirty) {
        m_statistics.dirty += call.dirty;
        if (propagating()) [[unlikely]]
            propagate(call);
    }
    delete call.propagation;
    call.propagation = nullptr;
    if (!m_onCommand.empty() && !call.again) [[unlikely]]
        m_onCommand(call);
    if (m_running->observers) [[unlikely]]
        observe(call);
    if (!m_afterCommand.empty() && m_depth == 0 && !session.has(SessionReplySkip)) [[unlikely]]
        runAll(m_afterCommand);
}

void Engine::observe(Call &call)
{
    ++m_depth; // it is part of the command
    for (std::size_t i = 0; i < m_observers.size(); ++i) {
        if (m_running->observers & (1u << i) && m_observers[i].observer)
            m_observers[i].observer(call);
    }
    --m_depth;
}

// What is added meanwhile runs too.
void Engine::runAll(Work &work)
{
    for (std::size_t i = 0; i < work.size(); ++i) {
        const std::function<void()> next = std::move(work[i]);
        if (next) // not when it is this one that runs, and brought a command to its end
            next();
    }
    work.clear();
}

void Engine::afterCommand(std::function<void()> work)
{
    if (m_depth == 0)
        work();
    else
        m_afterCommand.push_back(std::move(work));
}

void Engine::afterTurn(std::function<void()> work)
{
    m_afterTurn.push_back(std::move(work));
    if (!m_inRun && m_wakeUp)
        m_wakeUp();
}

void Engine::account(Call &call, Command &command, std::uint64_t spent, std::uint64_t errorsBefore,
                     std::uint64_t nestedBefore)
{
    CommandStatistics &stats = command.stats;
    ++stats.calls;
    command.ticks += spent;
    if (m_statistics.trackLatency) {
        if (!stats.histogram) [[unlikely]]
            stats.histogram = std::make_unique<LatencyHistogram>();
        stats.histogram->add(static_cast<std::uint64_t>(m_tickRate.toNs(spent)));
    }
    // Errors that commands inside this one have written are theirs.
    const std::uint64_t errors = call.reply.errors() - errorsBefore;
    const std::uint64_t nested = m_nestedErrors - nestedBefore;
    if (errors > nested) [[unlikely]] {
        ++stats.failed;
        m_statistics.errorReplies += errors - nested;
        m_errorCounts[std::string(call.reply.lastErrorCode())] += errors - nested;
        m_nestedErrors += errors - nested;
    }
    if (spent >= m_slowTicks) [[unlikely]]
        slowCommand(call, m_tickRate.toNs(spent));
}

void Engine::slowCommand(Call &call, std::int64_t ns)
{
    for (std::size_t i = 0; i < m_onSlow.size(); ++i) {
        if (m_onSlow[i].thresholdNs >= 0 && ns >= m_onSlow[i].thresholdNs)
            m_onSlow[i].call(call, ns);
    }
}

void Engine::updateSlowThreshold()
{
    m_slowTicks = UINT64_MAX;
    for (const SlowHook &hook : m_onSlow) {
        if (hook.thresholdNs >= 0)
            m_slowTicks = std::min(m_slowTicks, m_tickRate.fromNs(hook.thresholdNs));
    }
}

void Engine::propagate(Call &call)
{
    if (call.propagation) {
        for (std::vector<std::string> &command : *call.propagation)
            m_effects.push_back({call.db.index(), std::move(command)});
    } else if (call.info.flags & (FlagWrite | FlagMayReplicate)) {
        m_effects.push_back({call.db.index(), {call.args.begin(), call.args.end()}});
    }
}

// Hands what the outermost command (or group) has done to the log and the replicas; several effects
// become one transaction.
void Engine::flushEffects()
{
    if (m_effects.empty())
        return;
    std::vector<Effect> effects;
    effects.swap(m_effects);
    const bool group = effects.size() > 1;
    static const Bytes kMulti[] = {"MULTI"}, kExec[] = {"EXEC"};
    if (group)
        m_onPropagate(effects.front().db, kMulti);
    for (const Effect &effect : effects) {
        const std::vector<Bytes> command(effect.command.begin(), effect.command.end());
        m_onPropagate(effect.db, std::span<const Bytes>(command));
    }
    if (group)
        m_onPropagate(effects.back().db, kExec);
}

// What a command, or a transaction as a whole, has done goes out; then it is the turn of those who
// waited for it.
void Engine::finishOutermost()
{
    flushEffects();
    if (m_waiters.due())
        m_waiters.serve();
}

void Engine::endGroup()
{
    if (--m_groupDepth == 0 && m_depth == 0)
        finishOutermost();
}

bool Engine::execute(Session &session, std::span<const Bytes> args, resp::Reply &reply)
{
    Command *command = m_table.find(args);
    if (!command || !command->run) {
        rejectUnknown(session, args, command, reply);
        return false;
    }
    Call call{args, nullptr, *session.db, reply, session, *command, *this};
    if (refused(call, command))
        return false;
    const bool outermost = m_depth == 0;
    if (outermost)
        m_lastTick = ticks();
    invoke(call, *command);
    if (outermost && m_groupDepth == 0)
        finishOutermost();
    return true;
}

const CommandInfo *Engine::check(Session &session, std::span<const Bytes> args, resp::Reply &reply)
{
    Command *command = m_table.find(args);
    if (!command || !command->run) {
        rejectUnknown(session, args, command, reply);
        return nullptr;
    }
    Call call{args, nullptr, *session.db, reply, session, *command, *this};
    return refused(call, command) ? nullptr : command;
}

} // namespace cay::core

namespace cay {

using core::Engine;

void Call::modified(Db &where, const Key &key, EventClass eventClass, const char *event)
{
    ++dirty;
    static_cast<Engine &>(host).keyChanged(where, key.bytes, eventClass, event, true, &session);
}

void Call::modified(const Key &key, EventClass eventClass, const char *event)
{
    modified(db, key, eventClass, event);
}

void Call::notify(const Key &key, EventClass eventClass, const char *event)
{
    static_cast<Engine &>(host).keyChanged(db, key.bytes, eventClass, event, false, &session);
}

void Call::propagateAs(std::span<const Bytes> command)
{
    if (!static_cast<Engine &>(host).propagating())
        return;
    if (!propagation)
        propagation = new std::vector<std::vector<std::string>>;
    propagation->emplace_back(command.begin(), command.end());
}

bool Call::block(const Blocking &blocking)
{
    if (session.fd < 0 || session.has(SessionDenyBlocking)) {
        blocking.timedOut(reply);
        return false;
    }
    static_cast<Engine &>(host).block(session, args, blocking);
    return true;
}

void Call::propagateNothing()
{
    if (!propagation)
        propagation = new std::vector<std::vector<std::string>>;
    propagation->clear();
}

store::StringBlock *Call::takeBlock(std::size_t i)
{
    return input ? input->take(args[i]) : nullptr;
}

} // namespace cay
