// PFDEBUG and PFSELFTEST.
#include "commands.h"

#include "cay/host.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace cay::hyperloglog {

namespace {

// The kind has changed but not what it stands for: propagated, and no event.
bool becomeDense(Call &call, const Key &key, Entry *entry)
{
    {
        Editor editor(call.db, key, entry);
        if (!editor.makeDense())
            return call.fail(kCorrupt);
    }
    call.modified(key, EventClass::String, "");
    return true;
}

void replyRegisters(Call &call, const Key &key, Entry *entry)
{
    if (kindOf(textOf(*entry)) == Kind::Sparse && !becomeDense(call, key, entry))
        return;
    const Bytes dense = textOf(*call.db.peek(key));
    call.reply.array(kRegisters);
    for (std::size_t i = 0; i < kRegisters; ++i)
        call.reply.integer(denseGet(dense.data() + kHeader, i));
}

void replyOpcodes(Call &call, Bytes text)
{
    if (kindOf(text) != Kind::Sparse) {
        call.fail("ERR HLL encoding is not sparse");
        return;
    }
    // An opcode whose second byte is missing is shown as if that were zero.
    const std::string padded = std::string(text) + '\0';
    std::string decoded;
    Opcode opcode;
    for (std::size_t at = kHeader; at < text.size() && opcodeAt(padded, at, &opcode);
         at += opcode.size()) {
        decoded += decoded.empty() ? "" : " ";
        if (opcode.value > 0)
            decoded += "v:" + std::to_string(opcode.value) + ",";
        else
            decoded += opcode.isLong ? "Z:" : "z:";
        decoded += std::to_string(opcode.run);
    }
    call.reply.bulk(decoded);
}

void toDenseCommand(Call &call, const Key &key, Entry *entry)
{
    if (kindOf(textOf(*entry)) == Kind::Dense)
        call.reply.zero();
    else if (becomeDense(call, key, entry))
        call.reply.one();
}

// Every register keeps what it is given, and its neighbours theirs.
bool registersHold(Host &host, std::string *why)
{
    const auto model = std::make_unique<Registers>();
    std::string dense(kDenseSize, '\0');
    model->fill(0);
    for (int round = 0; round < 100; ++round) {
        for (std::size_t i = 0; i < kRegisters; ++i) {
            const auto value = static_cast<std::uint8_t>(host.random() & 0x3f);
            (*model)[i] = value;
            denseSet(dense.data() + kHeader, i, value);
        }
        std::string packed(kDenseSize, '\0');
        pack(*model, packed.data() + kHeader);
        for (std::size_t i = 0; i < kRegisters; ++i) {
            if (denseGet(dense.data() + kHeader, i) != (*model)[i] || packed != dense) {
                *why = "Register " + std::to_string(i) + " does not hold its value";
                return false;
            }
        }
    }
    return true;
}

// Sparse while that is possible, and dense, of the same elements: the estimates agree, and are near
// enough to the truth.
bool estimatesHold(Host &host, std::string *why)
{
    constexpr std::uint64_t kElements = 1000000;
    const double error = 1.04 / std::sqrt(double(kRegisters));
    std::string dense(kDenseSize, '\0'), sparse(emptyHyperLogLog());
    toDense(sparse, dense.data());
    const std::uint64_t seed = host.random();
    std::uint64_t checkpoint = 1;
    for (std::uint64_t n = 1; n <= kElements; ++n) {
        const std::uint64_t element = n ^ seed;
        const Observation seen = observe(Bytes(reinterpret_cast<const char *>(&element), 8));
        char *registers = dense.data() + kHeader;
        if (denseGet(registers, seen.index) < seen.value)
            denseSet(registers, seen.index, seen.value);
        if (!sparse.empty()) {
            const std::size_t size = sparse.size();
            sparse.resize(size + 3);
            SparseEditor editor(sparse.data(), size);
            const bool fits = editor.set(seen.index, seen.value, 3000) <= SparseEditor::Changed;
            sparse.resize(fits ? editor.size() : 0);
        }
        if (n != checkpoint)
            continue;
        checkpoint *= 10;
        std::uint64_t fromDense = 0, fromSparse = 0;
        estimate(dense, &fromDense);
        if (!sparse.empty() && (!estimate(sparse, &fromSparse) || fromSparse != fromDense)) {
            *why = "dense/sparse disagree at " + std::to_string(n);
            return false;
        }
        // Six standard deviations, as Redis allows; and one off among the first.
        const double distance = std::fabs(double(fromDense) - double(n));
        if (distance > std::ceil(error * 6 * double(n)) && !(n <= 10 && distance <= 1)) {
            *why = "Too big error. card:" + std::to_string(n)
                   + " estimated:" + std::to_string(fromDense);
            return false;
        }
    }
    return true;
}

} // namespace

void pfDebug(Call &call)
{
    const Key key = call.key(2);
    Entry *entry = call.db.write(key);
    if (!entry) {
        call.fail("ERR The specified key does not exist");
        return;
    }
    if (!checkHyperLogLog(call, *entry))
        return;
    if (isWord(call[1], "GETREG"))
        replyRegisters(call, key, entry);
    else if (isWord(call[1], "DECODE"))
        replyOpcodes(call, textOf(*entry));
    else if (isWord(call[1], "ENCODING"))
        call.reply.simple(kindOf(textOf(*entry)) == Kind::Dense ? "dense" : "sparse");
    else if (isWord(call[1], "TODENSE"))
        toDenseCommand(call, key, entry);
    else
        call.fail("ERR Unknown PFDEBUG subcommand '"
                  + std::string(call[1].substr(0, call[1].find('\0'))) + "'");
}

void pfSelfTest(Call &call)
{
    std::string why;
    if (registersHold(call.host, &why) && estimatesHold(call.host, &why))
        call.reply.ok();
    else
        call.fail("TESTFAILED " + why);
}

} // namespace cay::hyperloglog
