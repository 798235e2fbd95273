#include "core/key_spec.h"

#include <charconv>
#include <climits>

namespace cay {

namespace {

constexpr BitName kKeyFlags[] = {
    {KeySpec::Ro, "RO"},
    {KeySpec::Rw, "RW"},
    {KeySpec::Ow, "OW"},
    {KeySpec::Rm, "RM"},
    {KeySpec::Access, "access"},
    {KeySpec::Update, "update"},
    {KeySpec::Insert, "insert"},
    {KeySpec::Delete, "delete"},
    {KeySpec::NotKey, "not_key"},
    {KeySpec::Incomplete, "incomplete"},
    {KeySpec::VariableFlags, "variable_flags"},
};

bool equalsIgnoringCase(Bytes a, Bytes b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) {
               return lower(x) == lower(y);
           });
}

template <typename Integer>
bool parseWhole(Bytes text, Integer *out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Where a specification's search begins: the first key, or 0 when its keyword is not among the
// arguments.
int beginOf(const KeySpec &spec, std::span<const Bytes> args)
{
    if (spec.begin == KeySpec::BeginIndex)
        return spec.index;
    const int count = static_cast<int>(args.size());
    if (spec.startFrom > 0) {
        for (int i = spec.startFrom; i < count - 1; ++i) {
            if (equalsIgnoringCase(args[i], spec.keyword))
                return i + 1;
        }
    } else {
        for (int i = count + spec.startFrom; i > 1; --i) {
            if (equalsIgnoringCase(args[i], spec.keyword))
                return i + 1;
        }
    }
    return 0;
}

struct Range
{
    std::int64_t first, last;
    int step;
};

bool rangeOf(const KeySpec &spec, int begin, std::span<const Bytes> args, Range *out)
{
    const auto count = static_cast<std::int64_t>(args.size());
    out->first = begin;
    out->step = spec.step;
    if (spec.find == KeySpec::FindKeyNum) {
        std::int64_t keys = 0;
        if (begin + spec.keyNumIndex >= count || !parseWhole(args[begin + spec.keyNumIndex], &keys)
            || keys < 1 || keys > count)
            return false;
        out->first += spec.firstKey;
        out->last = out->first + (keys - 1) * spec.step;
        return out->last < count;
    }
    if (spec.lastKey >= 0)
        out->last = out->first + spec.lastKey;
    else if (spec.limit <= 1)
        out->last = count + spec.lastKey;
    else
        out->last = out->first + (count - out->first) / spec.limit + spec.lastKey;
    return out->first < count && out->last < count && out->last >= out->first;
}

bool findBySpecs(const CommandInfo &command, std::span<const Bytes> args,
                 std::vector<KeyPosition> &out, KeySearch search)
{
    for (const KeySpec &spec : command.keys) {
        if ((spec.flags & KeySpec::NotKey) && search != KeySearch::WithChannels)
            continue;
        if (spec.begin == KeySpec::BeginUnknown || spec.find == KeySpec::FindUnknown)
            return false;
        const int begin = beginOf(spec, args);
        if (!begin)
            continue;
        Range range;
        if (!rangeOf(spec, begin, args, &range))
            return false;
        for (std::int64_t i = range.first; i <= range.last; i += range.step)
            out.push_back({static_cast<int>(i), spec.flags});
        if (spec.flags & KeySpec::Incomplete)
            return false;
    }
    return true;
}

} // namespace

std::span<const BitName> keyFlagNames() { return kKeyFlags; }

bool hasKeys(const CommandInfo &command)
{
    for (const KeySpec &spec : command.keys) {
        if (!(spec.flags & KeySpec::NotKey))
            return true;
    }
    return command.keyFinder != nullptr;
}

bool findKeys(const CommandInfo &command, std::span<const Bytes> args,
              std::vector<KeyPosition> &out, KeySearch search)
{
    const std::size_t before = out.size();
    bool variable = false;
    for (const KeySpec &spec : command.keys)
        variable |= (spec.flags & KeySpec::VariableFlags) != 0;
    // The command's own finder knows better only where the flags depend on the arguments, or the
    // specs fail.
    if (!(variable && command.keyFinder) && findBySpecs(command, args, out, search))
        return true;
    out.resize(before);
    if (command.keyFinder && command.keyFinder(args, out))
        return true;
    out.resize(before);
    return false;
}

namespace core {

namespace {

class KeySpecParser
{
public:
    KeySpecParser(Bytes text, KeySpec *out, std::string *why)
        : m_rest(text)
        , m_out(*out)
        , m_why(*why)
    {}

    bool parse()
    {
        m_out = KeySpec();
        if (!parsePlace(nextWord()))
            return false;
        for (Bytes word = nextWord(); !word.empty(); word = nextWord()) {
            if (!parseDetail(word))
                return false;
        }
        if (!m_why.empty())
            return false;
        return check();
    }

private:
    bool fail(std::string why)
    {
        m_why = std::move(why);
        return false;
    }

    // A word ends at a space that does not stand between double quotes.
    Bytes nextWord()
    {
        while (!m_rest.empty() && m_rest.front() == ' ')
            m_rest.remove_prefix(1);
        std::size_t end = 0;
        bool quoted = false;
        for (; end < m_rest.size() && (quoted || m_rest[end] != ' '); ++end)
            quoted ^= m_rest[end] == '"';
        const Bytes word = m_rest.substr(0, end);
        m_rest.remove_prefix(end);
        if (!quoted)
            return word;
        m_why = "the quote of a note is not closed";
        return {};
    }

    bool parsePlace(Bytes word)
    {
        if (word.empty())
            return fail("a key specification is empty");
        if (word == "unknown")
            return true;
        if (word.starts_with("num("))
            return parseKeyNum(word);
        const std::size_t at = word.find('@');
        const Bytes position = at == Bytes::npos ? word : word.substr(at + 1);
        const std::size_t dots = position.find("..");
        int first = 0;
        if (!parseWhole(position.substr(0, dots), &first) || first == 0)
            return fail("'" + std::string(word)
                        + "' does not begin with a position or KEYWORD@from");
        m_out.find = KeySpec::FindRange;
        if (at == Bytes::npos) {
            m_out.begin = KeySpec::BeginIndex;
            m_out.index = first;
            if (first < 0)
                return fail("the first key's position must be 1 or more");
        } else {
            m_out.begin = KeySpec::BeginKeyword;
            m_out.keyword = std::string(word.substr(0, at));
            m_out.startFrom = first;
            if (m_out.keyword.empty())
                return fail("'" + std::string(word) + "' has no word in front of @");
        }
        return dots == Bytes::npos || parseEnd(word, position.substr(dots + 2));
    }

    bool parseEnd(Bytes word, Bytes text)
    {
        const std::size_t slash = text.find('/');
        if (!parseWhole(text.substr(0, slash), &m_out.lastKey))
            return fail("'" + std::string(word) + "' has no number after ..");
        if (slash != Bytes::npos
            && (!parseWhole(text.substr(slash + 1), &m_out.step) || m_out.step < 1))
            return fail("'" + std::string(word) + "' has no step of 1 or more after /");
        if (m_out.begin == KeySpec::BeginIndex && m_out.lastKey >= 0) {
            if (m_out.lastKey < m_out.index)
                return fail("'" + std::string(word) + "' ends before it begins");
            m_out.lastKey -= m_out.index;
        }
        return true;
    }

    bool parseKeyNum(Bytes word)
    {
        if (!word.ends_with(')'))
            return fail("'" + std::string(word) + "' has no closing parenthesis");
        Bytes list = word.substr(4, word.size() - 5);
        int values[3] = {0, 1, 1};
        int count = 0;
        while (count < 3) {
            const std::size_t comma = list.find(',');
            if (!parseWhole(list.substr(0, comma), &values[count]) || values[count] < 1)
                return fail("'" + std::string(word) + "' wants 1 to 3 numbers of 1 or more");
            ++count;
            if (comma == Bytes::npos) {
                m_out.begin = KeySpec::BeginIndex;
                m_out.find = KeySpec::FindKeyNum;
                m_out.index = values[0];
                m_out.firstKey = values[1];
                m_out.step = values[2];
                return true;
            }
            list.remove_prefix(comma + 1);
        }
        return fail("'" + std::string(word) + "' wants 1 to 3 numbers of 1 or more");
    }

    bool parseDetail(Bytes word)
    {
        if (word.starts_with("limit=")) {
            if (!parseWhole(word.substr(6), &m_out.limit) || m_out.limit < 0)
                return fail("limit is not a number of 0 or more");
            return true;
        }
        if (word.starts_with("note=\"") && word.size() > 6 && word.ends_with('"')) {
            m_out.notes = std::string(word.substr(6, word.size() - 7));
            return true;
        }
        for (const BitName &flag : kKeyFlags) {
            if (word == flag.name) {
                m_out.flags |= static_cast<std::uint16_t>(flag.bit);
                return true;
            }
        }
        return fail("unknown flag '" + std::string(word) + "'");
    }

    bool check()
    {
        const int kinds = m_out.flags & (KeySpec::Ro | KeySpec::Rw | KeySpec::Ow | KeySpec::Rm);
        if (kinds & (kinds - 1))
            return fail("more than one of RO, RW, OW, RM");
        if (!kinds && !(m_out.flags & KeySpec::NotKey))
            return fail("one of RO, RW, OW, RM or not_key is missing");
        if (m_out.limit > 1 && m_out.lastKey != -1)
            return fail("limit goes with a last key of -1 only");
        return true;
    }

    Bytes m_rest;
    KeySpec &m_out;
    std::string &m_why;
};

bool isPlainRange(const KeySpec &spec)
{
    return spec.begin == KeySpec::BeginIndex && spec.find == KeySpec::FindRange;
}

} // namespace

bool parseKeySpec(Bytes text, KeySpec *out, std::string *why)
{
    why->clear();
    return KeySpecParser(text, out, why).parse();
}

void deriveKeyRange(CommandInfo *command)
{
    command->firstKey = command->lastKey = command->keyStep = 0;
    const std::vector<KeySpec> &specs = command->keys;
    if (specs.size() == 1 && isPlainRange(specs[0])) {
        const KeySpec &only = specs[0];
        command->firstKey = only.index;
        command->lastKey = only.lastKey >= 0 ? only.index + only.lastKey : only.lastKey;
        command->keyStep = only.step;
        if (only.flags & KeySpec::Incomplete)
            command->flags |= FlagMovableKeys;
        return;
    }
    int first = INT_MAX;
    unsigned last = 0; // unsigned, so that a negative end counts as the furthest
    for (const KeySpec &spec : specs) {
        const bool follows = !last || static_cast<int>(last) == spec.index - 1;
        if (!isPlainRange(spec) || spec.step != 1 || !follows) {
            command->flags |= FlagMovableKeys;
            continue;
        }
        if (spec.flags & KeySpec::Incomplete)
            command->flags |= FlagMovableKeys;
        first = std::min(first, spec.index);
        const int end = spec.lastKey >= 0 ? spec.index + spec.lastKey : spec.lastKey;
        last = std::max(last, static_cast<unsigned>(end));
    }
    if (first == INT_MAX)
        return;
    command->firstKey = first;
    command->lastKey = static_cast<int>(last);
    command->keyStep = 1;
}

} // namespace core
} // namespace cay
