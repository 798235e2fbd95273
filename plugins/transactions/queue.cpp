#include "queue.h"

#include "watch.h"

namespace transactions {

using cay::Bytes;
using cay::Call;
using cay::GateResult;
using cay::Session;

namespace {

int g_slot = -1;
std::uint32_t g_gate = 0;

Queue *queueOf(Session &session)
{
    return static_cast<Queue *>(session.pluginData[static_cast<std::size_t>(g_slot)].data);
}

void drop(Session &session)
{
    Session::Slot &slot = session.pluginData[static_cast<std::size_t>(g_slot)];
    delete static_cast<Queue *>(slot.data);
    slot = {};
    session.gates &= ~g_gate;
    session.flags &= ~static_cast<std::uint32_t>(cay::SessionMulti | cay::SessionDirtyExec
                                                 | cay::SessionDirtyCas);
    session.queued = -1;
    session.queuedBytes = 0;
    session.queuedFlags = 0;
    unwatchAll(session);
}

// These act at once, also between MULTI and EXEC.
bool actsAtOnce(const cay::CommandInfo &info)
{
    static constexpr Bytes kNames[] = {"exec", "discard", "multi", "watch", "quit", "reset"};
    return std::ranges::find(kNames, Bytes(info.fullName)) != std::end(kNames);
}

GateResult enqueue(Call &call)
{
    if (actsAtOnce(call.info))
        return GateResult::Pass;
    Session &session = call.session;
    if (call.info.flags & cay::FlagNoMulti) {
        session.set(cay::SessionDirtyExec);
        call.fail(cay::errors::kNotInMulti);
        return GateResult::Handled;
    }
    call.reply.queued();
    // A transaction that cannot run any more keeps nothing.
    if (session.flags & (cay::SessionDirtyExec | cay::SessionDirtyCas))
        return GateResult::Handled;
    Queue *queue = queueOf(session);
    queue->commands.push_back({{call.args.begin(), call.args.end()}});
    ++session.queued;
    session.queuedFlags |= call.info.flags;
    for (const Bytes arg : call.args)
        session.queuedBytes += arg.size() + sizeof(std::string);
    return GateResult::Handled;
}

} // namespace

void setUpQueue(cay::Host &host)
{
    g_slot = host.sessionSlot();
    g_gate = 1u << host.addGate(enqueue);
    host.onSessionReset(drop);
}

void multi(Call &call)
{
    Session &session = call.session;
    if (session.has(cay::SessionMulti)) {
        call.fail(cay::errors::kNestedMulti);
        return;
    }
    session.set(cay::SessionMulti);
    session.gates |= g_gate;
    session.queued = 0;
    session.pluginData[static_cast<std::size_t>(g_slot)]
        = {new Queue, [](void *queue) { delete static_cast<Queue *>(queue); }};
    call.reply.ok();
}

void discard(Call &call)
{
    if (!call.session.has(cay::SessionMulti)) {
        call.fail(cay::errors::kDiscardWithoutMulti);
        return;
    }
    drop(call.session);
    call.reply.ok();
}

void exec(Call &call)
{
    Session &session = call.session;
    if (!session.has(cay::SessionMulti)) {
        call.fail(cay::errors::kExecWithoutMulti);
        return;
    }
    if (watchedKeyExpired(session))
        session.set(cay::SessionDirtyCas);
    if (session.flags & (cay::SessionDirtyExec | cay::SessionDirtyCas)) {
        if (session.has(cay::SessionDirtyExec))
            call.fail(cay::errors::kExecAbort);
        else
            call.reply.nullArray();
        drop(session);
        return;
    }
    const Queue queue = std::move(*queueOf(session));
    // Unwatched first: the transaction's own writes are no conflict, and cost nothing extra.
    drop(session);
    const bool denied = session.has(cay::SessionDenyBlocking);
    session.set(cay::SessionDenyBlocking);
    call.host.beginGroup();
    call.reply.array(queue.commands.size());
    for (const Queue::Command &command : queue.commands) {
        const std::vector<Bytes> args(command.args.begin(), command.args.end());
        call.host.execute(session, args, call.reply);
    }
    call.host.endGroup();
    if (!denied)
        session.unset(cay::SessionDenyBlocking);
}

} // namespace transactions
