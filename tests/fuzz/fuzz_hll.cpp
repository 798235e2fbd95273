// HyperLogLogs in strings that anybody may have written: counted, merged, made dense and edited
// without a step past their end; and on sound ones, all ways lead to the same registers.
//
// An input is a number of edits, three bytes for each (register, value), and the text.
#include "../../plugins/hyperloglog/hll.h"
#include "fuzz.h"

#include <algorithm>

using namespace cay;
using namespace cay::hyperloglog;

namespace {

constexpr std::size_t kEditSize = 3;
constexpr std::size_t kRoom = 3; // that SparseEditor::set() asks for

// Heap memory of exactly these bytes, so that a step past them is seen.
std::vector<char> exactly(Bytes text, std::size_t more = 0)
{
    std::vector<char> bytes(text.size() + more);
    std::copy(text.begin(), text.end(), bytes.begin());
    return bytes;
}

bool registersOf(Bytes text, Registers *registers)
{
    registers->fill(0);
    return mergeInto(registers, text);
}

void makeDense(Bytes sparse, bool sound, const Registers &registers)
{
    std::vector<char> dense(kDenseSize);
    fuzz::require(toDense(sparse, dense.data()) == sound, "a sound text can be made dense");
    if (!sound)
        return;
    const Bytes text(dense.data(), dense.size());
    Registers same;
    fuzz::require(isHyperLogLog(text) && registersOf(text, &same), "what is made dense is sound");
    fuzz::require(same == registers, "and has the same registers");
}

void edit(Bytes edits, Bytes text, bool sound, Registers registers)
{
    std::vector<char> bytes = exactly(text, kRoom);
    std::size_t size = text.size();
    for (std::size_t i = 0; i + kEditSize <= edits.size(); i += kEditSize) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(edits[i + at]); };
        const std::size_t index = (byte(0) | byte(1) << 8) % kRegisters;
        const auto value = static_cast<std::uint8_t>(1 + byte(2) % (kHashBits + 1));
        SparseEditor editor(bytes.data(), size);
        const SparseEditor::Result result = editor.set(index, value, 3'000);
        size = editor.size();
        fuzz::require(size <= bytes.size(), "an edit stays within its room");
        bytes = exactly(Bytes(bytes.data(), size), kRoom);
        if (!sound)
            continue;
        fuzz::require(result != SparseEditor::Corrupt, "a sound text is not corrupt");
        if (result != SparseEditor::TooLarge)
            registers[index] = std::max(registers[index], value);
        Registers now;
        fuzz::require(registersOf(Bytes(bytes.data(), size), &now), "an edited text is sound");
        fuzz::require(now == registers, "an edit raises one register");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 1)
        return 0;
    const std::size_t edits = std::min<std::size_t>(data[0] % 8 * kEditSize, size - 1);
    const std::vector<char> bytes = exactly(fuzz::bytesOf(data + 1 + edits, size - 1 - edits));
    const Bytes text(bytes.data(), bytes.size());
    if (!isHyperLogLog(text))
        return 0;
    Registers registers;
    std::uint64_t cardinality = 0;
    const bool sound = registersOf(text, &registers);
    fuzz::require(estimate(text, &cardinality) == sound, "what can be merged can be counted");
    fuzz::require(!sound || estimate(registers) == cardinality, "to the same number");
    cachedCardinality(text, &cardinality);
    if (kindOf(text) == Kind::Sparse) {
        makeDense(text, sound, registers);
        edit(fuzz::bytesOf(data + 1, edits), text, sound, registers);
    }
    return 0;
}
